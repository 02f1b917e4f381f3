"""Time of the evidence step: 171 emotions x 12 layers or more x 200 shuffles and 200 random directions."""

from __future__ import annotations

import resource
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.rounds import interleaved
from emotion_core.base.activations import Activations, ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.tracing.record import record
from emotion_core.vectors.build import neutral_texts, vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings

LEAST_LAYERS = 12


def measure(model: LoadedModel, rounds: int) -> dict[str, Any]:
    """Scores of the built-in 171 emotions at all of the model's layers, repeated to 12 where it has fewer."""
    prompts = [load_prompts("emotions-171")]
    acts = _deep(run_to_end(record(model, [t.text for t in prompts[0].texts], ReadingPosition())))
    neutral = _deep(run_to_end(record(model, neutral_texts(model, ReadingPosition()), ReadingPosition())))
    vectors = vectors_from(prompts, acts, neutral, BuildSettings())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = interleaved({"evidence": lambda: score_heldout(vectors, acts, prompts, acts) and None}, rounds)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "times": times,
        "evidence_seconds": times["evidence"].median,
        "evidence_extra_memory_mb": (after - before) / 1024,
    }


def _deep(acts: Activations) -> Activations:
    deep = max(LEAST_LAYERS, acts.values.shape[1])
    layers = [i % acts.values.shape[1] for i in range(deep)]
    return replace(
        acts,
        model=replace(acts.model, layers=deep),
        values=np.ascontiguousarray(acts.values[:, layers]),
        token_norms=np.ascontiguousarray(acts.token_norms[:, layers]),
    )
