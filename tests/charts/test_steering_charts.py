"""The cross-talk matrix and the next-token curve as charts and in words."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from emotion_core.base.activations import ModelInfo
from emotion_core.charts.crosstalk import (
    crosstalk_chart,
    crosstalk_sentence,
    divergence_chart,
    matrix_table,
    next_token_chart,
    next_token_sentence,
    next_token_table,
    specificity_table,
    words_chart,
    words_sentence,
    words_table,
)
from emotion_core.charts.palette import chart_bytes
from emotion_core.steering.crosstalk import CrossTalk
from emotion_core.steering.next_token import NextTokenDose
from emotion_core.steering.settings import CrossTalkSettings, SweepSettings

INFO = ModelInfo("toy", "a" * 64, 4, 8, 64)


def matrix(band: float = 0.5) -> CrossTalk:
    cells = np.array([[2.0, 0.1, -0.9], [0.2, 0.3, 0.0], [np.nan, np.nan, np.nan]], np.float32)
    return CrossTalk(
        settings=CrossTalkSettings(prompts=("I",), strength=0.2),
        model=INFO,
        layer=2,
        scale=10.0,
        emotions=("fear", "joy", "calm"),
        matrix=cells,
        band=np.array([[-band, band]] * 3, np.float32),
        specificity=np.array([2.4, 0.2, np.nan], np.float32),
        coherent=(True, True, False),
        texts=(),
        readings=np.zeros((0, 3), np.float32),
        own_band=np.array([-band, band], np.float32),
        own_p=np.array([0.001, 0.4, np.nan], np.float32),
    )


def test_cells_outside_of_the_band_are_marked_and_counted() -> None:
    table = matrix_table(matrix())
    assert table.loc[table["outside"], ["steered", "read"]].to_numpy().tolist() == [["fear", "fear"], ["fear", "calm"]]
    assert table["change"].isna().sum() == 3
    assert "1 of 3 emotions move their own reading up" in crosstalk_sentence(matrix())
    assert "1 of 6 readings of other emotions" in crosstalk_sentence(matrix())
    many = replace(matrix(), emotions=tuple("abcdefg"), matrix=np.zeros((7, 7)), band=np.array([[-1.0, 1.0]] * 7))
    many = replace(many, coherent=(True,) * 7, own_p=np.full(7, 0.5), specificity=np.zeros(7))
    assert "0 of 42 readings of other emotions" in crosstalk_sentence(many) and "about 2." in crosstalk_sentence(many)
    assert "2 of 3 rows" in crosstalk_sentence(matrix()), "a row that broke moves nothing"
    assert "too few controls" in crosstalk_sentence(matrix(np.nan))
    assert specificity_table(matrix())["emotion"].tolist() == ["fear", "joy", "calm"]


def test_the_matrix_can_be_clicked_and_drawn() -> None:
    chart = crosstalk_chart(matrix(), ("fear", "calm"))
    spec = json.dumps(chart.to_dict())
    assert '"cell"' in spec and '"steered", "read"' in spec
    assert chart_bytes(chart, "svg").startswith(b"<svg")


def dose(change: list[float], p: float = 0.01) -> NextTokenDose:
    return NextTokenDose(
        settings=SweepSettings(emotion="fear", prompts=("I",), strengths=(-0.2, 0.0, 0.2, 9.0)),
        layer=2,
        tokens=("afraid", "ran"),
        strengths=(-0.2, 0.0, 0.2, 9.0),
        change=np.array(change, np.float32),
        band=np.array([[-0.5, 0.5], [0, 0], [-0.5, 0.5], [np.nan, np.nan]], np.float32),
        divergence=np.array([0.1, 0.0, 0.2, np.nan], np.float32),
        tested=(-0.2, 0.2),
        slope=3.0,
        kinds=("random",) * 9,
        control_slopes=np.linspace(0, 4, 9).astype(np.float32),
        p_value=p,
        hardest="random",
        word_strength=0.2,
        words=("fear", "joy"),
        word_changes=np.array([[1.0, 0.2], [0.1, 0.0]], np.float32),
        word_band=np.array([[-0.5, 0.5]] * 2, np.float32),
        word_p=np.array([0.02, 0.6], np.float32),
    )


def test_the_next_token_says_how_many_controls_do_as_much_and_where_it_breaks() -> None:
    found = dose([-0.1, 0.0, 1.2, np.nan])
    assert next_token_table(found)["broken"].tolist() == [False, False, False, True]
    assert next_token_table(found)["curve_evidence"].all()
    sentence = next_token_sentence(found)
    assert "3 of 9 random directions raise theirs as much (p = 0.010" in sentence and "At +9 the model" in sentence
    other = next_token_sentence(dose([0.1, 0.0, 0.1, 0.1], p=0.4))
    assert other.startswith("Any direction raises its own tokens")
    for chart in (next_token_chart(found), divergence_chart(found), words_chart(found)):
        assert chart_bytes(chart, "svg").startswith(b"<svg")
    assert "1 of 2 emotions make their own word likelier" in words_sentence(found)
    assert "the own word gains most, where chance gives 1" in words_sentence(found)
    assert words_table(found).loc[0, "own_p_value"] < 0.05 and len(words_table(found)) == 4
