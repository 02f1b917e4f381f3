"""What neutral texts read on every direction: the zero point, the unit, and the directions that stand for chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import RECORDER_VERSION, ActivationCache, CachedRow, FloatArray, ReadingPosition
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.evaluation.controls import KINDS, Controls, Kind, draw_controls
from emotion_core.models.encode import Encoding, encode, span_numbers, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import Turn
from emotion_core.tracing.record import project_layers, project_sums, read_tokens
from emotion_core.vectors.build import NEUTRAL_SET, neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import IntArray

Form = Literal["text", "conversation"]
Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class NeutralDialogue:
    """Neutral texts as turns.

    Attributes:
        encoding: Its tokens.
        sources: int64 [tokens], which of the texts each token is of; -1 for tokens of the template.
    """

    encoding: Encoding
    sources: IntArray


# Long neutral documents and dialogues, for the zero point late in a text.
DOCUMENTS = 8
MOST_POSITIONS = 1024
# Tokens of neutral dialogues together: with a short context there are more of them.
DIALOGUE_TOKENS = 8192
MOST_DIALOGUES = 64


def neutral_documents(model: LoadedModel, texts: Sequence[str], seed: int) -> list[Encoding]:
    """Neutral texts one after another, each document in another order, as long as the context or `MOST_POSITIONS`."""
    longest = min(model.info.context, MOST_POSITIONS)
    rng = np.random.default_rng(seed)
    documents = []
    for _ in range(DOCUMENTS):
        whole = encode(model.tokenizer, " ".join(texts[i] for i in rng.permutation(len(texts))), context=10**9)
        documents.append(Encoding(whole.ids[:longest], whole.content[:longest]))
    return documents


def neutral_dialogues(model: LoadedModel, texts: Sequence[str], seed: int) -> list[NeutralDialogue]:
    """Neutral texts as turns of user and assistant, each dialogue in another order, as long as the context.

    Raises:
        ModelError: The model's chat template refuses them.
    """
    longest = min(model.info.context, MOST_POSITIONS)
    count = int(np.clip(DIALOGUE_TOKENS // longest, DOCUMENTS, MOST_DIALOGUES))
    shortest = max(4, min(len(model.encode(text)) for text in texts))
    turns = min(len(texts), 2 * (longest // shortest // 2 + 1))
    rng = np.random.default_rng(seed)
    dialogues = []
    for _ in range(count):
        chosen = rng.permutation(len(texts))[:turns]
        said = [Turn(role="assistant" if i % 2 else "user", content=texts[t]) for i, t in enumerate(chosen)]
        whole = tokenize(model.tokenizer, said)
        turn = span_numbers(whole.spans, len(whole.encoding))
        sources = np.where(turn < 0, -1, chosen[turn])[:longest]
        encoding = Encoding(whole.encoding.ids[:longest], whole.encoding.content[:longest])
        dialogues.append(NeutralDialogue(encoding, sources))
    return dialogues


@dataclass(frozen=True)
class Scale:
    """Mean and spread over neutral texts, by which projections are centred and standardised.

    Attributes:
        mean: float32 [layers, directions].
        sd: float32 [layers, directions]; 1 where neutral texts do not vary.
    """

    mean: FloatArray
    sd: FloatArray

    def __call__(self, projections: FloatArray) -> FloatArray:
        """Standardises float32 [..., layers, directions]."""
        scaled: FloatArray = ((projections - self.mean) / self.sd).astype(np.float32)
        return scaled


@dataclass(frozen=True)
class PositionScale:
    """Scale of single tokens by their position.

    Activations drift along a text whatever it says: position embeddings, longer attention. Against a zero point from
    short texts every long text would seem to grow in some emotion and fall in another. So tokens are compared with
    neutral tokens at about the same position (bins that double, means interpolated between them). First tokens, which
    models park attention on, are compared with first tokens only.

    Attributes:
        first: Scale of first tokens.
        centres: float64 [bins], middle of each bin on a base-2 logarithmic scale of positions.
        means: float32 [bins, layers, directions].
        sd: float32 [layers, directions], spread around the bins' means.
    """

    first: Scale
    centres: FloatArray
    means: FloatArray
    sd: FloatArray

    def __call__(self, projections: FloatArray) -> FloatArray:
        """Standardises the tokens of one text from its first on, float32 [tokens, layers, directions]."""
        if not len(projections):
            return projections
        values: FloatArray = ((projections - self.mean_at(len(projections))) / self.sd).astype(np.float32)
        values[:1] = self.first(projections[:1])
        return values

    def mean_at(self, tokens: int) -> FloatArray:
        """float32 [tokens, layers, directions], what neutral text reads at each position (the first aside)."""
        places = np.log2(np.maximum(1, np.arange(tokens)))
        at = np.clip(np.searchsorted(self.centres, places) - 1, 0, max(0, len(self.centres) - 2))
        after = np.minimum(at + 1, len(self.centres) - 1)
        width = np.maximum(self.centres[after] - self.centres[at], 1e-9)
        share = np.clip((places - self.centres[at]) / width, 0.0, 1.0)[:, None, None].astype(np.float32)
        mean: FloatArray = self.means[at] * (1 - share) + self.means[after] * share
        return mean


def scale_of(rows: FloatArray, least: FloatArray | None = None) -> Scale:
    """Scale of float32 [rows, layers, directions]. Where rows hardly vary, `least` (else 1) stands for their spread."""
    sd = _unless_flat(rows.std(axis=0, ddof=1, dtype=np.float64), np.abs(rows).max(axis=0), least)
    return Scale(rows.mean(axis=0, dtype=np.float64).astype(np.float32), sd)


def _unless_flat(sd: Floats, largest: Floats, least: FloatArray | None = None) -> FloatArray:
    """A spread as float32, where it is more than rounding of the largest value; else `least`, or 1."""
    flat = sd <= 1e-6 * np.maximum(1.0, largest)
    found: FloatArray = np.where(flat, 1.0 if least is None else least, sd).astype(np.float32)
    return found


def position_scale(texts: Sequence[FloatArray], kept: Sequence[npt.ArrayLike] | None = None) -> PositionScale:
    """Scale of the tokens of texts. Sums go text by text, so that no second copy of all readings is made.

    Args:
        texts: For each text float32 [tokens, layers, directions]; one at least with two tokens.
        kept: For each text which of its tokens count, bool [tokens]; by default all of them.
    """
    masks = [np.ones(len(text), bool) for text in texts] if kept is None else [np.array(one, bool) for one in kept]
    masks = _without_first(masks)
    bins, used, counts, centres = _bins(masks)
    sums = np.zeros((len(used), *texts[0].shape[1:]))
    for text, mask, own in zip(texts, masks, bins, strict=True):
        for bin_ in np.unique(own):
            sums[np.searchsorted(used, bin_)] += text[mask][own == bin_].sum(axis=0, dtype=np.float64)
    means = (sums / counts[:, None, None]).astype(np.float32)
    rows = np.stack([text[0] for text in texts])
    rough = PositionScale(scale_of(rows), centres, means, np.ones(means.shape[1:], np.float32))
    sd = _spread(texts, masks, rough)
    return PositionScale(scale_of(rows, least=sd), centres, means, sd)


def _bins(masks: Sequence[Mask]) -> tuple[list[IntArray], IntArray, IntArray, FloatArray]:
    """Of each text the bin of each token that counts; the bins, how many tokens they hold, and their middles."""
    places = [np.log2(np.flatnonzero(mask)) for mask in masks]
    bins = [np.floor(one).astype(np.int64) for one in places]  # 1, 2-3, 4-7, ...
    every, where = np.concatenate(places), np.concatenate(bins)
    used = np.unique(where)
    counts = np.array([(where == one).sum() for one in used])
    return bins, used, counts, np.array([every[where == one].mean() for one in used])


def _scales_elsewhere(
    model: LoadedModel,
    encodings: Sequence[Encoding],
    masks: Sequence[Mask],
    pooled: Sequence[list[int]],
    by_layer: dict[int, FloatArray],
) -> Job[tuple[PositionScale, Scale]]:
    """The scales of tokens and of pooled texts where the model is not here: hardly more than sums come back, as a job.

    Args:
        model: The model.
        encodings: The texts.
        masks: For each text which of its tokens count in the scale of tokens, none where it plays no part in it.
        pooled: For each text the tokens that it is pooled over, none where it plays no part in that.
        by_layer: The directions.
    """
    counted = _without_first(masks)
    _, used, counts, centres = _bins(counted)
    longest, n = max(map(len, masks)), len(used)
    inside = (np.floor(np.log2(np.maximum(1, np.arange(longest))))[:, None] == used).astype(np.float64)
    # What the mean of each bin counts in what is expected at a position: the means are those of one bin each.
    unit = np.eye(n, dtype=np.float32)[:, :, None]
    shares = PositionScale(Scale(unit[0], unit[0]), centres, unit, unit[0]).mean_at(longest)[:, :, 0].astype(np.float64)
    tokens = [np.flatnonzero(mask).tolist() for mask in counted]
    first: list[list[list[int]]] = [[[0]] if mask.any() else [] for mask in masks]
    places = [(t, [*f, *([p] if p else [])]) for t, f, p in zip(tokens, first, pooled, strict=True)]
    sums = yield from project_sums(model, encodings, by_layer, places, np.concatenate([inside, shares], axis=1))
    means = (sums.weighted[:n] / counts[:, None, None]).astype(np.float32)  # (bins, layers, directions)
    # Sums over tokens of x - e and of its square, where e is expected: the means of the bins by their shares.
    own, exact = np.concatenate([shares[one] for one in tokens]), means.astype(np.float64)  # (tokens, bins)
    off = sums.weighted[:n].sum(axis=0) - np.tensordot(own.sum(axis=0), exact, 1)
    squares = sums.squares - 2 * (exact * sums.weighted[n:]).sum(axis=0)
    squares += (exact * np.tensordot(own.T @ own, exact, 1)).sum(axis=0)
    size = len(own)
    sd = np.sqrt(np.maximum(squares - off**2 / size, 0.0) / max(1, size - 1))
    # Where all are alike the largest is as large as the root of the mean square.
    around = _unless_flat(sd, np.sqrt(sums.squares / size))
    begun = scale_of(np.stack([row[0] for row, f in zip(sums.means, first, strict=True) if f]), around)
    texts = scale_of(np.stack([row[-1] for row, p in zip(sums.means, pooled, strict=True) if p]))
    return PositionScale(begun, centres, means, around), texts


def _spread(texts: Sequence[FloatArray], masks: Sequence[Mask], rough: PositionScale) -> FloatArray:
    """float32 [layers, directions], standard deviation around the means of the positions; 1 where nothing varies."""
    expected = rough.mean_at(max(len(text) for text in texts))
    total, squares, count = np.zeros(expected.shape[1:]), np.zeros(expected.shape[1:]), 0
    largest = np.zeros(expected.shape[1:])
    for text, mask in zip(texts, masks, strict=True):
        off = text[mask].astype(np.float64) - expected[: len(text)][mask]
        total += off.sum(axis=0)
        squares += (off**2).sum(axis=0)
        largest = np.maximum(largest, np.abs(off).max(axis=0, initial=0.0))
        count += len(off)
    # The means are close to zero by construction, so that nothing is lost in this difference.
    variance = np.maximum(squares - total**2 / count, 0.0) / max(1, count - 1)
    return _unless_flat(np.sqrt(variance), largest)


# Wider streams are projected at once: the products of all pairs of their dimensions would be 32 MB a layer and more.
MOST_WIDTH = 2048


@dataclass(frozen=True)
class Moments:
    """Sums over the neutral tokens at one layer, from which the scales of any direction there follow.

    A projection is linear, so its mean at a place is that of the mean stream, and its variance a quadratic form in the
    products of the dimensions. In float64: some dimensions are a thousand times as large as the others.

    Attributes:
        first: float32 [texts, width], first tokens of the texts whose tokens count.
        pooled: float32 [texts, width], means of whole texts.
        means: float64 [bins, width], by position.
        off: float64 [width], sum over tokens of what they are off the mean that is expected at their positions.
        products: float64 [width, width], sum over tokens of the products of what they are off.
        tokens: How many.
    """

    first: FloatArray
    pooled: FloatArray
    means: Floats
    off: Floats
    products: Floats
    tokens: int

    def scales(self, masks: Sequence[Mask], directions: FloatArray) -> tuple[PositionScale, Scale]:
        """The scale of tokens and that of pooled texts on directions, float32 [directions, width]."""
        exact = directions.astype(np.float64).T
        means = self.means @ exact
        off = self.off @ exact
        squares = (exact * (self.products @ exact)).sum(axis=0)
        variance = np.maximum(squares - off**2 / self.tokens, 0.0) / max(1, self.tokens - 1)
        sd = _unless_flat(np.sqrt(variance), np.abs(means).max(axis=0))[None]
        centres = _bins(_without_first(masks))[3]
        first, pooled = ((rows @ directions.T)[:, None] for rows in (self.first, self.pooled))
        tokens = PositionScale(scale_of(first, least=sd), centres, means[:, None].astype(np.float32), sd)
        return tokens, scale_of(pooled)

    def keep(self, cache: ActivationCache, key: str) -> None:
        """Writes the sums into a cache."""
        exact = np.concatenate([self.means, self.off[None], self.products]).astype(np.float64)
        width = len(self.off)
        rows = np.concatenate(
            [self.first, self.pooled, np.ascontiguousarray(exact).view(np.float32).reshape(-1, width)]
        )
        cache.put_many([(key, CachedRow(rows, np.zeros(len(rows) - 1, np.float32), self.tokens))])

    @classmethod
    def known(cls, cache: ActivationCache, key: str, shape: tuple[int, int, int], width: int) -> Moments | None:
        """The sums that a cache has of so many bins, texts whose tokens count, and pooled texts."""
        bins, texts, pooled = shape
        n_rows = texts + pooled + 2 * (bins + 1 + width)
        kept = cache.get_many([key], n_rows - 1, width).get(0)
        if kept is None:
            return None
        exact = np.ascontiguousarray(kept.values[texts + pooled :]).view(np.float64).reshape(-1, width)
        own, whole = kept.values[:texts], kept.values[texts : texts + pooled]
        return cls(own, whole, exact[:bins], exact[bins], exact[bins + 1 :], kept.n_tokens)


def moments_of(streams: Sequence[FloatArray], masks: Sequence[Mask], pooled: Sequence[list[int]]) -> Moments:
    """The sums over texts.

    Args:
        streams: For each text float32 [tokens, width].
        masks: For each text which of its tokens count in the scale of tokens, none where it plays no part in it.
        pooled: For each text the tokens that it is pooled over, none where it plays no part in that.
    """
    counted = _without_first(masks)
    bins, used, counts, centres = _bins(counted)
    width = streams[0].shape[1]
    means = np.zeros((len(used), width))
    for text, mask, own in zip(streams, counted, bins, strict=True):
        np.add.at(means, np.searchsorted(used, own), text[mask].astype(np.float64))
    means /= counts[:, None]
    # What the mean of each bin counts in what is expected at a position.
    unit = np.eye(len(used), dtype=np.float32)[:, :, None]
    shares = PositionScale(Scale(unit[0], unit[0]), centres, unit, unit[0]).mean_at(max(map(len, masks)))[:, :, 0]
    off, products = np.zeros(width), np.zeros((width, width))
    for text, mask in zip(streams, counted, strict=True):
        rest = text[mask] - shares[: len(text)][mask].astype(np.float64) @ means
        off += rest.sum(axis=0)
        products += rest.T @ rest
    first = np.stack([text[0] for text, mask in zip(streams, masks, strict=True) if mask.any()])
    whole = np.stack([text[own].mean(axis=0) for text, own in zip(streams, pooled, strict=True) if own])
    return Moments(first, whole, means, off, products, int(counts.sum()))


def _without_first(masks: Sequence[Mask]) -> list[Mask]:
    """First tokens have a scale of their own."""
    return [mask & (np.arange(len(mask)) > 0) for mask in masks]


# Controls of each kind. Every token is read on all of them, so there are fewer than `controls_needed` gives a large
# set: of 171 emotions a single one cannot pass the correction for all, nine together can.
CONTROLS_EACH = 400
# At several layers at once only the band of random directions is drawn.
RANDOM_DIRECTIONS = 200


@dataclass(frozen=True)
class ZeroPoint:
    """What neutral texts read on the directions of a baseline.

    Attributes:
        tokens: Scale of single tokens by their position.
        texts: Scale of whole texts, pooled at `place`.
        n_texts: Number of neutral texts.
    """

    tokens: PositionScale
    texts: Scale
    n_texts: int


@dataclass(frozen=True)
class Baseline:
    """Directions with what neutral texts read on them.

    Attributes:
        emotions: The first directions; the rest are controls.
        layers: Layers, ascending.
        directions: float32 [layers, emotions + controls, width], unit length.
        tokens: Scale of single tokens by their position in the text, see `PositionScale`.
        texts: Scale of whole texts, pooled at `place`.
        n_texts: Number of neutral texts.
        form: Form of the neutral texts that `tokens` comes from.
        selected: The layer chosen at the build for all emotions together.
        place: Where whole texts are read; by default where the vectors' own training texts were.
        kinds: Kind of each control, see `evaluation.controls`.
    """

    emotions: tuple[str, ...]
    layers: tuple[int, ...]
    directions: FloatArray
    tokens: PositionScale
    texts: Scale
    n_texts: int
    form: Form
    selected: int
    place: ReadingPosition
    kinds: tuple[Kind, ...]

    @property
    def chosen(self) -> int:
        """The layer that stands for all: the one chosen at the build where it was read, else the first."""
        return self.selected if self.selected in self.layers else self.layers[0]

    @property
    def by_layer(self) -> dict[int, FloatArray]:
        """The directions as `project_layers` takes them."""
        return dict(zip(self.layers, self.directions, strict=True))

    @property
    def controls(self) -> dict[Kind, IntArray]:
        """Columns of the controls among the directions, by kind."""
        found = {kind: np.flatnonzero([k == kind for k in self.kinds]) + len(self.emotions) for kind in KINDS}
        return {kind: columns for kind, columns in found.items() if len(columns)}

    @property
    def columns(self) -> list[dict[Kind, IntArray]]:
        """For each emotion the columns of its controls, as `reading.chance` takes them."""
        return [self.controls] * len(self.emotions)


def read_baseline(
    model: LoadedModel,
    vectors: EmotionVectors,
    layers: Sequence[int] | None = None,
    seed: int = 0,
    form: Form = "text",
    *,
    cache: ActivationCache | None = None,
    kinds: Sequence[Kind] = KINDS,
    each: int | None = None,
    place: ReadingPosition | None = None,
    known: ZeroPoint | None = None,
) -> Job[Baseline]:
    """Reads the built-in neutral texts on all emotions and on control directions, as a job.

    The zero point comes from the training registers of the neutral set: the others are kept for measuring how often a
    monitor fires on neutral text.

    Args:
        model: The model the vectors belong to.
        vectors: The emotions.
        layers: Layers to read; by default the one chosen for all emotions together.
        seed: Of the controls.
        form: Whether single tokens are compared with plain neutral texts or with neutral conversations.
        cache: Activations read before, for the controls that are built from training texts, and what is kept of the
            neutral texts for directions to come.
        kinds: Kinds of controls that are wanted; at several layers there are random directions only.
        each: Controls of each kind; `CONTROLS_EACH` by default.
        place: Where whole texts are read instead of where the vectors' training texts were.
        known: What the neutral texts read on the same directions, where that is known; they are not read again.

    Raises:
        SettingsError: There is no such layer, or too few neutral texts.
        ModelError: The chat template refuses the neutral conversations.
    """
    chosen = check_layers(vectors, layers)
    several = len(chosen) > 1
    count = (RANDOM_DIRECTIONS if several else CONTROLS_EACH) if each is None else each
    wanted: Sequence[Kind] = ("random",) if several else kinds
    controls = yield from draw_controls(model, vectors, chosen, count=count, seed=seed, cache=cache, kinds=wanted)
    drawn, names = _pooled(controls, count)
    own = vectors.units[:, list(chosen)]  # (emotions, layers, width)
    directions = np.concatenate([own, drawn]).transpose(1, 0, 2).astype(np.float32)  # (layers, directions, width)
    at = place or vectors.reading
    if known is None:
        known = yield from _zero_point(model, dict(zip(chosen, directions, strict=True)), at, form, seed, cache)
    return Baseline(
        emotions=vectors.emotions,
        layers=chosen,
        directions=directions,
        tokens=known.tokens,
        texts=known.texts,
        n_texts=known.n_texts,
        form=form,
        selected=vectors.selected_layer,
        place=at,
        kinds=names,
    )


def _zero_point(
    model: LoadedModel,
    by_layer: dict[int, FloatArray],
    at: ReadingPosition,
    form: Form,
    seed: int,
    cache: ActivationCache | None,
) -> Job[ZeroPoint]:
    """Reads the neutral texts, and longer ones made of them, on directions by layer."""
    training = {one.text for one in load_prompts(NEUTRAL_SET).part("train")}
    texts = [text for text in neutral_texts(model, at) if text in training]
    encodings = [model.encode(text, chat=at.chat, reply=at.reply) for text in texts]
    if form == "text":
        longer = neutral_documents(model, texts, seed)
    else:
        longer = [one.encoding for one in neutral_dialogues(model, texts, seed)]
    every = [*encodings, *longer]
    masks = [np.full(len(one), form == "text") for one in encodings]
    masks += [np.array(one.content, bool) | (form == "text") for one in longer]
    pooled_at = [*(read_tokens(one, at) for one in encodings), *([] for _ in longer)]
    if model.remote is not None:
        scale, pooled_scale = yield from _scales_elsewhere(model, every, masks, pooled_at, by_layer)
        return ZeroPoint(scale, pooled_scale, len(encodings))
    if len(by_layer) == 1 and model.info.width <= MOST_WIDTH:
        ((layer, directions),) = by_layer.items()
        shape = (len(_bins(_without_first(masks))[1]), sum(map(any, masks)), len(encodings))
        key = "\x1f".join([model.info.fingerprint, str(RECORDER_VERSION), "neutral tokens", at.key, form])
        key = "\x1f".join([key, str(seed), str(layer), *texts])
        moments = None if cache is None else Moments.known(cache, key, shape, model.info.width)
        if moments is None:
            identity = np.eye(model.info.width, dtype=np.float32)
            streams = yield from project_layers(model, every, {layer: identity})
            moments = moments_of([one[:, 0] for one in streams], masks, pooled_at)
            if cache is not None:
                moments.keep(cache, key)
        scale, pooled_scale = moments.scales(masks, directions)
        return ZeroPoint(scale, pooled_scale, len(encodings))
    found = yield from project_layers(model, every, by_layer)
    pooled = np.stack([p[own].mean(0) for p, own in zip(found, pooled_at, strict=True) if own])
    kept = [(p, mask) for p, mask in zip(found, masks, strict=True) if mask.any()]
    tokens = position_scale([p for p, _ in kept], [mask for _, mask in kept])
    return ZeroPoint(tokens, scale_of(pooled), len(encodings))


def _pooled(controls: Controls, count: int) -> tuple[FloatArray, tuple[Kind, ...]]:
    """At most `count` controls of a kind, float32 [controls, layers, width], and their kinds.

    Contrasts have shuffled vectors of their own each. Here they stand for all emotions together, evenly thinned: with
    a few hundred for each of many contrasts every token would be read on thousands.
    """
    kept: list[int] = []
    for kind in KINDS:
        places = [i for i, k in enumerate(controls.kinds) if k == kind]
        kept += [places[i] for i in np.linspace(0, len(places) - 1, min(count, len(places))).astype(int)]
    return controls.units[kept], tuple(controls.kinds[i] for i in kept)


def check_layers(vectors: EmotionVectors, layers: Sequence[int] | None) -> tuple[int, ...]:
    """The layers to read, ascending; by default the one chosen for all emotions together.

    Raises:
        SettingsError: There is no such layer.
    """
    chosen = tuple(sorted(set([vectors.selected_layer] if layers is None else layers)))
    if not chosen or chosen[0] < 0 or chosen[-1] >= vectors.n_layers:
        found = ", ".join(str(layer) for layer in chosen) or "none"
        raise SettingsError("There is no such layer", expected=f"0 to {vectors.n_layers - 1}", found=found)
    return chosen
