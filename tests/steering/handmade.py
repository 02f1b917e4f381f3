"""Vectors of a tiny model without a build, and sweeps small enough for a test."""

from __future__ import annotations

from typing import Any

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.controls import random_units
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.directions import Directions, sweep_directions
from emotion_core.steering.generate import Written, generate, plan_controls, plan_rows
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import Sweep, sweep
from emotion_core.vectors.emotion_vectors import EmotionVectors

LAYER = 1
EMOTIONS = ("fear", "calm", "joy")


def random_vectors(model: LoadedModel, layer: int = 1, seed: int = 0) -> EmotionVectors:
    """A random vector for each emotion and layer; strength 1 is 10 units of the residual stream."""
    info = model.info
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(len(EMOTIONS), info.layers, info.width)).astype(np.float32)
    flat = np.zeros((len(EMOTIONS), info.layers), np.float32)
    return EmotionVectors(
        model=info,
        emotions=EMOTIONS,
        values=values,
        residual_norms=np.full(info.layers, 10.0, np.float32),
        selected_layers=(layer,) * len(EMOTIONS),
        selected_layer=layer,
        cv_auroc=flat,
        train_midpoints=flat,
    )


def settings(**more: Any) -> SweepSettings:
    """Two prompts, three strengths, two controls, two samples, eight tokens."""
    chosen: dict[str, Any] = {
        "emotion": "fear",
        "prompts": ("The door opens and", "Tea is"),
        "strengths": (-0.5, 0.0, 0.5),
        "controls": 2,
        "samples": 2,
        "max_new_tokens": 8,
    }
    return SweepSettings(**{**chosen, **more})


def run(model: LoadedModel, **more: Any) -> Sweep:
    return run_to_end(sweep(model, random_vectors(model), settings(**more)))


def texts(result: Sweep) -> dict[tuple[str, str, int, float], str]:
    """Text by prompt, direction, sample and strength."""
    return {(r.prompt, r.direction, r.sample, r.strength): r.text for r in result.rows}


def all_written(model: LoadedModel, **more: Any) -> list[Written]:
    """Everything a sweep generates whose whole range is usable, with random controls, baseline texts included."""
    chosen, vectors = settings(**more), random_vectors(model)
    outer = [s for s in {min(chosen.strengths), max(chosen.strengths)} if s]
    plans = [[*plan_rows(chosen, p), *plan_controls(chosen, p, sorted(outer))] for p in range(len(chosen.prompts))]
    at = sweep_directions(chosen, vectors, LAYER, random_controls(model, chosen.controls))
    return run_to_end(generate(model, chosen, at, plans, chosen.in_words)).written


def random_controls(model: LoadedModel, count: int) -> FloatArray:
    """Random unit vectors at one layer, float32 [count, 1, width]."""
    return random_units(model.info.width, count, np.random.default_rng(7))[:, None]


def along_fear(model: LoadedModel) -> Directions:
    """The vector of fear alone."""
    return sweep_directions(settings(controls=0), random_vectors(model), LAYER)


def written(model: LoadedModel, **more: Any) -> dict[tuple[int, int, int, float], Written]:
    """The reported texts of a sweep as tokens, by (prompt, direction, sample, strength)."""
    reported = [w for w in all_written(model, **more) if w.row.reported]
    return {(w.row.prompt, w.row.direction, w.row.sample, w.row.strength): w for w in reported}
