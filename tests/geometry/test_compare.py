import json

import numpy as np
import pytest

from emotion_core.errors import SettingsError
from emotion_core.geometry.compare import compare, compare_layers, mantel
from emotion_core.geometry.similarity import cosine_matrix
from geometry.maps import random_vectors, vectors_of

WORDS = tuple(f"w{i}" for i in range(20))


def test_a_rotated_geometry_is_the_same_geometry():
    first = random_vectors(WORDS)
    wider = np.linalg.qr(np.random.default_rng(5).normal(size=(40, 24)))[0]
    order = np.random.default_rng(1).permutation(20)
    second = vectors_of(tuple(WORDS[i] for i in order), (first.values @ wider.T)[order], "other")
    result = compare(first, second)
    assert result.r == pytest.approx(1.0, abs=1e-5) and result.p_value == pytest.approx(1 / 2001)
    document = json.loads(json.dumps(result.to_json(), allow_nan=False))
    assert document["n_shared"] == 20 and document["models"] == ["toy", "other"]


def test_r_is_that_of_the_upper_triangles():
    first, second = random_vectors(WORDS, 1), random_vectors((*WORDS[5:], "extra"), 2)
    result = compare(first, second, layer_first=0)
    rows = [cosine_matrix(v.values[[v.index(e) for e in WORDS[5:]], layer]) for v, layer in ((first, 0), (second, 1))]
    upper = np.triu_indices(15, 1)
    assert result.r == pytest.approx(np.corrcoef(rows[0][upper], rows[1][upper])[0, 1])
    assert result.layers == (0, 1) and len(result.emotions) == 15


def test_unrelated_geometries_agree_as_often_as_chance():
    p_values = np.array([compare(random_vectors(WORDS, s), random_vectors(WORDS, s + 500)).p_value for s in range(60)])
    assert 0.35 < p_values.mean() < 0.65 and (p_values <= 0.05).mean() <= 0.12


def test_memory_is_bounded_without_changing_the_result(monkeypatch):
    matrices = np.stack([cosine_matrix(random_vectors(WORDS, s).values[:, 0]) for s in (1, 2)])
    whole = mantel(matrices, 3, shuffles=100)
    monkeypatch.setattr("emotion_core.geometry.compare._BUDGET", 1)
    for one, other in zip(whole, mantel(matrices, 3, shuffles=100), strict=True):
        np.testing.assert_allclose(one, other)


def test_layers_of_one_file():
    vectors = random_vectors(WORDS, layers=4)
    vectors.values[:, 1] = vectors.values[:, 0] * 3
    vectors.values[2, 3] = np.nan
    result = compare_layers(vectors)
    assert result.layers == (0, 1, 2)
    np.testing.assert_allclose(np.diag(result.r), 1.0)
    assert result.r[0, 1] == pytest.approx(1.0) and result.p_value[0, 1] < 0.01 < result.p_value[0, 2]


def test_too_few_shared_emotions_are_said():
    with pytest.raises(SettingsError, match="share too few"):
        compare(random_vectors(WORDS), random_vectors(("w0", "w1", "x", "y")))


def test_equal_vectors_have_no_geometry():
    flat = vectors_of(WORDS[:4], np.ones((4, 1, 6)))
    document = compare(flat, random_vectors(WORDS)).to_json()
    assert document["r"] is None and document["p_value"] is None


def test_p_is_that_of_a_plain_mantel_test_with_the_same_shuffles():
    matrices = np.stack([cosine_matrix(random_vectors(WORDS[:6], s).values[:, 0]) for s in (1, 2)])
    r, p = mantel(matrices, 4, shuffles=50)
    upper = np.triu_indices(6, 1)
    names = np.random.default_rng(4).permuted(np.tile(np.arange(6), (50, 1)), axis=1)
    drawn = [np.corrcoef(matrices[0][upper], matrices[1][np.ix_(n, n)][upper])[0, 1] for n in names]
    assert p[0, 1] == (1 + (np.array(drawn) >= r[0, 1] - 1e-12).sum()) / 51
