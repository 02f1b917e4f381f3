import json
from dataclasses import replace

import numpy as np
import pytest

from emotion_core.base.activations import ModelInfo
from emotion_core.charts.dose_response import (
    coherence,
    controls_table,
    dose_response,
    fan_table,
    summary_table,
    text_table,
)
from emotion_core.charts.palette import chart_bytes
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.summary import SlopeTest, StrengthSummary, against_kinds
from emotion_core.steering.sweep import Sweep, SweepRow


def strength(at: float, effect: float | None, *, coherent: bool = True, evidence: bool = False) -> StrengthSummary:
    ends = (None, None) if effect is None else (effect - 0.4, effect + 0.4)
    return StrengthSummary(at, effect, *ends, -0.5, 0.5, coherent, evidence, 3.0 + abs(at) * 9, 0.1, 0, 4)


@pytest.fixture
def sweep() -> Sweep:
    strengths = (
        strength(-0.2, -0.3),
        strength(0.0, 0.0),
        strength(0.2, 1.5, evidence=True),
        strength(0.4, None, coherent=False),
    )
    rows = tuple(
        SweepRow("emotion", s.strength, "I", 0, "=text", s.effect, 3.0, 0.1, 0, None, False) for s in strengths
    )
    settings = SweepSettings(emotion="fear", prompts=("I",), strengths=tuple(s.strength for s in strengths))
    info = ModelInfo("toy", "a" * 64, 4, 8, 64)
    readings = np.zeros((4, 1), np.float32)
    test = SlopeTest((-0.2, 0.2), 9.0, 1, against_kinds(9.0, np.linspace(-1, 1, 8), ["random"] * 8))
    swept = Sweep(settings, info, 2, 10.0, ("fear",), rows, readings, strengths, (-0.2, 0.2), (5.0, 0.3), test=test)
    return replace(swept, natural_sd=35.0, side_differences=24.0)


def test_tables_hold_one_row_a_strength_and_a_text(sweep):
    table = summary_table(sweep)
    assert table["texts"].tolist() == [*["coherent"] * 3, "incoherent"]
    # The line is tested, and no strength by itself: at -0.2 the effect lies inside the edges of the controls.
    assert table["line_evidence"].all() and "evidence" not in table
    assert text_table(sweep)["text"].tolist() == ["=text"] * 4


def test_the_curve_has_its_band_its_window_and_its_finding(sweep):
    spec = dose_response(sweep).to_dict()
    text = json.dumps(spec)
    assert "null_low" in text and "effect_low" in text and "usable window" in text
    assert spec["title"]["text"] == "Steering moves fear beyond chance"
    assert "what is tested (evidence; single points are not)" in spec["title"]["subtitle"]
    drawn = [
        layer["encoding"]["color"]["field"] for layer in spec["layer"] if "field" in str(layer["encoding"].get("color"))
    ]
    assert set(drawn) == {"texts"}, "a point has no colour of a verdict"
    assert "layer 2" in spec["title"]["subtitle"] and "usable from" in spec["title"]["subtitle"]
    assert "3.5 standard deviations of neutral texts" in spec["title"]["subtitle"]
    assert "2.4 times the difference" in spec["title"]["subtitle"]
    fan = fan_table(sweep)
    assert fan["strength"].tolist() == [-0.2, 0.0, 0.2] and fan["line"].tolist() == pytest.approx([-1.8, 0, 1.8])
    assert (fan["null_low"] <= fan["null_high"]).all() and fan.loc[1, ["null_low", "null_high"]].tolist() == [0, 0]
    (kind,) = controls_table(sweep).to_dict("records")
    null = sweep.test.controls.kinds[0]
    assert (kind["controls"], kind["p"]) == ("random directions", "< 0.01") and null.p_value < 1e-5
    # Where steering takes away, slopes are those of the fall, and the table says them as they are.
    falls = replace(sweep, test=replace(sweep.test, sign=-1))
    (turned,) = controls_table(falls).to_dict("records")
    assert (turned["mean slope"], turned["one in 20 beyond"]) == (-null.mean, -null.high)
    assert "fraction of the residual norm" in text
    for other in (
        replace(sweep, settings=replace(sweep.settings, operation="project_out")),
        replace(sweep, layers=(1, 2)),
    ):
        said = dose_response(other).to_dict()["title"]["subtitle"]
        assert "standard deviations of neutral" not in said, "a share is no length, nor the part of one of two layers"


def test_a_stopped_sweep_counts_what_was_written(sweep):
    asked = replace(sweep.settings, prompts=("I", "You", "They"), controls=12)
    stopped = replace(sweep, settings=asked, partial="stopped", test=None)
    said = dose_response(stopped).to_dict()["title"]["subtitle"]
    assert "0 controls" in said and "for this prompt alone" in said and "3 prompts" not in said
    assert stopped.to_json()["intervals"] == "95 % intervals for this prompt alone"


def test_the_charts_beneath_share_its_axis_and_all_render(sweep):
    charts = [dose_response(sweep), coherence(sweep, "surprise"), coherence(sweep, "repetition")]
    domains = {
        json.dumps(layer["encoding"]["x"]["scale"]["domain"])
        for chart in charts
        for layer in chart.to_dict()["layer"]
        if layer["encoding"].get("x", {}).get("scale")
    }
    assert len(domains) == 1
    for chart in charts:
        assert chart_bytes(chart, "svg").startswith(b"<svg")


def test_the_charts_beneath_say_where_the_texts_pass_the_limit(sweep):
    title = coherence(sweep, "surprise").to_dict()["title"]["text"]
    assert title == "Surprise passes its limit at +0.4"
    assert (
        coherence(sweep, "repetition").to_dict()["title"]["text"]
        == "Repetition stays within its limit at every strength"
    )
    lower = replace(sweep, limits=(4.0, 0.3))
    assert (
        coherence(lower, "surprise").to_dict()["title"]["text"] == "Surprise passes its limit at −0.2, +0.2 and above"
    )
    unknown = replace(sweep, limits=(float("inf"), 0.3))
    assert "too few unsteered texts" in coherence(unknown, "surprise").to_dict()["title"]["text"]


def test_the_charts_beneath_show_the_single_texts(sweep):
    rows = (*sweep.rows, SweepRow("control-1", 0.2, "I", 0, "control", 0.0, 9.0, 0.9, 0, None, False))
    spec = coherence(replace(sweep, rows=rows), "repetition").to_dict()
    (texts,) = [
        layer
        for layer in spec["layer"]
        if "text" in json.dumps(layer["encoding"].get("tooltip", "")).lower() and layer["mark"].get("size") == 22
    ]
    drawn = spec["datasets"][texts["data"]["name"]]
    assert [row["repetition"] for row in drawn] == [0.1] * 4, "one a text, and none of the controls"
