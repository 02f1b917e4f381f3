"""The chart and tables of a transfer say what its figures are."""

from __future__ import annotations

import json

import numpy as np
import pytest
from evaluation.test_transfer import labelled_world, planted

from emotion_core.charts.transfer import emotion_table, rival_table, text_table, transfer_chart, transfer_table


def test_chart_and_tables_hold_the_figures():
    result, _ = planted()
    (score,) = result.scores
    chart = json.loads(transfer_chart(result, score).to_json())
    layer = score.selected_layer
    assert f"AUROC {score.auroc[layer]:.2f} on situations at layer {layer}" in chart["title"]["text"]
    assert chart["description"] == chart["title"]["text"] + "."
    drawn = {row.get("rival") for data in chart["datasets"].values() for row in data} - {None}
    assert drawn == {rival.name for rival in score.rivals}
    table = transfer_table(score)
    assert table["chosen"].tolist() == [i == layer for i in range(len(table))]
    np.testing.assert_array_equal(table["p_value"], np.maximum(table["p_training"], table["p_target"]))
    rows = rival_table(score)
    assert rows["gap"][1] == pytest.approx(rows["auroc"][0] - rows["auroc"][1])
    texts = text_table(result, score)
    assert len(texts) == 60 and texts["side"].value_counts().to_dict() == {"positive": 30, "negative": 30}


def test_several_emotions_have_a_table_sorted_by_auroc():
    result, *_ = labelled_world(3.0)
    table = emotion_table(result)
    assert len(table) == 5 and table["auroc"].is_monotonic_decreasing
    assert json.loads(transfer_chart(result, result.scores[1]).to_json())["title"]["text"]


def test_a_broken_layer_can_be_drawn():
    result, _ = planted()
    (score,) = result.scores
    for array in (score.auroc, score.low, score.high, score.null_auroc_5, score.null_auroc_95):
        array[0] = np.nan
    assert transfer_chart(result, score).to_json()
