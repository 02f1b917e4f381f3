"""What bfloat16 changes: the same build and evidence in both number formats, and the time that each takes."""

from __future__ import annotations

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
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.settings import BuildSettings

SETS = ("fear-calm", "emotions-12")


@dataclass(frozen=True)
class _Found:
    vectors: EmotionVectors
    scores: HeldOutScores


def measure(name: str, rounds: int) -> dict[str, Any]:
    """Directions, evidence and seconds of builds in bfloat16 beside those in float32.

    Args:
        name: The model.
        rounds: Rounds of the comparison of time.

    Returns:
        `times` of a build of 100 pairs, `bfloat16_over_float32`, and `sets`: {prompt set: differences, see
        `differences`}.
    """
    models = {dtype: load_model(name, dtype=dtype) for dtype in ("float32", "bfloat16")}
    one = pairs(100)
    times = interleaved(
        {dtype: (lambda m=m: run_to_end(build(m, [one], BuildSettings())) and None) for dtype, m in models.items()},
        rounds,
    )
    found = {}
    for prompt_set in SETS:
        wide, narrow = (_run(models[dtype], prompt_set) for dtype in ("float32", "bfloat16"))
        found[prompt_set] = differences(wide.vectors, wide.scores, narrow.vectors, narrow.scores)
    return {"times": times, "bfloat16_over_float32": ratio(times["bfloat16"], times["float32"]), "sets": found}


def differences(
    wide: EmotionVectors, wide_scores: HeldOutScores, narrow: EmotionVectors, narrow_scores: HeldOutScores
) -> dict[str, float]:
    """How far two builds of the same prompts lie apart, at the layers that the first one chose.

    Args:
        wide: Vectors in float32.
        wide_scores: Their held-out scores.
        narrow: Vectors in bfloat16.
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
    return _Found(vectors, run_to_end(heldout(model, vectors, prompts)))


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
