"""Cross-talk on the command line, on the bundled model."""

import json
import re

import numpy as np
import pytest

from emotion_core.cli.main import main
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import save_vectors

_SWEEP = ["sweep", "TWO", "--emotion", "fear", "--prompt", "She said", "--strengths", "0.2"]


@pytest.fixture(scope="module")
def two(folder, bundled):
    """Two random vectors of the bundled model."""
    info = bundled.model.info
    values = np.random.default_rng(0).normal(size=(2, info.layers, info.width)).astype(np.float32)
    flat = np.zeros((2, info.layers), np.float32)
    norms = np.full(info.layers, 5.0, np.float32)
    path = folder / "two.safetensors"
    save_vectors(EmotionVectors(info, ("fear", "calm"), values, norms, (2, 2), 2, flat, flat), path)
    return path


def test_crosstalk_has_the_promised_keys(capsys, two):
    argv = ["crosstalk", str(two), "--prompt", "When she opened the door, she", "--strength", "-0.2"]
    argv += ["--samples", "2", "--tokens", "6", "--controls", "9"]
    assert main([*argv, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["emotions"] == ["fear", "calm"] and document["strength"] == -0.2
    assert np.array(document["matrix"]).shape == np.array(document["band"]).shape == (2, 2)
    assert len(document["specificity"]) == len(document["coherent"]) == 2
    assert {t["steered"] for t in document["texts"]} == {
        "unsteered",
        "fear",
        "calm",
        *(f"control-{k}" for k in range(1, 10)),
    }
    assert len(document["own_p_values"]) == 2 and isinstance(document["evidence"], bool)
    assert main(argv) == 0
    assert "chance" in capsys.readouterr().out
    assert main([*argv, "--emotion", "envy"]) == 2 and "envy" in capsys.readouterr().err


def test_named_controls_on_the_command_line(capsys, two):
    argv = ["sweep", str(two), "--emotion", "fear", "--prompt", "When she opened the door, she", "--strengths", "0.2"]
    argv += ["--samples", "3", "--tokens", "6", "--controls", "3"]
    extra = ["--other", "calm", "--mix", "calm=-0.5", "--layers", "1:2"]
    assert main([*argv, *extra, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["layers"] == [1, 2] and document["mix"] == {"calm": -0.5}
    assert [one["name"] for one in document["comparisons"]] == ["calm", "in words"]
    assert len(document["in_words"]["rows"]) == 3 and document["in_words"]["words"] == "You feel fear."
    assert [(r["direction"], r["strength"]) for r in document["rows"]].count(("emotion", 0.0)) == 3
    assert main([*argv, "--words", ""]) == 0
    assert "in words" not in capsys.readouterr().out
    for wrong, words in (("--mix=calm", "mix"), ("--layers=a:b", "layers"), ("--layers=1:99", "layer")):
        assert main([*argv, wrong]) == 2 and words in capsys.readouterr().err
    assert main([*argv, "--shuffled", "1"]) == 2 and "built from" in capsys.readouterr().err
    capsys.readouterr()
    assert main([*argv[:-6], "--strengths", "-0.4:0.4:0.02", "--next-token", "--controls", "3", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["next_token"]["rows"]
    assert len(rows) == 41 and rows[20] == {**rows[20], "strength": 0.0, "change": 0.0}
    assert all(row["null_low"] < row["null_high"] for row in rows if row["strength"])


def test_conversations_caps_and_gates_on_the_command_line(capsys, two, tmp_path):
    talk = tmp_path / "talk.json"
    talk.write_text(json.dumps([{"role": "user", "content": "Who is there?"}]))
    argv = ["sweep", str(two), "--emotion", "fear", "--strengths", "1", "--controls", "3", "--words", ""]
    argv += ["--samples", "2", "--tokens", "4"]
    extra = ["--operation", "cap", "--bound", "50", "--gate", "calm>20", "--random-gates", "2", "--schedule", "0:3"]
    assert main([*argv, *extra, "--conversation", str(talk), "--scope", "assistant", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert {row["prompt"] for row in document["rows"]} == {"Who is there?"}
    assert document["control_kinds"][-2:] == ["gate", "gate"]
    assert main(argv) == 2 and "--conversation" in capsys.readouterr().err
    talk.write_text(json.dumps([{"role": "assistant", "content": "Me."}]))
    assert main([*argv, "--conversation", str(talk)]) == 2 and "does not end with the user" in capsys.readouterr().err


def test_controls_of_what_takes_away_are_printed_with_the_sign_of_the_sentence(capsys, two):
    argv = ["sweep", str(two), "--emotion", "fear", "--prompt", "When she opened the door, she", "--strengths", "1"]
    argv += ["--operation", "project_out", "--samples", "2", "--tokens", "6", "--controls", "9", "--words", ""]
    assert main(argv) == 0
    text = capsys.readouterr().out
    assert "one in 20 beyond" in text and "0.000" not in text
    (said,) = re.findall(r"give ([+−0-9.]+) on average, and one in twenty less than ([+−0-9.]+)", text)
    (row,) = [line for line in text.splitlines() if line.startswith("random directions")]
    mean, high = (float(one) for one in (re.split(r"  +", row)[i] for i in (2, 4)))
    for number, one in zip((mean, high), said, strict=True):
        assert number / 10 == pytest.approx(float(one.replace("−", "-")), abs=0.011)
    assert high < mean


def test_what_does_not_name_emotions_enough_is_refused_with_what_would(capsys, two, bundled, folder):
    shared = ["--prompt", "She said", "--strength", "0.2"]
    assert main(["crosstalk", str(two), *shared, "--emotion", "fear"]) == 2
    assert "at least 2 emotions. Found: fear" in capsys.readouterr().err
    one = folder / "one.safetensors"
    save_vectors(bundled.vectors, one)
    assert main(["crosstalk", str(one), *shared]) == 2 and "at least 2 emotions" in capsys.readouterr().err
    assert main(["map-checks", str(one)]) == 2 and "too few emotions for a map" in capsys.readouterr().err
    assert main(["factorial", str(two), "--prompt", "She said", "--first", "fear"]) == 2
    assert "Expected: --second with one of them" in capsys.readouterr().err
    for argv in (["talk", str(two), "--message", "Hi.", "--strength", "1"], [*_SWEEP, "--mix", "0.5"]):
        assert main([one.replace("TWO", str(two)) for one in argv]) == 2
        assert "an emotion and a number such as fear=0.5" in capsys.readouterr().err
