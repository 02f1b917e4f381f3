import math
from itertools import permutations

import numpy as np
import pytest
from scipy.stats import pearsonr

from emotion_core.base.errors import SettingsError
from emotion_core.geometry.norms import circumplex, correlate, read_norms

WARRINER = (
    ",Word,V.Mean.Sum,V.SD.Sum,V.Rat.Sum,A.Mean.Sum,A.SD.Sum\n"
    "1,Calm,7.1,1.2,20,2.3,1.1\n2,afraid,2.0,1.2,20,6.1,2\n3,proud,7.5,1,20,5.2,2\n"
)
NRC = "calm\t0.875\t0.067\t0.4\nafraid\t0.01\t0.77\t0.2\nat ease\t0.9\t0.1\t0.5\n"


def test_warriner_in_its_own_format():
    norms = read_norms(WARRINER.encode(), "warriner.csv")
    valence, arousal = norms.of(("calm", "Afraid", "missing"))
    assert valence.tolist()[:2] == [7.1, 2.0] and arousal.tolist()[:2] == [2.3, 6.1]
    assert math.isnan(valence[2]) and norms.scale == (1, 9)


@pytest.mark.parametrize("header", ["", "Word\tValence\tArousal\tDominance\n", "term\tvalence\tarousal\tdominance\n"])
def test_nrc_vad_with_and_without_a_header(header, tmp_path):
    path = tmp_path / "NRC-VAD-Lexicon.txt"
    path.write_text("\ufeff" + header + NRC, encoding="utf-8")
    norms = read_norms(path)
    assert norms.valence == {"calm": 0.875, "afraid": 0.01, "at ease": 0.9}
    assert norms.arousal["afraid"] == 0.77 and norms.scale == (0, 1) and norms.name == path.name


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_table_with_the_three_columns(delimiter):
    rows = ["Arousal,word,x,VALENCE", "-0.5,calm,1,0.9", "0.7,afraid,1,-0.8", "0.1,sad,1,-0.9", "NA,odd,1,0.5"]
    norms = read_norms("\n".join(rows).replace(",", delimiter).encode())
    assert norms.valence == {"calm": 0.9, "afraid": -0.8, "sad": -0.9} and norms.scale == (-1, 1)


def test_the_projects_own_norms_know_the_words():
    norms = circumplex()
    valence, arousal = norms.of(("afraid", "calm", "blissful"))
    assert valence[0] < 0 < valence[2] and arousal[0] > arousal[1] and norms.scale == (-2, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word,valence,arousal\ncalm,high,2\n", "not a number"),
        ("word,valence,arousal\ncalm,inf,2\n", "not a number"),
        ("word,valence,arousal\ncalm,1000,2\nsad,1,2\nmad,5,3\n", "no scale that is known"),
        ("word,valence,arousal\ncalm,5,2\nsad,5,3\nmad,5,4\n", "same valence"),
        ("word,feeling\ncalm,5\n", "no column 'valence'"),
        ("calm,5,3\nsad,2,3\n", "no column 'word'"),
        ("word,valence,arousal\ncalm,5,2\n", "too few words"),
        ("", "empty"),
    ],
)
def test_what_cannot_be_used_is_said(text, message):
    with pytest.raises(SettingsError, match=message):
        read_norms(text.encode(), "norms.csv")


def test_messages_name_the_place_and_the_remedy(tmp_path):
    with pytest.raises(SettingsError) as caught:
        read_norms(b"word;valence;arousal\nsad;2.1;3.0\ncalm;7,1;high\n", "norms.csv")
    assert "row 2" in str(caught.value) and "column arousal" in str(caught.value) and "high" in str(caught.value)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_norms(tmp_path / "none.csv")
    with pytest.raises(SettingsError, match="UTF-8"):
        read_norms(b"\xef\xbb\xbfword,valence,arousal\ncaf\xe9,1,2\n")


ANEW = (
    "Description,Word No.,Valence Mean(SD),Arousal Mean(SD)\ncalm,0,7.1 (1.50),2.3 (2.20)\nafraid,1,2 (1.5),6.1 (2)\n"
)
SAME = {
    "anew.csv": ANEW + "sad,2,1.5 (1.2),4 (2.1)\n",
    "german.csv": "Wort;Valenz;Arousal\ncalm;7,1;2,3\nafraid;2,0;6,1\nsad;1,5;4,0\n",
    "core.json": '[{"name": "calm", "valence": 7.1, "arousal": 2.3}, {"name": "afraid", "valence": 2, "arousal": 6.1}, '
    '{"name": "sad", "valence": 1.5, "arousal": 4.0}]',
    "bawl.csv": "word,valence (mean),valence (sd),arousal (mean)\ncalm,7.1,1,2.3\nafraid,2,1,6.1\nsad,1.5,1,4\n",
    "pipes.txt": "term|valence|arousal\ncalm|7.1|2.3\nafraid|2|6.1\nsad|1.5|4\n",
}


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_published_formats_say_the_same(name, encoding):
    norms = read_norms(SAME[name].encode(encoding), name)
    assert norms.valence == {"calm": 7.1, "afraid": 2.0, "sad": 1.5}
    assert norms.arousal == {"calm": 2.3, "afraid": 6.1, "sad": 4.0}


def test_each_dimension_may_have_a_scale_of_its_own():
    norms = read_norms(
        "Wort;Valenz;Erregung\nangst;-2,8;4,6\nruhe;1,9;1,2\nwut;-2,1;4,1\n".encode("cp1252"), "bawl.csv"
    )
    assert norms.valence["angst"] == -2.8 and norms.arousal["angst"] == 4.6 and norms.scale == (-3, 5)


def test_one_dimension_of_nrc_leaves_the_other_empty():
    data = b"afraid\t-0.913\ncalm\t0.407\njoyful\t0.9\n"
    norms = read_norms(data, "arousal-scores.txt")
    assert norms.valence == {} and norms.arousal["calm"] == 0.407 and norms.scale == (-1, 1)
    assert norms.of(("afraid", "fear"))[1].tolist() == [-0.913, -0.913]
    assert read_norms(data, "valence.txt").arousal == {}
    assert read_norms(b"word,valence\n" + data.replace(b"\t", b","), "mine.csv").valence["joyful"] == 0.9
    with pytest.raises(SettingsError, match="does not say what it rates"):
        read_norms(data, "scores.txt")


def test_of_few_emotions_the_p_value_counts_exchanges_of_the_ratings():
    """One of four lies apart, and one of four is rated apart: a chance of one in four that it is the same."""
    places, ratings = np.array([3.0, -1.0, -1.1, -0.9]), np.array([2.0, -2.0, -2.0, -2.0])
    reached = np.corrcoef(places, ratings)[0, 1] - 1e-12
    share = np.mean([np.corrcoef(places, one)[0, 1] >= reached for one in permutations(ratings)])
    assert share == 0.25
    assert correlate(places, ratings).p_value == pytest.approx(2 * share), "up or down"
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 171))
    assert correlate(x, y).p_value == pytest.approx(pearsonr(x, y).pvalue)
