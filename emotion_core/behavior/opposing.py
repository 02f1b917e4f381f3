"""The questions in which one activity is steered and the other is not."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job
from emotion_core.behavior.pairs import Pairs
from emotion_core.behavior.preferences import Preferences, log_odds
from emotion_core.behavior.question import tokenize_pairs
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.options import Asked, score_options

Array = npt.NDArray[np.float64]


def opposing(steered: npt.NDArray[np.bool_], opponents: int, seed: int) -> Pairs:
    """Pairs of a steered with an unsteered activity, int64 [pairs, 2], every activity about equally often."""
    own, other = np.flatnonzero(steered), np.flatnonzero(~steered)
    rng = np.random.default_rng([seed, 0x0B])
    own, other = rng.permutation(own), rng.permutation(other)
    count = min(opponents, len(other))
    # Opponents that stand at even distances on a circle: each unsteered activity is met about equally often.
    steps = np.round(np.arange(count) * len(other) / count).astype(np.int64)
    return np.array([(a, other[(i + step) % len(other)]) for i, a in enumerate(own) for step in steps], dtype=np.int64)


def ask_all(
    model: LoadedModel, base: Preferences, pairs: Pairs, layer: int, units: FloatArray, amount: float
) -> Job[Array]:
    """Log-odds of the activity named first, float64 [1 + directions, questions]: unsteered, then steered with each.

    All directions in one call, so that questions that begin alike share a batch whatever they are steered with.
    """
    ordered = np.concatenate([pairs, pairs[:, ::-1]])
    names = base.settings.activities
    questions = tokenize_pairs(model, base.settings.wording, [(names[a], names[b]) for a, b in ordered])
    conditions = [(0, 0.0), *((k, amount) for k in range(len(units)))]
    asked = [
        Asked(
            one.tokens.ids,
            one.tokens.options,
            shared=one.first[1],
            direction=direction,
            amount=size,
            spans=(one.first if i < len(pairs) else one.second,),
        )
        for direction, size in conditions
        for i, one in enumerate(questions)
    ]
    scores = yield from score_options(model, asked, layer, units)
    found = log_odds(scores, questions * len(conditions), base.settings.scoring)
    return found.reshape(len(conditions), len(ordered))


def by_activity(n: int, pairs: Pairs, change: Array) -> Array:
    """Mean change of each steered activity, float64 [activities]; nan for the others."""
    forth, back = change[: len(pairs)], change[len(pairs) :]
    gained = (forth - back) / 2  # the steered activity is named first in `forth` and second in `back`
    with np.errstate(invalid="ignore"):
        result: Array = np.bincount(pairs[:, 0], gained, n) / np.bincount(pairs[:, 0], minlength=n)
    return result
