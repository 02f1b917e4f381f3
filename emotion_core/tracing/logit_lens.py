"""Which tokens a direction would promote if it stood alone before the output layer (nostalgebraist 2020).

Only weights are used, no text: the direction goes through the final norm and the unembedding. A norm with an offset
and an output layer with a bias add the same to every direction, so what is kept is the part that turns around when the
direction does: half the difference between the direction's and the opposite direction's logits.
"""

from __future__ import annotations

from functools import reduce
from typing import cast

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import ModelError
from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.envoy import blocks_of, envoy_of, retried, trace_options

# Names of the last norm, beside the list of blocks.
_NORMS = ("ln_f", "norm", "norm_f", "final_layer_norm", "final_layernorm")
# Rows of logits that are held at once: 64 MB of float32.
_LOGITS_AT_ONCE = 2**24


def logit_lens(model: LoadedModel, directions: FloatArray) -> FloatArray:
    """Logits of directions, standardised over the vocabulary.

    Args:
        model: The model, with its weights at hand.
        directions: float32 [directions, width]; their length does not matter.

    Returns:
        float32 [directions, vocabulary], in standard deviations of a direction's own logits; special tokens are nan.

    Raises:
        ModelError: The final norm is not where it is looked for, or the output layer has another width.
    """
    norm, head = final_norm(model), cast(torch.nn.Linear, model.module.get_output_embeddings())  # type: ignore[operator]
    if head is None or head.weight.shape[1] != model.info.width:
        raise ModelError(
            "The output layer does not read the residual stream",
            where=model.info.name,
            expected=f"an output layer of width {model.info.width}",
            found="none" if head is None else f"width {head.weight.shape[1]}",
        )
    if head.weight.device.type == "meta":
        raise ModelError("The weights of this model are not on this machine", where=model.info.name)
    step = max(1, _LOGITS_AT_ONCE // model.vocabulary)
    parts = [_logits(norm, head, directions[start : start + step]) for start in range(0, len(directions), step)]
    found = np.concatenate(parts) if parts else np.zeros((0, model.vocabulary), dtype=np.float32)
    spread = found.std(axis=1, keepdims=True)
    result: FloatArray = np.divide(found - found.mean(axis=1, keepdims=True), spread, where=spread > 0, out=found * 0)
    result[:, [i for i in model.tokenizer.all_special_ids if i < model.vocabulary]] = np.nan
    return result


def final_norm(model: LoadedModel) -> torch.nn.Module:
    """The norm between the last block and the output layer.

    Raises:
        ModelError: It is under none of the usual names.
    """
    parent: torch.nn.Module = reduce(getattr, model.layers_path.split(".")[:-1], model.module)
    for name in _NORMS:
        found = getattr(parent, name, None)
        if isinstance(found, torch.nn.Module):
            return found
    raise ModelError(
        "The final norm of the model was not found",
        where=model.info.name,
        expected=f"one of {', '.join(_NORMS)} beside {model.layers_path}",
        remedy="Tokens of directions cannot be shown for this model; everything else can",
    )


def extremes(logits: FloatArray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The tokens that a direction promotes most and suppresses most.

    Args:
        logits: float32 [directions, vocabulary]; nan for tokens that do not count.
        count: Tokens on each side.

    Returns:
        int32 [directions, count] each, strongest first.
    """
    low = np.argsort(np.where(np.isnan(logits), np.inf, logits), axis=1, kind="stable")[:, :count]
    high = np.argsort(np.where(np.isnan(logits), np.inf, -logits), axis=1, kind="stable")[:, :count]
    return high.astype(np.int32), low.astype(np.int32)


def unembedded(model: LoadedModel, directions: FloatArray, count: int) -> torch.Tensor:
    """Tokens whose unembedding lies most along directions beyond the mean of all tokens, no norm in between.

    Only the tokens' numbers come back, so it is asked of a model on another machine too.

    Args:
        model: The model.
        directions: float32 [directions, width]; their length does not matter.
        count: Tokens a direction.

    Returns:
        int64 [directions, count], the nearest first.
    """
    rows = torch.tensor(np.ascontiguousarray(directions, dtype=np.float32), device=model.info.device)
    count = min(count, model.vocabulary)
    if model.remote is not None:
        return _unembedded_elsewhere(model, rows, count)
    weight = cast(torch.nn.Linear, model.module.get_output_embeddings()).weight.detach().float()  # type: ignore[operator]
    chosen: torch.Tensor = (rows.to(weight.device) @ (weight - weight.mean(0)).T).topk(count).indices.cpu()
    return chosen


@retried
def _unembedded_elsewhere(model: LoadedModel, rows: torch.Tensor, count: int) -> torch.Tensor:
    import nnsight

    envoy, blocks = envoy_of(model), blocks_of(model)
    head = model.module.get_output_embeddings()  # type: ignore[operator]
    path = next(name for name, module in model.module.named_modules() if module is head)
    layer = reduce(getattr, path.split("."), envoy)
    # Weights are only there while the model runs: one token is enough.
    inputs = {"input_ids": torch.zeros((1, 1), dtype=torch.long), "use_cache": False}
    with torch.inference_mode(), envoy.trace(inputs, **trace_options(model)) as tracer:
        _ = blocks[0].output
        weight = layer._module.weight.float()
        chosen = nnsight.save((rows.to(weight.device) @ (weight - weight.mean(0)).T).topk(count).indices)
        tracer.stop()
    found: torch.Tensor = chosen.cpu()
    return found


def _logits(norm: torch.nn.Module, head: torch.nn.Linear, directions: FloatArray) -> FloatArray:
    with torch.inference_mode():
        rows = torch.tensor(directions, dtype=head.weight.dtype, device=head.weight.device)
        # The same size as a coordinate of a normed stream has, so that the norm's epsilon plays no part.
        rows = torch.nn.functional.normalize(rows.float(), dim=-1).to(rows.dtype) * rows.shape[-1] ** 0.5
        both = head(norm(rows)) - head(norm(-rows))
        result: FloatArray = (both.float() / 2).cpu().numpy()
    return result
