"""A model's identity: equal fingerprints mean the same activations for the same text."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import torch
from torch import nn

from emotion_core.models.offload import weight
from emotion_core.models.template import arguments_of

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
    digest.update(_tokenizer_text(tokenizer).encode())
    state = module.state_dict()
    total = sum(t.numel() * t.element_size() for t in state.values())
    for name, tensor in sorted(state.items()):
        digest.update(f"{name}:{tuple(tensor.shape)}:{tensor.dtype}".encode())
        flat = weight(module, name, tensor).detach().reshape(-1)
        if total > FULL_HASH_BYTES:
            flat = flat[:: max(1, flat.numel() // SAMPLES_PER_TENSOR)]
        if flat.device.type != "meta":
            digest.update(flat.contiguous().cpu().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def _tokenizer_text(tokenizer: Any) -> str:
    """Everything that decides on tokens: vocabulary, merges, normalisation, special tokens, chat template."""
    parts = [
        sorted(tokenizer.get_vocab().items()),
        tokenizer("A b.\nC d")["input_ids"],
        sorted(tokenizer.all_special_ids),
        str(getattr(tokenizer, "chat_template", None)),
    ]
    if arguments_of(tokenizer):
        parts.append(sorted(arguments_of(tokenizer).items()))
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        pipeline = json.loads(backend.to_str())
        # Padding and truncation are left over from the last call, not part of the tokenizer.
        parts.append({k: v for k, v in pipeline.items() if k not in ("padding", "truncation")})
    return json.dumps(parts, sort_keys=True)
