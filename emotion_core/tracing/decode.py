"""Generation one trace a token: the prompt is computed once, then every row decodes with its own steering.

A loop of our own, where `generate` would do it in one call, for four reasons: the job can yield after every token
(so a cancel takes effect at once and visitors take turns), rows share their sampling noise, the prompt's keys and
values are computed once for hundreds of rows, and no row is lost when another one ends early. A trace of one decoding
step costs about 2 ms more than the bare forward.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import nnsight
import torch

from emotion_core.base.pace import pace
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.envoy import blocks_of, envoy_of, stream
from emotion_core.tracing.memory import Kept, attention_only, is_unusual, learned, memory_of
from emotion_core.tracing.remote import retried, trace_options
from emotion_core.tracing.steer import Intervention, by_layer, steered_by
from emotion_core.tracing.tokens_so_far import TokensSoFar

# Matrix products over 8, 16, 24, ... rows give the same bits for each row, other counts do not always: batches are
# filled up to a multiple of this, so that a text does not depend on how a sweep was split.
ROW_MULTIPLE = 16


def prefill(model: LoadedModel, ids: Sequence[int], edits: Sequence[Intervention] = (), rows: int = 1) -> Any:
    """Keys and values of a prompt's beginning.

    Args:
        model: The model.
        ids: Tokens of the prompt without its last one, which the first decoding step processes; at least one.
        edits: Steering of these positions, with `rows` rows each.
        rows: Copies of the prompt that are steered differently.

    Returns:
        What the model remembers, in `rows` rows.
    """
    tokens = torch.tensor([list(ids)] * rows, device=model.info.device)  # (rows, tokens)
    cache, _ = _forward(model, tokens, None, edits)
    return cache


def spread(cache: Kept | TokensSoFar, index: Sequence[int]) -> Kept | TokensSoFar:
    """A copy of a cache whose row r is the row `index[r]` of the original."""
    if isinstance(cache, TokensSoFar):
        return cache.rows(index)
    return cache.spread(index)


def step(
    model: LoadedModel, tokens: torch.Tensor, cache: Any, edits: Sequence[Intervention] = ()
) -> tuple[Any, torch.Tensor]:
    """Processes one more token in every row.

    Args:
        model: The model.
        tokens: int64 [rows], the token to process.
        cache: Cache of the tokens before (changed in place), or None at the first token of all.
        edits: Steering of this token, with `rows` rows each, in any order of layers.

    Returns:
        The cache, and logits of the next token, float32 [rows, vocabulary].
    """
    with pace().measured("write", model.info, len(tokens)):
        return _forward(model, tokens[:, None], cache, edits)


def _forward(
    model: LoadedModel, tokens: torch.Tensor, cache: Kept | TokensSoFar | None, edits: Sequence[Intervention]
) -> tuple[Any, torch.Tensor]:
    anew = isinstance(cache, TokensSoFar) or (cache is None and is_unusual(model) and not memory_of(model).steps)
    if anew or model.remote is not None:
        before = cache if isinstance(cache, TokensSoFar) else TokensSoFar()
        so_far = before.then(tokens, edits)
        return so_far, _forward_again(model, so_far)
    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    ordered = by_layer(edits)
    inputs: dict[str, Any] = {"input_ids": tokens, "use_cache": True, **_last_logits(model)}
    if isinstance(cache, Kept):
        inputs[cache.name] = cache.value
    with torch.inference_mode(), envoy.trace(inputs):
        for layer, own in ordered:
            hidden = stream(blocks[layer].output, copy)
            hidden[:] = steered_by(hidden, own)
        output = nnsight.save(envoy.output)
    kept = learned(model, output, len(tokens))
    return TokensSoFar().then(tokens, edits) if kept is None else kept, output.logits[:, -1].float()


def _last_logits(model: LoadedModel) -> dict[str, int]:
    """Has the model compute logits of the last token only; those of a prompt cost half as much as GPT-2's blocks."""
    known = "logits_to_keep" in inspect.signature(model.module.forward).parameters
    return {"logits_to_keep": 1} if known else {}


@retried
def _forward_again(model: LoadedModel, so_far: TokensSoFar) -> torch.Tensor:
    """Logits after all tokens so far, float32 [rows, vocabulary], without a cache: a step that runs elsewhere."""
    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    stretches = so_far.edits()
    inputs = {"input_ids": so_far.tokens, "use_cache": False, **_last_logits(model)}
    with torch.inference_mode(), envoy.trace(inputs, **trace_options(model)):
        for layer, start, end, own in stretches:
            hidden = stream(blocks[layer].output, copy)
            hidden[:, start:end] = steered_by(hidden[:, start:end], own)
        # A copy: of a slice the whole of what it was cut from would travel.
        logits = nnsight.save(envoy.output.logits[:, -1].float().clone())
    last: torch.Tensor = logits
    return last


@retried
def ahead(
    model: LoadedModel,
    so_far: TokensSoFar,
    edits: Sequence[Intervention],
    choose: Callable[[torch.Tensor, int], torch.Tensor],
    steps: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Several decoding steps in one request: the tokens are chosen where the model is, and only they come back.

    The texts are those that `step` would write one at a time: the same steering at every token, and what `choose`
    draws with. Keys and values stay there too, where they are those of attention; else each token is computed anew.

    Args:
        model: The model.
        so_far: All tokens up to the one that is processed first, with their steering.
        edits: Steering of every token that is written.
        choose: Gives int64 [rows] of float32 [rows, vocabulary] and the number of the step, counted from 0. It is sent
            along, so it may use nothing but torch, numpy and what it was made with.
        steps: How many tokens are written, at least one.

    Returns:
        The tokens, int64 [rows, steps], and whether the logits they were chosen from were finite, bool of that shape.
    """
    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    known = _last_logits(model)
    ordered = sorted(edits, key=lambda edit: edit.layer)
    stretches = so_far.edits()
    tokens, cache, n = so_far.tokens, None, so_far.tokens.shape[1]
    # Not beside another context: nnsight finds the traces inside by the line that this one begins in.
    with envoy.session(**trace_options(model)):
        written = nnsight.save([])
        finite = nnsight.save([])
        for t in range(steps):
            inputs = {"input_ids": tokens, "use_cache": True, **known}
            if cache is not None:
                inputs["past_key_values"] = cache
            with envoy.trace(inputs):
                for start, end, edit in stretches:
                    hidden = stream(blocks[edit.layer].output, copy)
                    hidden[:, start:end] = steered(hidden[:, start:end], edit)
                output = nnsight.save(envoy.output)
            logits = output.logits[:, -1].float()
            finite.append(torch.isfinite(logits).all(-1))
            written.append(choose(torch.nan_to_num(logits), t))
            cache = output.get("past_key_values")
            cache = cache if cache is not None and attention_only(cache) else None
            if cache is not None:
                tokens = written[-1][:, None]
                stretches = [(0, 1, edit) for edit in ordered]
            else:
                tokens = torch.cat([tokens, written[-1][:, None]], dim=1)
                stretches = sorted([*stretches, *((n + t, n + t + 1, edit) for edit in ordered)], key=lambda s: s[2].layer)
    return torch.stack(written, dim=1), torch.stack(finite, dim=1)
