"""A model's identity: equal fingerprints mean the same activations for the same text."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import torch
from torch import nn

# Above this many bytes, hashing every weight takes longer than loading it: then a strided sample of each tensor is
# hashed. Training of any kind changes nearly every weight, so a sample still tells two models apart.
FULL_HASH_BYTES = 2**30
SAMPLES_PER_TENSOR = 4096

# Configuration that says where a model came from, not what it computes.
_INCIDENTAL = {"_name_or_path", "transformers_version", "architectures", "torch_dtype", "use_cache"}


def fingerprint(module: nn.Module, tokenizer: Any) -> str:
    """sha256 in hexadecimal over configuration, tokenizer and weights, with their dtype.

    The weights' dtype belongs to it because activations in bfloat16 differ from those in float32.
    """
    digest = hashlib.sha256()
    config = {k: v for k, v in module.config.to_dict().items() if k not in _INCIDENTAL}  # type: ignore[operator,union-attr]
    digest.update(json.dumps(config, sort_keys=True, default=str).encode())
    digest.update(json.dumps(sorted(tokenizer.get_vocab().items())).encode())
    digest.update(json.dumps(tokenizer("A b.\nC d")["input_ids"]).encode())
    digest.update(str(getattr(tokenizer, "chat_template", None)).encode())
    state = module.state_dict()
    total = sum(t.numel() * t.element_size() for t in state.values())
    for name, tensor in sorted(state.items()):
        digest.update(f"{name}:{tuple(tensor.shape)}:{tensor.dtype}".encode())
        flat = tensor.detach().reshape(-1)
        if total > FULL_HASH_BYTES:
            flat = flat[:: max(1, flat.numel() // SAMPLES_PER_TENSOR)]
        if flat.device.type != "meta":
            digest.update(flat.contiguous().cpu().view(torch.uint8).numpy().data)
    return digest.hexdigest()
