"""A run of failing attempts as one trace, and a second trace in which the user encourages after every failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from emotion_core.errors import ModelError
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.reading.attempts_library import AttemptRun
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.dialogue import tokenize
from emotion_core.reading.intervals import mean_interval
from emotion_core.reading.project import read_windows
from emotion_core.reading.trend import Trend, trend
from emotion_core.reading.watched import places_of
from emotion_core.runs.progress import Job
from emotion_core.tracing.activations import FloatArray

TRACES = ("plain", "encouraged")
LEVEL = 0.05


class Encouraged(NamedTuple):
    """What encouragement changes in the attempts after it.

    Attributes:
        mean: Mean difference over attempts, in standard deviations of neutral tokens.
        low: Lower end of its 95 % interval (Student's t over attempts).
        high: Upper end.
        null_low: 2.5 % quantile of the same mean over random directions.
        null_high: 97.5 % quantile.
        evidence: The interval excludes 0 and the mean lies outside the range of random directions.
    """

    mean: float
    low: float
    high: float
    null_low: float
    null_high: float
    evidence: bool


@dataclass(frozen=True)
class AttemptsReading:
    """Both traces of a run; tokens are those of the attempts, without task and outcomes.

    Attributes:
        name: Of the run.
        layer: Layer read.
        emotions: Names.
        tokens: The tokens of all attempts, one after another.
        attempt: For each token the number of its attempt, from 0.
        values: float32 [2, tokens, emotions], plain and encouraged, in standard deviations of neutral tokens.
        means: float32 [2, attempts, emotions].
        drift: How the plain means go with the number of the attempt.
        drift_encouraged: The same with encouragement.
        null: float32 [2], the middle 95 % of random directions' mean differences after encouragement.
        cheat: First token of the cheat and one after its last; equal where there is none.
        cheat_words: The words it was found by.
        template: `chat template` of the model, or `plain`.
    """

    name: str
    layer: int
    emotions: tuple[str, ...]
    tokens: tuple[str, ...]
    attempt: tuple[int, ...]
    values: FloatArray
    means: FloatArray
    drift: Trend
    drift_encouraged: Trend
    null: FloatArray
    cheat: tuple[int, int]
    cheat_words: str
    template: str

    def drift_of(self, emotion: str) -> tuple[bool, str]:
        """Whether the plain trace goes up or down over the attempts, and a sentence that says it."""
        e = self.emotions.index(emotion)
        rank, p = float(self.drift.spearman[e]), float(self.drift.p_value[e])
        if not (np.isfinite(p) and p < LEVEL):
            return False, f"No drift of {emotion} over the attempts beyond chance (p = {p:.3f})."
        way = "rises" if rank > 0 else "falls"
        return True, f"{emotion} {way} over the attempts (rank correlation {rank:+.2f}, p = {p:.3f})."

    def encouraged(self, emotion: str) -> Encouraged:
        """The difference that encouragement makes, over the attempts after the first encouragement."""
        e = self.emotions.index(emotion)
        mean, low, high = (float(one) for one in mean_interval(self.means[1, 1:, e] - self.means[0, 1:, e]))
        null_low, null_high = (float(one) for one in self.null)
        evidence = (low > 0 or high < 0) and not null_low <= mean <= null_high
        return Encouraged(mean, low, high, null_low, null_high, evidence)

    def cheat_reading(self, emotion: str) -> tuple[float, float] | None:
        """Mean reading over the words of the cheat, and the share of other stretches as long that read lower."""
        start, end = self.cheat
        if end <= start:
            return None
        values = self.values[0, :, self.emotions.index(emotion)]
        width = end - start
        sums = np.convolve(values, np.ones(width), mode="valid") / width  # (stretches,)
        others = np.delete(sums, slice(max(0, start - width + 1), end))
        return float(sums[start]), float((others < sums[start]).mean()) if len(others) else float("nan")

    def to_json(self) -> dict[str, Any]:
        """The command line's document."""
        return {
            "layer": self.layer,
            "unit": "standard deviations of neutral tokens",
            "run": self.name,
            "template": self.template,
            "tokens": list(self.tokens),
            "attempt": list(self.attempt),
            "cheat": list(self.cheat) if self.cheat[1] > self.cheat[0] else None,
            "emotions": {name: self._emotion(name) for name in self.emotions},
        }

    def _emotion(self, name: str) -> dict[str, Any]:
        e, change, cheat = self.emotions.index(name), self.encouraged(name), self.cheat_reading(name)
        return {
            "plain": [finite(one) for one in self.values[0, :, e]],
            "encouraged": [finite(one) for one in self.values[1, :, e]],
            "by_attempt": [[finite(one) for one in self.means[t, :, e]] for t in range(2)],
            "drift": {"spearman": finite(self.drift.spearman[e]), "p_value": finite(self.drift.p_value[e])},
            "encouragement": [finite(change.mean), finite(change.low), finite(change.high)],
            "encouragement_null": [finite(change.null_low), finite(change.null_high)],
            "encouragement_evidence": change.evidence,
            "cheat": None if cheat is None else [finite(cheat[0]), finite(cheat[1])],
        }


def read_attempts(model: LoadedModel, baseline: Baseline, run: AttemptRun, seed: int = 0) -> Job[AttemptsReading]:
    """Reads a run with and without encouragement, as a job; at the baseline's chosen layer.

    Raises:
        ModelError: The chat template refuses it, or spells an attempt differently after encouragement.
    """
    plain, template, pieces, numbers = yield from _trace(model, baseline, run, encouraged=False)
    kind, _, kind_pieces, _ = yield from _trace(model, baseline, run, encouraged=True)
    if pieces != kind_pieces:
        raise ModelError("The tokenizer spells the attempts differently after encouragement", where=run.name)
    both = np.stack([plain, kind])  # (2, tokens, emotions + random)
    attempt = np.array(numbers)
    means = np.stack([both[:, attempt == i].mean(axis=1) for i in range(len(run.attempts))], axis=1)
    known = len(baseline.emotions)
    null = np.quantile((means[1] - means[0])[1:, known:].mean(axis=0), (0.025, 0.975))
    order = np.arange(len(run.attempts))
    return AttemptsReading(
        name=run.name,
        layer=baseline.chosen,
        emotions=baseline.emotions,
        tokens=pieces,
        attempt=numbers,
        values=both[:, :, :known].astype(np.float32),
        means=means[:, :, :known].astype(np.float32),
        drift=trend(order, means[0, :, :known], seed),
        drift_encouraged=trend(order, means[1, :, :known], seed),
        null=null.astype(np.float32),
        cheat=_cheat(run, pieces),
        cheat_words=run.cheat.strip(),
        template=template,
    )


def _trace(
    model: LoadedModel, baseline: Baseline, run: AttemptRun, *, encouraged: bool
) -> Job[tuple[FloatArray, str, tuple[str, ...], tuple[int, ...]]]:
    """Values of the attempts' tokens on all directions, the template, the tokens, and their attempts."""
    dialogue = tokenize(model, run.turns(encouraged=encouraged))
    at = baseline.layers.index(baseline.chosen)
    parts = yield from read_windows(model, baseline, dialogue.encoding, lambda _, values: values[:, at])
    values = np.concatenate(parts)
    spans = [span for turn, span in zip(dialogue.turns, dialogue.spans, strict=True) if turn.role == "assistant"]
    chosen = [i for start, end in spans for i in range(start, end)]
    pieces = model.pieces([dialogue.encoding.ids[i] for i in chosen])
    numbers = tuple(number for number, (start, end) in enumerate(spans) for _ in range(start, end))
    return values[chosen], dialogue.template, tuple(pieces), numbers


def _cheat(run: AttemptRun, pieces: tuple[str, ...]) -> tuple[int, int]:
    """The tokens of the cheat's words."""
    found = places_of(run.cheat, pieces)
    if not found:
        return 0, 0
    length, end = 0, found[0]
    wanted = len(run.cheat.strip())
    while end < len(pieces) and length < wanted:
        length += len(pieces[end] if end > found[0] else pieces[end].lstrip())
        end += 1
    return found[0], end
