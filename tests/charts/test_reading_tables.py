"""Tables of readings: every emotion is in them, whatever it is called."""

from dataclasses import replace

import numpy as np

from emotion_core.charts.palette import chart_bytes
from emotion_core.charts.reading import dose_sentence, heat, heat_table, layer_heat, smoothed, token_table, top_movers
from emotion_core.reading.chance import Chance, Trend
from emotion_core.reading.dose import DoseReading
from emotion_core.reading.text import TokenReading


def reading(emotions: tuple[str, ...], layers: tuple[int, ...]) -> TokenReading:
    """Three tokens of made-up numbers."""
    values = np.arange(3 * len(layers) * len(emotions), dtype=np.float32).reshape(3, len(layers), len(emotions))
    band = np.ones((3, len(layers)), np.float32)
    return TokenReading(("a", "=b", "c"), (True, True, False), emotions, layers, values * 2, values, -band, band, 1)


def test_all_emotions_and_layers_are_in_the_table() -> None:
    found = reading(("token", "layer", "fear"), (1, 4))
    table = token_table(found)
    assert len(table) == 6 and table.columns.is_unique
    row = table[(table["layer"] == 4) & (table["token"] == 1)].iloc[0]
    assert row["fear (SD)"] == found.values[1, 1, 2] and row["fear (projection)"] == found.projections[1, 1, 2]
    assert row["text"] == "=b" and row["null_high"] == 1
    assert not table.loc[table["token"] == 2, "is_content"].any()


def test_the_ranking_at_a_token_goes_from_the_highest_to_the_lowest() -> None:
    found = reading(tuple("abcdefghijkl"), (0,))
    assert [name for name, _ in found.extremes(1)] == list("lkjihg") + list("cba")
    assert [name for name, _ in reading(("a", "b"), (0,)).extremes(0)] == ["b", "a"]


def test_all_layers_as_a_heat_map_of_bounded_size() -> None:
    values = np.zeros((5000, 6, 1), np.float32)
    values[:, 2] = 9
    band = np.ones((5000, 6), np.float32)
    found = TokenReading(("a",) * 5000, (True,) * 5000, ("fear",), tuple(range(6)), values, values, -band, band, 9, 2)
    chart = layer_heat(found, "fear")
    assert "at layer 2" in str(chart.title.text) and len(chart.data) <= 6 * 201
    assert chart_bytes(chart, "png").startswith(b"\x89PNG")


def test_the_heat_map_has_its_numbers_as_a_table_of_bounded_size() -> None:
    values = np.random.default_rng(0).normal(size=(1000, 1, 3)).astype(np.float32)
    values[:, 0, 1] *= 20
    band = np.ones((1000, 1), np.float32)
    found = TokenReading(("a",) * 1000, (True,) * 1000, ("x", "text", "y"), (0,), values, values, -band, band, 1)
    movers = top_movers(found, 2)
    assert movers[0] == "text" and len(movers) == 2
    table = heat_table(found, movers)
    assert list(table.columns) == ["emotion", "token", "text", "smoothed"] and len(table) == 2 * 200
    first = table[table["emotion"] == "text"].iloc[0]
    assert np.isclose(first["smoothed"], smoothed(values[:, 0, 1])[:5].mean()) and first["text"] == "aaaaa"
    assert heat(found, movers).data.equals(table)


def test_the_dose_is_told_by_what_followed_the_number() -> None:
    chance = Chance(np.array([0.001, 0.01, 0.8]), np.array([0.003, 0.02, 0.8]), ("random",) * 3)
    trend = Trend(
        *(np.array([0.9, -0.8, 0.1]),) * 3, chance, (True, True, False), (False,) * 3, np.array([1, 0.05, 0.01, 0])
    )
    values = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.3]], np.float32)
    expected = {"fear": "rise", "calm": "fall", "joy": "fall"}
    found = DoseReading("{x}", ("1", "2"), (1.0, 2.0), 4, ("fear", "calm", "joy"), values, values, trend, expected)
    assert dose_sentence(found) == (
        "Fear rises with the number as expected; calm falls with the number as expected; no evidence for joy"
    )
    assert dose_sentence(replace(found, expected={})) == (
        "2 of 3 emotions go with the number beyond directions without a meaning"
    )
    assert found.chance_sentence == "Of 3 directions without a meaning at least 2 go as expected in 1 of 100 draws."
