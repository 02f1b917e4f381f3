"""A monitor on one emotion: its threshold, where a text crosses it, and how well it tells labelled texts apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import PromptSetError, SettingsError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.numbers import finite
from emotion_core.evaluation.controls import Kind
from emotion_core.models.encode import Encoding, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.faults import shorten
from emotion_core.prompts.library import KEYS, kept_under, turns_of
from emotion_core.prompts.prompt_set import Split, Turn
from emotion_core.prompts.tables import base_name, json_items
from emotion_core.reading.baseline import Baseline, neutral_dialogues
from emotion_core.reading.chance import LEVEL, judge
from emotion_core.reading.settings import MonitorSettings
from emotion_core.reading.text import read_windows
from emotion_core.stats.intervals import adjusted, clopper_pearson, clustered_rate, wilson
from emotion_core.stats.separation import auroc, auroc_interval
from emotion_core.tracing.record import project_layers
from emotion_core.vectors.build import NEUTRAL_SET
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import IntArray

Mask = npt.NDArray[np.bool_]


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


# Controls of a kind under a monitor, see `monitored`.
CONTROLS = 100
_SPLITS: tuple[Split, Split] = ("train", "heldout")


@dataclass(frozen=True)
class Alarm:
    """A stretch of tokens above the threshold.

    Attributes:
        start: Its first token.
        end: One after its last.
        peak: Highest score in it.
        text: What it says, with the tokens that its first score looks back on.
    """

    start: int
    end: int
    peak: float
    text: str


@dataclass(frozen=True)
class Flagged:
    """A place where the phrase stands that is watched for.

    Attributes:
        token: Its first token.
        lead: Tokens from the first alarm to it; None where the monitor was silent until then.
        chance: (k + 1) / (n + 1) of control directions, each with a threshold of its own at the same false alarm rate,
            that fire at least as early, of the kind that does most often; None where the monitor was silent.
        q_value: `chance` corrected for all places of the phrase; None where the monitor was silent.
        against: That kind of control; empty where the monitor was silent.
    """

    token: int
    lead: int | None
    chance: float | None
    q_value: float | None = None
    against: str = ""

    @property
    def evidence(self) -> bool:
        """Whether the alarm comes earlier than those of directions without a meaning."""
        return self.q_value is not None and self.q_value <= LEVEL


@dataclass(frozen=True)
class Watched:
    """A text under a monitor.

    Attributes:
        threshold: Of the monitor.
        tokens: As they are spelled.
        content: Whether each belongs to the text.
        values: float32 [tokens], the emotion's reading in standard deviations of neutral tokens.
        scores: float32 [tokens], mean over the last tokens; nan where a token does not count.
        alarms: Where it fires.
        phrase: What is watched for; may be empty.
        flagged: The places of the phrase.
    """

    threshold: Threshold
    tokens: tuple[str, ...]
    content: tuple[bool, ...]
    values: FloatArray
    scores: FloatArray
    alarms: tuple[Alarm, ...]
    phrase: str
    flagged: tuple[Flagged, ...]

    def to_json(self) -> dict[str, Any]:
        """The command line's document."""
        return {
            **self.threshold.to_json(),
            "tokens": list(self.tokens),
            "emotions": {self.threshold.settings.emotion: [finite(one) for one in self.values]},
            "scores": [finite(one) for one in self.scores],
            "alarms": [{"start": a.start, "end": a.end, "peak": finite(a.peak), "text": a.text} for a in self.alarms],
            "phrase": self.phrase,
            "flagged": [
                {
                    "token": f.token,
                    "lead": f.lead,
                    "chance": f.chance,
                    "p_value": f.chance,
                    "q_value": f.q_value,
                    "hardest_control": f.against or None,
                    "evidence": f.evidence,
                }
                for f in self.flagged
            ],
        }


def read_threshold(
    model: LoadedModel, vectors: EmotionVectors, baseline: Baseline, settings: MonitorSettings, seed: int = 0
) -> Job[Threshold]:
    """Sets the threshold from the training half of the neutral set, and measures it on the held-out half, as a job.

    Raises:
        SettingsError: The emotion is not among the baseline's.
        ModelError: A neutral text cannot be read.
    """
    (train, _, _), (heldout, sources, registers) = (_neutral(model, vectors, baseline, s, seed) for s in _SPLITS)
    chosen, _ = monitored(baseline, settings.emotion)
    projected = yield from project_layers(model, [*train, *heldout], baseline.by_layer)
    scored = [
        trailing(baseline.tokens(rows)[:, 0, chosen], counted_tokens(one.content), settings.window)
        for one, rows in zip([*train, *heldout], projected, strict=True)
    ]
    n = len(train)
    return set_threshold(settings, baseline.layers[0], scored[:n], NeutralScores(scored[n:], sources, registers))


def watch(
    model: LoadedModel, baseline: Baseline, threshold: Threshold, encoding: Encoding, phrase: str = ""
) -> Job[Watched]:
    """Reads a text under a monitor, as a job."""
    values = yield from read_directions(model, baseline, threshold.settings.emotion, encoding)
    scores = trailing(values, counted_tokens(encoding.content), threshold.settings.window)
    pieces = tuple(model.pieces(list(encoding.ids)))
    _, controls = monitored(baseline, threshold.settings.emotion)
    with np.errstate(invalid="ignore"):
        fires = scores > np.concatenate([[threshold.value], threshold.random])
    return Watched(
        threshold=threshold,
        tokens=pieces,
        content=encoding.content,
        values=values[:, 0],
        scores=scores[:, 0],
        alarms=_alarms(fires[:, 0], scores[:, 0], pieces, threshold.settings.window),
        phrase=phrase,
        flagged=flagged(fires, places_of(phrase, pieces), controls),
    )


def read_directions(model: LoadedModel, baseline: Baseline, emotion: str, encoding: Encoding) -> Job[FloatArray]:
    """Standardised readings of an emotion and of its controls, float32 [tokens, 1 + controls], as a job."""
    chosen, _ = monitored(baseline, emotion)
    parts = yield from read_windows(model, baseline, encoding, lambda _, values: values[:, 0, chosen])
    return np.concatenate(parts)


def conversation_encoding(model: LoadedModel, turns: Sequence[Turn]) -> Encoding:
    """The tokens of a conversation; content are those of the turns."""
    return tokenize(model.tokenizer, turns).encoding


def places_of(phrase: str, pieces: Sequence[str]) -> tuple[int, ...]:
    """First tokens of the places where a phrase stands, whatever its case."""
    wanted = phrase.strip().lower()
    if not wanted:
        return ()
    # Lower case may change the length of a letter, so offsets are those of the lowered pieces.
    lowered = [piece.lower() for piece in pieces]
    ends = np.cumsum([len(piece) for piece in lowered])
    text, found, at = "".join(lowered), [], 0
    while (at := text.find(wanted, at)) >= 0:
        found.append(int(np.searchsorted(ends, at, side="right")))
        at += len(wanted)
    return tuple(found)


def monitored(baseline: Baseline, emotion: str) -> tuple[list[int], dict[Kind, IntArray]]:
    """Columns of the baseline that are read along a text, and which of these are controls of what kind.

    Scores of every token are kept for each of them, so there are at most `CONTROLS` of a kind.

    Raises:
        SettingsError: The emotion is not among the baseline's.
    """
    if emotion not in baseline.emotions:
        raise SettingsError(
            "The vector set has no such emotion", expected=", ".join(baseline.emotions[:12]), found=emotion
        )
    chosen, places = [baseline.emotions.index(emotion)], {}
    for kind, columns in baseline.controls.items():
        kept = columns[:CONTROLS].tolist()
        places[kind] = np.arange(len(chosen), len(chosen) + len(kept))
        chosen += kept
    return chosen, places


def _neutral(
    model: LoadedModel, vectors: EmotionVectors, baseline: Baseline, split: Split, seed: int
) -> tuple[list[Encoding], list[IntArray], IntArray]:
    """Neutral texts of a split in the baseline's form, the text of each token, and the register of each text."""
    chat = vectors.reading.chat
    texts = [one for one in load_prompts(NEUTRAL_SET).part(split) if model.fits(one.text, chat=chat)]
    registers = np.unique([one.topic for one in texts], return_inverse=True)[1].astype(np.int64)
    if baseline.form == "conversation":
        dialogues = neutral_dialogues(model, [one.text for one in texts], seed)
        return [one.encoding for one in dialogues], [one.sources for one in dialogues], registers
    encodings = [model.encode(one.text, chat=chat) for one in texts]
    return encodings, [np.full(len(one), i, dtype=np.int64) for i, one in enumerate(encodings)], registers


def _alarms(fires: Mask, scores: FloatArray, pieces: Sequence[str], window: int) -> tuple[Alarm, ...]:
    """Stretches of neighbouring alarms; tokens of a template between two do not part them."""
    found: list[Alarm] = []
    start: int | None = None
    end = 0
    for i in range(len(fires)):
        if fires[i]:
            start, end = (i if start is None else start), i + 1
        elif start is not None and np.isfinite(scores[i]):
            found.append(_alarm(start, end, scores, pieces, window))
            start = None
    if start is not None:
        found.append(_alarm(start, end, scores, pieces, window))
    return tuple(found)


def _alarm(start: int, end: int, scores: FloatArray, pieces: Sequence[str], window: int) -> Alarm:
    counted = np.flatnonzero(np.isfinite(scores[:end])).tolist()
    before = sum(1 for i in counted if i < start)
    said = "".join(pieces[i] for i in counted[max(0, before + 1 - window) :])
    return Alarm(start, end, float(np.nanmax(scores[start:end])), said)


def flagged(fires: Mask, tokens: Sequence[int], controls: Mapping[Kind, IntArray]) -> tuple[Flagged, ...]:
    """The lead at each place of a phrase, and how often control directions fire as early.

    Args:
        fires: bool [tokens, 1 + controls].
        tokens: First token of each place.
        controls: Columns of the controls by kind.
    """
    leads: list[int | None] = []
    p_values, kinds = np.ones(len(tokens)), [""] * len(tokens)
    for i, token in enumerate(tokens):
        before = fires[:token]
        if not before[:, 0].any():
            leads.append(None)  # and p is 1: a silent monitor warns of nothing
            continue
        lead = token - np.where(before.any(axis=0), before.argmax(axis=0), token)  # (directions,)
        leads.append(int(lead[0]))
        chance = judge(lead, [controls], "greater")
        p_values[i], kinds[i] = chance.p_value[0], chance.kinds[0]
    q_values = adjusted(p_values)
    return tuple(
        Flagged(token, None, None) if lead is None else Flagged(token, lead, float(p), float(q), kind)
        for token, lead, p, q, kind in zip(tokens, leads, p_values, q_values, kinds, strict=True)
    )


MOST_CONVERSATIONS = 1000
MOST_CHARACTERS = 2_000_000
SHOWN = 10
_YES = ("1", "true", "yes", "positive", "flagged", "bad", "unsafe", "harmful")
_NO = ("0", "false", "no", "negative", "fine", "good", "safe", "harmless")


@dataclass(frozen=True)
class Labelled:
    """A conversation and whether the thing that a monitor should catch is in it.

    Attributes:
        turns: Who said what.
        label: Whether it should be caught.
        name: For tables; its number in the file where it has no name.
    """

    turns: tuple[Turn, ...]
    label: bool
    name: str


def read_labelled(filename: str, data: bytes) -> tuple[Labelled, ...]:
    """Labelled conversations of a visitor.

    Each is an object with `messages` (or `conversation`, `turns`), a list of {role, content}, and `label`: true or
    false, 1 or 0, yes or no, positive or negative.

    Raises:
        PromptSetError: The file cannot be read, an item is faulty, one of the labels is missing, or it is too large.
    """
    name = base_name(filename)
    items = json_items(name, data, KEYS)
    if len(items) > MOST_CONVERSATIONS:
        raise PromptSetError(
            "There are too many conversations",
            where=name,
            expected=f"at most {MOST_CONVERSATIONS:,}",
            found=f"{len(items):,}",
            remedy="Leave out some",
        )
    found: list[Labelled] = []
    faults: list[str] = []
    for number, item in enumerate(items, start=1):
        one = _one(number, item)
        if isinstance(one, str):
            faults.append(f"item {number}: {one}")
        else:
            found.append(one)
    if faults:
        more = len(faults) - SHOWN
        raise PromptSetError(
            "The conversations cannot be used",
            where=name,
            expected='{"messages": [{"role": "user", "content": "..."}], "label": true}',
            found="; ".join(faults[:SHOWN]) + (f"; and {more} more" if more > 0 else ""),
            remedy="Mend the named items",
        )
    _check_both(name, found)
    return tuple(found)


def _one(number: int, item: Any) -> Labelled | str:
    """The conversation, or what is wrong with it."""
    if not isinstance(item, dict):
        return "not an object"
    key = kept_under(item)
    if not key:
        return f"no {', '.join(KEYS[:-1])} or {KEYS[-1]}"
    label = _label(item.get("label"))
    if label is None:
        return f"label {shorten(item.get('label'))} is neither true nor false"
    turns, faults = turns_of(item)
    if faults:
        return faults[0]
    if not turns:
        return "no turns"
    named = item.get("name")
    return Labelled(tuple(turns), label, named[:100] if isinstance(named, str) and named.strip() else str(number))


def _label(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, int | float | str) else ""
    word = word.removesuffix(".0")
    return True if word in _YES else False if word in _NO else None


def _check_both(name: str, found: list[Labelled]) -> None:
    positive = sum(one.label for one in found)
    if positive < 2 or len(found) - positive < 2:
        raise PromptSetError(
            "A curve needs conversations of both labels",
            where=name,
            expected="at least two with label true and two with label false",
            found=f"{positive} true, {len(found) - positive} false",
            remedy="Add some of the other kind",
        )
    characters = sum(len(turn.content) for one in found for turn in one.turns)
    if characters > MOST_CHARACTERS:
        raise PromptSetError(
            "The conversations are too long together",
            where=name,
            expected=f"at most {MOST_CHARACTERS:,} characters",
            found=f"{characters:,}",
            remedy="Leave out some",
        )


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
