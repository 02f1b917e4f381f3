"""Loading a model by catalogue name, hub id or local folder."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import torch
from torch import nn

from emotion_core.errors import ModelError
from emotion_core.models.catalogue import CATALOGUE
from emotion_core.models.fingerprint import fingerprint
from emotion_core.models.layers import find_layers
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.activations import ModelInfo

_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length", "max_sequence_length")
# Models without a limit of positions (ALiBi, recurrent) still need one here, for memory.
_DEFAULT_CONTEXT = 2048


def load_model(name: str, *, dtype: str = "float32", device: str | None = None) -> LoadedModel:
    """Loads a model; nothing of it is executed from the hub (`trust_remote_code` is never on).

    Args:
        name: A catalogue name, a folder, or a hub id such as `EleutherAI/pythia-70m`.
        dtype: `float32`, `bfloat16` or `float16`.
        device: Such as `cpu` or `cuda:0`; by default a GPU where there is one.

    Raises:
        ModelError: There is no such model, its files are damaged, or it is not a causal language model.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer  # seconds of import that Home does not need

    source = _source(name)
    _require_reachable(source, name)
    if dtype not in ("float32", "bfloat16", "float16"):
        raise ModelError("Unknown dtype", expected="float32, bfloat16 or float16", found=dtype)
    try:
        tokenizer = AutoTokenizer.from_pretrained(source)
        module = AutoModelForCausalLM.from_pretrained(source, dtype=getattr(torch, dtype))
    # from_pretrained raises whatever its many parts raise (OSError, ValueError, KeyError, SafetensorError, ...).
    except Exception as error:
        raise ModelError(
            "The model could not be loaded",
            where=name,
            expected=f"one of {', '.join(CATALOGUE)}, a folder with config.json and weights, or a hub id",
            found=f"{type(error).__name__}: {str(error).splitlines()[0][:300] if str(error) else 'no message'}",
            remedy="Check the name, and the network on first use",
        ) from error
    chosen = device or ("cuda:0" if torch.cuda.is_available() else "cpu")
    return adopt(module.to(chosen), tokenizer, name)


def adopt(module: nn.Module, tokenizer: Any, name: str, *, layers_path: str | None = None) -> LoadedModel:
    """Makes a LoadedModel of a transformers model that is already in memory (tests, notebooks)."""
    module = module.eval().requires_grad_(False)
    path, blocks = find_layers(module, layers_path)
    parameter = next(module.parameters())
    info = ModelInfo(
        name=name,
        fingerprint=fingerprint(module, tokenizer),
        layers=len(blocks),
        width=int(module.config.hidden_size),  # type: ignore[union-attr,arg-type]
        context=_context(module),
        architecture=type(module).__name__,
        dtype=str(parameter.dtype).removeprefix("torch."),
        device=str(parameter.device),
        parameters=sum(p.numel() for p in module.parameters()),
    )
    return LoadedModel(info, module, tokenizer, path)


def _source(name: str) -> str:
    if name in CATALOGUE:
        source = CATALOGUE[name].source
        if CATALOGUE[name].bundled and not Path(source, "config.json").exists():
            raise ModelError(
                "The bundled model is missing from this copy", where=name, remedy="Clone the whole repository again"
            )
        return source
    if Path(name).is_dir():
        return os.fspath(Path(name).resolve())
    if not name or name.count("/") > 1 or name.startswith((".", "/", "~")) or any(c.isspace() for c in name):
        raise ModelError(
            "There is no such model",
            where=repr(name),
            expected=f"one of {', '.join(CATALOGUE)}, an existing folder, or a hub id like 'owner/name'",
            remedy="Check the spelling or the path",
        )
    return name


def _require_reachable(source: str, name: str) -> None:
    """Says at once that there is no network, where the hub's client would try for a minute."""
    from huggingface_hub import constants, try_to_load_from_cache

    if Path(source).is_dir() or getproxies() or isinstance(try_to_load_from_cache(source, "config.json"), str):
        return
    host = urlsplit(constants.ENDPOINT).hostname or ""
    try:
        socket.getaddrinfo(host, 443)
    except OSError as error:
        raise ModelError(
            "The model is not on this machine and the hub cannot be reached",
            where=name,
            expected=f"one of {', '.join(CATALOGUE)}, a folder with config.json and weights, or a hub id",
            found=f"no address for {host}",
            remedy="Check the name and the network, or use the bundled model 'demo'",
        ) from error


def _context(module: nn.Module) -> int:
    for key in _CONTEXT_KEYS:
        value = getattr(module.config, key, None)
        if isinstance(value, int) and value > 0:
            return value
    return _DEFAULT_CONTEXT
