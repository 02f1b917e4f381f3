"""Models beyond memory: what does not fit stays in its files on disk and is read block by block, through accelerate."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from emotion_core.base.settings import settings


def placement() -> dict[str, Any]:
    """What `from_pretrained` needs so that weights take at most `EMOTION_OFFLOAD_MB` of memory; nothing without it.

    A GPU is filled first, then memory; the rest stays on disk. Blocks that lie there are read anew for every batch,
    so this is slow, and it changes no number.
    """
    limit = settings().offload_mb
    if not limit:
        return {}
    most: dict[int | str, int] = {"cpu": limit * 10**6}
    for gpu in range(torch.cuda.device_count()):
        most[gpu] = int(0.9 * torch.cuda.mem_get_info(gpu)[0])  # the rest is for what a batch needs
    return {"device_map": "auto", "max_memory": most, "offload_folder": str(settings().data_dir / "offload")}


def device_of(module: nn.Module) -> str:
    """Where a model takes its input: the first of its parameters that is not on disk tells."""
    found = [parameter.device for parameter in module.parameters() if parameter.device.type != "meta"]
    if found:
        return str(found[0])
    return "cpu" if offloaded(module) else "meta"


def offloaded(module: nn.Module) -> bool:
    """Whether a part of the weights stays on disk."""
    return "disk" in (getattr(module, "hf_device_map", None) or {}).values()


def weight(module: nn.Module, name: str, tensor: torch.Tensor) -> torch.Tensor:
    """A tensor of the state dict, read from disk where it lies there; as it is where nobody has its numbers."""
    if tensor.device.type != "meta" or not offloaded(module):
        return tensor
    path, _, leaf = name.rpartition(".")
    hook: Any = getattr(module.get_submodule(path), "_hf_hook", None)
    for one in getattr(hook, "hooks", None) or [hook]:
        kept = getattr(one, "weights_map", None)
        if kept is not None and kept.prefix + leaf in kept.dataset:
            return torch.as_tensor(kept[leaf]).to(tensor.dtype)
    return tensor
