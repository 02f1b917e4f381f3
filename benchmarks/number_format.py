"""What narrow number formats change: the same build, evidence and sweep in each, and the time that each takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.rounds import interleaved, ratio
from benchmarks.shapes import pairs
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.heldout import heldout
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import sweep
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors

SETS = ("fear-calm", "emotions-12")
NARROW = ("bfloat16", "int8")
PROMPTS = ("When she opened the door, she", "On the way home he")
STRENGTH = 0.2


@dataclass(frozen=True)
class _Found:
    vectors: EmotionVectors
    scores: HeldOutScores
    effect: float
    half_band: float


def measure(name: str, rounds: int, sets: tuple[str, ...] = SETS) -> dict[str, Any]:
    """Directions, evidence, sweeps and seconds of builds in narrow formats beside those in float32.

    Args:
        name: The model.
        rounds: Rounds of the comparison of time.
        sets: Prompt sets.

    Returns:
        `times` of a build of 100 pairs, `FORMAT_over_float32`, and `sets`: {prompt set and format: differences, see
        `differences`, with the effect of a short sweep of the first emotion in both}.
    """
    models = {dtype: load_model(name, dtype=dtype) for dtype in ("float32", *NARROW)}
    one = pairs(100)
    times = interleaved(
        {dtype: (lambda m=m: run_to_end(build(m, [one], BuildSettings())) and None) for dtype, m in models.items()},
        rounds,
    )
    found = {}
    for prompt_set in sets:
        wide = _run(models["float32"], prompt_set)
        for dtype in NARROW:
            narrow = _run(models[dtype], prompt_set)
            found[f"{prompt_set}, {dtype}"] = {
                **differences(wide.vectors, wide.scores, narrow.vectors, narrow.scores),
                "sweep_effect_in_float32": wide.effect,
                "sweep_effect": narrow.effect,
                "half_null_band_of_the_effect": wide.half_band,
            }
    ratios = {f"{dtype}_over_float32": ratio(times[dtype], times["float32"]) for dtype in NARROW}
    return {"times": times, **ratios, "sets": found}


def differences(
    wide: EmotionVectors, wide_scores: HeldOutScores, narrow: EmotionVectors, narrow_scores: HeldOutScores
) -> dict[str, float]:
    """How far two builds of the same prompts lie apart, at the layers that the first one chose.

    Args:
        wide: Vectors in float32.
        wide_scores: Their held-out scores.
        narrow: Vectors in the other format.
        narrow_scores: Their held-out scores.

    Returns:
        Smallest cosine of a direction over all layers and over the chosen ones, largest difference of d and of the
        AUROC, the widest half of an interval of d for comparison, and in how many emotions layer or verdict differ.
    """
    rows = np.arange(len(wide.emotions))
    layers = np.array(wide.selected_layers)
    cosines = _cosines(wide.values, narrow.values)
    half = (wide_scores.d_high - wide_scores.d_low)[rows, layers] / 2
    return {
        "emotions": float(len(rows)),
        "smallest_cosine": float(cosines.min()),
        "smallest_cosine_at_chosen_layer": float(cosines[rows, layers].min()),
        "largest_change_of_d": _largest(wide_scores.cohens_d, narrow_scores.cohens_d, rows, layers),
        "median_half_interval_of_d": float(np.nanmedian(half)),
        "largest_change_of_auroc": _largest(wide_scores.auroc, narrow_scores.auroc, rows, layers),
        "layers_that_differ": float((layers != np.array(narrow.selected_layers)).sum()),
        "verdicts_that_differ": float(
            sum(a.word != b.word for a, b in zip(wide_scores.verdicts, narrow_scores.verdicts, strict=True))
        ),
    }


def _run(model: LoadedModel, prompt_set: str) -> _Found:
    prompts = [load_prompts(prompt_set)]
    vectors = run_to_end(build(model, prompts, BuildSettings()))
    scores = run_to_end(heldout(model, vectors, prompts))
    settings = SweepSettings(
        emotion=vectors.emotions[0],
        prompts=PROMPTS,
        strengths=(0.0, STRENGTH),
        controls=4,
        samples=2,
        max_new_tokens=16,
    )
    swept = next(one for one in run_to_end(sweep(model, vectors, settings)).strengths if one.strength)
    low, high = swept.null_low, swept.null_high
    half = math.nan if low is None or high is None else (high - low) / 2
    return _Found(vectors, scores, math.nan if swept.effect is None else swept.effect, half)


def _cosines(first: npt.NDArray[np.float32], second: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    return np.asarray((first * second).sum(-1) / lengths, dtype=np.float32)


def _largest(
    first: npt.NDArray[np.float64],
    second: npt.NDArray[np.float64],
    rows: npt.NDArray[np.int64],
    layers: npt.NDArray[np.int64],
) -> float:
    return float(np.nanmax(np.abs(first - second)[rows, layers]))
