"""Monitors: scores look back only, thresholds keep the false alarm rate, alarms and leads are counted right."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.base.errors import SettingsError
from emotion_core.reading.monitor import (
    NeutralScores,
    counted_tokens,
    places_of,
    set_threshold,
    trailing,
)
from emotion_core.reading.settings import MonitorSettings


def test_a_score_is_the_mean_of_the_last_tokens_that_count() -> None:
    values = np.array([[1.0], [100.0], [3.0], [5.0], [7.0]], dtype=np.float32)
    counted = np.array([True, False, True, True, True])
    found = trailing(values, counted, 2)[:, 0]
    np.testing.assert_allclose(found, [1.0, np.nan, 2.0, 4.0, 6.0])
    # What comes later changes nothing before it.
    later = values.copy()
    later[4] = -50
    np.testing.assert_allclose(trailing(later, counted, 2)[:4, 0], found[:4])


def test_the_first_token_has_no_score_unless_it_is_the_only_one() -> None:
    assert counted_tokens((True, True, False)).tolist() == [False, True, False]
    assert counted_tokens((True, False)).tolist() == [True, False]


def neutral(scores: list[np.ndarray], registers: int = 4) -> NeutralScores:
    """Every text once, in registers of equal size."""
    sources = [np.full(len(one), i) for i, one in enumerate(scores)]
    return NeutralScores(scores, sources, np.arange(len(scores)) % registers)


def test_without_a_hit_the_rate_may_still_be_above_zero() -> None:
    rng = np.random.default_rng(1)
    fitted = [rng.normal(size=(50, 2)).astype(np.float32) for _ in range(40)]
    silent = [np.full((30, 2), -5.0, np.float32) for _ in range(40)]
    found = set_threshold(MonitorSettings("fear", 0.01), 3, fitted, neutral(silent))
    assert found.rate == found.rate_low == 0
    # No alarm in 40 texts: up to 8.8 % of texts (Clopper and Pearson).
    assert found.rate_high == pytest.approx(0.0881, abs=0.0005)
    assert found.to_json()["neutral_texts_with_an_alarm"][3] == pytest.approx(0.0881, abs=0.0005)


def test_texts_that_are_said_again_are_no_new_texts() -> None:
    rng = np.random.default_rng(2)
    fitted = [rng.normal(size=(50, 2)).astype(np.float32) for _ in range(40)]
    other = [(rng.normal(size=(40, 2)) + 0.7 * rng.normal()).astype(np.float32) for _ in range(40)]
    settings = MonitorSettings("fear", 0.05)
    once = set_threshold(settings, 3, fitted, neutral(other))
    # Four dialogues of all forty texts, with a token of the template before each.
    gap = np.full((1, 2), np.nan, np.float32)
    registers = np.arange(40) % 4
    sources, scores = [], []
    for order in _orders(rng):
        sources.append(np.concatenate([part for i in order for part in ([-1], np.full(40, i))]).astype(np.int64))
        scores.append(np.concatenate([part for i in order for part in (gap, other[i])]))
    again = set_threshold(settings, 3, fitted, NeutralScores(scores, sources, registers))
    assert (again.rate, again.rate_low, again.rate_high) == pytest.approx((once.rate, once.rate_low, once.rate_high))
    assert again.n_texts == once.n_texts == 40 and again.texts_fired == once.texts_fired


def _orders(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.permutation(40) for _ in range(4)]


def test_the_false_alarm_rate_is_kept_on_other_texts() -> None:
    rng = np.random.default_rng(0)

    def texts(count: int) -> list[np.ndarray]:
        return [rng.normal(size=(50, 4)).astype(np.float32) for _ in range(count)]

    found = set_threshold(MonitorSettings("fear", 0.05, window=1), 3, texts(200), neutral(texts(200)))
    assert found.value == pytest.approx(1.645, abs=0.1) and len(found.random) == 3
    assert found.rate_low <= found.rate <= found.rate_high and found.rate == pytest.approx(0.05, abs=0.01)
    assert found.rate_low < 0.05 < found.rate_high
    assert found.texts_fired / found.n_texts == pytest.approx(1 - 0.95**50, abs=0.08)


@pytest.mark.parametrize(("rate", "window"), [(0.0, 5), (0.9, 5), (float("nan"), 5), (0.01, 0), (0.01, 65)])
def test_settings_out_of_range_are_refused(rate: float, window: int) -> None:
    with pytest.raises(SettingsError):
        MonitorSettings("fear", rate, window)


def test_a_phrase_is_found_across_tokens_and_cases() -> None:
    pieces = ["I ", "Re", "turn ", "the", " stored", " answer. return THE stored"]
    assert places_of("return the stored", pieces) == (1, 5)
    assert places_of("  ", pieces) == () and places_of("absent", pieces) == ()
    # A letter whose lower case is longer does not shift what follows it.
    assert places_of("b", ["İİİ", "a", "b"]) == (2,)
