"""Loading a model by catalogue name, hub id or local folder."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any

from emotion_core import __version__
from emotion_core.base.activations import SERVED, ModelInfo
from emotion_core.base.atomic import write_atomically
from emotion_core.base.errors import EmotionCoreError, ModelError
from emotion_core.base.later import torch
from emotion_core.base.settings import DTYPES, settings
from emotion_core.models.catalogue import CATALOGUE, require_allowed
from emotion_core.models.encode import set_arguments, split_name
from emotion_core.models.gguf_weights import (
    Report,
    quiet,
)
from emotion_core.models.loaded import LoadedModel, Remembered, UnreadModel
from emotion_core.models.prepare import (
    INT8,
    adopt,
    base_of_adapter,
    classes_for,
    fuse_gelu,
    keep_freed_memory,
    lay_as_linear,
    merged,
    placement,
    refuse_own_code,
    require_files,
    require_reachable,
    source_of,
    tried,
)


def load_model(
    name: str,
    *,
    dtype: str = "float32",
    device: str | None = None,
    report: Report = quiet,
    later: bool = False,
) -> LoadedModel:
    """Loads a model; no code of the hub or the folder is run.

    Args:
        name: A catalogue name, a folder, or a hub id such as `EleutherAI/pythia-70m`; behind a `#` the list of its
            blocks may be named, for a model in which it is not found: `my-model#model.decoder.blocks`.
            Arguments of the chat template stand behind a `?`: `my-model?enable_thinking=false` (`models/encode.py`).
            `ndif:` before a hub id takes the model that NDIF serves. A GGUF file, or a folder with one, is turned
            into plain weights in the data folder first; a folder with a LoRA adapter is added to its base model;
            `untrained:` before any other name makes a twin of the model with random weights (`models/untrained.py`).
        dtype: `float32`, `bfloat16`, `float16`, or `int8` (`models/gguf_weights.py`).
        device: Such as `cpu` or `cuda:0`; by default a GPU where there is one.
        report: Told what is being done where it takes long.
        later: Whether the weights of a folder whose files are as they were at the last time may wait until something
            needs them. What was computed before needs none, so a command that only looks that up starts in half the
            time.

    Raises:
        ModelError: There is no such model or device, a hosted app does not offer it, its files are damaged, or it is
            not a causal language model.
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
    if device is not None:
        _require_device(device)
    chosen = device or _usual_device()
    card = _card(Path(whole), name, dtype, chosen) if later and base is None and Path(whole).is_dir() else None
    known = _remembered(card) if card is not None else None
    if card is not None and known is not None:
        tokenizer_of = partial(_tokenizer_alone, whole, arguments, name)
        return UnreadModel.of(known, tokenizer_of, partial(_again, card, known, name, dtype, device, report))
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
        from emotion_core.models.int8 import to_int8

        to_int8(module, name)
    fuse_gelu(module)
    lay_as_linear(module)
    module = module if getattr(module, "hf_device_map", None) else module.to(chosen)
    model = tried(adopt(module, tokenizer, name, layers_path=layers_path or None))
    if card is not None:
        known = Remembered(model.info, model.layers_path, model.embedded, model.copy)
        write_atomically(card, json.dumps(asdict(known)).encode())
    return model


def _usual_device() -> str:
    """A GPU where there is one. A build of torch for processors alone says so in its version, and is not imported."""
    return "cuda:0" if not metadata.version("torch").endswith("+cpu") and torch.cuda.is_available() else "cpu"


def _require_device(device: str) -> None:
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # the latter of a torch without CUDA
        raise ModelError(
            "There is no such device here",
            where=device[:40],
            expected="cpu, or cuda:0 on a machine with a GPU and a build of torch for it",
            found=str(error).partition("\n")[0][:200],
            remedy="Leave the device out to take a GPU where there is one",
        ) from error


def _card(folder: Path, name: str, dtype: str, device: str) -> Path:
    """The file that remembers a model: another one as soon as a file of the folder or a library is another one.

    Files are told apart by size and time of change: reading the weights is what is to be saved.
    """
    paths = (one for pattern in ("*", "*/*") for one in folder.glob(pattern) if one.is_file())
    files = sorted((str(one.relative_to(folder)), one.stat().st_size, one.stat().st_mtime_ns) for one in paths)
    of = [
        __version__,
        metadata.version("torch"),
        metadata.version("transformers"),
        name,
        dtype,
        device,
        str(folder),
        files,
    ]
    return settings().data_dir / "models" / f"known-{hashlib.sha256(json.dumps(of).encode()).hexdigest()[:32]}.json"


def _remembered(card: Path) -> Remembered | None:
    try:
        known = json.loads(card.read_bytes())
        return Remembered(**{**known, "info": ModelInfo(**known["info"])})
    except (OSError, ValueError, TypeError, KeyError):  # not there, or cut short: the model is loaded
        return None


def _tokenizer_alone(source: str, arguments: dict[str, Any], name: str) -> Any:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(source, trust_remote_code=False)
    set_arguments(tokenizer, arguments, name)
    return tokenizer


def _again(card: Path, known: Remembered, name: str, dtype: str, device: str | None, report: Report) -> LoadedModel:
    model = load_model(name, dtype=dtype, device=device, report=report)
    if model.info != known.info:
        card.unlink(missing_ok=True)
    return model


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


def use_threads(number: int) -> None:
    """Has torch work in so many threads, in every thread that works with a model from now on.

    On a machine shared with other programs more threads are slower, not faster: each product waits for the thread that
    was not given a core.

    Args:
        number: Threads; 0 leaves the choice to torch.
    """
    if number:
        import torch

        torch.set_num_threads(number)
