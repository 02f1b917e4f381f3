"""Times of a sweep: against one bare batched generation with a hook, and against one generation a strength."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from benchmarks.floor import bare_generation
from benchmarks.rounds import Times, interleaved, ratio
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.controls import random_units
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.steering.directions import Directions
from emotion_core.steering.generate import generate
from emotion_core.steering.settings import PlannedRow, SweepSettings
from emotion_core.steering.sweep import sweep
from emotion_core.vectors.emotion_vectors import EmotionVectors

STRENGTHS = tuple(round(-0.6 + 0.1 * i, 1) for i in range(13))
PROMPT_TOKENS = 200
NEW_TOKENS = 40
_WIDE = 512  # a whole sweep of a model this wide takes minutes


def measure(model: LoadedModel, bare: LoadedModel, vectors: EmotionVectors, rounds: int) -> dict[str, Any]:
    """13 strengths x 40 tokens after a prompt of 200 tokens: writing alone, and with all measures.

    The bare generation is transformers' own: every row computes the whole prompt. Both sample, from the whole
    distribution, and write all tokens.
    """
    prompt = _prompt(model)
    settings = SweepSettings(
        emotion="feeling", prompts=(prompt,), strengths=STRENGTHS, controls=0, samples=1, max_new_tokens=NEW_TOKENS
    )
    layer = model.info.layers // 2
    directions = random_units(model.info.width, 1, np.random.default_rng(0))
    at = Directions((layer,), directions[:, None], np.ones(1, np.float32))
    plan = [[PlannedRow(0, 0, 0, strength) for strength in STRENGTHS]]
    pushes = torch.from_numpy(np.outer(STRENGTHS, directions[0]).astype(np.float32))

    def ours() -> None:
        run_to_end(generate(model, settings, at, plan))

    times = interleaved(
        {
            "bare batched": lambda: bare_generation(bare, prompt, pushes, layer, NEW_TOKENS),
            "writing": ours,
            "bare, one by one": lambda: bare_generation(bare, prompt, pushes, layer, NEW_TOKENS, serial=True),
        },
        rounds,
    )
    if model.info.width < _WIDE:
        times |= _whole(model, vectors)
    return {
        "times": times,
        "sweep_over_floor": ratio(times["writing"], times["bare batched"]),
        "sweep_over_serial": ratio(times["writing"], times["bare, one by one"]),
    }


def _whole(model: LoadedModel, vectors: EmotionVectors) -> dict[str, Times]:
    """One whole sweep as the page starts it, once: 13 strengths, 8 controls, 4 samples, 40 tokens, a short prompt."""
    prompt = "When she opened the door, she"
    settings = SweepSettings(emotion="feeling", prompts=(prompt,), strengths=STRENGTHS, max_new_tokens=NEW_TOKENS)
    return interleaved({"whole sweep": lambda: run_to_end(sweep(model, vectors, settings)) and None}, 1)


def _prompt(model: LoadedModel) -> str:
    """Natural text of 200 tokens, or of what the context leaves beside the new ones."""
    text = " ".join(t.text for t in load_prompts("neutral").texts[:20])
    ids = model.tokenizer(text)["input_ids"][: min(PROMPT_TOKENS, model.info.context - NEW_TOKENS - 8)]
    return model.decode(ids)
