"""A text read token by token on every emotion, against neutral texts and against random directions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.numbers import finite
from emotion_core.models.encode import Encoding, encode
from emotion_core.models.loaded import LoadedModel
from emotion_core.reading.baseline import RANDOM_DIRECTIONS, Baseline
from emotion_core.tracing.record import project_layers
from emotion_core.vectors.estimate import IntArray

# Projections of a text of any length, window by window, so that memory is bounded by what is kept of a window.


@dataclass(frozen=True)
class Window:
    """A part of a text that is read at once.

    Attributes:
        start: First token of the text in the window.
        end: One after its last token.
        first_kept: First token whose reading is taken from here; those before it only give context.
    """

    start: int
    end: int
    first_kept: int


def windows(length: int, context: int) -> tuple[Window, ...]:
    """Windows over a text: one where it fits the context, else each half a context further on.

    Every token but those of the first window has at least half a context before it.

    Args:
        length: Tokens of the text.
        context: Most tokens that the model takes.

    Example:
        >>> [(w.start, w.first_kept, w.end) for w in windows(10, 4)]
        [(0, 0, 4), (2, 4, 6), (4, 6, 8), (6, 8, 10)]
    """
    found = [Window(0, min(length, context), 0)]
    step = max(1, context // 2)
    while found[-1].end < length:
        end = min(length, found[-1].end + step)
        found.append(Window(end - context, end, found[-1].end))
    return tuple(found)


Array = npt.NDArray[np.float64]
T = TypeVar("T")
# Windows that are projected together.
AT_ONCE = 4


def read_windows(
    model: LoadedModel, baseline: Baseline, encoding: Encoding, take: Callable[[FloatArray, FloatArray], T]
) -> Job[list[T]]:
    """Reads a text on all directions of a baseline, as a job, and keeps what `take` makes of each window.

    Args:
        model: The model.
        baseline: Directions and zero points.
        encoding: The text.
        take: Gets the projections of a window's own tokens and the same standardised, both float32
            [tokens, layers, emotions + random]; a token's position is that in its window.
    """
    found: list[T] = []
    parts = windows(len(encoding), model.info.context)
    for first in range(0, len(parts), AT_ONCE):
        group = parts[first : first + AT_ONCE]
        cuts = [Encoding(encoding.ids[one.start : one.end], encoding.content[one.start : one.end]) for one in group]
        projected = yield from project_layers(model, cuts, baseline.by_layer)
        for one, rows in zip(group, projected, strict=True):
            own = one.first_kept - one.start
            found.append(take(rows[own:], baseline.tokens(rows)[own:]))
        if len(parts) > 1:
            yield Progress(len(found), len(parts), "reading windows")
    return found


class GroupMeans:
    """Means over groups of tokens on all directions, summed window by window: no token's controls are kept.

    Args:
        groups: int64 [tokens], the group of each token of the text, -1 for none.
        count: Number of groups.
    """

    def __init__(self, groups: IntArray, count: int) -> None:
        self._groups, self._count, self._at = groups, count, 0
        self._sums: Array | None = None

    def add(self, values: FloatArray) -> None:
        """The next tokens of the text, float32 [tokens, directions]."""
        groups = self._groups[self._at : self._at + len(values)]
        self._at += len(values)
        if self._sums is None:
            self._sums = np.zeros((self._count, values.shape[1]))
        for group in np.unique(groups[groups >= 0]):
            self._sums[group] += values[groups == group].sum(axis=0, dtype=np.float64)

    @property
    def means(self) -> Array:
        """float64 [groups, directions]; nan for a group without tokens."""
        if self._sums is None:
            raise AssertionError("no token was added")
        sizes = np.bincount(self._groups[self._groups >= 0], minlength=self._count)[:, None]
        means: Array = np.where(sizes > 0, self._sums / np.maximum(1, sizes), np.nan)
        return means


# A text read token by token on every emotion, against neutral texts and against random directions.

MOST_CHARACTERS = 100_000
# No context is longer: texts are cut into windows afterwards.
ANY_LENGTH = 10**9


@dataclass(frozen=True)
class TokenReading:
    """Readings of a text's tokens.

    Attributes:
        tokens: As they are spelled; joined they give the text again where the tokenizer allows it.
        content: Whether each belongs to the text, not to the chat template or the model's special tokens.
        emotions: Names.
        layers: Layers that were read, ascending.
        projections: float32 [tokens, layers, emotions], residual stream on the unit direction.
        values: float32 [tokens, layers, emotions], the same in standard deviations of neutral tokens, centred on them.
        band_low: float32 [tokens, layers], lower end of the 95 % band of random directions at each token.
        band_high: float32 [tokens, layers], upper end.
        n_windows: Windows that the text was read in; 1 where it fits the context.
        chosen: Of several layers the one that was chosen when the vectors were built.
    """

    tokens: tuple[str, ...]
    content: tuple[bool, ...]
    emotions: tuple[str, ...]
    layers: tuple[int, ...]
    projections: FloatArray
    values: FloatArray
    band_low: FloatArray
    band_high: FloatArray
    n_windows: int
    chosen: int = -1

    @property
    def layer(self) -> int:
        """The layer that stands for all: the chosen one where it was read, else the first."""
        return self.chosen if self.chosen in self.layers else self.layers[0]

    @property
    def single(self) -> TokenReading:
        """The same reading at the chosen layer alone."""
        if len(self.layers) == 1:
            return self
        at = slice(i := self.layers.index(self.layer), i + 1)
        return replace(
            self,
            layers=self.layers[at],
            projections=self.projections[:, at],
            values=self.values[:, at],
            band_low=self.band_low[:, at],
            band_high=self.band_high[:, at],
        )

    def of(self, emotion: str, layer: int | None = None) -> FloatArray:
        """float32 [tokens], one emotion's values at a layer, by default the chosen one."""
        at = self.layers.index(self.layer if layer is None else layer)
        values: FloatArray = self.values[:, at, self.emotions.index(emotion)]
        return values

    def extremes(self, token: int, high: int = 6, low: int = 3) -> list[tuple[str, float]]:
        """The emotions that read highest at a token, then the lowest ones, each with its value at the chosen layer."""
        values = self.values[token, self.layers.index(self.layer)]
        order = np.argsort(-values, kind="stable")
        chosen = dict.fromkeys([*order[:high].tolist(), *order[-low:].tolist()])
        return [(self.emotions[e], float(values[e])) for e in chosen]

    def to_json(self) -> dict[str, Any]:
        """The command line's document; readings at the chosen layer, and means by layer where several were read."""
        one = self.single
        document: dict[str, Any] = {
            "layer": one.layers[0],
            "unit": "standard deviations of neutral tokens",
            "tokens": list(self.tokens),
            "content": list(self.content),
            "emotions": {name: _column(one.values[:, 0, e]) for e, name in enumerate(self.emotions)},
            "projections": {name: _column(one.projections[:, 0, e]) for e, name in enumerate(self.emotions)},
            "null_band": {"low": _column(one.band_low[:, 0]), "high": _column(one.band_high[:, 0])},
            "windows": self.n_windows,
        }
        if len(self.layers) > 1:
            kept = np.array(self.content)
            means = self.values[kept].mean(axis=0)  # (layers, emotions)
            document["by_layer"] = [
                {"layer": layer, "emotions": dict(zip(self.emotions, _column(row), strict=True))}
                for layer, row in zip(self.layers, means, strict=True)
            ]
        return document


def read_text(model: LoadedModel, baseline: Baseline, text: str, *, chat: bool = False) -> Job[TokenReading]:
    """Reads a text of any length, as a job. Projections only are kept, so memory is bounded.

    Args:
        model: The model.
        baseline: Directions and their zero points, see `read_baseline`.
        text: The text.
        chat: Wrap it as a user message in the chat template.

    Raises:
        SettingsError: The text is empty or longer than `MOST_CHARACTERS`.
        ModelError: It has no token that could be read.
    """
    check_length(text)
    found = yield from read_encoding(model, baseline, encode(model.tokenizer, text, ANY_LENGTH, chat=chat))
    return found


def check_length(text: str) -> None:
    """Refuses what cannot be read, before anything is loaded for it.

    Raises:
        SettingsError: The text is empty or longer than `MOST_CHARACTERS`.
    """
    if not text.strip():
        raise SettingsError("There is no text to read", remedy="Type or paste a text")
    if len(text) > MOST_CHARACTERS:
        raise SettingsError(
            "The text is too long to be read at once",
            expected=f"at most {MOST_CHARACTERS:,} characters",
            found=f"{len(text):,}",
            remedy="Read a part of it",
        )


def read_encoding(
    model: LoadedModel, baseline: Baseline, encoding: Encoding, groups: GroupMeans | None = None
) -> Job[TokenReading]:
    """Reads tokens of any number, as a job.

    Args:
        model: The model.
        baseline: Directions and zero points.
        encoding: The tokens.
        groups: Gets the tokens of all directions at the chosen layer, for means over turns.
    """
    known, at = len(baseline.emotions), baseline.layers.index(baseline.chosen)
    random = baseline.controls["random"][:RANDOM_DIRECTIONS]

    def take(projections: FloatArray, values: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        # Of the random directions only the band stays; copies, so that the window itself can go.
        band = np.quantile(values[:, :, random], (0.025, 0.975), axis=2).astype(np.float32)
        if groups is not None:
            groups.add(values[:, at])
        return projections[:, :, :known].copy(), values[:, :, :known].copy(), band

    parts = yield from read_windows(model, baseline, encoding, take)
    low, high = np.concatenate([band for _, _, band in parts], axis=1)
    return TokenReading(
        tokens=tuple(model.pieces(list(encoding.ids))),
        content=encoding.content,
        emotions=baseline.emotions,
        layers=baseline.layers,
        projections=np.concatenate([one for one, _, _ in parts]),
        values=np.concatenate([one for _, one, _ in parts]),
        band_low=low,
        band_high=high,
        n_windows=len(parts),
        chosen=baseline.chosen,
    )


def _column(values: FloatArray) -> list[float | None]:
    return [finite(value) for value in values]


# The emotions of a sentence, the highest first, beside what the highest of as many random directions reads.

_FEWEST, _MOST = 400, 4000
_LEVEL = 0.95


@dataclass(frozen=True)
class Ranking:
    """The emotions of a text, with what the highest of as many directions without a meaning reads on it.

    Attributes:
        emotions: Names at both ends, the highest first.
        means: float64 [emotions], mean over the text's tokens in standard deviations of neutral tokens.
        of: How many emotions were ranked.
        layer: Layer read.
        highest: In 95 of 100 sets of `of` random directions none reads above this or below `lowest` on the same text.
        lowest: As far below 0 as `highest` is above: a random direction turned round is a random direction.
    """

    emotions: tuple[str, ...]
    means: Array
    of: int
    layer: int
    highest: float
    lowest: float

    @property
    def beyond(self) -> tuple[str, ...]:
        """Emotions above the one line or below the other."""
        outside = (self.means > self.highest) | (self.means < self.lowest)
        return tuple(name for name, beyond in zip(self.emotions, outside, strict=True) if beyond)


def ranking_controls(emotions: int) -> int:
    """Random directions that show with what the highest of as many as there are emotions reads: 19 for each.

    The highest of E exceeds all of n others by chance in E / (E + n) of texts.
    """
    return min(_MOST, max(_FEWEST, 19 * emotions))


def sentence_means(model: LoadedModel, baseline: Baseline, text: str, *, chat: bool = False) -> Job[Array]:
    """Reads a text on all directions of a baseline at its chosen layer, as a job.

    The first token, on which models park attention whatever it says, and tokens of the template are left out.

    Args:
        model: The model.
        baseline: The directions and their zero point.
        text: The text.
        chat: Wrap it as a user message in the chat template.

    Returns:
        float64 [directions], mean over the tokens, in standard deviations of neutral tokens.

    Raises:
        SettingsError: The text is empty or too long.
        ModelError: It has no token that could be read.
    """
    check_length(text)
    encoding = encode(model.tokenizer, text, ANY_LENGTH, chat=chat)
    counted = np.array(encoding.content, dtype=bool)
    counted[0] &= counted.sum() < 2
    groups = GroupMeans(np.where(counted, 0, -1), 1)
    yield from read_encoding(model, baseline, encoding, groups)
    means: Array = groups.means[0]
    return means


def beside_random(baseline: Baseline, means: Array, emotion: str) -> tuple[float, float, float]:
    """What an emotion reads over a text, and the band that holds 95 of 100 random directions on the same words.

    Args:
        baseline: With random directions.
        means: As `sentence_means` gives them.
        emotion: The emotion.
    """
    low, high = np.quantile(means[baseline.controls["random"]], [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(means[baseline.emotions.index(emotion)]), float(low), float(high)


def ranking(baseline: Baseline, means: Array, high: int = 5, low: int = 3) -> Ranking:
    """Ranks what a text reads on all directions of a baseline.

    Args:
        baseline: With random directions, see `ranking_controls`.
        means: As `sentence_means` gives them.
        high: Emotions at the upper end.
        low: Emotions at the lower end.
    """
    known = len(baseline.emotions)
    own, random = means[:known], means[baseline.controls["random"]]
    order = np.argsort(-own, kind="stable")
    chosen = list(dict.fromkeys([*order[:high].tolist(), *order[max(0, known - low) :].tolist()]))
    furthest = highest_of(np.abs(random), known)
    return Ranking(
        emotions=tuple(baseline.emotions[e] for e in chosen),
        means=own[chosen],
        of=known,
        layer=baseline.chosen,
        highest=furthest,
        lowest=-furthest,
    )


def highest_of(values: npt.ArrayLike, count: int, level: float = _LEVEL) -> float:
    """What the highest of `count` further values like these stays below with probability `level`.

    Args:
        values: float [n].
        count: How many further values.
        level: Probability; where n is too small for it, the largest value is given.
    """
    down = np.sort(np.asarray(values, np.float64))[::-1]
    n, new = len(down), np.arange(count)
    found = down[0]
    for r in range(1, n + 1):
        # All further values lie below the r-th largest of n: each is put at random among those before it.
        below = float(np.exp(np.log((n - r + 1 + new) / (n + 1 + new)).sum()))
        if below < level:
            break
        found = down[r - 1]
    return float(found)
