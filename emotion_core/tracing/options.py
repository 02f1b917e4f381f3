"""Log-probabilities of given options after prompts, steered or not, with the beginning of the prompts computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.decode import spread
from emotion_core.tracing.envoy import blocks_of, envoy_of, keeps_logits, retried, stream, trace_options
from emotion_core.tracing.memory import kept_of, memory_of
from emotion_core.tracing.record import TOKENS_PER_BATCH, tokens_per_batch
from emotion_core.tracing.score import LOGITS_PER_BATCH
from emotion_core.tracing.steer import Intervention, OpenWhen, Operation, steered

Span = tuple[int, int]
# Tokens whose keys and values are kept at once, over all rows.
PREFIX_TOKENS = 8192
# With this many tokens a batch is about as fast per token as a full one, so it ends where shorter rows begin.
ENOUGH_TOKENS = 512


@dataclass(frozen=True)
class Asked:
    """A prompt with options, and what is steered while it is answered.

    Attributes:
        ids: Tokens of the prompt.
        options: Tokens of each option, none empty.
        shared: Leading tokens that other prompts of the same call begin with too; they are computed once, and so are
            those that all prompts with this beginning go on with.
        direction: Row of the directions.
        amount: In the units of the residual stream (a share for `project_out`); 0 steers nothing.
        spans: Steered positions of the prompt, as [start, end).
        option_weights: Weights of the steering of the options' tokens, the last one for all that follow; empty where
            they are not steered.
        last_weight: Weight of the steering of the prompt's last token.
    """

    ids: tuple[int, ...]
    options: tuple[tuple[int, ...], ...]
    shared: int = 0
    direction: int = 0
    amount: float = 0.0
    spans: tuple[Span, ...] = ()
    option_weights: tuple[float, ...] = ()
    last_weight: float = 1.0

    @property
    def start(self) -> int:
        """First position that is computed for this prompt alone; its last token always is."""
        return max(0, min(self.shared, len(self.ids) - 1))

    @property
    def condition(self) -> tuple[int, float, tuple[Span, ...]]:
        """What is steered in the shared beginning."""
        inside = tuple((a, min(b, self.start)) for a, b in self.spans if a < self.start)
        return (self.direction, self.amount, inside) if self.amount and inside else (0, 0.0, ())


# Tokens of a shared beginning, and what is steered in it.
_Begun = tuple[tuple[int, ...], tuple[int, float, tuple[Span, ...]]]


def _begun(one: Asked) -> _Begun:
    return one.ids[: one.start], one.condition


@dataclass(frozen=True)
class _Row:
    """One row of a forward pass: the rest of a prompt, and the tokens of one option that are fed after it."""

    asked: int
    option: int | None  # None: all options are single tokens and are looked up at the last position
    ids: tuple[int, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True)
class _Steering:
    layer: int
    operation: Operation
    directions: torch.Tensor = field(repr=False)  # (directions, width)
    bounds: torch.Tensor | None = field(repr=False)  # (directions,)
    gate: OpenWhen | None = field(repr=False)  # a row a direction

    def edit(self, rows: Sequence[tuple[int, float]], weights: torch.Tensor) -> Intervention | None:
        """The edit of rows of (direction, amount) times weights [rows, tokens]; None where all of them are 0."""
        every = torch.ones(len(self.directions))
        whole = Intervention(self.layer, self.operation, self.directions, every, self.bounds, self.gate)
        amounts = torch.tensor([float(amount) for _, amount in rows])[:, None] * weights
        if not bool(amounts.any()):
            return None
        return replace(whole.rows(torch.tensor([direction for direction, _ in rows])), amounts=amounts)


def score_options(
    model: LoadedModel,
    asked: Sequence[Asked],
    layer: int = 0,
    directions: FloatArray | None = None,
    operation: Operation = "add",
    bounds: FloatArray | None = None,
    gate: OpenWhen | None = None,
) -> Job[list[npt.NDArray[np.float64]]]:
    """Scores every option of every prompt, as a job that yields after each batch.

    The score of an option is the sum of the log-probabilities of its tokens after the prompt, in nats: exactly that
    of a plain forward pass over prompt and option together.

    Args:
        model: The model.
        asked: Prompts with options; those that share a beginning should follow each other.
        layer: Steered layer.
        directions: float32 [directions, width], unit length; not needed where nothing is steered.
        operation: What is done with the direction.
        bounds: float32 [directions], what `cap` and `floor` hold to.
        gate: With a row for each direction.

    Returns:
        For each prompt float64 [options]; nan where the model produced numbers that are not finite.
    """
    # Where nothing of a shared beginning can be kept, each prompt is computed whole.
    asked = _sharing_all(asked) if memory_of(model).stretches else [replace(one, shared=0) for one in asked]
    width = model.info.width
    matrix = torch.zeros((1, width)) if directions is None else torch.tensor(directions)
    steering = _Steering(layer, operation, matrix, None if bounds is None else torch.tensor(bounds), gate)
    scores = [np.zeros(len(one.options)) for one in asked]
    done = 0
    for members in _groups(asked):
        begun = list(dict.fromkeys(_begun(asked[i]) for i in members))
        cache = _prefix(model, begun, steering)
        place = {one: k for k, one in enumerate(begun)}
        blocks = _blocks(asked, members, model.vocabulary, tokens_per_batch(model))
        for number, block in enumerate(blocks):
            if number:
                yield Progress(done + len(members) * number // len(blocks), len(asked), "asking")
            index = [place[_begun(asked[row.asked])] for row in block]
            _score_block(model, asked, block, None if cache is None else spread(cache, index), steering, scores)
        done += len(members)
        yield Progress(done, len(asked), "asking")
    return scores


def _sharing_all(asked: Sequence[Asked]) -> list[Asked]:
    """With `shared` as long as all prompts that share a beginning have the same tokens."""
    alike: dict[tuple[int, ...], list[int]] = {}
    for i, one in enumerate(asked):
        alike.setdefault(one.ids[: one.start], []).append(i)
    found = list(asked)
    for members in alike.values():
        # Where each has its own steering nothing is shared, whatever the tokens are.
        if asked[members[0]].start and len({_begun(asked[i]) for i in members}) < len(members):
            # What the first and the last in order begin with, all between them begin with too.
            first, last = min(asked[i].ids for i in members), max(asked[i].ids for i in members)
            common = next((k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
            for i in members:
                found[i] = replace(asked[i], shared=max(asked[i].shared, common))
    return found


def _groups(asked: Sequence[Asked]) -> list[list[int]]:
    """Indices of prompts with equally long shared beginnings, of so many beginnings as fit into memory together."""
    groups: dict[int, list[int]] = {}
    for i, one in enumerate(asked):
        groups.setdefault(one.start, []).append(i)
    found = []
    for start, members in groups.items():
        most = max(1, PREFIX_TOKENS // max(1, start))
        place: dict[_Begun, int] = {}
        parts: dict[int, list[int]] = {}
        for i in members:
            parts.setdefault(place.setdefault(_begun(asked[i]), len(place)) // most, []).append(i)
        found += list(parts.values())
    return found


def _blocks(asked: Sequence[Asked], members: Sequence[int], vocabulary: int, most: int) -> list[list[_Row]]:
    """Rows of a group, longest first, in blocks of a bounded number of tokens, before and after the shared part.

    A block that is large enough ends where shorter rows begin: then nothing is filled up, and the output layer is
    computed at one position.
    """
    rows = sorted((row for i in members for row in _rows(asked[i], i)), key=lambda row: (-len(row.ids), row.asked))
    before = asked[members[0]].start
    enough = ENOUGH_TOKENS if most == TOKENS_PER_BATCH else most  # elsewhere a block is a request
    blocks: list[list[_Row]] = []
    for row in rows:
        if blocks:
            longest, size = len(blocks[-1][0].ids), len(blocks[-1]) + 1
            fits = size * longest <= most and size * (before + longest) <= 4 * most
            fits = fits and (len(row.ids) == longest or len(blocks[-1]) * longest < enough)
            if fits and size * longest * vocabulary <= 4 * LOGITS_PER_BATCH:
                blocks[-1].append(row)
                continue
        blocks.append([row])
    return blocks


def _rows(one: Asked, index: int) -> list[_Row]:
    rest = one.ids[one.start :]
    inside = tuple(_weight(one.spans, p) for p in range(one.start, len(one.ids)))
    inside = (*inside[:-1], inside[-1] * one.last_weight)
    if all(len(option) == 1 for option in one.options):
        return [_Row(index, None, rest, inside)]
    # The last token of an option predicts nothing that is asked for, so it is not fed.
    return [
        _Row(index, k, (*rest, *option[:-1]), (*inside, *_option_weights(one, len(option) - 1)))
        for k, option in enumerate(one.options)
    ]


def _weight(spans: Sequence[Span], position: int) -> float:
    return float(any(a <= position < b for a, b in spans))


def _option_weights(one: Asked, tokens: int) -> list[float]:
    known = one.option_weights or (0.0,)
    return [known[min(k, len(known) - 1)] for k in range(tokens)]


def _score_block(
    model: LoadedModel,
    asked: Sequence[Asked],
    block: Sequence[_Row],
    cache: Any,
    steering: _Steering,
    scores: list[npt.NDArray[np.float64]],
) -> None:
    longest = max(len(row.ids) for row in block)
    # Filled up right of everything that is read, which changes nothing; with a token of the text, because transformers
    # warns of padding tokens without a mask.
    filled = [[*row.ids, *(row.ids[-1],) * (longest - len(row.ids))] for row in block]
    ids = torch.tensor(filled, device=model.info.device)  # (rows, tokens)
    weights = torch.tensor([[*row.weights, *(0.0,) * (longest - len(row.ids))] for row in block])
    edit = steering.edit([(asked[row.asked].direction, asked[row.asked].amount) for row in block], weights)
    looked_up = [_looked_up(row, asked[row.asked]) for row in block]
    kept = sorted({position for pairs in looked_up for position, _ in pairs})
    place = {position: k for k, position in enumerate(kept)}
    most = max(len(pairs) for pairs in looked_up)
    # Filled up with what is looked up first, which nobody takes out again.
    pairs = torch.tensor([[(place[p], t) for p, t in (*of, *of[:1] * (most - len(of)))] for of in looked_up])
    _, nats = _forward(model, ids, cache, edit, kept, pairs)
    for r, row in enumerate(block):
        found = nats[r, : len(looked_up[r])].double()
        if row.option is None:
            scores[row.asked][:] = found.cpu().numpy()
        else:
            scores[row.asked][row.option] = float(found.sum())
    for row in block:
        scores[row.asked][~np.isfinite(scores[row.asked])] = np.nan


def _looked_up(row: _Row, one: Asked) -> list[tuple[int, int]]:
    """Each position in the row that predicts a token of an option, with that token."""
    last = len(one.ids) - one.start - 1
    if row.option is None:
        return [(last, option[0]) for option in one.options]
    return [(last + k, token) for k, token in enumerate(one.options[row.option])]


def _prefix(model: LoadedModel, begun: Sequence[_Begun], steering: _Steering) -> Any:
    """Cache of equally long shared beginnings, a row each; None where nothing is shared."""
    length = len(begun[0][0])
    if not length:
        return None
    tokens = torch.tensor([ids for ids, _ in begun], device=model.info.device)
    weights = torch.tensor([[_weight(spans, p) for p in range(length)] for _, (_, _, spans) in begun])
    edit = steering.edit([(direction, amount) for _, (direction, amount, _) in begun], weights)
    nothing = torch.zeros((len(begun), 0, 2), dtype=torch.long)
    cache, _ = _forward(model, tokens, None, edit, [length - 1], nothing)
    return cache


@retried
def _forward(
    model: LoadedModel,
    ids: torch.Tensor,
    cache: Any,
    edit: Intervention | None,
    kept: Sequence[int],
    pairs: torch.Tensor,
) -> tuple[Any, torch.Tensor]:
    """Cache, and log-probabilities of some tokens at some positions, float32 [rows, pairs].

    Args:
        model: The model.
        ids: int64 [rows, tokens].
        cache: Of what stands before, or None.
        edit: Steering of these tokens, with amounts [rows, tokens].
        kept: Positions, ascending.
        pairs: int64 [rows, pairs, 2], index of a kept position and token.
    """
    import nnsight

    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    at = torch.tensor(list(kept), device=ids.device)
    remembers = memory_of(model).stretches
    inputs: dict[str, Any] = {"input_ids": ids, "use_cache": remembers}
    if cache is not None:
        inputs[cache.name] = cache.value
    only = keeps_logits(model)
    if only:
        inputs["logits_to_keep"] = at  # spares the output layer for positions that nobody looks at
    places, tokens = pairs.to(ids.device).unbind(-1)  # (rows, pairs)
    every_row = torch.arange(len(ids), device=ids.device)[:, None]
    with torch.inference_mode(), envoy.trace(inputs, **trace_options(model)):
        if edit is not None:
            hidden = stream(blocks[edit.layer].output, copy)
            hidden[:] = steered(hidden, edit)
        logits = envoy.output.logits if only else envoy.output.logits[:, at]
        # Inside the trace, because logits are the largest thing that could travel over a network.
        nats = nnsight.save(logits.float().log_softmax(-1)[every_row, places, tokens])
        remembered = nnsight.save(kept_of(envoy.output, len(ids)) if remembers else None)
    return remembered, nats
