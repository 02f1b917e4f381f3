"""A monitor on one emotion: a threshold from neutral texts, and where a text crosses it.

The score of a token is the mean reading of the last few tokens up to it: nothing that comes later is used, so what is
reported could have been known at that token. The threshold is a quantile of this score over neutral tokens in the
same form (plain text or conversation); how often neutral text that was not used for it crosses it is measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.errors import SettingsError
from emotion_core.numbers import finite
from emotion_core.reading.intervals import wilson
from emotion_core.tracing.activations import FloatArray

Mask = npt.NDArray[np.bool_]
RESAMPLES = 2000


@dataclass(frozen=True)
class MonitorSettings:
    """What a monitor watches for.

    Attributes:
        emotion: Whose reading.
        false_alarms: Share of neutral tokens that may cross the threshold.
        window: Tokens whose mean reading is the score of the last of them.
    """

    emotion: str
    false_alarms: float = 0.01
    window: int = 5

    def __post_init__(self) -> None:
        if not 0.001 <= self.false_alarms <= 0.5:
            raise SettingsError(
                "The false alarm rate is out of range",
                expected="0.001 to 0.5, a share of neutral tokens",
                found=f"{self.false_alarms:g}",
            )
        if not 1 <= self.window <= 64:
            raise SettingsError("The window is out of range", expected="1 to 64 tokens", found=str(self.window))


@dataclass(frozen=True)
class Threshold:
    """A threshold and how often neutral text crosses it.

    Attributes:
        settings: What was asked for.
        layer: Layer read.
        value: The threshold, in standard deviations of neutral tokens.
        n_tokens: Neutral tokens that it was set from.
        rate: Share of other neutral tokens above it.
        rate_low: Lower end of its 95 % interval, bootstrapped over the texts.
        rate_high: Upper end.
        texts_fired: Of the other neutral texts, those in which it fires anywhere.
        n_texts: Number of the other neutral texts.
        text_tokens: Mean number of their tokens.
        random: float32 [random directions], the threshold of each at the same false alarm rate.
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
        low, high = wilson(self.texts_fired, self.n_texts)
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
    settings: MonitorSettings, layer: int, fitted: list[FloatArray], other: list[FloatArray], seed: int = 0
) -> Threshold:
    """The threshold of the first direction, and those of the rest as its null.

    Args:
        settings: What is watched.
        layer: Layer read.
        fitted: Scores of neutral texts, each float32 [tokens, 1 + random directions]; nan where there is none.
        other: Scores of neutral texts that the threshold is not set from.
        seed: Of the bootstrap.
    """
    rows = np.concatenate(fitted)
    rows = rows[np.isfinite(rows[:, 0])]
    thresholds = np.quantile(rows, 1 - settings.false_alarms, axis=0)
    crossed = [one[np.isfinite(one[:, 0]), 0] > thresholds[0] for one in other]
    hits, sizes = np.array([one.sum() for one in crossed]), np.array([len(one) for one in crossed])
    drawn = np.random.default_rng(seed).integers(0, len(hits), (RESAMPLES, len(hits)))
    rates = hits[drawn].sum(axis=1) / np.maximum(1, sizes[drawn].sum(axis=1))
    low, high = np.quantile(rates, (0.025, 0.975))
    return Threshold(
        settings=settings,
        layer=layer,
        value=float(thresholds[0]),
        n_tokens=len(rows),
        rate=float(hits.sum() / sizes.sum()),
        rate_low=float(low),
        rate_high=float(high),
        texts_fired=int((hits > 0).sum()),
        n_texts=len(hits),
        text_tokens=float(sizes.mean()),
        random=thresholds[1:].astype(np.float32),
    )
