"""The model answers: all replies in one batch of a decoding loop, and the unsteered model reads them as they come.

The rows of the batch: the unsteered reply, the steered one, the one along a random direction; for each of the latter
two a row in which the *unsteered* model reads its tokens; and a row in which the *steered* model reads the unsteered
reply's tokens (the same words under steering). The number of rows is always the same, so a reply does not depend on
what stands beside it, and neither on how much of the conversation was remembered: it is read turn by turn in any case.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.later import torch
from emotion_core.evaluation.controls import random_units
from emotion_core.models.encode import PLAIN_NAMES, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import Split
from emotion_core.reading.baseline import PositionScale, Scale, neutral_dialogues, position_scale
from emotion_core.reading.talk import (
    ALTERNATIVES,
    RIVALS,
    TURN_ALARMS,
    AlarmRate,
    Reply,
    Talk,
    TalkSettings,
    trailing_means,
)
from emotion_core.steering.directions import read_layer
from emotion_core.steering.generate import (
    PromptTokens,
    choose,
    gumbel,
    prompt_tokens,
    steps_at_once,
    weighted,
    written_weights,
)
from emotion_core.tracing.decode import TokensSoFar, advance, ahead, nothing, spread
from emotion_core.tracing.memory import Kept, memory_of
from emotion_core.tracing.record import project_layers
from emotion_core.tracing.steer import BOUNDED, SHARES, Intervention, OpenWhen
from emotion_core.vectors.build import NEUTRAL_SET
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model

# Matrix products give a row the same bits in every batch of so many rows.
ROWS = 8
PLAIN, STEERED, STEERED_READ, RIVAL, RIVAL_READ, FROZEN = range(6)
# Whose tokens each row is fed; whatever else a batch is filled up with reads the unsteered reply.
SOURCES = (PLAIN, STEERED, STEERED, RIVAL, RIVAL, PLAIN, *(PLAIN,) * (ROWS - 6))
# Who reads the tokens of each row that writes; the others read their own.
READERS = (PLAIN, STEERED_READ, STEERED_READ, RIVAL_READ, RIVAL_READ, FROZEN, *range(6, ROWS))
AHEAD = 4  # tokens that come in one request where the model runs elsewhere
WINDOW = 5  # tokens that an alarm averages
SCALE_TOKENS = 3072  # of neutral conversations, for the scale; as many again for the alarm's rate
MEMORY_BYTES = 2**27
_SEED = 0x7A


@dataclass(frozen=True)
class TalkScale:
    """What neutral conversations read on emotions and on random directions, at every layer.

    Attributes:
        emotions: The first directions.
        layer: The one chosen at the build.
        tokens: Scale of single tokens by their position.
        quantiles: float32 [101, layers, directions], percentiles 0 to 100 of the projections of neutral tokens.
        peaks: float32 [training turns, layers, directions], highest mean of `WINDOW` tokens of each neutral turn.
        other_peaks: float32 [held-out turns, layers, directions], of turns that set no threshold.
        turn_tokens: Mean length of the held-out ones.
    """

    emotions: tuple[str, ...]
    layer: int
    tokens: PositionScale
    quantiles: FloatArray
    peaks: FloatArray
    other_peaks: FloatArray
    turn_tokens: float

    def alarms(self, layer: int) -> tuple[AlarmRate, ...]:
        """A monitor of each emotion at a layer: set on some neutral turns, measured on others."""
        found = []
        for e, emotion in enumerate(self.emotions):
            threshold = float(np.quantile(self.peaks[:, layer, e], 1 - TURN_ALARMS, method="higher"))
            fired = int((self.other_peaks[:, layer, e] > threshold).sum())
            found.append(AlarmRate(emotion, threshold, WINDOW, fired, len(self.other_peaks), self.turn_tokens))
        return tuple(found)

    def at(self, layer: int) -> PositionScale:
        """The scale of one layer alone."""
        own, whole = slice(layer, layer + 1), self.tokens
        first = Scale(whole.first.mean[own], whole.first.sd[own])
        return PositionScale(first, whole.centres, whole.means[:, own], whole.sd[own])

    def sd(self, layer: int, direction: int) -> float:
        """Standard deviation of neutral tokens along a direction."""
        return float(self.tokens.sd[layer, direction])

    def share(self, vectors: EmotionVectors, emotion: str, strength: float, layer: int) -> float:
        """Length of what a strength adds, over the usual length of the stream at the layer."""
        return strength * self.sd(layer, vectors.index(emotion)) / float(vectors.residual_norms[layer])

    def percentile(self, percentile: float, layer: int, direction: int) -> float:
        """Projection below which so many per cent of neutral tokens lie."""
        return float(np.interp(percentile, np.arange(101), self.quantiles[:, layer, direction]))

    def band(self, layer: int) -> FloatArray:
        """float32 [2], between which random directions read 95 % of single neutral tokens, in their own units."""
        chosen = self.quantiles[:, layer, len(self.emotions) :]
        spread = chosen - chosen[50]
        both = np.stack([spread[2] + (spread[3] - spread[2]) / 2, spread[97] + (spread[98] - spread[97]) / 2])
        found: FloatArray = (both / self.tokens.sd[layer, len(self.emotions) :]).mean(axis=1).astype(np.float32)
        return found


def rivals(width: int) -> FloatArray:
    """The random directions, the same at every layer, float32 [RIVALS, width]."""
    return random_units(width, RIVALS, np.random.default_rng(_SEED))


def read_scale(model: LoadedModel, vectors: EmotionVectors) -> Job[TalkScale]:
    """Reads neutral conversations, as a job: some set the scale and the alarms' thresholds, others measure their rates.

    Raises:
        ModelError: The model's chat template refuses them, or too few fit into its context.
    """
    require_model(vectors, model.info)
    matrices = {layer: _directions(vectors, layer) for layer in range(vectors.n_layers)}
    parts, peaks, lengths = [], [], []
    splits: tuple[Split, Split] = ("train", "heldout")
    for split in splits:
        texts = [one.text for one in load_prompts(NEUTRAL_SET).part(split) if model.fits(one.text)]
        if len(texts) < 8:
            raise ModelError("Too few neutral texts fit into the model's context", where=model.info.name)
        dialogues, tokens = [], 0
        for one in neutral_dialogues(model, texts, _SEED):
            if tokens < SCALE_TOKENS:
                dialogues.append(one)
                tokens += len(one.encoding)
        found = yield from project_layers(model, [one.encoding for one in dialogues], matrices)
        parts.append((dialogues, found))
    (dialogues, found), _ = parts
    scale = position_scale(found, [one.encoding.content for one in dialogues])
    rows = np.concatenate(
        [x[np.array(one.encoding.content) & (np.arange(len(x)) > 0)] for x, one in zip(found, dialogues, strict=True)]
    )
    chosen = vectors.selected_layer
    for dialogues, found in parts:
        own = [turn for one, x in zip(dialogues, found, strict=True) for turn in _turns(one.sources, scale(x))]
        peaks.append(np.stack([trailing_means(turn, WINDOW).max(axis=0) for turn in own]).astype(np.float32))
        lengths.append(float(np.mean([len(turn) for turn in own])))
    quantiles = np.percentile(rows, np.arange(101), axis=0).astype(np.float32)
    return TalkScale(vectors.emotions, chosen, scale, quantiles, peaks[0], peaks[1], lengths[1])


def neutral_peaks(
    model: LoadedModel, vectors: EmotionVectors, scale: TalkScale, texts: Sequence[str], seed: int
) -> Job[FloatArray]:
    """Highest mean of `WINDOW` tokens of each turn of other dialogues, float32 [turns, directions], as a job."""
    dialogues = neutral_dialogues(model, texts, seed)
    layer, directions = scale.layer, _directions(vectors, scale.layer)
    found = yield from project_layers(model, [one.encoding for one in dialogues], {layer: directions})
    single = scale.at(layer)
    own = [turn for one, x in zip(dialogues, found, strict=True) for turn in _turns(one.sources, single(x))]
    peaks: FloatArray = np.stack([trailing_means(turn[:, 0], WINDOW).max(axis=0) for turn in own]).astype(np.float32)
    return peaks


def _turns(sources: Any, values: FloatArray) -> Iterator[FloatArray]:
    """Readings of each whole turn of a dialogue, float32 [tokens, layers, directions]; without the last, maybe cut."""
    edges = np.flatnonzero(np.diff(sources)) + 1
    for part in np.split(np.arange(len(sources)), edges)[:-1]:
        if sources[part[0]] >= 0 and len(part) > WINDOW:
            yield values[part]


def _directions(vectors: EmotionVectors, layer: int) -> FloatArray:
    """Emotions and random directions, float32 [directions, width]."""
    return np.concatenate([vectors.units[:, layer], rivals(vectors.values.shape[-1])]).astype(np.float32)


_LOCK = threading.Lock()
_SCALES: OrderedDict[str, TalkScale] = OrderedDict()


def key_of(vectors: EmotionVectors) -> str:
    """What a scale belongs to: the model and the vectors."""
    digest = hashlib.sha256(vectors.values.tobytes())
    digest.update("\0".join([vectors.model.fingerprint, *vectors.emotions, str(vectors.selected_layer)]).encode())
    return digest.hexdigest()


def remember_scale(vectors: EmotionVectors, scale: TalkScale) -> None:
    """Keeps a scale that was read before, for the talks to come."""
    with _LOCK:
        _SCALES[key_of(vectors)] = scale
        while len(_SCALES) > 4:
            _SCALES.popitem(last=False)


def known_scale(model: LoadedModel, vectors: EmotionVectors) -> Job[TalkScale]:
    """The scale of a vector set, read once in a process, as a job."""
    with _LOCK:
        found = _SCALES.get(key_of(vectors))
    if found is None:
        found = yield from read_scale(model, vectors)
        remember_scale(vectors, found)
    return found


@dataclass(frozen=True)
class _Read:
    """The beginning of a conversation that was read: what the model remembers of it, and its projections."""

    kept: Kept | None
    projected: FloatArray  # (tokens, layers, directions)

    @property
    def size(self) -> int:
        layers = getattr(getattr(self.kept, "value", None), "layers", ())
        held = sum(
            t.nbytes
            for one in layers
            for t in (getattr(one, "keys", None), getattr(one, "values", None))
            if t is not None
        )
        return int(held + self.projected.nbytes)


_READ: OrderedDict[tuple[str, tuple[int, ...]], _Read] = OrderedDict()


def _remembered(key: str, ids: tuple[int, ...], ends: Sequence[int]) -> tuple[int, _Read | None]:
    """The longest beginning, of those that end where a turn does, that was read before."""
    with _LOCK:
        for end in reversed(ends):
            found = _READ.get((key, ids[:end]))
            if found is not None:
                _READ.move_to_end((key, ids[:end]))
                return end, found
    return 0, None


def _remember(key: str, ids: tuple[int, ...], read: _Read) -> None:
    with _LOCK:
        _READ[key, ids] = read
        while len(_READ) > 1 and sum(one.size for one in _READ.values()) > MEMORY_BYTES:
            _READ.popitem(last=False)


def forget() -> None:
    """Lets all remembered conversations and scales go."""
    with _LOCK:
        _READ.clear()
        _SCALES.clear()


@dataclass(frozen=True)
class TalkProgress(Progress):
    """Progress that shows the replies so far.

    Attributes:
        so_far: Makes the unfinished result; may be called from any thread.
    """

    so_far: Callable[[], Talk] | None = None


def talk(
    model: LoadedModel, vectors: EmotionVectors, settings: TalkSettings, stop: Callable[[], bool] = lambda: False
) -> Job[Talk]:
    """Lets the model answer, as a job that yields after every token with the replies so far.

    Args:
        model: The model.
        vectors: What is steered with and read along.
        settings: The conversation and the steering.
        stop: Asked after every token; what is written then is kept.

    Raises:
        VectorFileError: The vectors belong to another model, or lack an emotion.
        SettingsError: The layer does not exist.
        TextTooLongError: The conversation leaves no room for the reply.
        ModelError: The model's chat template refuses the conversation.
    """
    require_model(vectors, model.info)
    for emotion, _ in settings.strengths:
        vectors.index(emotion)
    writing = settings.writing
    prompt = prompt_tokens(model, writing, 0)
    layer = vectors.selected_layer if settings.layer is None else settings.layer
    read_layer(replace(writing, layer=layer), vectors, layer)
    scale = yield from known_scale(model, vectors)
    writer = _Writer(model, vectors, settings, scale, prompt, layer)
    yield Progress(0, settings.max_new_tokens, "reading the conversation")
    writer.begin()
    for t in range(settings.max_new_tokens):
        writer.write(t)
        yield TalkProgress(t + 1, settings.max_new_tokens, "writing", writer.result)
        if writer.ended:
            break
        if stop():
            return writer.result(f"stopped at {t + 1} of {settings.max_new_tokens} tokens")
    writer.close()
    return writer.result()


@dataclass(frozen=True)
class Draw:
    """Draws the next tokens of a turn's batch. It is sent along to where a model runs (`decode.Keep`).

    Attributes:
        seed: Of the noise, which all rows share.
        prompt: Names the stream of the noise.
        temperature: Divides the logits.
        first: Number of the step that is called 0.
    """

    seed: int
    prompt: str
    temperature: float
    first: int = 0

    def __call__(self, logits: torch.Tensor, t: int) -> tuple[torch.Tensor, ...]:
        """Of float32 [rows, vocabulary] at step `first + t`, each with as many rows.

        The token that each row is fed next, int64; the one that it would write, int64; whether its logits were finite;
        nats of what it would write to the row's reader and to itself, float32 [rows, 2]; its likeliest tokens, int64
        [rows, `ALTERNATIVES`], and their nats.
        """
        finite, logits = torch.isfinite(logits).all(-1), torch.nan_to_num(logits)
        noise = gumbel(self.seed, self.prompt, 0, self.first + t, logits.shape[-1]).to(logits.device)
        drawn = choose(logits, noise.expand_as(logits), self.temperature, 1.0)
        nats = -logits.log_softmax(-1)
        top = nats.topk(ALTERNATIVES, dim=-1, largest=False)
        both = torch.stack([nats[list(READERS), drawn], nats.gather(1, drawn[:, None])[:, 0]], dim=1)
        return drawn[list(SOURCES)], drawn, finite, both, top.indices, top.values


class _Writer:
    """The batch of one turn."""

    def __init__(
        self,
        model: LoadedModel,
        vectors: EmotionVectors,
        settings: TalkSettings,
        scale: TalkScale,
        prompt: PromptTokens,
        layer: int,
    ) -> None:
        self.model, self.vectors, self.settings, self.scale = model, vectors, settings, scale
        self.prompt, self.layer, self.writing = prompt, layer, settings.writing
        self.dialogue = tokenize(model.tokenizer, settings.turns, reply=True) if settings.chat else None
        device = model.info.device
        self.read = {i: torch.tensor(_directions(vectors, i), device=device) for i in range(vectors.n_layers)}
        self.edits = self._edits()
        self.rivalled = bool(settings.rival)
        # Who writes, and in which row the unsteered model reads it.
        self.writers = {PLAIN: PLAIN, STEERED: STEERED_READ} | ({RIVAL: RIVAL_READ} if self.rivalled else {})
        self.emitted: dict[int, list[int]] = {row: [] for row in self.writers}
        self.running, self.broken = dict.fromkeys(self.writers, True), dict.fromkeys(self.writers, False)
        self.raw: list[FloatArray] = []  # of each step, (rows, layers, directions): the token that was fed
        self.nats: dict[int, list[float]] = {row: [] for row in self.writers}
        self.chosen: dict[int, list[tuple[float, tuple[str, ...], FloatArray]]] = {row: [] for row in self.writers}
        self.cache: Any = None
        self.before = np.zeros((0, vectors.n_layers, len(scale.quantiles[0, 0])), np.float32)
        self.draw = Draw(settings.seed, str(self.prompt.ids), settings.temperature)
        # Steps that came from elsewhere and are not taken yet: readings, and what `Draw` gives.
        self.coming: list[tuple[FloatArray, list[torch.Tensor]]] = []

    def begin(self) -> None:
        """Reads the conversation but its last token: turn by turn, from what is remembered of it."""
        ids = self.prompt.ids[:-1]
        if not ids:
            return
        ends = [end for _, end in (self.dialogue.spans if self.dialogue else ()) if 0 < end <= len(ids)]
        ends = list(dict.fromkeys([*ends, len(ids)]))
        key = key_of(self.vectors)
        begin, known = _remembered(key, ids, ends)
        kept: Any = None if known is None else spread(known.kept, [0]) if known.kept is not None else None
        parts = [] if known is None else [known.projected]
        steps = memory_of(self.model).stretches and self.model.remote is None
        for end in [end for end in ends if end > begin] if steps else [len(ids)]:
            tokens = torch.tensor([ids[begin if steps else 0 : end]], device=self.model.info.device)
            after = advance(self.model, tokens, kept if steps else None, (), self.read, nothing)
            kept, begin = after.cache, end
            parts = [*parts, after.projected[0].cpu().numpy()] if steps else [after.projected[0].cpu().numpy()]
            if steps:
                _remember(key, ids[:end], _Read(spread(kept, [0]), np.concatenate(parts)))  # type: ignore[arg-type]
        self.before = np.concatenate(parts)
        self.cache = spread(kept, [0] * ROWS)
        if self.prompt.weights.any():
            weights = torch.from_numpy(self.prompt.weights)[None]
            tokens = torch.tensor([ids] * ROWS, device=self.model.info.device)
            self.cache = advance(self.model, tokens, None, weighted(self.edits, weights), keep=nothing).cache

    def write(self, t: int) -> None:
        """One token in every row."""
        if not self.coming:
            self.coming = self._here(t) if self.model.remote is None else self._elsewhere(t)
        readings, (_, drawn, finite, nats, likeliest, their_nats) = self.coming.pop(0)
        self.raw.append(readings)
        for row in self.writers:
            token = int(drawn[row])
            self.broken[row] = self.broken[row] or not bool(finite[row])
            self.running[row] = self.running[row] and not self.broken[row] and token not in self.model.stop_ids
            if not self.running[row]:
                continue
            self.nats[row].append(float(nats[row, 0]))
            spelled = tuple(self.model.decode([int(i)]) for i in likeliest[row])
            chances = (-their_nats[row]).exp().cpu().numpy()
            self.chosen[row].append((float((-nats[row, 1]).exp()), spelled, chances))
            self.emitted[row].append(token)

    def _fed(self) -> torch.Tensor:
        """Tokens that are processed next, int64 [rows, 1]."""
        fed = [(self.emitted.get(source) or [self.prompt.ids[-1]])[-1] for source in SOURCES]
        return torch.tensor(fed, device=self.model.info.device)[:, None]

    def _here(self, t: int) -> list[tuple[FloatArray, list[torch.Tensor]]]:
        after = advance(self.model, self._fed(), self.cache, weighted(self.edits, self._weights(t)), self.read)
        self.cache = after.cache
        return [(after.projected[:, 0].float().cpu().numpy(), list(self.draw(after.logits, t)))]

    def _elsewhere(self, t: int) -> list[tuple[FloatArray, list[torch.Tensor]]]:
        """Several steps in one request; a reply that ended meanwhile is gone on with, and nobody looks at that."""
        last = min(t + steps_at_once(self.model, self.writing, AHEAD), self.settings.max_new_tokens)
        steering = [weighted(self.edits, self._weights(n)) for n in range(t, last)]
        so_far = (self.cache or TokensSoFar()).then(self._fed(), steering[0])
        given, readings = ahead(self.model, so_far, steering[1:], replace(self.draw, first=t), self.read)
        self.cache = so_far.followed_by(given[0], steering[1:])
        return [(readings[:, k].numpy(), [one[:, k] for one in given]) for k in range(last - t)]

    @property
    def ended(self) -> bool:
        """Whether every reply has ended."""
        return not any(self.running.values())

    def close(self) -> None:
        """Reads the last token of replies that ended at their longest."""
        unread = any(len(self.emitted[row]) >= len(self.raw) for row in self.writers)
        if unread and len(self.prompt.ids) + len(self.raw) < self.model.info.context:
            edits = weighted(self.edits, self._weights(len(self.raw)))
            after = advance(self.model, self._fed(), self.cache, edits, self.read, nothing)
            self.raw.append(after.projected[:, 0].float().cpu().numpy())

    def _weights(self, t: int) -> torch.Tensor:
        if not self.writing.where.thoughts:
            return written_weights(self.model, self.writing, [self.prompt], [()], t)
        own = [self.emitted.get(row, self.emitted[PLAIN]) for row in range(ROWS)]
        return written_weights(self.model, self.writing, [self.prompt] * ROWS, own, t)

    def _edits(self) -> list[Intervention]:
        """What is done in the rows that are steered: the same to the rival, along random directions."""
        settings, vectors, layer, scale = self.settings, self.vectors, self.layer, self.scale
        edits, random = [], rivals(vectors.values.shape[-1])
        whole, of_rivals = self._added(vectors.units[:, layer]), self._added(random, along_rivals=True)
        several = len(settings.strengths) > 1 and np.linalg.norm(of_rivals) > 0
        alike = float(np.linalg.norm(whole) / np.linalg.norm(of_rivals)) if several else 1.0
        for k, (emotion, strength) in enumerate(settings.strengths):
            e, r = vectors.index(emotion), (settings.rival - 1 + k) % RIVALS
            directions = np.repeat(vectors.units[e, layer][None], ROWS, axis=0)
            directions[[RIVAL, RIVAL_READ]] = random[r]
            of_rival = len(vectors.emotions) + r
            amounts, bounds = np.zeros(ROWS, np.float32), np.zeros(ROWS, np.float32)
            for row, d in ((STEERED, e), (RIVAL, of_rival), (FROZEN, e)):
                if settings.operation in SHARES:
                    amounts[row] = strength
                elif settings.operation == "add":  # all that is added is as long along random directions
                    amounts[row] = strength * scale.sd(layer, e) * (alike if row == RIVAL else 1.0)
                elif strength:
                    amounts[row] = float(scale.quantiles[50, layer, d]) + strength * scale.sd(layer, d)
                bounds[row] = scale.percentile(settings.bound, layer, d)
            if not settings.rival:
                amounts[RIVAL] = 0.0
            gate = None
            if settings.gate is not None:
                g = vectors.index(settings.gate.emotion)
                opens = np.full(ROWS, scale.percentile(settings.gate.percentile, layer, g), np.float32)
                looked = np.repeat(vectors.units[g, layer][None], ROWS, axis=0).astype(np.float32)
                gate = OpenWhen(torch.from_numpy(looked), torch.from_numpy(opens), settings.gate.below)
            held = torch.from_numpy(bounds) if settings.operation in BOUNDED else None
            chosen = torch.from_numpy(directions.astype(np.float32))
            edits.append(Intervention(layer, settings.operation, chosen, torch.from_numpy(amounts), held, gate))
        return edits

    def _added(self, units: FloatArray, *, along_rivals: bool = False) -> FloatArray:
        """All that is added at the layer, float32 [width], along the emotions or along the directions beside them."""
        whole = np.zeros(units.shape[-1], np.float32)
        for k, (emotion, strength) in enumerate(self.settings.strengths):
            e = self.vectors.index(emotion)
            along = units[(self.settings.rival - 1 + k) % RIVALS if along_rivals else e]
            whole += np.float32(strength * self.scale.sd(self.layer, e)) * along
        return whole

    def result(self, partial: str = "") -> Talk:
        """The turn so far."""
        vectors, scale, emotions = self.vectors, self.scale, len(self.vectors.emotions)
        raw = list(self.raw)
        read = {row: self._standard(raw, reader) for row, reader in self.writers.items()}
        before = len(self.before)  # the token that the replies begin at stands there
        replies = [self._reply(row, read[row][before + 1 :]) for row in self.writers]
        frozen = np.zeros((0, emotions), np.float32)
        if self.settings.steers and replies[0].tokens:
            n = len(replies[0].values)
            steered = self._standard(raw, FROZEN)[before + 1 : before + 1 + n]
            frozen = (steered - replies[0].values).mean(axis=0).astype(np.float32)
        content = self.dialogue.encoding.content if self.dialogue else (True,) * len(self.prompt.ids)
        own = read[PLAIN][: before + 1, self.layer]
        pieces = tuple(self.model.pieces(list(self.prompt.ids)))
        spans = self.dialogue.spans if self.dialogue else ((0, len(self.prompt.ids)),)
        added = None
        if self.settings.operation == "add":
            whole = self._added(vectors.units[:, self.layer])
            added = float(np.linalg.norm(whole) / vectors.residual_norms[self.layer])
        return Talk(
            settings=self.settings,
            model=self.model.info,
            layer=self.layer,
            layers=tuple(range(vectors.n_layers)),
            emotions=vectors.emotions,
            prompt_ids=self.prompt.ids,
            prompt=pieces,
            prompt_content=content,
            prompt_values=own.astype(np.float32),
            spans=spans,
            before=read[PLAIN][before].astype(np.float32),
            replies=tuple(replies),
            frozen=frozen,
            band=scale.band(self.layer),
            added=added,
            alarms=scale.alarms(self.layer),
            partial=partial,
        )

    def _standard(self, raw: Sequence[FloatArray], row: int) -> FloatArray:
        """Readings of emotions over prompt and reply in one row, float32 [tokens, layers, emotions]."""
        n = len(self.vectors.emotions)
        rows = np.concatenate([self.before[:, :, :n], np.stack([one[row][:, :n] for one in raw])])
        whole = self.scale.tokens
        first = Scale(whole.first.mean[:, :n], whole.first.sd[:, :n])
        return PositionScale(first, whole.centres, whole.means[:, :, :n], whole.sd[:, :n])(rows)

    def _reply(self, row: int, values: FloatArray) -> Reply:
        """A reply; its last token has no reading until the next step has fed it."""
        names = {PLAIN: "unsteered", STEERED: "steered", RIVAL: f"random direction {self.settings.rival}"}
        ids, known = list(self.emitted[row]), list(self.chosen[row])
        n = min(len(ids), len(known), len(values))
        text = self.model.decode(ids)
        if self.settings.chat and not self.model.tokenizer.chat_template:
            for name in PLAIN_NAMES.values():  # a model without a template goes on with turns of others
                text = text.split(f"\n{name}:", 1)[0]
        return Reply(
            name=names[row],
            text=text,
            ids=tuple(ids[:n]),
            tokens=tuple(self.model.pieces(ids[:n])),
            values=values[:n].astype(np.float32),
            surprise=np.array(self.nats[row][:n], np.float32),
            probability=np.array([one[0] for one in known[:n]], np.float32),
            alternatives=tuple(one[1] for one in known[:n]),
            chances=np.array([one[2] for one in known[:n]], np.float32).reshape(n, ALTERNATIVES),
            broken=self.broken[row],
        )
