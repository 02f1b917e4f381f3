"""How well a monitor tells labelled conversations apart: ROC with an interval, its null, and length as a rival."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.evaluation.auroc import auroc
from emotion_core.evaluation.auroc_interval import auroc_interval
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.prompts.library_items import Turn
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.intervals import wilson
from emotion_core.reading.labelled import Labelled
from emotion_core.reading.monitor import Threshold, counted_tokens, trailing
from emotion_core.reading.watched import conversation_encoding, read_directions
from emotion_core.runs.progress import Job, Progress

Array = npt.NDArray[np.float64]


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
        p_value: Share of random directions (and the emotion itself) with at least its AUROC.
        length_auroc: The same figure for the number of tokens alone: longer texts have higher peaks.
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
    length_auroc: float
    false_positives: Array
    true_positives: Array

    @property
    def evidence(self) -> bool:
        """Better than chance, than random directions and than the length of the conversations."""
        return self.auroc_low > 0.5 and self.p_value < 0.05 and self.auroc > self.length_auroc

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
            "length_auroc": finite(self.length_auroc),
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
        turns = [Turn.model_validate({"role": said.role, "content": said.content}) for said in one.turns]
        encoding = conversation_encoding(model, turns)
        values = yield from read_directions(model, baseline, threshold.settings.emotion, encoding)
        counted = counted_tokens(encoding.content)
        scores = trailing(values, counted, threshold.settings.window)
        peaks.append(scores[counted].max(axis=0).astype(np.float64))
        fires = np.flatnonzero(np.nan_to_num(scores[:, 0], nan=-np.inf) > threshold.value)
        first.append(int(fires[0]) if len(fires) else -1)
        lengths.append(int(counted.sum()))
        yield Progress(number + 1, len(conversations), "reading conversations")
    return scored(threshold, conversations, np.array(peaks), first, lengths)


def scored(
    threshold: Threshold,
    conversations: Sequence[Labelled],
    peaks: Array,
    first: Sequence[int],
    lengths: Sequence[int],
) -> LabelledReading:
    """Figures of peaks.

    Args:
        threshold: Of the monitor.
        conversations: With at least one of each label.
        peaks: float64 [conversations, 1 + random directions].
        first: First alarm in each, -1 for none.
        lengths: Tokens that count in each.
    """
    labels = np.array([one.label for one in conversations])
    all_areas = auroc(peaks[labels].T, peaks[~labels].T)  # (directions,)
    area, null = float(all_areas[0]), all_areas[1:]
    low, high = auroc_interval(area, int(labels.sum()), int((~labels).sum()))
    tokens = np.array(lengths, np.float64)
    null_low, null_high = np.quantile(null, (0.025, 0.975)) if len(null) else (np.nan, np.nan)
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
        p_value=float(((null >= area).sum() + 1) / (len(null) + 1)),
        length_auroc=float(auroc(tokens[labels], tokens[~labels])),
        false_positives=x,
        true_positives=y,
    )


def _curve(positive: Array, negative: Array) -> tuple[Array, Array]:
    """Shares above each cut, from none to all."""
    cuts = np.concatenate([[np.inf], np.unique(np.concatenate([positive, negative]))[::-1]])
    return (negative[None] >= cuts[:, None]).mean(axis=1), (positive[None] >= cuts[:, None]).mean(axis=1)
