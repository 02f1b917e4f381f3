"""Implied emotions: their mean rank beside names that are dealt out at random."""

import numpy as np

from emotion_core.reading.situations import dealt_out

EMOTIONS, EACH = 12, 4
IMPLIED = np.repeat(np.arange(EMOTIONS), EACH)


def ranks(rng, planted: float):
    """Situations of one emotion are alike, so a direction that reads high on one reads high on the others."""
    kinds = rng.normal(size=(EMOTIONS, EMOTIONS)) + planted * np.eye(EMOTIONS)
    values = kinds[IMPLIED] + 0.3 * rng.normal(size=(len(IMPLIED), EMOTIONS))
    return 1 + np.argsort(np.argsort(-values, axis=1), axis=1)


def p_values(planted: float) -> np.ndarray:
    rng = np.random.default_rng(0)
    return np.array([dealt_out(ranks(rng, planted), IMPLIED, i, 400)[2] for i in range(200)])


def test_directions_without_a_meaning_pass_in_one_of_twenty_however_alike_situations_are() -> None:
    assert np.mean(p_values(0.0) < 0.05) <= 0.085  # 17 of 200 happen in 1 of 40 such tests


def test_directions_with_a_meaning_are_found() -> None:
    assert np.mean(p_values(1.5) < 0.05) >= 0.9


def test_p_is_the_share_of_deals_that_do_as_well_and_never_zero() -> None:
    perfect = np.ones((len(IMPLIED), EMOTIONS), np.int64) * 6
    perfect[np.arange(len(IMPLIED)), IMPLIED] = 1
    low, high, p_value = dealt_out(perfect, IMPLIED, 0, 999)
    assert p_value == 1 / 1000 and 1 < low <= high <= 6
    assert dealt_out(np.full_like(perfect, 6), IMPLIED, 0, 99)[2] == 1
