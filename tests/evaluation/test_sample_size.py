"""How many pairs are enough."""

import numpy as np
import pytest
from vectors.planted import neutral, pair_set, planted_pairs

from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.sample_size import SizePoint, _disjoint, enough, sample_size, split_half
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings
from emotion_core.vectors.estimate import LabelledRows, PairRows, blocks_of, estimate, places


def curve(*halves: float, noise: float = 0.3) -> list[SizePoint]:
    return [SizePoint(2 * (i + 1), 0.99, 0.9, 1.0, 0.7, 0.6, 0.8, c, c, c, noise) for i, c in enumerate(halves)]


def test_enough_is_the_first_crossing_that_stays():
    assert enough(curve(0.5, 0.82, 0.9)) == 4
    assert enough(curve(0.85, 0.7, 0.82, 0.9)) == 6
    assert enough(curve(0.85, 0.9, 0.7)) is None
    assert enough(curve(0.85, 0.9, np.nan)) == 2, "a size without two parts says nothing"
    assert enough(curve(0.85, 0.9, noise=0.95)) is None and enough([]) is None
    assert curve(0.81)[0].cosine_to_truth == pytest.approx(0.9)


@pytest.mark.parametrize("n_train", [20, 26, 54, 140])
def test_noise_is_never_enough(n_train):
    """The cosine to the vector from all pairs would call 16 of 20, or 128 of 140, enough."""
    one = pair_set(n_train, 4)
    acts, _ = planted_pairs(one, 0.0, seed=n_train)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    blocks = blocks_of(one.part("train"), places(acts.texts))
    points = run_to_end(sample_size(vectors, acts, blocks, None, (), draws=10))
    assert enough(points) is None
    halves = [point.split_half for point in points if np.isfinite(point.split_half)]
    assert halves and np.mean(np.abs(halves)) < 0.25


def test_the_root_of_the_split_half_cosine_is_the_cosine_to_the_true_direction():
    one = pair_set(60, 2)
    measured, true = [], []
    for seed in range(8):
        acts, direction = planted_pairs(one, 1.5, seed)
        (block,) = blocks_of(one.part("train"), places(acts.texts))
        rng = np.random.default_rng(seed)
        measured += [split_half(acts.values, block, "difference", 20, rng)[0] for _ in range(10)]
        keep = np.arange(len(block)) < 20
        vector = estimate(acts.values, block.only(keep), "difference")[0]
        true.append((vector * direction).sum(-1) / np.linalg.norm(vector, axis=-1))
    assert np.sqrt(np.mean(measured)) == pytest.approx(np.mean(true), abs=0.05)


def test_the_two_parts_have_no_row_and_hardly_a_topic_in_common():
    block = PairRows("fear", np.arange(20), np.arange(20, 40), tuple(str(i // 2) for i in range(20)))
    for seed in range(20):
        first, second = _disjoint(block, 7, np.random.default_rng(seed))
        assert first.sum() == second.sum() == 7 and not (first & second).any()
        assert (
            len({block.groups[i] for i in np.flatnonzero(first)} & {block.groups[i] for i in np.flatnonzero(second)})
            == 0
        )
    labels = LabelledRows(("a", "b"), np.arange(12), np.repeat([0, 1], 6), tuple(str(i % 6) for i in range(12)))
    first, second = _disjoint(labels, 9, np.random.default_rng(0))
    assert np.bincount(labels.labels[first]).tolist() == [3, 3] and not (first & second).any()


@pytest.mark.parametrize("strength", [1.0, 6.0])
def test_the_curve_ends_at_the_full_vector_and_a_clear_direction_needs_fewer_pairs(strength):
    one = pair_set()
    acts, _ = planted_pairs(one, strength)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    rows = {split: blocks_of(one.part(split), places(acts.texts)) for split in ("train", "heldout")}
    points = run_to_end(sample_size(vectors, acts, rows["train"], acts, rows["heldout"], draws=10))
    assert points[-1].n == 40 and points[-1].cosine_to_full == pytest.approx(1.0, abs=1e-6)
    assert all(p.cosine_low <= p.cosine_to_full <= p.cosine_high for p in points)
    assert points[0].cosine_to_full < points[-2].cosine_to_full
    if strength == 6.0:
        assert enough(points) is not None and enough(points) <= 16
        assert points[2].auroc > 0.95
