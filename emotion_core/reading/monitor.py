"""A monitor on one emotion: a threshold from neutral texts, and where a text crosses it.

The score of a token is the mean reading of the last few tokens up to it: nothing that comes later is used, so what is
reported could have been known at that token. The threshold is a quantile of this score over neutral tokens in the
same form (plain text or conversation); how often neutral text that was not used for it crosses it is measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.ask import Ask, enforce
from emotion_core.base.numbers import finite
from emotion_core.stats.intervals import clopper_pearson, clustered_rate
from emotion_core.vectors.rows import IntArray

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MonitorSettings:
    """What a monitor watches for.

    Attributes:
        emotion: Whose reading.
        false_alarms: Share of neutral tokens that may cross the threshold.
        window: Tokens whose mean reading is the score of the last of them.
    """

    emotion: str
    false_alarms: Annotated[
        float,
        Ask(
            "False alarms",
            "Share of neutral tokens that may cross the threshold. It is the reading that this share exceeds.",
            least=0.001,
            most=0.5,
        ),
    ] = 0.01
    window: Annotated[
        int,
        Ask(
            "Tokens averaged",
            "The score of a token is the mean reading of so many tokens up to it. More tokens: steadier, and later.",
            least=1,
            most=64,
        ),
    ] = 5

    def __post_init__(self) -> None:
        enforce(self)


@dataclass(frozen=True)
class NeutralScores:
    """Scores of neutral texts or conversations.

    Attributes:
        scores: Of each float32 [tokens, 1 + controls]; nan where a token has none.
        sources: Of each int64 [tokens], the neutral text that a token is of, -1 for none.
        registers: int64 [neutral texts], the register of each.
    """

    scores: list[FloatArray]
    sources: list[IntArray]
    registers: IntArray


@dataclass(frozen=True)
class Threshold:
    """A threshold and how often neutral text crosses it.

    Attributes:
        settings: What was asked for.
        layer: Layer read.
        value: The threshold, in standard deviations of neutral tokens.
        n_tokens: Neutral tokens that it was set from.
        rate: Share of other neutral tokens above it.
        rate_low: Lower end of its 95 % interval, see `clustered_rate`: the unit is the text and its register.
        rate_high: Upper end.
        texts_fired: Of the other neutral texts, those in which it fires anywhere.
        n_texts: Number of the other neutral texts, each once however often it is a turn.
        text_tokens: Mean number of their tokens.
        random: float32 [controls], the threshold of each control direction at the same false alarm rate.
    """

    settings: MonitorSettings
    layer: int
    value: float
    n_tokens: int
    rate: float
    rate_low: float
    rate_high: float
    texts_fired: int
    n_texts: int
    text_tokens: float
    random: FloatArray

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        low, high = clopper_pearson(self.texts_fired, self.n_texts)
        return {
            "emotion": self.settings.emotion,
            "asked_false_alarms": self.settings.false_alarms,
            "window": self.settings.window,
            "layer": self.layer,
            "threshold": finite(self.value),
            "n_tokens": self.n_tokens,
            "measured_false_alarms": [finite(self.rate), finite(self.rate_low), finite(self.rate_high)],
            "neutral_texts_with_an_alarm": [self.texts_fired, self.n_texts, finite(low), finite(high)],
        }


def trailing(values: FloatArray, counted: Mask, window: int) -> FloatArray:
    """Mean over the last tokens that count.

    Args:
        values: float32 [tokens, directions].
        counted: bool [tokens]; the others have no score and are left out of the means.
        window: How many; at the beginning those there are.

    Returns:
        float32 [tokens, directions], nan where a token does not count.
    """
    found = np.full(values.shape, np.nan, dtype=np.float32)
    kept = values[counted].astype(np.float64)
    if len(kept):
        sums = np.concatenate([np.zeros((1, kept.shape[1])), np.cumsum(kept, axis=0)])
        ends = np.arange(1, len(kept) + 1)
        starts = np.maximum(0, ends - window)
        found[counted] = (sums[ends] - sums[starts]) / (ends - starts)[:, None]
    return found


def counted_tokens(content: tuple[bool, ...]) -> Mask:
    """Tokens with a score: those of the text, without the very first token, which stands on a scale of its own."""
    mask: Mask = np.array(content, dtype=bool)
    if mask[1:].any():
        mask[0] = False
    return mask


def set_threshold(
    settings: MonitorSettings, layer: int, fitted: Sequence[FloatArray], other: NeutralScores
) -> Threshold:
    """The threshold of the first direction, and those of the rest as its null.

    Args:
        settings: What is watched.
        layer: Layer read.
        fitted: Scores of neutral texts, each float32 [tokens, 1 + controls]; nan where there is none.
        other: Scores of neutral texts that the threshold is not set from.
    """
    rows = np.concatenate(fitted)
    rows = rows[np.isfinite(rows[:, 0])]
    thresholds = np.quantile(rows, 1 - settings.false_alarms, axis=0)
    count = len(other.registers)
    hits, sizes, times = np.zeros(count), np.zeros(count), np.zeros(count)
    for scores, sources in zip(other.scores, other.sources, strict=True):
        counted = np.isfinite(scores[:, 0]) & (sources >= 0)
        times[np.unique(sources[counted])] += 1
        np.add.at(sizes, sources[counted], 1)
        np.add.at(hits, sources[counted & (np.nan_to_num(scores[:, 0], nan=-np.inf) > thresholds[0])], 1)
    used = times > 0
    # A text that is said four times is one text: its mean over the times counts.
    mean_hits, mean_sizes = hits[used] / times[used], sizes[used] / times[used]
    rate, low, high = clustered_rate(mean_hits, mean_sizes, other.registers[used], settings.window)
    return Threshold(
        settings=settings,
        layer=layer,
        value=float(thresholds[0]),
        n_tokens=len(rows),
        rate=rate,
        rate_low=low,
        rate_high=high,
        texts_fired=int((hits > 0).sum()),
        n_texts=int(used.sum()),
        text_tokens=float(mean_sizes.mean()),
        random=thresholds[1:].astype(np.float32),
    )
