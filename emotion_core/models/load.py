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

from emotion_core.base.activations import SERVED, ModelInfo
from emotion_core.base.errors import EmotionCoreError, ModelError
from emotion_core.base.settings import DTYPES, settings
from emotion_core.models.allocator import keep_freed_memory
from emotion_core.models.allowed import require_allowed
from emotion_core.models.catalogue import CATALOGUE
from emotion_core.models.fingerprint import fingerprint
from emotion_core.models.first_look import base_of_adapter, classes_for, merged, require_files
from emotion_core.models.fused_gelu import fuse_gelu
from emotion_core.models.gguf_weights import SMOLLM2, Report, converted, gguf_in, quiet, smollm2_file
from emotion_core.models.int8 import INT8, in_8_bits, to_int8
from emotion_core.models.layers import find_layers, text_config
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.offload import device_of, placement
from emotion_core.models.template import set_arguments, split_name
from emotion_core.models.trial import tried

_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length", "max_sequence_length")
# Models without a limit of positions (ALiBi, recurrent) still need one here, for memory.
_DEFAULT_CONTEXT = 2048


def load_model(name: str, *, dtype: str = "float32", device: str | None = None, report: Report = quiet) -> LoadedModel:
    """Loads a model; no code of the hub or the folder is run.

    Args:
        name: A catalogue name, a folder, or a hub id such as `EleutherAI/pythia-70m`; behind a `#` the list of its
            blocks may be named, for a model in which it is not found: `my-model#model.decoder.blocks`.
            Arguments of the chat template stand behind a `?`: `my-model?enable_thinking=false` (`models/template.py`).
            `ndif:` before a hub id takes the model that NDIF serves. A GGUF file, or a folder with one, is turned
            into plain weights in the data folder first; a folder with a LoRA adapter is added to its base model;
            `untrained:` before any other name makes a twin of the model with random weights (`models/untrained.py`).
        dtype: `float32`, `bfloat16`, `float16`, or `int8` (`models/int8.py`).
        device: Such as `cpu` or `cuda:0`; by default a GPU where there is one.
        report: Told what is being done where it takes long.

    Raises:
        ModelError: There is no such model, a hosted app does not offer it, its files are damaged, or it is not a causal
            language model.
    """
    require_allowed(name, settings())
    keep_freed_memory()
    if name.startswith(SERVED):
        from emotion_core.tracing.remote_model import load_remote

        return load_remote(name)
    if name.startswith("untrained:"):
        from emotion_core.models.untrained import untrained_twin

        return untrained_twin(load_model(name.removeprefix("untrained:"), dtype=dtype, device=device, report=report))
    here = Path(name.replace("\0", "")).expanduser().exists()
    bare, _, layers_path = (name, "", "") if here else name.partition("#")
    wanted, arguments = (bare, {}) if here else split_name(bare)
    if dtype not in DTYPES:
        raise ModelError(
            "There is no such number format",
            expected=" or ".join(DTYPES),
            found=dtype[:40],
            remedy="For less memory take int8; weights of 4 bits are read from GGUF files and computed with in full",
        )
    source = source_of(wanted, report)
    base = base_of_adapter(source, name)
    whole = source if base is None else source_of(base, report)
    for one, called in ((source, name), (whole, name if base is None else f"{base}, the base model of {name}")):
        require_reachable(one, called)
        if Path(one).is_dir():
            require_files(Path(one), called)
    try:
        module, tokenizer = _fetched(whole, source, name, dtype)
    except EmotionCoreError:
        raise
    # from_pretrained raises whatever its many parts raise (OSError, ValueError, KeyError, SafetensorError, ...).
    except Exception as error:
        refuse_own_code(error, name)
        raise ModelError(
            "The model could not be loaded",
            where=name,
            expected=f"one of {', '.join(CATALOGUE)}, a folder with config.json and weights, or a hub id",
            found=f"{type(error).__name__}: {str(error).splitlines()[0][:300] if str(error) else 'no message'}",
            remedy="Check the name, and the network on first use",
        ) from error
    set_arguments(tokenizer, arguments, name)
    if base is not None:
        module = merged(module, source, name)
    if dtype == INT8:
        to_int8(module, name)
    fuse_gelu(module)
    chosen = device or ("cuda:0" if torch.cuda.is_available() else "cpu")
    module = module if getattr(module, "hf_device_map", None) else module.to(chosen)
    return tried(adopt(module, tokenizer, name, layers_path=layers_path or None))


def _fetched(source: str, with_tokenizer: str, name: str, dtype: str) -> tuple[Any, Any]:
    """Weights and tokenizer from their files, whole.

    Args:
        source: Folder or hub id of the weights.
        with_tokenizer: Where the tokenizer is looked for first; an adapter may bring its own.
        name: As the visitor wrote it.
        dtype: Of the weights.

    Raises:
        ModelError: It is no causal language model, or weights or tokenizer are missing.
        Exception: Whatever from_pretrained raises.
    """
    from transformers import AutoConfig, AutoTokenizer

    # False and not merely unset: unset, transformers asks on the terminal, and takes a "y" from standard input.
    config = AutoConfig.from_pretrained(source, trust_remote_code=False)
    own = with_tokenizer != source and any(Path(with_tokenizer).glob("tokenizer*"))
    tokenizer = AutoTokenizer.from_pretrained(with_tokenizer if own else source, trust_remote_code=False)
    plain = torch.float32 if dtype == INT8 else getattr(torch, dtype)
    module: Any = None
    missing: list[str] = []
    for loader in classes_for(config, name):
        module, loading = loader.from_pretrained(
            source, dtype=plain, output_loading_info=True, trust_remote_code=False, **placement()
        )
        missing = sorted(loading["missing_keys"])
        if not missing:
            break
    _require_whole(tokenizer, missing, name)
    return module, tokenizer


def refuse_own_code(error: Exception, name: str) -> None:
    """Says of transformers' refusal to run the code of a model folder that nothing here ever runs it.

    Raises:
        ModelError: That is what the error is about.
    """
    if "trust_remote_code" in str(error):
        raise ModelError(
            "The model needs Python code from its own folder, which is never run here",
            where=name,
            expected="a model that transformers knows by itself",
            found="'auto_map' in its configuration or its tokenizer's",
            remedy="Choose a model of a known family, or a copy of this one that was converted to one",
        ) from error


def adopt(module: nn.Module, tokenizer: Any, name: str, *, layers_path: str | None = None) -> LoadedModel:
    """Makes a LoadedModel of a transformers model that is already in memory (tests, notebooks)."""
    module = module.eval().requires_grad_(False)
    path, blocks = find_layers(module, layers_path)
    parameter = next(module.parameters())
    config = text_config(module.config)
    info = ModelInfo(
        name=name,
        fingerprint=fingerprint(module, tokenizer),
        layers=len(blocks),
        width=_width(module, config),
        context=_context(config),
        architecture=type(module).__name__,
        dtype=INT8 if in_8_bits(module) else str(parameter.dtype).removeprefix("torch."),
        device=device_of(module),
        parameters=sum(p.numel() for p in module.parameters()) + in_8_bits(module),
    )
    return LoadedModel(info, module, tokenizer, path, copy=getattr(config, "altup_active_idx", None))


def source_of(name: str, report: Report = quiet) -> str:
    """The folder or hub id behind a name; what has to be fetched or converted first is.

    Raises:
        ModelError: It can be neither.
    """
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]

    gguf = smollm2_file(settings().data_dir, report) if name == SMOLLM2 else gguf_in(name)
    if gguf is not None:
        return os.fspath(converted(gguf, settings().data_dir, report).resolve())
    if name in CATALOGUE:
        source = CATALOGUE[name].source
        if CATALOGUE[name].bundled and not Path(source, "config.json").exists():
            raise ModelError(
                "The bundled model is missing from this copy", where=name, remedy="Clone the whole repository again"
            )
        return source
    if name and "\0" not in name and Path(name).expanduser().is_dir():
        return os.fspath(Path(name).expanduser().resolve())
    try:
        validate_repo_id(name)
    except HFValidationError as error:
        raise ModelError(
            "There is no such model",
            where=repr(name),
            expected=f"one of {', '.join(CATALOGUE)}, an existing folder, or a hub id like 'owner/name'",
            remedy="Check the spelling or the path",
        ) from error
    return name


def _require_whole(tokenizer: Any, missing: list[str], name: str) -> None:
    """Refuses what transformers would fill up with random weights, and what has no words."""
    if missing:
        raise ModelError(
            "The model's files lack weights, which would be random numbers",
            where=name,
            found=f"{len(missing)} missing, such as {missing[0]}",
            remedy="Fetch the files again, or choose a causal language model with its output layer",
        )
    # Without its files, some classes give a tokenizer that knows no word.
    if not tokenizer("the old house").get("input_ids"):
        raise ModelError(
            "The model has no tokenizer",
            where=name,
            expected="a file such as tokenizer.json beside the weights",
            remedy="Add the tokenizer's files",
        )


def require_reachable(source: str, name: str) -> None:
    """Says at once that there is no network, where the hub's client would try for a minute.

    Raises:
        ModelError: The model is not on this machine and there is no network.
    """
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


def _context(config: Any) -> int:
    for key in _CONTEXT_KEYS:
        value = getattr(config, key, None)
        if isinstance(value, int) and value > 0:
            return value
    return _DEFAULT_CONTEXT


def _width(module: nn.Module, config: Any) -> int:
    """Of the residual stream, as the configuration says, or as wide as the embedding where it does not."""
    declared = getattr(config, "hidden_size", None) or getattr(config, "d_model", None)
    if isinstance(declared, int):
        return declared
    return int(module.get_input_embeddings().weight.shape[1])  # type: ignore[operator]
