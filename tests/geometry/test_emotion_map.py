import json
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import pearsonr

from emotion_core.base.errors import SettingsError
from emotion_core.geometry.clusters import paper_clusters
from emotion_core.geometry.emotion_map import map_emotions
from emotion_core.geometry.norms import Norms, circumplex
from geometry.maps import affective_vectors, random_vectors, vectors_of

WORDS = tuple(paper_clusters().cluster_of)


def test_the_paper_has_ten_clusters_of_171_words():
    paper = paper_clusters()
    assert len(paper.names) == 10 and len(WORDS) == 171 and "Sofroniew" in paper.source


def test_a_planted_circumplex_is_found_with_all_keys():
    valence, arousal = circumplex().of(WORDS)
    result = map_emotions(affective_vectors(WORDS, valence, arousal), clusters=10)
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert {"layer", "explained_variance", "emotions", "silhouette", "adjusted_rand", "human_norms"} <= set(document)
    assert {"emotion", "pc1", "pc2", "cluster", "nearest"} <= set(document["emotions"][0])
    assert {"reference", "value", "p_value"} <= set(document["adjusted_rand"])
    human = document["human_norms"]
    assert human["valence_r"] > 0.95 and human["arousal_r"] > 0.8 and human["n"] == 171
    r = pearsonr(result.components.coordinates[:, 0], valence)
    assert human["valence_r"] == pytest.approx(r.statistic)
    assert human["valence_interval"] == pytest.approx(list(r.confidence_interval()))
    assert document["adjusted_rand"]["p_value"] < 0.05
    assert document["emotions"][0]["nearest"] == [result.emotions[i] for i in result.neighbours[0]]
    assert document["layer"] == 1 and len(set(result.clusters)) == 10


def test_random_vectors_show_no_agreement():
    words = WORDS[::4]
    claims = np.zeros(3)
    for seed in range(100):
        result = map_emotions(random_vectors(words, seed), clusters=5)
        p_values = [result.human.valence.p_value, result.human.arousal.p_value, result.rand.p_value]
        claims += np.array(p_values) <= 0.05
    assert (claims <= 11).all(), claims  # 5 expected of each


def test_the_same_seed_gives_the_same_map():
    vectors = random_vectors(WORDS, 1, layers=12, width=256)
    first = map_emotions(vectors, seed=2)
    assert map_emotions(vectors, seed=2).to_json() == first.to_json()


def test_few_emotions_get_fewer_clusters_and_unknown_words_null():
    result = map_emotions(random_vectors(("x1", "x2", "x3")))
    document = result.to_json()
    assert result.n_clusters == 2 and document["clusters"] == 2
    assert document["human_norms"]["valence_r"] is None and document["human_norms"]["n"] == 0
    assert document["adjusted_rand"]["value"] is None
    json.dumps(document, allow_nan=False)


def test_what_cannot_be_mapped_is_said():
    with pytest.raises(SettingsError, match="too few emotions"):
        map_emotions(random_vectors(("calm", "afraid")))
    with pytest.raises(SettingsError, match="comes twice"):
        map_emotions(random_vectors(("calm", "Calm ", "afraid")))
    with pytest.raises(SettingsError, match="no such layer"):
        map_emotions(random_vectors(("calm", "sad", "afraid")), layer=2)
    with pytest.raises(SettingsError, match="two clusters"):
        map_emotions(random_vectors(("calm", "sad", "afraid")), clusters=1)
    broken = random_vectors(("calm", "sad", "afraid"))
    broken.values[1, 1] = 0
    with pytest.raises(SettingsError, match="layer 1: sad"):
        map_emotions(broken)
    map_emotions(broken, layer=0)
    foreign = Norms("deutsch.csv", {"ruhig": 1.0}, {"ruhig": 0.0}, (0, 1))
    with pytest.raises(SettingsError, match="0 shared words"):
        map_emotions(random_vectors(("calm", "sad", "afraid")), norms=foreign)


def test_uploaded_norms_take_the_place_of_the_built_in_ones():
    words = tuple(f"w{i}" for i in range(30))
    valence, arousal = np.random.default_rng(0).normal(size=(2, 30))
    norms = Norms("own.csv", dict(zip(words, valence, strict=True)), dict(zip(words, arousal, strict=True)), (0, 1))
    result = map_emotions(affective_vectors(words, valence, arousal), norms=norms)
    assert result.human.name == "own.csv" and result.human.valence.r > 0.95
    flipped = replace(norms, valence={w: -v for w, v in norms.valence.items()})
    turned = map_emotions(affective_vectors(words, valence, arousal), norms=flipped)
    np.testing.assert_allclose(turned.components.coordinates[:, 0], -result.components.coordinates[:, 0])


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
def test_identical_vectors_do_not_crash():
    result = map_emotions(vectors_of(("calm", "sad", "afraid", "proud"), np.ones((4, 1, 6))), clusters=2)
    json.dumps(result.to_json(), allow_nan=False)
