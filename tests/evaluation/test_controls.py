"""Control directions: each kind is what it says, and an emotion among them is nothing special."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bundled import Bundled
from scipy import stats

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.controls import (
    KINDS,
    controls_needed,
    draw_controls,
    hardest,
    neutral_units,
    random_units,
    rank_p,
    rotated_sets,
    span,
)
from emotion_core.prompts.builtin import load_prompts
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings


def test_random_directions_have_no_preferred_one():
    units = random_units(16, 4000, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(units, axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(units.T @ units / len(units), np.eye(16) / 16, atol=0.006)


def test_neutral_directions_vary_as_neutral_texts_do():
    rng = np.random.default_rng(0)
    scale = np.array([8.0, 4.0, 2.0, 1.0, 1.0, 1.0])
    neutral = (rng.standard_normal((300, 1, 6)) * scale + 5).astype(np.float32)
    units = neutral_units(neutral, 5000, rng)[:, 0]
    spread = np.sqrt((units**2).mean(0))
    assert (np.diff(spread[:4]) < 0).all() and spread[0] > 4 * spread[3]
    assert abs(units.mean(0)).max() < 0.03, "around the mean of the texts, not along it"


def test_rotated_sets_keep_angles_and_the_space_they_span():
    rng = np.random.default_rng(0)
    units = rng.standard_normal((5, 2, 12)).astype(np.float32)
    units /= np.linalg.norm(units, axis=-1, keepdims=True)
    turned = rotated_sets(units, 300, rng)
    for layer in range(2):
        gram = units[:, layer] @ units[:, layer].T
        np.testing.assert_allclose(turned[7, :, layer] @ turned[7, :, layer].T, gram, atol=1e-5)
        inside = np.linalg.svd(units[:, layer])[2][:5]
        np.testing.assert_allclose(np.linalg.norm(turned[:, :, layer] @ inside.T, axis=-1), 1, atol=1e-5)
        along = turned[:, 0, layer] @ units[0, layer]
        # A coordinate of a uniform direction in five dimensions: (1 + x) / 2 is Beta(2, 2).
        assert stats.kstest((1 + along) / 2, stats.beta(2, 2).cdf).pvalue > 0.01
    assert span(units) == 5 and span(units[:3]) == 3


def test_all_kinds_that_apply_and_no_other(bundled: Bundled):
    model, vectors = bundled.model, bundled.twelve
    layer = vectors.selected_layer
    controls = run_to_end(draw_controls(model, vectors, (layer, 1), count=30, cache=bundled.cache))
    assert controls.units.shape == (120, 2, vectors.values.shape[-1])
    np.testing.assert_allclose(np.linalg.norm(controls.units, axis=-1), 1, rtol=1e-4)
    assert {kind: len(at) for kind, at in controls.places("joy").items()} == dict.fromkeys(KINDS, 30)
    imported = replace(vectors, prompt_sets=(), emotions=vectors.emotions[:2], values=vectors.values[:2])
    few = run_to_end(draw_controls(model, imported, (layer,), count=30, cache=bundled.cache))
    assert set(few.places(vectors.emotions[0])) == {"random", "neutral"}
    again = run_to_end(draw_controls(model, vectors, (layer, 1), count=30, cache=bundled.cache))
    np.testing.assert_array_equal(again.units, controls.units)


def test_shuffled_vectors_of_a_contrast_are_controls_for_its_emotion_only(bundled: Bundled):
    model = bundled.model
    pairs = load_prompts("fear-calm")
    pairs = replace(pairs, texts=tuple(replace(text, emotion="dread") for text in pairs.texts))
    sets = [pairs, load_prompts("emotions-12")]
    vectors = run_to_end(build(model, sets, BuildSettings(), bundled.cache))
    controls = run_to_end(draw_controls(model, vectors, (2,), count=20, kinds=("shuffled",), cache=bundled.cache))
    swapped, labelled = (controls.places(emotion)["shuffled"] for emotion in ("dread", "joy"))
    assert len(swapped) == len(labelled) == 20 and not set(swapped) & set(labelled)


def test_what_was_projected_out_of_the_vectors_is_out_of_the_controls(bundled: Bundled):
    model, vectors = bundled.model, bundled.twelve
    taken = np.random.default_rng(1).standard_normal((1, *vectors.values.shape[1:])).astype(np.float32)
    controls = run_to_end(draw_controls(model, replace(vectors, removed=taken), (3,), count=20, cache=bundled.cache))
    direction = taken[0, 3] / np.linalg.norm(taken[0, 3])
    rest = [i for i, kind in enumerate(controls.kinds) if kind != "rotated"]  # those are as the vectors are
    np.testing.assert_allclose(controls.units[rest, 0] @ direction, 0, atol=1e-5)


def test_p_values_count_the_effect_itself_and_are_never_zero():
    null = np.arange(99.0)[:, None] - 49
    assert rank_p([100.0], null).tolist() == [0.01]
    assert rank_p([-100.0], null).tolist() == [1.0]
    assert rank_p([-100.0], null, "two-sided").tolist() == [0.01]
    assert rank_p([48.0], null, "two-sided").tolist() == [pytest.approx(5 / 100)]
    assert np.isnan(rank_p([np.nan, 1.0], np.array([[0.0, np.nan]]))).all() and np.isnan(rank_p([1.0], null[:0])).all()
    rng = np.random.default_rng(0)
    p = np.array([rank_p(rng.normal(), rng.normal(size=39)) for _ in range(2000)])
    assert (p <= 0.05).mean() == pytest.approx(0.05, abs=0.015)


def test_the_verdict_goes_by_the_kind_that_does_most():
    assert hardest({"random": 0.01, "shuffled": 0.2}) == ("shuffled", 0.2)
    assert hardest({"random": 0.01, "neutral": float("nan")})[0] == "neutral"
    with pytest.raises(SettingsError):
        hardest({})


def test_one_emotion_among_many_can_pass_the_correction():
    for emotions in (1, 12, 171):
        assert emotions / (controls_needed(emotions) + 1) <= 0.05
