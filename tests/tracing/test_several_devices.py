"""A model whose blocks lie on several GPUs, on a machine without one.

Tensors bear the name of a device that is not there, and torch's functions refuse tensors of two devices, as they do
where there are GPUs. Blocks take their inputs to their own device, as accelerate's hooks do.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
import torch
from steering.handmade import all_written
from tiny import TEXTS, tiny_model
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves, tree_map

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.envoy import envoy_of
from emotion_core.tracing.logit_lens import logit_lens, unembedded
from emotion_core.tracing.options import Asked, score_options
from emotion_core.tracing.record import project_layers, record, record_places
from emotion_core.tracing.score import Continuation, score

CPU, FIRST, SECOND = torch.device("cpu"), torch.device("cuda:0"), torch.device("cuda:1")
AXES = np.eye(2, 32, dtype=np.float32)


def _device(value: Any) -> torch.device | None:
    if isinstance(value, str) and value.split(":")[0] in ("cpu", "cuda"):
        return torch.device(value)
    return value if isinstance(value, torch.device) else None


class Devices(TorchFunctionMode):
    """Names of devices on tensors of the CPU."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, torch.Tensor)]
        places = {on(one) for one in tensors if one.dim()}
        if function == torch.Tensor.device.__get__:
            return on(args[0])
        name = getattr(function, "__name__", "")
        target = _device(kwargs.pop("device", None))
        if name in ("to", "cpu"):
            target = CPU if name == "cpu" else next((d for d in map(_device, args) if d is not None), target)
            args = tuple(one for one in args if _device(one) is None)
        elif name == "numpy":
            assert places <= {CPU}, "numpy reads what lies in memory alone"
        elif name in ("copy_", "__deepcopy__"):  # from whatever device; the memo of a copy holds other tensors
            places = {on(args[0])}
        elif len(places - {CPU}) > 1 or (len(places) > 1 and name not in ("__getitem__", "__setitem__")):
            raise RuntimeError(f"Expected all tensors to be on the same device, {name} got {places}")
        given = function(*args, **kwargs) if args or name != "to" else function(*args)
        found = target or next(iter(places - {CPU}), CPU)
        return tree_map(lambda one: laid(one, found) if isinstance(one, torch.Tensor) else one, given)


def on(tensor: torch.Tensor) -> torch.device:
    return getattr(tensor, "lies_on", CPU)


def laid(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    tensor.lies_on = device  # type: ignore[attr-defined]
    return tensor


def moved(value: Any, device: torch.device) -> Any:
    """The same on another device: copies, so that a name stays with its tensor."""
    return tree_map(lambda one: laid(one.clone(), device) if isinstance(one, torch.Tensor) else one, value)


@contextmanager
def spread_out(model: LoadedModel) -> Iterator[LoadedModel]:
    """The first half of the blocks on one device, the rest on another; the output comes back to the first."""
    envoy_of(model)  # wrapping asks for the model's device
    blocks: Any = model.module.get_submodule(model.layers_path)
    handles = []
    for tensor in (*model.module.parameters(), *model.module.buffers()):
        laid(tensor, FIRST)
    for block in list(blocks)[len(blocks) // 2 :]:
        for tensor in (*block.parameters(), *block.buffers()):
            laid(tensor, SECOND)
        handles.append(
            block.register_forward_pre_hook(
                lambda _, args, kwargs: (moved(args, SECOND), moved_but_caches(kwargs, SECOND)), with_kwargs=True
            )
        )
    first_after = model.module.get_submodule(_norm(model))
    handles.append(first_after.register_forward_pre_hook(lambda _, args: moved(args, FIRST)))
    before, model.info = model.info, _with_device(model.info)
    try:
        with Devices():
            yield model
    finally:
        model.info = before
        for handle in handles:
            handle.remove()


def moved_but_caches(kwargs: dict[str, Any], device: torch.device) -> dict[str, Any]:
    return {key: value if key.startswith("past") else moved(value, device) for key, value in kwargs.items()}


def _norm(model: LoadedModel) -> str:
    return {"transformer.h": "transformer.ln_f", "model.layers": "model.norm"}[model.layers_path]


def _with_device(info):
    from dataclasses import replace

    return replace(info, device="cuda:0")


def _numbers(model: LoadedModel) -> list[np.ndarray]:
    encodings = [model.encode(text) for text in TEXTS]
    asked = [Asked((1, 2, 3), ((4, 6), (5,)), amount=0.5, spans=((0, 2),)), Asked((1, 7), ((4,), (5,)))]
    scores = run_to_end(score(model, [Continuation((1, 2, 3, 4), 2)] * 2, 3, AXES))
    return [
        run_to_end(record(model, TEXTS, ReadingPosition())).values,
        run_to_end(record_places(model, encodings, [[[0]]] * len(TEXTS))),
        *run_to_end(project_layers(model, encodings, {0: AXES, 3: AXES})),
        *run_to_end(score_options(model, asked, 3, AXES)),
        *scores.surprise,
        scores.readings,
        unembedded(model, AXES, 5).numpy(),
        logit_lens(model, AXES),
        *(np.array(one.ids) for one in all_written(model, scope="both", controls=1, samples=1, max_new_tokens=3)),
    ]


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_a_model_on_two_devices_gives_the_numbers_of_one(family):
    expected = _numbers(tiny_model(family))
    with spread_out(tiny_model(family)) as model:
        found = _numbers(model)
    for one, other in zip(expected, found, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
