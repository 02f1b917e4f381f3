"""A few tokens through a model before it is used: what cannot be worked with is refused in one sentence.

Classes of transformers promise little. Some look ahead, some put tokens of their own into a text, some run their blocks
several times, some need to be told a language; weights may hold numbers that are none, and half precision may be too
narrow for them. Each of these would show itself later as a traceback or, worse, as a result.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from emotion_core.base.errors import ModelError
from emotion_core.models.load import offloaded, weight
from emotion_core.models.loaded import LoadedModel

_TEXT = "The rain has stopped and the street is quiet."
_TOKENS = 5
_ANOTHER_MODEL = "Choose another model; the list that the app offers works"
# Of the largest logit; rounding of two passes of the same text is far below.
_LOOKED_AHEAD = {"float32": 1e-4}


@dataclass
class _Went:
    """What went through the blocks."""

    shapes: list[list[tuple[int, ...]]] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)


def tried(model: LoadedModel) -> LoadedModel:
    """The same model, after two short passes; models whose weights lie elsewhere or on disk are not tried.

    Raises:
        ModelError: It cannot run a text, sees what comes later, keeps no residual stream that can be read, or
            calculates with numbers that are not finite.
    """
    if model.remote is not None or offloaded(model.module) or model.info.device == "meta":
        return model
    tokens = _tokens(model)  # (1, tokens)
    went, logits = _passed(model, tokens)
    _require_stream(model, went, tokens)
    if went.broken or not bool(torch.isfinite(logits).all()):
        raise not_finite(model, went.broken)
    _require_causal(model, tokens, logits)
    return model


def not_finite(model: LoadedModel, layers: list[int] | None = None) -> ModelError:
    """The error about numbers that are none: where they begin, why, and the one remedy.

    Args:
        model: The model.
        layers: Layers whose output was seen to hold them; None or empty where only the logits do.
    """
    dtype = model.info.computes_in
    said = "the logits"
    if layers:
        said = f"layer {layers[0]}" if len(layers) == 1 else f"layers {layers[0]} to {layers[-1]}"
    bad = _broken_weights(model)
    if bad:
        return ModelError(
            "The model's weights hold numbers that are not finite, so nothing it computes from there on is one",
            where=model.info.name,
            found=f"{len(bad)} of its tensors, such as {bad[0]}; {said} not finite",
            remedy="Fetch the files again, or choose another copy of the model",
        )
    if dtype == "float32":
        what, remedy = "The model computes numbers that are not finite", _ANOTHER_MODEL
    else:
        what = f"The numbers of this model do not fit into {dtype}"
        remedy = "Load it in bfloat16 or float32" if dtype == "float16" else "Load it in float32"
    return ModelError(
        what,
        where=model.info.name,
        expected=f"activations below {torch.finfo(getattr(torch, dtype)).max:.3g}",
        found=f"{said} not finite",
        remedy=remedy,
    )


def _tokens(model: LoadedModel) -> torch.Tensor:
    ids = list(model.tokenizer(_TEXT, verbose=False)["input_ids"])[:_TOKENS]
    ids = (ids * _TOKENS)[:_TOKENS] if len(ids) < _TOKENS else ids
    return torch.tensor([ids], device=model.info.device)


def _passed(model: LoadedModel, tokens: torch.Tensor) -> tuple[_Went, torch.Tensor]:
    blocks: Any = model.module.get_submodule(model.layers_path)
    went = _Went([[] for _ in blocks])
    handles = [block.register_forward_hook(_watch(went, i)) for i, block in enumerate(blocks)]
    try:
        with torch.inference_mode():
            logits: torch.Tensor = model.module(input_ids=tokens, use_cache=False).logits
    # A class that needs more than tokens says so in any way it likes.
    except Exception as error:
        raise ModelError(
            "The model cannot run a text",
            where=model.info.name,
            expected="a model that goes on from tokens alone",
            found=f"{type(error).__name__}: {(str(error).strip().splitlines() or ['no message'])[0][:300]}",
            remedy=_ANOTHER_MODEL,
        ) from error
    finally:
        for handle in handles:
            handle.remove()
    return went, logits


def _watch(went: _Went, i: int) -> Any:
    def watch(_: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        first = output[0] if isinstance(output, (tuple, list)) and len(output) else output
        if not isinstance(first, torch.Tensor):
            went.shapes[i].append(())
            return
        went.shapes[i].append(tuple(first.shape))
        if not bool(torch.isfinite(first).all()):
            went.broken.append(i)

    return watch


def _require_stream(model: LoadedModel, went: _Went, tokens: torch.Tensor) -> None:
    """Each block runs once and hands on a row of the stream for each token."""
    width, n = model.info.width, tokens.shape[1]
    for i, shapes in enumerate(went.shapes):
        if len(shapes) == 1 and _one_copy(shapes[0], model) == (1, n, width):
            continue
        shape = list(shapes[0]) if shapes else []
        seen = (
            f"block {i} ran {len(shapes)} times" if len(shapes) != 1 else f"block {i} puts out {shape or 'no tensor'}"
        )
        raise ModelError(
            "The blocks of this model do not hand on a residual stream that can be read",
            where=f"{model.info.name}, {model.layers_path}",
            expected=f"each block once, with [1, {n}, {width}] for a text of {n} tokens",
            found=seen,
            remedy="Choose another model, or name another list of blocks behind a # after the model's name",
        )


def _one_copy(shape: tuple[int, ...], model: LoadedModel) -> tuple[int, ...]:
    """The shape without the axis of copies, see `tracing.envoy.stream`."""
    if len(shape) != 4:
        return shape
    return shape[1:] if model.copy is not None else (*shape[:2], shape[3])


def _require_causal(model: LoadedModel, tokens: torch.Tensor, logits: torch.Tensor) -> None:
    """Another last token must not change what is computed for those before it."""
    other = tokens.clone()
    other[0, -1] = tokens[0, 0] if tokens[0, 0] != tokens[0, -1] else tokens[0, 1]
    with torch.inference_mode():
        again = model.module(input_ids=other, use_cache=False).logits
    before, after = logits[0, :-1].float(), again[0, :-1].float()
    apart = float((after - before).abs().max() / before.abs().max().clamp_min(1e-12))
    if apart > _LOOKED_AHEAD.get(model.info.computes_in, 0.1):
        raise ModelError(
            "This is not a causal language model: it sees what comes after a token",
            where=model.info.name,
            expected="a model that continues a text, such as gpt2",
            found=f"{model.info.architecture}, where the last token changes logits before it by {apart:.1e} of them",
            remedy="Choose another model",
        )


def _broken_weights(model: LoadedModel) -> list[str]:
    """Names of tensors that hold no numbers; in float16 infinite ones may be numbers that were too large for it."""
    narrow = model.info.dtype == "float16"
    state = {name: weight(model.module, name, one) for name, one in model.module.state_dict().items()}
    return [name for name, one in state.items() if bool((one.isnan() if narrow else ~one.isfinite()).any())]
