"""Cross-talk: rows are steered, columns are read; by hand and on tiny models."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from emotion_core.base.errors import SettingsError, VectorFileError
from emotion_core.base.jobs import run_to_end
from emotion_core.charts.crosstalk import crosstalk_chart, crosstalk_sentence
from emotion_core.experiments.steering import CROSSTALK, NEXT_TOKEN, SWEEP
from emotion_core.steering import crosstalk as module
from emotion_core.steering.crosstalk import CrossTalk, column_bands, crosstalk, mean_changes, own_tests, specificity
from emotion_core.steering.generate import Written
from emotion_core.steering.settings import CrossTalkSettings, PlannedRow, SweepSettings
from emotion_core.steering.summary import null_band
from steering.handmade import EMOTIONS, random_vectors
from steering.handmade import run as run_sweep
from steering.handmade import texts as sweep_texts

PROMPTS = ("The door opens and", "Tea is")


def run(model, **more) -> CrossTalk:
    chosen = {"prompts": PROMPTS, "strength": 0.5, "controls": 3, "samples": 2, "max_new_tokens": 8, "layer": 1, **more}
    return run_to_end(crosstalk(model, random_vectors(model), CrossTalkSettings(**chosen)))


def written(direction, strength, sample, broken=False, reported=True) -> Written:
    return Written(PlannedRow(0, sample, direction, strength, reported), (1,), (2,), broken)


def test_rows_are_steered_and_columns_are_read():
    rows = [written(0, 0.0, 0), written(0, 0.0, 1), written(0, 0.0, 2, reported=False)]
    rows += [written(0, 0.5, 0), written(0, 0.5, 1), written(1, 0.5, 0), written(1, 0.5, 1, broken=True)]
    readings = np.array([[0, 1], [2, 3], [90, 90], [4, 1], [4, 4], [-1, 2], [50, 50]], np.float32)
    # Emotion 0: changes (4, 0) and (2, 1); emotion 1: (-1, 1), its other text broke.
    np.testing.assert_allclose(mean_changes(rows, readings, 3), [[3.0, 0.5], [-1.0, 1.0], [np.nan, np.nan]])


def test_specificity_is_the_own_change_beyond_the_mean_of_the_others():
    matrix = np.array([[4.0, 1.0, 3.0], [0.0, 0.0, 0.0], [5.0, 5.0, 5.0]], np.float32)
    np.testing.assert_allclose(specificity(matrix), [2.0, 0.0, 0.0])
    np.testing.assert_allclose(specificity(np.array([[0.0, 9.0], [1.0, 3.0]], np.float32)), [-9.0, 2.0])
    assert np.isnan(specificity(np.ones((1, 1), np.float32))).all()


def test_each_column_has_the_band_of_its_own_controls():
    controls = np.array([[0.0, 5.0], [1.0, 5.5], [2.0, 6.0], [3.0, 6.5], [np.nan, np.nan]], np.float32)
    bands = column_bands(controls, ["random"] * 5)
    np.testing.assert_allclose(bands[0], null_band([0.0, 1.0, 2.0, 3.0], 4), rtol=1e-5)
    np.testing.assert_allclose(bands[1], null_band([5.0, 5.5, 6.0, 6.5], 4), rtol=1e-5)
    assert np.isnan(column_bands(controls[:2], ["random"] * 2)).all()
    assert column_bands(np.zeros((0, 2), np.float32), []).shape == (2, 2)


def test_an_own_reading_counts_in_the_direction_of_the_strength_and_corrected_for_all():
    own, controls = np.array([4.0, -4.0, 1.6, np.nan], np.float32), np.linspace(-1, 1, 12)
    p, ends = own_tests(own, controls, ["random"] * 12, 0.3)
    assert p[0] < 0.01 and p[1] > 0.9 and np.isnan(p[3]) and ends[0] < -1 and ends[1] > 1
    down, _ = own_tests(own, controls, ["random"] * 12, -0.3)
    assert down[0] > 0.9 and down[1] < 0.01, "pushed down, a reading that falls is the effect"
    alone, _ = own_tests(own[2:3], controls, ["random"] * 12, 0.3)
    assert p[2] == pytest.approx(2 * alone[0], rel=1e-4), "Holm, with the strongest of three ahead of it"


def test_random_directions_move_an_own_reading_in_one_of_twenty_matrices():
    rng, hits = np.random.default_rng(0), 0
    for _ in range(400):
        drawn = 0.4 + rng.standard_normal(44)
        hits += (own_tests(drawn[:12], drawn[12:], ["random", "neutral"] * 16, 0.2)[0] <= 0.05).any()
    assert hits / 400 < 0.08


def test_own_readings_are_compared_with_the_controls_along_themselves(tiny, monkeypatch):
    changes = np.random.default_rng(0).normal(size=(11, 11)).astype(np.float32)
    changes[0, 0] = 9.0
    monkeypatch.setattr(module, "mean_changes", lambda *_: changes)
    found = run(tiny("gpt2"), controls=8, prompts=PROMPTS[:1], samples=2, max_new_tokens=2)
    p, ends = own_tests(np.diagonal(changes)[:3], np.diagonal(changes)[3:], found.control_kinds, 0.5)
    np.testing.assert_allclose(found.own_p, p, rtol=1e-6)
    np.testing.assert_allclose(found.own_band, ends, rtol=1e-6)
    said = [replace(found, coherent=(one, True, True)).own_evidence(0) for one in (True, False)]
    assert said == [True, False], "where texts make no sense nothing is evidence"


def test_where_steering_takes_away_a_reading_that_falls_counts(tiny, monkeypatch):
    changes = np.random.default_rng(0).normal(size=(11, 11)).astype(np.float32)
    changes[0, 0] = -9.0
    monkeypatch.setattr(module, "mean_changes", lambda *_: changes)
    few = {"controls": 8, "prompts": PROMPTS[:1], "samples": 2, "max_new_tokens": 2, "strength": 1.0}
    away, added = (run(tiny("gpt2"), **few, operation=operation) for operation in ("project_out", "add"))
    assert away.own_p[0] < 0.01 and added.own_p[0] > 0.5
    title = crosstalk_chart(replace(away, coherent=(True,) * 3)).title
    assert title.text.startswith("1 of 3 emotions move their own reading down") and "project out" in title.subtitle
    assert "reading up" in crosstalk_sentence(added)


@pytest.mark.parametrize("kind", [SWEEP, NEXT_TOKEN, CROSSTALK])
def test_results_of_before_are_not_those_of_greedy_texts_or_of_what_takes_away(kind):
    def revised(**more) -> int:
        chosen = {"prompts": PROMPTS, **({"strength": 0.5} if kind is CROSSTALK else {"strengths": (0.5,)}), **more}
        return kind.revised(
            CrossTalkSettings(**chosen) if kind is CROSSTALK else SweepSettings(emotion="fear", **chosen)
        )

    assert revised() == revised(operation="floor") == 0
    assert revised(operation="cap") == revised(operation="project_out") == 1
    assert revised(decoding="greedy", samples=1) == 1


def test_a_row_is_what_a_sweep_of_that_emotion_writes(tiny):
    model = tiny("gpt2")
    found = run(model)
    for emotion in EMOTIONS:
        swept = run_sweep(model, emotion=emotion, strengths=(0.5,), controls=0)
        own = {(t.prompt, t.sample): t.text for t in found.texts if t.steered == emotion}
        assert own == {(p, n): text for (p, _, n, s), text in sweep_texts(swept).items() if s == 0.5}
        row, column = EMOTIONS.index(emotion), swept.emotions.index(emotion)
        assert found.matrix[row, column] == pytest.approx(swept.strengths[-1].effect, abs=1e-3)
    assert len(found.texts) == 2 * 2 * (1 + 3 + 3) and len({t.steered for t in found.texts}) == 7


def test_equal_settings_give_equal_matrices_and_the_order_of_emotions_changes_no_text(tiny):
    model = tiny("llama")
    first, again = run(model), run(model)
    assert again.texts == first.texts
    np.testing.assert_array_equal(again.matrix, first.matrix)
    turned = run(model, emotions=("joy", "fear"))
    np.testing.assert_allclose(turned.matrix, first.matrix[np.ix_([2, 0], [2, 0])], atol=1e-3)
    own = {(t.steered, t.prompt, t.sample): t.text for t in first.texts}
    assert all(own[t.steered, t.prompt, t.sample] == t.text for t in turned.texts)


def test_a_strength_that_breaks_the_model_leaves_empty_cells(tiny):
    with np.errstate(over="ignore"):
        found = run(tiny("gpt2"), strength=1e38)
    assert np.isnan(found.matrix).all() and found.coherent == (False,) * 3
    document = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert document["matrix"] == [[None] * 3] * 3 and document["specificity"] == [None] * 3


@pytest.mark.parametrize("strength", [0.0, float("nan"), float("inf")])
def test_a_strength_that_does_not_steer_is_refused(strength):
    with pytest.raises(SettingsError, match="strength"):
        CrossTalkSettings(prompts=PROMPTS, strength=strength)


def test_wrong_emotions_and_layers_are_refused(tiny):
    model = tiny("gpt2")
    with pytest.raises(VectorFileError, match="envy"):
        run(model, emotions=("fear", "envy"))
    with pytest.raises(SettingsError, match="layer"):
        run(model, layer=99)
    with pytest.raises(SettingsError, match="twice"):
        run(model, emotions=("fear", "fear"))
