import numpy as np
import pytest
from scipy.cluster.hierarchy import cophenet, linkage
from scipy.spatial.distance import pdist
from sklearn.metrics import adjusted_rand_score, silhouette_score
from sklearn.metrics.pairwise import cosine_similarity

from emotion_core.geometry.clusters import (
    adjusted_rand,
    average_linkage,
    k_means,
    leaf_order,
    rand_agreement,
    silhouette,
)
from emotion_core.geometry.similarity import cosine_matrix, nearest, upper_triangle


def three_groups(noise: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [9, 6, 3])
    return rng.normal(size=(3, 16))[truth] + noise * rng.normal(size=(18, 16)), truth


def test_planted_groups_are_found_and_numbered_by_size():
    rows, truth = three_groups()
    lengths = np.random.default_rng(1).uniform(0.1, 10, (18, 1))
    labels = k_means(rows * lengths, 3, seed=0)  # lengths play no part
    assert labels.tolist() == truth.tolist()
    assert silhouette(rows, labels) == pytest.approx(silhouette_score(rows, labels, metric="cosine"))
    assert np.isnan(silhouette(rows, np.zeros(18, dtype=np.int64)))


def test_cosines_and_neighbours():
    rows, _ = three_groups()
    cosines = cosine_matrix(rows)
    np.testing.assert_allclose(cosines, cosine_similarity(rows), atol=1e-12)
    found = nearest(cosines, 5)
    assert found.shape == (18, 5)
    for e in range(18):
        others = [i for i in np.argsort(-cosines[e]) if i != e]
        assert found[e].tolist() == others[:5]
    assert nearest(cosines[:3, :3], 5).shape == (3, 2)
    assert upper_triangle(cosines).shape == (18 * 17 // 2,)


def test_linkage_is_scipys_on_cosine_distance():
    rows, truth = three_groups()
    merges = average_linkage(cosine_matrix(rows))
    np.testing.assert_allclose(cophenet(merges), cophenet(linkage(pdist(rows, "cosine"), "average")), atol=1e-9)
    order = leaf_order(merges)
    assert sorted(order) == list(range(18))
    assert (np.diff(truth[order]) != 0).sum() == 2  # each group stands together


def test_adjusted_rand_equals_scikit_learn_for_many_groupings_at_once():
    rng = np.random.default_rng(0)
    labels, references = rng.integers(0, 4, 30), rng.integers(0, 6, (50, 30))
    expected = [adjusted_rand_score(labels, reference) for reference in references]
    np.testing.assert_allclose(adjusted_rand(labels, references), expected, atol=1e-12)


def test_agreement_with_a_reference_and_with_nothing():
    rows, truth = three_groups()
    found = rand_agreement(k_means(rows, 3, 0), truth, "truth", seed=0)
    assert found.value == 1.0 and found.p_value == pytest.approx(1 / 2001) and found.n == 18
    p_values = []
    for seed in range(60):
        drawn = np.random.default_rng(seed).permutation(truth)
        p_values.append(rand_agreement(truth, drawn, "chance", seed, shuffles=200).p_value)
    assert 0.35 < np.mean(p_values) < 0.7 and np.mean(np.array(p_values) <= 0.05) <= 0.12
    assert np.isnan(rand_agreement(truth[:2], truth[:2], "few", 0).value)
    single = np.zeros(5, dtype=np.int64)
    assert np.isnan(rand_agreement(single, single, "one group", 0).p_value)
