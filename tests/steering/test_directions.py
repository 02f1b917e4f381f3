"""Spans of layers and mixes of emotions: who gets which part of the strength."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.base.errors import SettingsError, VectorFileError
from emotion_core.base.jobs import run_to_end
from emotion_core.steering.directions import (
    FAR,
    Material,
    control_pushes,
    natural_sds,
    read_material,
    sweep_directions,
    yardsticks,
)
from emotion_core.steering.generate import interventions
from emotion_core.steering.settings import PlannedRow
from steering.handmade import LAYER, random_controls, random_vectors, run, settings, texts


def test_what_is_added_is_shared_by_the_layers(tiny):
    vectors = random_vectors(tiny("gpt2"))
    vectors.residual_norms[:] = (10, 20, 30, 40)
    two = np.repeat(random_controls(tiny("gpt2"), 2), 3, axis=1)
    at = sweep_directions(settings(span=(1, 3)), vectors, LAYER, two)
    assert at.layers == (1, 2, 3) and at.values.shape[:2] == (3, 3)
    edits = interventions(settings(span=(1, 3)), [PlannedRow(0, 0, 0, 0.6), PlannedRow(0, 0, 2, 0.0)], at)
    np.testing.assert_allclose([e.amounts.tolist() for e in edits], [[4, 0], [6, 0], [8, 0]], rtol=1e-6)
    for place, edit in enumerate(edits):
        np.testing.assert_allclose(edit.directions[0], vectors.units[0, place + 1], rtol=1e-6)
    clamp = sweep_directions(settings(span=(1, 3), operation="clamp"), vectors, LAYER)
    np.testing.assert_allclose(clamp.scales, [20, 30, 40])
    raw = sweep_directions(settings(span=(1, 3), unit="raw"), vectors, LAYER)
    np.testing.assert_allclose(raw.scales, [1 / 3] * 3)


def test_a_span_of_one_layer_is_that_layer(tiny):
    model = tiny("gpt2")
    alone, span = run(model), run(model, span=(1, 1))
    assert texts(span) == texts(alone) and span.layers == alone.layers == (1,)
    wide = run(model, span=(0, 3))
    assert wide.layers == (0, 1, 2, 3) and wide.layer == 1 and texts(wide) != texts(alone)
    unsteered = {key: text for key, text in texts(alone).items() if key[3] == 0}
    assert {key: text for key, text in texts(wide).items() if key[3] == 0} == unsteered


def test_a_mix_adds_every_emotion_with_its_own_strength(tiny):
    vectors = random_vectors(tiny("gpt2"))
    chosen = settings(mix=(("joy", -0.5), ("calm", 2.0)), controls=4)
    pushes = control_pushes(vectors, ("fear",), 4, chosen, LAYER, Material(None, None))
    at = sweep_directions(chosen, vectors, LAYER, pushes.values)
    fear, calm, joy = vectors.units[:, LAYER]
    np.testing.assert_allclose(at.values[0, 0], fear - 0.5 * joy + 2 * calm, atol=1e-6)
    length = np.linalg.norm(at.values[0, 0])
    np.testing.assert_allclose(np.linalg.norm(at.values[1:, 0], axis=1), length, rtol=1e-5)


def test_a_mix_of_one_is_the_emotion(tiny):
    model = tiny("llama")
    both = run(model, mix=(("joy", 1e-7),))
    assert texts(both) == texts(run(model)) and both.to_json()["mix"] == {"joy": 1e-7}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"mix": (("joy", 1.0),), "operation": "clamp"}, "added together"),
        ({"mix": (("fear", 1.0),)}, "twice"),
        ({"others": ("joy", "joy")}, "twice"),
        ({"mix": (("joy", 0.0),)}, "mix"),
        ({"span": (2, 1)}, "layers"),
        ({"span": (1, 9)}, "no such layer.*0 to 3.*9"),
        ({"shuffles": -1}, "label-shuffled"),
    ],
)
def test_what_makes_no_sense_is_refused(tiny, more, words):
    with pytest.raises(SettingsError, match=words):
        run(tiny("gpt2"), **more)


def test_an_emotion_of_a_mix_without_a_vector_is_refused(tiny):
    with pytest.raises(VectorFileError, match="awe"):
        run(tiny("gpt2"), mix=(("awe", 1.0),))


def test_controls_come_from_every_kind_and_some_as_far_off_the_data(bundled):
    vectors, emotion = bundled.twelve, "joy"
    layer = vectors.selected_layer
    material = run_to_end(read_material(bundled.model, vectors, bundled.cache))
    chosen = settings(emotion=emotion)
    pushes = control_pushes(vectors, (emotion,), 32, chosen, layer, material, far=5)
    kinds = ("random", "neutral", "shuffled", "rotated")
    assert [pushes.kinds.count(kind) for kind in (*kinds, FAR)] == [8, 8, 8, 8, 5]
    lengths = np.linalg.norm(pushes.values, axis=-1)[:, 0]
    np.testing.assert_allclose(lengths[:32], 1, rtol=1e-4)
    neutral = material.neutral.values[:, [layer]]
    unit = vectors.units[vectors.index(emotion), layer]
    own = 1 / (neutral[:, 0] @ unit).std(ddof=1)
    far = lengths[32:] / natural_sds(neutral, pushes.values[32:])[:, 0]
    np.testing.assert_allclose(far, own, rtol=1e-3)
    np.testing.assert_allclose(pushes.read[32:], pushes.read[8:13], atol=1e-6)


def test_strength_beside_the_data(bundled):
    """By hand: neutral texts along the direction, and the emotion's training texts against all others."""
    vectors, layer = bundled.twelve, bundled.twelve.selected_layer
    material = run_to_end(read_material(bundled.model, vectors, bundled.cache))
    measures = yardsticks(vectors, "joy", layer, 10.0, material)
    unit = vectors.units[vectors.index("joy"), layer]
    along = material.neutral.values[:, layer] @ unit
    assert measures.natural_sd == pytest.approx(10.0 / along.std(ddof=1), rel=1e-3)
    texts_of = {t.text: t.emotion for prompts in vectors.prompt_sets for t in prompts.part("train")}
    known = material.training.activations
    joy = np.array([texts_of[text] == "joy" for text in known.texts])
    read = known.values[:, layer] @ unit
    assert measures.side_differences == pytest.approx(10.0 / (read[joy].mean() - read[~joy].mean()), rel=1e-3)
    assert yardsticks(vectors, "joy", layer, 10.0, Material(None, None)) == (None, None)
