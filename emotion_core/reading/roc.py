"""How well a monitor tells labelled conversations apart: ROC with an interval, its null, and length as a rival."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from emotion_core.base.jobs import Job, Progress
from emotion_core.base.numbers import finite
from emotion_core.evaluation.controls import Kind
from emotion_core.models.loaded import LoadedModel
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.chance import LEVEL, judge
from emotion_core.reading.labelled import Labelled
from emotion_core.reading.monitor import Threshold, counted_tokens, trailing
from emotion_core.reading.watched import conversation_encoding, monitored, read_directions
from emotion_core.stats.auroc import auroc
from emotion_core.stats.auroc_interval import auroc_interval
from emotion_core.stats.intervals import wilson
from emotion_core.vectors.rows import IntArray

Array = npt.NDArray[np.float64]
Beside = Literal["better", "alike", "worse"]
RESAMPLES = 2000


@dataclass(frozen=True)
class LabelledReading:
    """A monitor over labelled conversations.

    Attributes:
        threshold: Of the monitor.
        names: Of the conversations.
        labels: Whether each should be caught.
        peaks: float64 [conversations], the highest score in each.
        first: First token at which the monitor fires in each, -1 where it is silent.
        lengths: Tokens that count in each.
        auroc: Chance that a labelled conversation peaks higher than another one.
        auroc_low: Lower end of its 95 % interval (Newcombe 2006).
        auroc_high: Upper end.
        null_low: 2.5 % quantile of the same over random directions.
        null_high: 97.5 % quantile.
        p_value: (k + 1) / (n + 1) of control directions with at least its AUROC, of the hardest kind.
        against: That kind of control.
        length_auroc: The same figure for the number of tokens alone: longer texts have higher peaks.
        gain_low: Lower end of the 95 % interval of AUROC minus that of length, on the same conversations resampled.
        gain_high: Upper end.
        false_positives: float64 [points], the curve's share of other conversations above each cut, ascending.
        true_positives: float64 [points], its share of labelled ones.
    """

    threshold: Threshold
    names: tuple[str, ...]
    labels: tuple[bool, ...]
    peaks: Array
    first: tuple[int, ...]
    lengths: tuple[int, ...]
    auroc: float
    auroc_low: float
    auroc_high: float
    null_low: float
    null_high: float
    p_value: float
    against: str
    length_auroc: float
    gain_low: float
    gain_high: float
    false_positives: Array
    true_positives: Array

    @property
    def beside_length(self) -> Beside:
        """Whether the monitor does better than the number of tokens alone, worse, or cannot be told from it."""
        return "better" if self.gain_low > 0 else "worse" if self.gain_high < 0 else "alike"

    @property
    def evidence(self) -> bool:
        """Better than chance, than control directions and than the length of the conversations."""
        return self.auroc_low > 0.5 and self.p_value <= LEVEL and self.beside_length == "better"

    def caught(self, label: bool) -> tuple[int, int]:
        """Conversations with a label in which the monitor fires, and their number."""
        fired = [first >= 0 for first, one in zip(self.first, self.labels, strict=True) if one == label]
        return sum(fired), len(fired)

    def to_json(self) -> dict[str, Any]:
        """The command line's document."""
        rates = {}
        for key, label in (("true_positive_rate", True), ("false_positive_rate", False)):
            hits, n = self.caught(label)
            low, high = wilson(hits, n)
            rates[key] = [finite(hits / n), finite(low), finite(high)]
        return {
            **self.threshold.to_json(),
            "auroc": finite(self.auroc),
            "auroc_low": finite(self.auroc_low),
            "auroc_high": finite(self.auroc_high),
            "null_auroc": [finite(self.null_low), finite(self.null_high)],
            "p_value": finite(self.p_value),
            "hardest_control": self.against or None,
            "length_auroc": finite(self.length_auroc),
            "gain_over_length": [finite(self.gain_low), finite(self.gain_high)],
            "beside_length": self.beside_length,
            "evidence": self.evidence,
            **rates,
            "roc": [[finite(x), finite(y)] for x, y in zip(self.false_positives, self.true_positives, strict=True)],
            "conversations": [
                {"name": name, "label": label, "peak": finite(peak), "first_alarm": first if first >= 0 else None}
                for name, label, peak, first in zip(self.names, self.labels, self.peaks, self.first, strict=True)
            ],
        }


def read_labelled_set(
    model: LoadedModel, baseline: Baseline, threshold: Threshold, conversations: Sequence[Labelled]
) -> Job[LabelledReading]:
    """Reads labelled conversations under a monitor, as a job.

    Raises:
        ModelError: The chat template refuses a conversation.
    """
    peaks, first, lengths = [], [], []
    for number, one in enumerate(conversations):
        encoding = conversation_encoding(model, one.turns)
        values = yield from read_directions(model, baseline, threshold.settings.emotion, encoding)
        counted = counted_tokens(encoding.content)
        scores = trailing(values, counted, threshold.settings.window)
        peaks.append(scores[counted].max(axis=0).astype(np.float64))
        fires = np.flatnonzero(np.nan_to_num(scores[:, 0], nan=-np.inf) > threshold.value)
        first.append(int(fires[0]) if len(fires) else -1)
        lengths.append(int(counted.sum()))
        yield Progress(number + 1, len(conversations), "reading conversations")
    _, controls = monitored(baseline, threshold.settings.emotion)
    return scored(threshold, conversations, np.array(peaks), first, lengths, controls)


def scored(
    threshold: Threshold,
    conversations: Sequence[Labelled],
    peaks: Array,
    first: Sequence[int],
    lengths: Sequence[int],
    controls: Mapping[Kind, IntArray],
) -> LabelledReading:
    """Figures of peaks.

    Args:
        threshold: Of the monitor.
        conversations: With at least one of each label.
        peaks: float64 [conversations, 1 + controls].
        first: First alarm in each, -1 for none.
        lengths: Tokens that count in each.
        controls: Columns of the controls in `peaks`, by kind.
    """
    labels = np.array([one.label for one in conversations])
    all_areas = auroc(peaks[labels].T, peaks[~labels].T)  # (directions,)
    area, null = float(all_areas[0]), all_areas[controls["random"]] if "random" in controls else all_areas[:0]
    low, high = auroc_interval(area, int(labels.sum()), int((~labels).sum()))
    tokens = np.array(lengths, np.float64)
    null_low, null_high = np.quantile(null, (0.025, 0.975)) if len(null) else (np.nan, np.nan)
    chance = judge(all_areas, [controls], "greater")
    gain_low, gain_high = _gain(peaks[:, 0], tokens, labels)
    x, y = _curve(peaks[labels, 0], peaks[~labels, 0])
    return LabelledReading(
        threshold=threshold,
        names=tuple(one.name for one in conversations),
        labels=tuple(bool(one) for one in labels),
        peaks=peaks[:, 0],
        first=tuple(first),
        lengths=tuple(lengths),
        auroc=area,
        auroc_low=low,
        auroc_high=high,
        null_low=float(null_low),
        null_high=float(null_high),
        p_value=float(chance.p_value[0]),
        against=chance.kinds[0],
        length_auroc=float(auroc(tokens[labels], tokens[~labels])),
        gain_low=gain_low,
        gain_high=gain_high,
        false_positives=x,
        true_positives=y,
    )


def _gain(peaks: Array, tokens: Array, labels: npt.NDArray[np.bool_]) -> tuple[float, float]:
    """95 % interval of AUROC minus that of length: conversations are resampled within their label, both together."""
    rng = np.random.default_rng(0)
    rows = [np.flatnonzero(labels), np.flatnonzero(~labels)]
    yes, no = (one[rng.integers(0, len(one), (RESAMPLES, len(one)))] for one in rows)  # (resamples, conversations)
    gains = auroc(peaks[yes], peaks[no]) - auroc(tokens[yes], tokens[no])
    low, high = np.quantile(gains, (0.025, 0.975))
    return float(low), float(high)


def _curve(positive: Array, negative: Array) -> tuple[Array, Array]:
    """Shares above each cut, from none to all."""
    cuts = np.concatenate([[np.inf], np.unique(np.concatenate([positive, negative]))[::-1]])
    return (negative[None] >= cuts[:, None]).mean(axis=1), (positive[None] >= cuts[:, None]).mean(axis=1)
