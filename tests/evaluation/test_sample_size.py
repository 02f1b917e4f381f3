"""How many pairs are enough."""

import numpy as np
import pytest
from vectors.planted import neutral, pair_set, planted_pairs

from emotion_core.evaluation.sample_size import SizePoint, enough, sample_size
from emotion_core.runs.progress import run_to_end
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.rows import blocks_of, places
from emotion_core.vectors.settings import BuildSettings


def curve(*cosines: float) -> list[SizePoint]:
    return [SizePoint(2 * (i + 1), c, c, c, 0.7, 0.6, 0.8) for i, c in enumerate(cosines)]


def test_enough_is_the_first_crossing_that_stays():
    assert enough(curve(0.5, 0.91, 0.95, 1.0)) == 4
    assert enough(curve(0.92, 0.85, 0.91, 0.95, 1.0)) == 6
    assert enough(curve(0.92, 0.95, 0.85, 1.0)) is None
    assert enough(curve(0.92, np.nan, 0.95, 1.0)) == 6


def test_the_full_vector_is_not_its_own_proof():
    assert enough(curve(0.5, 0.6, 1.0)) is None
    assert enough(curve(1.0)) is None and enough([]) is None


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
