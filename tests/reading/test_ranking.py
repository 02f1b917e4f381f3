"""Emotions of a text as a whole."""

import numpy as np
import pytest
from scipy import stats

from emotion_core.charts.ranking import ranking_chart
from emotion_core.reading.ranking import ranking
from emotion_core.reading.text import TokenReading

EMOTIONS = tuple("abcdefghij")


def reading(values: np.ndarray, content: tuple[bool, ...] | None = None) -> TokenReading:
    n = len(values)
    band = np.zeros((n, 1), np.float32)
    return TokenReading(
        tuple(f"t{i}" for i in range(n)),
        content or (True,) * n,
        EMOTIONS[: values.shape[1]],
        (2,),
        values[:, None].astype(np.float32),
        values[:, None].astype(np.float32),
        band,
        band,
        1,
    )


def test_both_ends_are_there_with_scipys_interval_and_without_the_first_token():
    values = np.random.default_rng(0).normal(size=(12, 10))
    values[0] = 1000  # where models park attention
    table = ranking(reading(values), high=3, low=2)
    means = values[1:].mean(axis=0)
    order = np.argsort(-means)
    assert table["emotion"].tolist() == [EMOTIONS[i] for i in [*order[:3], *order[-2:]]]
    assert table["mean"].tolist() == pytest.approx(means[[*order[:3], *order[-2:]]], abs=1e-5)
    one = values[1:, order[0]]
    low, high = stats.t.interval(0.95, len(one) - 1, one.mean(), stats.sem(one))
    assert (table["low"][0], table["high"][0]) == pytest.approx((low, high), abs=1e-4)


def test_tokens_of_the_template_do_not_count_and_one_token_is_enough():
    values = np.array([[0.0, 9.0], [1.0, 0.0], [0.0, 9.0]])
    assert ranking(reading(values, (False, True, False)), 1, 1)["emotion"].tolist() == ["a", "b"]
    alone = ranking(reading(np.array([[2.0, 1.0]])), 1, 1)
    assert alone["mean"].tolist() == [2.0, 1.0] and alone["low"].isna().all()


def test_the_chart_names_the_two_highest():
    values = np.random.default_rng(1).normal(size=(6, 10))
    table = ranking(reading(values))
    title = ranking_chart(table, 171).to_dict()["title"]["text"]
    assert title == f"Of 171 emotions it reads highest on {table['emotion'][0]} and {table['emotion'][1]}"
