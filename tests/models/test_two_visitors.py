"""Two visitors who build and sweep at the same time get exactly what each gets alone."""

from __future__ import annotations

import time

import numpy as np
import pytest
from tiny import tiny_model

from emotion_core.base.activations import ActivationCache
from emotion_core.base.jobs import run_to_end
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet, PromptText
from emotion_core.steering.generate import WRITING
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import sweep
from emotion_core.vectors import build as building
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings

PATIENCE = 120
FEAR = [("Steps follow me in the dark.", "Friends walk beside me at noon."), ("The handle turns.", "The kettle sings.")]
JOY = [("The letter says yes.", "The letter says no."), ("We dance all night long.", "We wait all night in the cold.")]


def prompt_set(name: str, pairs: list[tuple[str, str]]) -> PromptSet:
    texts = []
    for i in range(12):
        for side, text in zip(("positive", "negative"), pairs[i % len(pairs)], strict=True):
            texts.append(PromptText(f"{text} It is {i} past.", name, side, f"topic {i % 6}", "train", i, i + 1))
    return PromptSet(name, "pairs", tuple(texts), 0)


def visit(model, pairs: PromptSet, emotion: str, seed: int, cache=None):
    """What one visitor does: vectors, then a sweep with them, as one job."""
    vectors = yield from build(model, [pairs], BuildSettings(seed=seed), cache)
    settings = SweepSettings(
        emotion=emotion,
        prompts=("The door", f"On {emotion} day"),
        strengths=(-0.3, 0.3),
        controls=3,
        samples=2,
        max_new_tokens=8,
        seed=seed,
        scope="both" if seed else "generated",
    )
    result = yield from sweep(model, vectors, settings)
    return vectors, result


def visitors(model, cache=None):
    return [
        visit(model, prompt_set("fear", FEAR), "fear", 0, cache),
        visit(model, prompt_set("joy", JOY), "joy", 1, cache),
        visit(model, prompt_set("fear", FEAR), "fear", 2, cache),
    ]


def same(alone, together):
    for (vectors, result), (other_vectors, other_result) in zip(alone, together, strict=True):
        np.testing.assert_array_equal(vectors.values, other_vectors.values)
        np.testing.assert_array_equal(vectors.residual_norms, other_vectors.residual_norms)
        assert vectors.selected_layers == other_vectors.selected_layers
        assert result.rows == other_result.rows and result.strengths == other_result.strengths
        np.testing.assert_array_equal(result.readings, other_result.readings)
        assert (result.usable_window, result.limits) == (other_result.usable_window, other_result.limits)


@pytest.fixture(scope="module", params=["gpt2", "gpt_neo", "llama"])
def alone(request):
    """A model, and what each visitor gets of it alone."""
    model = tiny_model(request.param)
    with pytest.MonkeyPatch.context() as patch:
        neutral = tuple(f"The table has {i} legs and stands by the wall." for i in range(24))
        patch.setattr(building, "neutral_texts", lambda *_: neutral)
        yield model, [run_to_end(job) for job in visitors(model)]


def test_together_as_alone(alone):
    model, alone = alone
    assert len({tuple(r.text for r in result.rows) for _, result in alone}) == 3
    owner = ModelOwner(model)
    handles = [owner.submit(job) for job in visitors(model)]
    together = [handle.result(PATIENCE) for handle in handles]
    owner.close()
    same(alone, together)


def test_together_as_alone_with_one_cache(alone, tmp_path):
    model, alone = alone
    owner = ModelOwner(model)
    cache = ActivationCache(tmp_path / "activations.sqlite")
    handles = [owner.submit(job) for job in visitors(model, cache)]
    together = [handle.result(PATIENCE) for handle in handles]
    owner.close()
    same(alone[:2], together[:2])
    # The third finds the rows of the first, read in the same batches.
    same(alone[2:], together[2:])


def test_a_sweep_cancelled_in_the_middle_leaves_the_others_as_they_were(alone):
    model, alone = alone
    owner = ModelOwner(model)
    handles = [owner.submit(job) for job in visitors(model)]
    while handles[1].progress.what != WRITING and not handles[1].finished:
        time.sleep(0.001)
    handles[1].cancel()
    together = [handles[i].result(PATIENCE) for i in (0, 2)]
    owner.close()
    same([alone[0], alone[2]], together)
    assert handles[1].state == "cancelled"
