"""Effects, null band, coherence and the usable window on numbers that can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from emotion_core.steering.settings import PlannedRow
from emotion_core.steering.summary import (
    Role,
    against_kinds,
    coherence_limits,
    interval,
    interval_words,
    null_band,
    standardise,
    summarise,
    usable_window,
    window_of,
)


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


def test_coherence_limits_come_from_the_unsteered_texts():
    rows = [row(sample=0), row(sample=1, reported=False), row(sample=2, reported=False), row(0.5), row(0.5, 1)]
    surprise = np.array([2.0, 3.0, 4.0, 90.0, 80.0])
    repeated = np.array([0.0, 0.0, 0.3, 1.0, 1.0])
    # Surprise 3 +- 1; repetition .1 + .1732051 + .05.
    assert coherence_limits(rows, surprise, repeated) == pytest.approx((4.0, 0.1 + 0.1732051 + 0.05, 2.0), abs=1e-6)
    greedy = [row(greedy=True), *rows]
    got = coherence_limits(greedy, np.array([50.0, *surprise]), np.array([1.0, *repeated]))
    # A greedy text lies elsewhere than draws from the model do: 50 +- 1, and 1 + .1732051 + .05.
    assert got == pytest.approx((51.0, 1.2232051, 49.0), abs=1e-6)
    empty = coherence_limits(rows, np.array([2.0, np.nan, 4.0, 9.0, 9.0]), repeated)
    assert empty[0] == pytest.approx(3 + 2**0.5), "an empty text has no surprise"
    assert coherence_limits(rows[:1], surprise[:1], repeated[:1]) == (np.inf, np.inf, -np.inf)


def test_a_greedy_text_that_is_the_unsteered_one_is_coherent():
    rows = [row(greedy=True), *(row(sample=s, reported=False) for s in range(4)), row(0.001, greedy=True)]
    rows.append(row(0.4, greedy=True))
    surprise = np.array([0.5, 1.8, 2.0, 2.2, 2.4, 0.5, 1.9])
    _, coherent, window = window_of(rows, surprise, np.zeros(7), [False] * 7)
    assert coherent == {0.0: True, 0.001: True, 0.4: False} and window == (0.0, 0.001)


def test_controls_of_which_most_changed_nothing_say_nothing_of_one_more():
    """With most of them at 0, the spread of the others would give an effect of .02 a p of a millionth."""
    kinds = ["random"] * 4 + ["neutral"] * 4 + ["shuffled"] * 4
    few = [0.0] * 8 + [1e-4, 2e-4, -1e-4, 3e-4]
    assert against_kinds(0.02, few, kinds) is None
    assert against_kinds(0.02, [1e-5 * i * i for i in range(12)], kinds) is not None


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


KINDS = ("random", "neutral", "shuffled")


def planned(strengths, controls=12, samples=4, prompts=1):
    rows = [row(sample=s, prompt=p) for p in range(prompts) for s in range(samples)]
    for strength in strengths:
        directions = range(controls + 1) if abs(strength) == max(map(abs, strengths)) else (0,)
        rows += [row(strength, d, s, p) for d in directions for p in range(prompts) for s in range(samples)]
    return rows


def outcome(effect_of, own_of=None, strengths=(-0.4, 0.2, 0.4), surprise_of=None, broken_at=None, controls=12, **more):
    """A summary where texts move along the emotion by `effect_of(s, d)` deviations, along themselves by `own_of`."""
    rows = planned(strengths, controls, **more)
    noise = np.array([-1.5, -0.5, 0.5, 1.5])  # standard deviation 1.2909944
    raw = np.array([[noise[r.sample]] * (1 + controls) for r in rows], np.float32)
    for i, r in enumerate(rows):
        if r.strength:
            raw[i, 0] += effect_of(r.strength, r.direction) * 1.2909944
            if r.direction:
                raw[i, r.direction] += (own_of or effect_of)(r.strength, r.direction) * 1.2909944
    shift = surprise_of or (lambda _: 0.0)
    surprise = np.array([shift(r.strength) * 0.12909944 + 2 + noise[r.sample] / 10 for r in rows])
    broken = [r.strength == broken_at and r.direction == 0 for r in rows]
    raw[broken] = np.nan
    surprise[broken] = np.nan
    roles = [Role("emotion", "", 0)]
    roles += [Role(f"control-{k + 1}", KINDS[k * 3 // controls], k + 1) for k in range(controls)]
    return summarise(rows, raw, surprise, np.zeros(len(rows)), broken, roles)


def wobble(strength: float, direction: int) -> float:
    return strength * (1 + 0.3 * np.sin(7 * direction))


def test_a_line_steeper_than_those_of_the_controls_is_evidence_and_one_like_theirs_is_not():
    result = outcome(lambda s, d: 5 * s if d == 0 else wobble(s, d))
    assert result.test is not None and result.test.slope == pytest.approx(5.0, abs=1e-4)
    assert result.test.strengths == (-0.4, 0.4) and result.test.evidence and result.test.controls.p_value < 0.001
    own = [wobble(1, d) for d in range(1, 13)]
    kinds = [KINDS[k * 3 // 12] for k in range(12)]
    expected = against_kinds(5.0, own, kinds)
    assert result.test.controls.high == pytest.approx(expected.high, abs=1e-4)
    by = {one.strength: one for one in result.strengths}
    assert by[0.2].evidence and by[-0.4].evidence and not by[0.0].evidence
    assert (by[0.2].null_low, by[0.2].null_high) == pytest.approx((0.2 * expected.low, 0.2 * expected.high), abs=1e-4)
    assert by[-0.4].null_low == pytest.approx(-0.4 * expected.high, abs=1e-4), "the edges change places below 0"
    quiet = outcome(lambda s, d: s if d == 0 else wobble(s, d))
    assert not quiet.test.evidence and not any(one.evidence for one in quiet.strengths)


def test_controls_are_read_along_themselves():
    """Controls that leave the emotion alone but raise their own reading as much are no contrast to it."""
    alike = outcome(lambda s, d: s if d == 0 else 0.0, own_of=wobble)
    assert not alike.test.evidence
    still = outcome(lambda s, d: s if d == 0 else 3 * s, own_of=lambda s, d: 0.02 * wobble(s, d))
    assert still.test.evidence


def test_one_kind_of_control_that_does_as_much_takes_the_mark_away():
    def own(strength: float, direction: int) -> float:
        return wobble(strength, direction) * (5 if direction > 8 else 0.1)  # the last four are from shuffled labels

    result = outcome(lambda s, d: 4 * s if d == 0 else own(s, d))
    assert not result.test.evidence and result.test.controls.hardest == "shuffled"
    assert result.test.controls.widest == "shuffled"


def test_an_effect_against_the_sign_of_the_strength_is_no_evidence():
    result = outcome(lambda s, d: -9 * s if d == 0 else 0.1 * wobble(s, d))
    assert not result.test.evidence and not any(one.evidence for one in result.strengths)


def test_evidence_and_the_drawn_edges_say_the_same():
    for slope in np.linspace(0, 4, 41):
        result = outcome(lambda s, d, slope=slope: slope * s if d == 0 else wobble(s, d))
        last = result.strengths[-1]
        assert last.evidence == (last.effect > last.null_high)


def test_the_test_goes_through_the_ends_of_the_usable_window_only():
    result = outcome(lambda s, d: 5 * s, surprise_of=lambda s: 3.0 if s == 0.4 else 0.0)
    assert result.usable_window == (-0.4, 0.2) and result.test is None, "no control was written at +0.2"
    falling = outcome(lambda s, d: 5 * s, surprise_of=lambda s: -3.0 if s == 0.4 else 0.0)
    assert falling.usable_window == (-0.4, 0.2), "texts as predictable as a loop are not coherent"


def test_a_shift_of_two_deviations_is_rarely_called_coherent():
    rng = np.random.default_rng(0)
    passed = {0.0: 0, 2.0: 0}
    for shift in passed:
        for _ in range(300):
            rows = [row(sample=s) for s in range(16)] + [row(0.2, 0, s) for s in range(8)]
            surprise = rng.standard_normal(24) + 5
            surprise[16:] += shift
            passed[shift] += coherence_limits(rows, surprise, np.zeros(24)).keeps(
                surprise[16:], np.zeros(8), np.zeros(8, bool)
            )
    assert passed[0.0] > 280 and passed[2.0] < 25


def test_broken_texts_are_counted_and_harm_no_other_strength():
    result = outcome(lambda s, d: 5 * s if d == 0 else wobble(s, d), broken_at=0.2, strengths=(-0.4, 0.2, 0.4))
    by = {one.strength: one for one in result.strengths}
    assert by[0.2].broken == 4 and by[0.2].effect is None and not by[0.2].coherent and by[0.2].surprise is None
    assert by[0.4].effect == pytest.approx(2.0, abs=1e-4) and by[0.4].broken == 0
    assert result.usable_window == (-0.4, 0.0)


def test_without_controls_there_is_an_effect_and_no_test():
    result = outcome(lambda s, d: s, controls=0)
    assert result.test is None and all(one.null_low is None and not one.evidence for one in result.strengths)
    assert result.strengths[-1].effect == pytest.approx(0.4, abs=1e-5)


@pytest.mark.parametrize("between", [0.5, 1.0])
def test_intervals_cover_the_effect_over_prompts(between):
    rng = np.random.default_rng(0)
    prompts = np.repeat(np.arange(6), 4)
    covered = 0
    for _ in range(800):
        changes = between * rng.standard_normal(6)[prompts] + rng.standard_normal(24) + 1.0
        found = interval(changes, prompts)
        covered += found.low <= 1.0 <= found.high
    assert 0.93 <= covered / 800 <= 0.97


def test_with_fewer_than_three_prompts_the_interval_is_for_these():
    changes = np.array([1.0, 2.0, 3.0, 11.0, 12.0, 13.0])
    one = interval(changes[:3])
    assert (one.low, one.high) == pytest.approx((2 - 4.3026527 / 3**0.5, 2 + 4.3026527 / 3**0.5), abs=1e-5)
    two = interval(changes, [0, 0, 0, 1, 1, 1])
    assert two.mean == 7.0 and two.high - two.low < 4, "the difference between the prompts is not part of it"
    assert "this prompt alone" in interval_words(1) and "3 prompts" in interval_words(3)


@pytest.mark.parametrize("draw", ["normal", "heavy"])
def test_one_more_direction_of_any_kind_is_evidence_in_one_of_twenty(draw):
    rng = np.random.default_rng(1)
    kinds = ["random"] * 8 + ["neutral"] * 8 + ["shuffled"] * 8 + ["rotated"] * 8
    scale = np.repeat([0.5, 1.0, 1.0, 1.5], 8)
    centre = np.repeat([0.0, 1.0, 1.5, 1.0], 8)
    for at in (0, 8, 16, 24):
        hits = 0
        for _ in range(800):
            noise = rng.standard_normal(33) if draw == "normal" else rng.standard_t(3, 33)
            controls = centre + scale * noise[:32]
            hits += against_kinds(centre[at] + scale[at] * noise[32], controls, kinds).evidence
        assert hits / 800 < 0.065, f"{kinds[at]}: {hits / 800}"


def test_kinds_by_hand():
    narrow, wide = np.array([0.0, 0.2, 0.4, 0.6]), np.array([0.0, 2.0, 4.0, 6.0])
    found = against_kinds(9.0, np.concatenate([narrow, wide]), ["random"] * 4 + ["neutral"] * 4)
    # Squares .2 and 20 with 6 degrees of freedom together; the wide kind keeps its own deviation, sqrt(20 / 3).
    pooled, own = (20.2 / 6) ** 0.5, (20 / 3) ** 0.5
    p = [t.sf((9 - 0.3) / (pooled * 1.25**0.5), 6), t.sf((9 - 3) / (own * 1.25**0.5), 6)]
    assert [kind.p_value for kind in found.kinds] == pytest.approx(p)
    assert found.p_value == pytest.approx(max(p)) and found.hardest == "neutral"
    assert found.high == pytest.approx(3 + t.ppf(0.95, 6) * own * 1.25**0.5)


def test_too_few_controls_give_no_test():
    assert against_kinds(1.0, [0.1, 0.2, 0.3], ["random", "random", "neutral"]) is None
    assert against_kinds(1.0, [0.0] * 8, ["random"] * 8) is None, "controls that do nothing have no width"
    assert against_kinds(9.0, [0.1, 0.2, 0.3, np.nan, 0.2], ["random"] * 5).evidence
