"""Messages that imply an emotion without naming it: is it the one that reads highest?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import ActivationCache, FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.library import ImplicitSituation
from emotion_core.reading.baseline import Baseline
from emotion_core.tracing.record import record

DRAWS = 10_000


@dataclass(frozen=True)
class SituationReading:
    """Where the implied emotion stands among all emotions, for each situation.

    Attributes:
        texts: The situations.
        implied: The emotion that each implies.
        layer: Layer read.
        emotions: Names.
        values: float32 [situations, emotions], in standard deviations of neutral texts, centred over the situations:
            an emotion that reads high on all of them says nothing about one.
        ranks: int64 [situations], 1 where the implied emotion reads highest.
        top1: Share of situations with rank 1.
        top3: Share with rank 1 to 3.
        mean_rank: Mean over the situations.
        null_low: 5 % quantile of the mean rank when the implied emotions are dealt out at random, to the situations
            or to the directions, whichever lies lower.
        null_high: 95 % quantile, whichever lies higher.
        p_value: Share of the deals (and the real one) with a mean rank at least as low, the larger of both ways.
            Situations of one emotion are alike, so any direction that reads high on one of them does so on the
            others; dealing names to directions keeps them together.
        left_out: Situations whose emotion has no vector.
    """

    texts: tuple[str, ...]
    implied: tuple[str, ...]
    layer: int
    emotions: tuple[str, ...]
    values: FloatArray
    ranks: npt.NDArray[np.int64]
    top1: float
    top3: float
    mean_rank: float
    null_low: float
    null_high: float
    p_value: float
    left_out: int

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "layer": self.layer,
            "top1": self.top1,
            "top3": self.top3,
            "mean_rank": self.mean_rank,
            "null_mean_rank": [self.null_low, self.null_high],
            "p_value": self.p_value,
            "left_out": self.left_out,
            "situations": [
                {
                    "text": text,
                    "implied": implied,
                    "rank": int(rank),
                    "highest": self.emotions[int(np.argmax(values))],
                    "reading": finite(values[self.emotions.index(implied)]),
                }
                for text, implied, rank, values in zip(self.texts, self.implied, self.ranks, self.values, strict=True)
            ],
        }


def read_situations(
    model: LoadedModel,
    baseline: Baseline,
    situations: Sequence[ImplicitSituation],
    cache: ActivationCache | None = None,
    seed: int = 0,
) -> Job[SituationReading]:
    """Ranks the emotions on each situation, as a job; at the baseline's first layer.

    Raises:
        SettingsError: Fewer than two situations or two emotions have vectors.
    """
    known = [one for one in situations if one.emotion in baseline.emotions]
    if len({one.emotion for one in known}) < 2:
        raise SettingsError(
            "The situations need vectors of at least two of their emotions",
            expected=", ".join(dict.fromkeys(one.emotion for one in situations)),
            found=", ".join(baseline.emotions[:12]),
            remedy="Choose a vector set with these emotions, such as emotions-12",
        )
    texts = tuple(one.text for one in known)
    activations = yield from record(model, texts, baseline.place, cache)
    count = len(baseline.emotions)
    projections = activations.values[:, baseline.layers[0]] @ baseline.directions[0, :count].T
    values = (projections - baseline.texts.mean[0, :count]) / baseline.texts.sd[0, :count]
    values = values - values.mean(axis=0)
    all_ranks = 1 + np.argsort(np.argsort(-values, axis=1, kind="stable"), axis=1)  # (situations, emotions)
    at = np.array([baseline.emotions.index(one.emotion) for one in known])
    ranks = all_ranks[np.arange(len(known)), at]
    low, high, p_value = dealt_out(all_ranks, at, seed)
    return SituationReading(
        texts=texts,
        implied=tuple(one.emotion for one in known),
        layer=baseline.layers[0],
        emotions=baseline.emotions,
        values=values.astype(np.float32),
        ranks=ranks.astype(np.int64),
        top1=float((ranks == 1).mean()),
        top3=float((ranks <= 3).mean()),
        mean_rank=float(ranks.mean()),
        null_low=low,
        null_high=high,
        p_value=p_value,
        left_out=len(situations) - len(known),
    )


def dealt_out(
    ranks: npt.NDArray[np.int64], implied: npt.NDArray[np.int64], seed: int = 0, draws: int = DRAWS
) -> tuple[float, float, float]:
    """Mean rank of the implied emotions beside those under names dealt out at random, in two ways.

    Among situations: does a message matter? Among directions: does it matter which direction bears which name? Only
    the second holds for directions without a meaning where situations of one emotion are alike.

    Args:
        ranks: int64 [situations, emotions].
        implied: int64 [situations], place of the implied emotion.
        seed: Of the deals.
        draws: Deals of each way.

    Returns:
        The 5 % point and the 95 % point, each the further of both ways, and the larger p-value.
    """
    rng, count = np.random.default_rng(seed), ranks.shape[1]
    to_situations = rng.permuted(np.broadcast_to(implied, (draws, len(implied))), axis=1)
    to_directions = rng.permuted(np.broadcast_to(np.arange(count), (draws, count)), axis=1)[:, implied]
    rows = np.arange(len(implied))
    means = np.stack([ranks[rows, dealt].mean(axis=1) for dealt in (to_situations, to_directions)])  # (ways, draws)
    ends = np.quantile(means, (0.05, 0.95), axis=1)  # (ends, ways)
    reached = (means <= ranks[rows, implied].mean() + 1e-9).sum(axis=1).max()
    return float(ends[0].min()), float(ends[1].max()), float((reached + 1) / (draws + 1))
