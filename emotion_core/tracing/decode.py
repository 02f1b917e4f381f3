"""Generation one trace a token: the prompt is computed once, then every row decodes with its own steering.

A loop of our own, where `generate` would do it in one call, for four reasons: the job can yield after every token
(so a cancel takes effect at once and visitors take turns), rows share their sampling noise, the prompt's keys and
values are computed once for hundreds of rows, and no row is lost when another one ends early. A trace of one decoding
step costs about 2 ms more than the bare forward.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.envoy import (
    along,
    blocks_of,
    envoy_of,
    keeps_logits,
    read_stream,
    retried,
    stacked,
    stream,
    timed,
    trace_options,
)
from emotion_core.tracing.memory import Kept, attention_only, is_unusual, learned, memory_of
from emotion_core.tracing.steer import Intervention, by_layer, steered_by

# Layer, [start, end) and edits of tokens that are steered alike.
Stretch = tuple[int, int, int, list[Intervention]]
# What is wanted of float32 [rows, vocabulary]. It is sent along to where a model runs, so it may use nothing but torch,
# numpy and what it was made with.
Keep = Callable[["torch.Tensor"], "torch.Tensor"]


@dataclass(frozen=True)
class Segment:
    """Tokens that were processed together.

    Attributes:
        tokens: int64 [rows, tokens].
        edits: Their steering, with as many rows.
    """

    tokens: torch.Tensor
    edits: tuple[Intervention, ...]

    def rows(self, index: torch.Tensor) -> Segment:
        """The same for a selection of rows."""
        return Segment(self.tokens[index], tuple(edit.rows(index) for edit in self.edits))


@dataclass(frozen=True)
class TokensSoFar:
    """All segments, in order."""

    segments: tuple[Segment, ...] = ()

    def then(self, tokens: torch.Tensor, edits: Sequence[Intervention]) -> TokensSoFar:
        """With one more segment."""
        return TokensSoFar((*self.segments, Segment(tokens, tuple(edits))))

    def followed_by(self, tokens: torch.Tensor, edits: Sequence[Sequence[Intervention]]) -> TokensSoFar:
        """With the tokens that were processed by `ahead`: int64 [rows, steps], of which the last was only chosen."""
        found = self
        for k, own in enumerate(edits):
            found = found.then(tokens[:, k, None], own)
        return found

    def rows(self, index: Sequence[int]) -> TokensSoFar:
        """Row r of the result is the row `index[r]` of this one."""
        chosen = torch.tensor(list(index))
        return TokensSoFar(tuple(segment.rows(chosen) for segment in self.segments))

    @property
    def tokens(self) -> torch.Tensor:
        """int64 [rows, all tokens]."""
        return torch.cat([segment.tokens for segment in self.segments], dim=1)

    def edits(self) -> list[Stretch]:
        """Every stretch that is steered."""
        found, start = [], 0
        for segment in self.segments:
            end = start + segment.tokens.shape[1]
            found += [(layer, start, end, own) for layer, own in by_layer(segment.edits)]
            start = end
        return found


# Matrix products over 8, 16, 24, ... rows give the same bits for each row, other counts do not always: batches are
# filled up to a multiple of this, so that a text does not depend on how a sweep was split.
ROW_MULTIPLE = 16


def prefill(model: LoadedModel, texts: Sequence[Sequence[int]], edits: Sequence[Intervention] = ()) -> Any:
    """Keys and values of beginnings.

    Args:
        model: The model.
        texts: Tokens of each row's prompt without its last one, which the first decoding step processes; at least one,
            and equally many.
        edits: Steering of these positions, with as many rows each.

    Returns:
        What the model remembers, a row each.
    """
    tokens = torch.tensor([list(ids) for ids in texts], device=model.info.device)  # (rows, tokens)
    if model.remote is not None:  # nothing is kept there: the next step sends them along
        return TokensSoFar().then(tokens, edits)
    return advance(model, tokens, None, edits).cache


def spread(cache: Kept | TokensSoFar, index: Sequence[int]) -> Kept | TokensSoFar:
    """A copy of a cache whose row r is the row `index[r]` of the original."""
    if isinstance(cache, TokensSoFar):
        return cache.rows(index)
    return cache.spread(index)


def step(
    model: LoadedModel,
    tokens: torch.Tensor,
    cache: Any,
    edits: Sequence[Intervention] = (),
    keep: Keep | None = None,
) -> tuple[Any, torch.Tensor]:
    """Processes one more token in every row.

    Args:
        model: The model.
        tokens: int64 [rows], the token to process.
        cache: Cache of the tokens before (changed in place), or None at the first token of all.
        edits: Steering of this token, with `rows` rows each, in any order of layers.
        keep: What is wanted of the logits of the next token; by default these, float32 [rows, vocabulary].

    Returns:
        The cache, and what is wanted.
    """
    with timed(model, "write", len(tokens)):
        after = advance(model, tokens[:, None], cache, edits, keep=keep)
    return after.cache, after.logits


def nothing(logits: torch.Tensor) -> torch.Tensor:
    """Where the tokens are processed for what is read or remembered of them."""
    return logits[:, :0].clone()  # of a slice the whole of what it was cut from would travel


class Advanced(NamedTuple):
    """What comes of processing some tokens.

    Attributes:
        cache: What the model remembers.
        logits: float32 [rows, vocabulary], of the token after the last one, or what was wanted of them.
        projected: float32 [rows, tokens, layers, directions], readings before the steering of each layer; no layers
            where nothing was to be read.
    """

    cache: Any
    logits: torch.Tensor
    projected: torch.Tensor


def advance(
    model: LoadedModel,
    tokens: torch.Tensor,
    cache: Kept | TokensSoFar | None,
    edits: Sequence[Intervention] = (),
    read: Mapping[int, torch.Tensor] | None = None,
    keep: Keep | None = None,
) -> Advanced:
    """Processes tokens in every row, and reads them in the same pass.

    Args:
        model: The model.
        tokens: int64 [rows, tokens].
        cache: Of the tokens before (changed in place), or None at the first token of all.
        edits: Steering of these tokens, with `rows` rows each.
        read: For each layer that is read float32 [directions, width], equally many for each.
        keep: What is wanted of the logits after the last token; by default these.
    """
    import nnsight

    matrices = read or {}
    anew = isinstance(cache, TokensSoFar) or (cache is None and is_unusual(model) and not memory_of(model).steps)
    if anew or model.remote is not None:
        before = cache if isinstance(cache, TokensSoFar) else TokensSoFar()
        so_far = before.then(tokens, edits)
        logits, projected = _forward_again(model, so_far, matrices, tokens.shape[1], keep)
        return Advanced(so_far, logits, projected)
    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    ordered = _by_layer(edits, matrices)
    inputs: dict[str, Any] = {"input_ids": tokens, "use_cache": True, **_last_logits(model)}
    if isinstance(cache, Kept):
        inputs[cache.name] = cache.value
    with torch.inference_mode(), envoy.trace(inputs):
        projected = nnsight.save([])
        for layer, own in ordered:
            if layer in matrices:
                projected.append(along(read_stream(blocks[layer].output, copy), matrices[layer]))
            if own:
                hidden = stream(blocks[layer].output, copy)
                hidden[:] = steered_by(hidden, own)
        output = nnsight.save(envoy.output)
    kept = learned(model, output, len(tokens))
    after = TokensSoFar().then(tokens, edits) if kept is None else kept
    logits = output.logits[:, -1].float()
    return Advanced(after, logits if keep is None else keep(logits), _stacked(projected, tokens))


def _by_layer(
    edits: Sequence[Intervention], matrices: Mapping[int, torch.Tensor]
) -> list[tuple[int, list[Intervention]]]:
    """Layers that are read or steered, in forward order, each with its edits."""
    found = dict(by_layer(edits))
    return [(layer, found.get(layer, [])) for layer in sorted({*found, *matrices})]


def _stacked(projected: Sequence[torch.Tensor], tokens: torch.Tensor) -> torch.Tensor:
    return stacked(projected, dim=2) if len(projected) else torch.zeros((*tokens.shape, 0, 0))


def _last_logits(model: LoadedModel) -> dict[str, int]:
    """Has the model compute logits of the last token only; those of a prompt cost half as much as GPT-2's blocks."""
    return {"logits_to_keep": 1} if keeps_logits(model) else {}


@retried
def _forward_again(
    model: LoadedModel, so_far: TokensSoFar, matrices: Mapping[int, torch.Tensor], last: int, keep: Keep | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits after all tokens so far and readings of the last ones, without a cache: a step that runs elsewhere."""
    import nnsight

    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    ordered = _in_order(so_far.edits(), list(matrices))
    inputs = {"input_ids": so_far.tokens, "use_cache": False, **_last_logits(model)}
    with torch.inference_mode(), envoy.trace(inputs, **trace_options(model)):
        projected = nnsight.save([])
        for layer, stretches in ordered:
            if layer in matrices:
                projected.append(along(read_stream(blocks[layer].output, copy)[:, -last:], matrices[layer]))
            for start, end, own in stretches:
                hidden = stream(blocks[layer].output, copy)
                hidden[:, start:end] = steered_by(hidden[:, start:end], own)
        # A copy: of a slice the whole of what it was cut from would travel.
        logits = envoy.output.logits[:, -1].float().clone()
        kept = nnsight.save(logits if keep is None else keep(logits))
    return kept, _stacked(projected, so_far.tokens[:, -last:])


def _in_order(
    stretches: Sequence[Stretch], read: Sequence[int]
) -> list[tuple[int, list[tuple[int, int, list[Intervention]]]]]:
    """Layers that are read or steered, in forward order, each with its stretches."""
    found: dict[int, list[tuple[int, int, list[Intervention]]]] = {layer: [] for layer in read}
    for layer, start, end, own in stretches:
        found.setdefault(layer, []).append((start, end, own))
    return sorted(found.items())


@retried
def ahead(
    model: LoadedModel,
    so_far: TokensSoFar,
    later: Sequence[Sequence[Intervention]],
    choose: Callable[[torch.Tensor, int], tuple[torch.Tensor, ...]],
    read: Mapping[int, torch.Tensor] | None = None,
) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Several decoding steps in one request: tokens are chosen where the model is, and only they come back.

    The texts are those that `step` would write one at a time. Keys and values stay there too, where they are those of
    attention; else each token is computed from the whole text. No dataclass is made in there: what Python wrote for one
    has no source, so it travels as bytecode, which another version of Python over there cannot run.

    Args:
        model: The model.
        so_far: All tokens up to the one that is processed first, with their steering.
        later: Steering of each token after that one: one less than there are steps.
        choose: Gives int64 [rows] of float32 [rows, vocabulary] and the number of the step, counted from 0, and what
            else is wanted of them, each with as many rows. As `Keep` it is sent along.
        read: For each layer that is read float32 [directions, width], equally many for each.

    Returns:
        The tokens, int64 [rows, steps], and what else was wanted, [rows, steps, ...]; and readings of the token that
        each step begins with, float32 [rows, steps, layers, directions], before the steering of each layer.
    """
    import nnsight

    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    known, steps, matrices = _last_logits(model), 1 + len(later), dict(read or {})
    layers = list(matrices)
    text, stretches, after = so_far.tokens, so_far.edits(), [by_layer(edits) for edits in later]
    # Alone in its line, and with no comment inside: nnsight finds traces in a session by the line that it begins in.
    # The trace of a step puts its output into a list: with nnsight 0.8.0 a name it binds may have its old value
    # afterwards, and what is saved under a name travels, logits, keys and values included.
    with envoy.session(**trace_options(model)):
        written = nnsight.save([])
        projected = nnsight.save([])
        outputs: list[Any] = []
        cache, tokens, whole = None, text, stretches
        with torch.no_grad():  # whether gradients are on is up to the service
            for t in range(steps):
                inputs = {"input_ids": tokens, "use_cache": True, **known}
                if cache is not None:
                    inputs["past_key_values"] = cache
                ordered = _in_order(stretches, layers)
                with envoy.trace(inputs):
                    for layer, own_stretches in ordered:
                        if layer in matrices:
                            projected.append(along(read_stream(blocks[layer].output, copy)[:, -1:], matrices[layer]))
                        for start, end, own in own_stretches:
                            hidden = stream(blocks[layer].output, copy)
                            hidden[:, start:end] = steered_by(hidden[:, start:end], own)
                    outputs.append(envoy.output)
                output = outputs.pop()
                written.append(choose(output.logits[:, -1].float(), t))
                if t + 1 < steps:
                    cache = output.get("past_key_values")
                    cache = cache if cache is not None and attention_only(cache) else None
                    new = written[-1][0][:, None].cpu()  # (rows, 1)
                    text, place = torch.cat([text.cpu(), new], dim=1), text.shape[1]
                    whole = [*whole, *((layer, place, place + 1, own) for layer, own in after[t])]
                    tokens, stretches = text, whole
                    if cache is not None:
                        tokens, stretches = new, [(layer, 0, 1, own) for layer, own in after[t]]
    given = [stacked(parts, dim=1) for parts in zip(*written, strict=True)]
    each = max(1, len(layers))
    readings = [_stacked(projected[t * each : (t + 1) * each], given[0][:, :1]) for t in range(steps)]
    return given, torch.cat(readings, dim=1)
