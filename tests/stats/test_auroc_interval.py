"""The interval of an AUROC."""

import math

import pytest

from emotion_core.stats.separation import auroc_interval


def test_ends():
    low, high = auroc_interval(1.0, 20, 20)
    assert 0.7 < low < 1 and high == 1.0
    low, high = auroc_interval(0.0, 20, 20)
    assert low == 0.0 and 0 < high < 0.3
    low, high = auroc_interval(0.5, 20, 20)
    assert low == pytest.approx(1 - high) and 0.3 < low < 0.4


def test_more_texts_make_it_narrower():
    widths = [high - low for low, high in (auroc_interval(0.7, n, n) for n in (5, 10, 40, 200))]
    assert widths == sorted(widths, reverse=True)


@pytest.mark.parametrize(("value", "n"), [(math.nan, 10), (0.5, 0)])
def test_nothing_to_say(value, n):
    assert all(math.isnan(end) for end in auroc_interval(value, n, 10))
