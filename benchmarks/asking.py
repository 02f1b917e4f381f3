"""Processor time of preference questions beside that of a bare forward of their distinct tokens."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.floor import bare_forward
from benchmarks.rounds import interleaved, ratio
from emotion_core.base.jobs import run_to_end
from emotion_core.behavior.preference_settings import PreferenceSettings, Wording
from emotion_core.behavior.preferences import ask
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.library import load_activities

ACTIVITIES = 64
FIRST = 4  # activities that are named first; each meets all others, as in a whole run of 4,032 questions


def measure(model: LoadedModel, bare: LoadedModel, rounds: int) -> dict[str, Any]:
    """A sixteenth of 4,032 questions, beside a bare forward of as many tokens as the questions have distinct ones.

    A beginning that questions share is counted once, and no output layer is in the floor. The floor reads whole
    questions in the bare model; its time is taken per token.
    """
    names = tuple(one.activity for one in load_activities()[:ACTIVITIES])
    settings = PreferenceSettings(names)
    pairs = np.array([(a, b) for a in range(FIRST) for b in range(len(names)) if a != b], dtype=np.int64)
    texts = [Wording().ask(names[a], names[b])[0] for a, b in pairs]
    encoded = [tuple(model.tokenizer(text)["input_ids"]) for text in texts]
    distinct = len({ids[: i + 1] for ids in encoded for i in range(len(ids))})
    read, tokens = [], 0
    for text, ids in zip(texts, encoded, strict=True):
        if tokens < distinct:
            read.append(text)
            tokens += len(ids)
    times = interleaved(
        {
            "bare forward of the distinct tokens": lambda: bare_forward(bare, read),
            "questions": lambda: run_to_end(ask(model, settings, pairs)) is None or None,
        },
        rounds,
    )
    return {
        "times": times,
        "questions": str(len(pairs)),
        "distinct_tokens": str(distinct),
        "questions_over_floor": ratio(times["questions"], times["bare forward of the distinct tokens"])
        * tokens
        / distinct,
    }
