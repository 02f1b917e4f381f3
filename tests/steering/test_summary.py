"""Effects, null band, coherence and the usable window on numbers that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.steering.band import null_band
from emotion_core.steering.coherence import coherence_limits, usable_window
from emotion_core.steering.plan import PlannedRow
from emotion_core.steering.standard import standardise
from emotion_core.steering.summary import summarise


def row(strength=0.0, direction=0, sample=0, prompt=0, **more) -> PlannedRow:
    return PlannedRow(prompt, sample, direction, strength, **more)


def test_null_band_is_the_students_interval_of_one_more_direction():
    # Mean 1.5, standard deviation 1.2909944; t(.975, 3) = 3.1824463; sqrt(1 + 1/4) = 1.1180340: half a width 4.5934658.
    low, high = null_band([0.0, 1.0, 2.0, 3.0], 4)
    assert (low, high) == pytest.approx((1.5 - 4.5934658, 1.5 + 4.5934658), abs=1e-6)
    # With five strengths looked at together: t(.995, 3) = 5.8409093, half a width 8.4306264.
    assert null_band([0.0, 1.0, 2.0, 3.0], 4, 5) == pytest.approx((1.5 - 8.4306264, 1.5 + 8.4306264), abs=1e-5)
    # The opposite strength's effects narrow the mean, not the number of directions.
    mirrored = null_band([0.0, 1.0, 2.0, 3.0, 0.0, -1.0, -2.0, -3.0], 4)
    assert mirrored[0] == pytest.approx(-mirrored[1]) and mirrored[1] == pytest.approx(3.1824463 * 2.0 * 1.1180340)


def test_fewer_than_three_controls_give_no_band():
    assert null_band([1.0, 2.0], 2) is None and null_band([], 0) is None
    assert null_band([1.0, 2.0, 3.0, 4.0], 2) is None, "two directions at two strengths are two directions"


def test_null_band_holds_its_level():
    """Another random direction lies inside in 95 of 100 cases."""
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(4000, 9))
    inside = [low <= d[8] <= high for d in drawn for low, high in [null_band(d[:8], 8)]]
    assert np.mean(inside) == pytest.approx(0.95, abs=0.012)


@pytest.mark.parametrize(
    ("coherent", "window"),
    [
        ({-2: 1, -1: 1, 0: 1, 1: 1, 2: 1}, (-2, 2)),
        ({-2: 1, -1: 0, 0: 1, 1: 1, 2: 0}, (0, 1)),  # -2 is cut off by -1
        ({-2: 1, -1: 1, 0: 1, 1: 0, 2: 1}, (-2, 0)),
        ({-2: 0, -1: 0, 0: 1, 1: 0, 2: 0}, (0, 0)),
        ({0: 1}, (0, 0)),
    ],
)
def test_usable_window_is_the_coherent_stretch_around_zero(coherent, window):
    assert usable_window([float(s) for s in coherent], {float(s): bool(c) for s, c in coherent.items()}) == window


def test_coherence_limits_come_from_the_sampled_unsteered_texts():
    rows = [row(sample=0), row(sample=1, reported=False), row(sample=2, reported=False), row(0.5), row(0.5, 1)]
    surprise = np.array([2.0, 3.0, 4.0, 90.0, 80.0])
    repeated = np.array([0.0, 0.0, 0.3, 1.0, 1.0])
    # Surprise 3 + 2 x 1; repetition .1 + 2 x .1732051 + .05.
    assert coherence_limits(rows, surprise, repeated) == pytest.approx((5.0, 0.1 + 2 * 0.1732051 + 0.05), abs=1e-6)
    greedy = [row(greedy=True), *rows]
    got = coherence_limits(greedy, np.array([50.0, *surprise]), np.array([1.0, *repeated]))
    assert got == pytest.approx((5.0, 0.4964102), abs=1e-6), "a greedy text is no draw from the model"
    empty = coherence_limits(rows, np.array([2.0, np.nan, 4.0, 9.0, 9.0]), repeated)
    assert empty[0] == pytest.approx(3 + 2 * 2**0.5), "an empty text has no surprise"
    assert coherence_limits(rows[:1], surprise[:1], repeated[:1]) == (np.inf, np.inf)


def test_readings_are_centred_by_prompt_and_scaled_by_the_pooled_deviation():
    rows = [row(prompt=p, sample=s) for p in (0, 1) for s in (0, 1, 2)] + [row(0.5, prompt=0), row(0.5, prompt=1)]
    readings = np.array([[1.0], [2.0], [3.0], [10.0], [14.0], [18.0], [5.0], [14.0]], np.float32)
    # Prompt 0: mean 2, squares 2; prompt 1: mean 14, squares 32: deviation sqrt(34 / 4).
    spread = 8.5**0.5
    expected = np.array([-1, 0, 1, -4, 0, 4, 3, 0]) / spread
    np.testing.assert_allclose(standardise(rows, readings)[:, 0], expected, rtol=1e-6)


def test_readings_without_spread_are_not_numbers():
    rows = [row(sample=0), row(sample=1), row(0.5)]
    assert np.isnan(standardise(rows, np.ones((3, 1), np.float32))).all()


def planned(strengths, controls=4, samples=4):
    rows = [row(sample=s) for s in range(samples)]
    for strength in strengths:
        rows += [row(strength, d, s) for d in range(controls + 1) for s in range(samples)]
    return rows


def outcome(effect_of, strengths=(-0.2, 0.2, 0.4), surprise_of=None, broken_at=None, **more):
    """A summary where direction d at strength s moves every text by effect_of(s, d) standard deviations."""
    rows = planned(strengths, **more)
    noise = np.array([-1.5, -0.5, 0.5, 1.5])  # standard deviation 1.2909944
    raw = [noise[r.sample] + (effect_of(r.strength, r.direction) * 1.2909944 if r.strength else 0) for r in rows]
    surprise = np.array([(surprise_of or (lambda _: 0.0))(r.strength) + 2 + noise[r.sample] / 10 for r in rows])
    broken = [r.strength == broken_at and r.direction == 0 for r in rows]
    readings = np.array(raw, np.float32)[:, None]
    readings[broken] = np.nan
    surprise[broken] = np.nan
    return summarise(rows, readings, surprise, np.zeros(len(rows)), broken, 0)


def test_an_effect_beyond_the_controls_is_evidence_and_one_inside_is_not():
    wobble = {1: -0.3, 2: -0.1, 3: 0.1, 4: 0.3}
    result = outcome(lambda s, d: 20 * s if d == 0 else wobble[d])
    by = {one.strength: one for one in result.strengths}
    assert [one.strength for one in result.strengths] == [-0.2, 0.0, 0.2, 0.4]
    assert by[0.2].effect == pytest.approx(4.0, abs=1e-5) and by[-0.2].effect == pytest.approx(-4.0, abs=1e-5)
    assert by[0.2].effect_low == pytest.approx(4.0, abs=1e-5), "the same noise: no text moves differently"
    assert (by[0.4].null_low, by[0.4].null_high) == pytest.approx(null_band(list(wobble.values()), 4), abs=1e-5)
    pooled = null_band([*wobble.values(), *wobble.values()], 4)
    assert (by[0.2].null_low, by[0.2].null_high) == pytest.approx(pooled, abs=1e-5)
    assert by[0.2].evidence and by[0.4].evidence and by[-0.2].evidence and not by[0.0].evidence
    assert result.usable_window == (-0.2, 0.4) and by[0.0].effect == 0.0 and by[0.0].n == 4
    quiet = outcome(lambda s, d: 0.2 * s if d == 0 else wobble[d])
    assert not any(one.evidence for one in quiet.strengths)


def test_evidence_must_hold_for_all_strengths_looked_at_together():
    wobble = {1: -0.3, 2: -0.1, 3: 0.1, 4: 0.3}
    last = outcome(lambda s, d: 3 * s if d == 0 else wobble[d]).strengths[-1]
    assert last.effect == pytest.approx(1.2, abs=1e-5) and last.null_high == pytest.approx(0.9187, abs=1e-3)
    assert not last.evidence, "with three strengths the band is +-1.40"


def test_evidence_counts_inside_the_usable_window_only():
    def surprise(strength: float) -> float:
        return 9.0 if strength == 0.2 else 0.0

    result = outcome(lambda s, d: 20 * s if d == 0 else 0.01 * d, surprise_of=surprise)
    by = {one.strength: one for one in result.strengths}
    assert not by[0.2].coherent and by[0.4].coherent and result.usable_window == (-0.2, 0.0)
    assert by[-0.2].evidence and not by[0.2].evidence and not by[0.4].evidence


def test_broken_texts_are_counted_and_harm_no_other_strength():
    result = outcome(lambda s, d: 20 * s if d == 0 else 0.01 * d, broken_at=0.4)
    by = {one.strength: one for one in result.strengths}
    assert by[0.4].broken == 4 and by[0.4].effect is None and not by[0.4].coherent and by[0.4].surprise is None
    assert by[0.2].effect == pytest.approx(4.0, abs=1e-5) and by[0.2].evidence and by[0.2].broken == 0
    assert result.usable_window == (-0.2, 0.2)


def test_one_broken_text_makes_a_strength_incoherent():
    rows = planned([0.2], controls=0)
    broken = [r.strength == 0.2 and r.sample == 0 for r in rows]
    quiet = np.full(len(rows), 2.0)
    result = summarise(rows, np.arange(len(rows), dtype=np.float32)[:, None], quiet, 0 * quiet, broken, 0)
    assert not result.strengths[1].coherent and result.strengths[1].broken == 1 and result.usable_window == (0.0, 0.0)
    whole = summarise(rows, np.arange(len(rows), dtype=np.float32)[:, None], quiet, 0 * quiet, [False] * len(rows), 0)
    assert whole.strengths[1].coherent and result.strengths[1].effect == pytest.approx(whole.strengths[1].effect)


def test_without_controls_there_is_an_effect_and_no_band():
    result = outcome(lambda s, d: s, controls=0)
    assert all(one.null_low is None and not one.evidence for one in result.strengths)
    assert result.strengths[-1].effect == pytest.approx(0.4, abs=1e-5)
