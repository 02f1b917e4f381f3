"""The live view writes what a sweep writes, token by token."""

from __future__ import annotations

import pytest

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.steering.live import LiveSettings, LiveTexts, live
from steering.handmade import random_vectors, run, texts

PROMPT = "Tea is"


def watch(model, strengths, **more) -> tuple[LiveTexts, list[LiveTexts]]:
    seen: list[LiveTexts] = []
    chosen = LiveSettings(prompts=(PROMPT,), strengths=strengths, max_new_tokens=8, **more)
    return run_to_end(live(model, random_vectors(model), chosen, seen.append)), seen


def test_both_texts_are_those_of_a_sweep_with_the_same_noise(tiny):
    model = tiny("gpt2")
    found, seen = watch(model, (("fear", 0.5),))
    swept = texts(run(model, prompts=(PROMPT,), strengths=(0.5,), samples=1, controls=0))
    assert found.unsteered == swept[PROMPT, "emotion", 0, 0.0] and found.steered == swept[PROMPT, "emotion", 0, 0.5]
    assert seen[-1] == found and [one.tokens for one in seen] == list(range(1, len(seen) + 1))
    lengths = [len(one.unsteered) for one in seen]
    assert lengths == sorted(lengths) and lengths[0] < lengths[-1]


def test_each_vector_has_its_own_strength(tiny):
    model = tiny("llama")
    mixed = run(model, prompts=(PROMPT,), strengths=(0.4,), samples=1, controls=0, mix=(("joy", -0.5),))
    found, _ = watch(model, (("fear", 0.4), ("joy", -0.2)))
    assert found.steered == texts(mixed)[PROMPT, "emotion", 0, 0.4]
    still, _ = watch(model, (("fear", 0.0), ("joy", 0.0)))
    assert still.steered == still.unsteered == found.unsteered


@pytest.mark.parametrize(
    "strengths", [(), (("fear", 1.0),) * 2, tuple((f"e{i}", 1.0) for i in range(4)), (("fear", float("nan")),)]
)
def test_what_makes_no_sense_is_refused(strengths):
    with pytest.raises(SettingsError):
        LiveSettings(prompts=(PROMPT,), strengths=strengths)
