"""From files to a model that can be traced: what is refused, a pass that tries it, fingerprint, place in memory."""

from __future__ import annotations

import ctypes
import gc
import hashlib
import importlib.util
import json
import os
import socket
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MethodType
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from emotion_core.base.activations import ModelInfo
from emotion_core.base.errors import ModelError
from emotion_core.base.later import torch
from emotion_core.base.settings import settings
from emotion_core.models.catalogue import CATALOGUE
from emotion_core.models.encode import arguments_of
from emotion_core.models.gguf_weights import (
    SMOLLM2,
    Report,
    converted,
    quiet,
    smollm2_file,
)
from emotion_core.models.loaded import LoadedModel, find_layers, text_config

# What a folder holds, before anything of it is computed: what cannot work is refused in one sentence.
#
# Only names, sizes and configurations are read here. Which class of transformers a model is loaded with follows from
# its configuration: causal language models, and those that read images beside text, of which the text tower is used.

ADAPTER = "adapter_config.json"
INT8 = "int8"
_POINTER = b"version https://git-lfs.github.com/spec/"
_OF_LFS = (".safetensors", ".bin", ".gguf", ".model", ".json")
_POINTER_BYTES = 1024  # a pointer has some 130


def classes_for(config: Any, name: str) -> Iterator[Any]:
    """The classes of transformers that can load a model, the likeliest first.

    Args:
        config: Its configuration.
        name: As the visitor wrote it.

    Raises:
        ModelError: It fills gaps, or transformers knows no class of it that continues a text.
    """
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_CAUSAL_LM_MAPPING,
        MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING,
    )

    named = [str(one) for one in getattr(config, "architectures", None) or []]
    if any(one.endswith("ForMaskedLM") for one in named):
        raise ModelError(
            "This is not a causal language model: it fills gaps and sees what comes after them",
            where=name,
            expected="a model that continues a text, such as gpt2",
            found=", ".join(named),
            remedy="Choose another model",
        )
    kinds: tuple[tuple[Any, Any], ...] = ((AutoModelForCausalLM, MODEL_FOR_CAUSAL_LM_MAPPING),)
    if not getattr(config, "is_encoder_decoder", False):
        kinds += ((AutoModelForImageTextToText, MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING),)
    found = [loader for loader, mapping in kinds if type(config) in mapping]
    if not found:
        raise ModelError(
            "This is not a causal language model",
            where=name,
            expected="a model that continues a text, such as gpt2",
            found=", ".join(named) or f"the model type {config.model_type}",
            remedy="Choose another model",
        )
    return iter(found)


def require_files(folder: Path, name: str) -> None:
    """Refuses a folder whose files stand for others that are not there, or need a library that is not.

    Args:
        folder: The model's folder.
        name: As the visitor wrote it.

    Raises:
        ModelError: A file is a git-LFS pointer, or the tokenizer needs sentencepiece.
    """
    pointers = [path.name for path in sorted(folder.iterdir()) if is_pointer(path)]
    if pointers:
        raise ModelError(
            "The files of this model are pointers of git-LFS, not the files themselves",
            where=name,
            found=", ".join(pointers[:4]),
            remedy="Run 'git lfs pull' in the folder, or fetch the model again with git-lfs installed",
        )
    alone = (folder / "tokenizer.model").exists() and not (folder / "tokenizer.json").exists()
    if alone and importlib.util.find_spec("sentencepiece") is None:
        raise ModelError(
            "The tokenizer of this model needs the library sentencepiece",
            where=name,
            expected="a file tokenizer.json, or sentencepiece",
            found="tokenizer.model alone",
            remedy="Install it: pip install sentencepiece",
        )


def is_pointer(path: Path) -> bool:
    """Whether a file only says where git-LFS keeps the real one."""
    if path.suffix not in _OF_LFS or not path.is_file() or path.stat().st_size > _POINTER_BYTES:
        return False
    with path.open("rb") as stream:
        return stream.read(len(_POINTER)) == _POINTER


def base_of_adapter(source: str, name: str) -> str | None:
    """The base model of a folder with a LoRA adapter, as its configuration names it; None for any other folder.

    Raises:
        ModelError: The adapter is of another kind, has no weights in safetensors, or names no base model.
    """
    file = Path(source, ADAPTER)
    if not file.is_file() or Path(source, "config.json").exists():
        return None
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except ValueError:
        settings = {}
    settings = settings if isinstance(settings, dict) else {}
    base = settings.get("base_model_name_or_path")
    kind = str(settings.get("peft_type", "unknown"))
    if settings.get("megatron_config"):  # peft would import a module that the folder names
        kind = f"{kind} for Megatron"
    weights = Path(source, "adapter_model.safetensors")
    if kind == "LORA" and isinstance(base, str) and base and weights.is_file() and not is_pointer(weights):
        beside = Path(source, base)
        return str(beside) if beside.is_dir() else base
    raise ModelError(
        "The folder holds an adapter that cannot be merged here",
        where=name,
        expected="a LoRA adapter with adapter_model.safetensors and the name of its base model",
        found=f"an adapter of the kind {kind}" + ("" if isinstance(base, str) and base else " without a base model"),
        remedy="Merge it with its base model first (merge_and_unload of peft), save that, and choose its folder",
    )


def merged(module: Any, source: str, name: str) -> Any:
    """A base model with the LoRA adapter of a folder added to its weights.

    Raises:
        ModelError: The adapter does not fit the model.
    """
    from peft import PeftModel

    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            whole = PeftModel.from_pretrained(module, source, use_safetensors=True)
        lacking = [str(one.message) for one in said if "missing adapter keys" in str(one.message)]
        if lacking:
            raise ValueError(lacking[0])
        return whole.merge_and_unload()
    # peft raises whatever its parts raise for weights of other names or shapes.
    except Exception as error:
        raise ModelError(
            "The adapter does not fit its base model",
            where=name,
            found=f"{type(error).__name__}: {(str(error).strip().splitlines() or ['no message'])[0][:300]}",
            remedy="Check which model it was trained on, or merge it with peft first",
        ) from error


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
    def watch(_: torch.nn.Module, args: tuple[Any, ...], output: Any) -> None:
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


# Above this many bytes, hashing every weight takes longer than loading it: then a strided sample of each tensor is
# hashed. Training of any kind changes nearly every weight, so a sample still tells two models apart.
FULL_HASH_BYTES = 2**30
SAMPLES_PER_TENSOR = 4096

# Configuration that says where a model came from, not what it computes.
_INCIDENTAL = {"_name_or_path", "transformers_version", "architectures", "torch_dtype", "use_cache"}


def fingerprint(module: torch.nn.Module, tokenizer: Any) -> str:
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


# By default glibc maps large blocks anew and gives the top of the heap back at every free. A forward pass frees and
# takes blocks of some megabytes all the time, and every page of them is then cleared again by the system.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # numbers of the two settings in malloc.h
_MAPPED_FROM = 32 * 2**20  # bytes of a block, the most that glibc takes
_KEPT = 256 * 2**20  # bytes; `runs/housekeeping.py` gives them back when no job works


@cache
def keep_freed_memory() -> bool:
    """Sets both thresholds, once a process; returns whether the C library took them."""
    with suppress(OSError, AttributeError):  # another system's C library
        library = ctypes.CDLL("libc.so.6")
        return bool(library.mallopt(_MMAP_THRESHOLD, _MAPPED_FROM) and library.mallopt(_TRIM_THRESHOLD, _KEPT))
    return False


def give_back() -> None:
    """Returns to the system what has been freed; the allocator would keep it for later."""
    gc.collect()
    with suppress(OSError, AttributeError):  # another system's C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def fuse_gelu(module: torch.nn.Module) -> int:
    """Replaces the tanh form of GELU, which transformers writes out in single steps, by torch's kernel of the formula.

    Written out it takes a fifth of a forward pass of the bundled model on a CPU (`python -m benchmarks --profile`). The
    results differ by rounding (`tests/models/test_fused_gelu.py`). The fingerprint is one of weights, configuration
    and tokenizer and stays as it is.

    Args:
        module: A model, changed in place.

    Returns:
        How many activation functions were replaced.
    """
    from transformers.activations import FastGELUActivation, GELUTanh, NewGELUActivation

    found = 0
    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if type(child) in (NewGELUActivation, FastGELUActivation):
                setattr(parent, name, GELUTanh())
                found += 1
    return found


def lay_as_linear(module: torch.nn.Module) -> int:
    """Lays the matrices of GPT-2's linear layers out in memory as those of `torch.nn.Linear`; values and shapes stay.

    Laid out as transformers has them, products over fewer than about 200 tokens round otherwise than larger ones on
    some processors, so a text read alone would differ in its last bits from the same text read beside others
    (`tests/tracing/test_same_bits.py`). Laid out as `torch.nn.Linear` has them they do not, and take as long.

    Args:
        module: A model, changed in place.

    Returns:
        How many matrices were laid out anew.
    """
    from transformers.pytorch_utils import Conv1D

    from_disk = type("FromDisk", (Conv1D,), {"forward": _from_disk})
    found = [child for child in module.modules() if type(child) is Conv1D]
    for child in found:
        if child.weight.device.type == "cpu":
            child.weight.data = _laid_out(child.weight.data)
        elif hasattr(child, "_old_forward"):  # accelerate's name for what it calls when it has the matrix
            child.__class__ = from_disk
            setattr(child, "_old_forward", MethodType(_from_disk, child))  # noqa: B010
    return len(found)


def _laid_out(matrix: torch.Tensor) -> torch.Tensor:
    return matrix.T.contiguous().T  # (in, out), as before


def _from_disk(self: Any, x: torch.Tensor) -> torch.Tensor:
    """A linear layer whose matrix is read for every batch, and laid out then."""
    rows = torch.addmm(self.bias, x.reshape(-1, x.shape[-1]), _laid_out(self.weight))
    return rows.view(*x.shape[:-1], self.nf)


_ALL = 2**60  # bytes, more than there are


def placement() -> dict[str, Any]:
    """What `from_pretrained` needs to place weights on several devices; nothing where one is all there is.

    GPUs are filled one after the other, then memory (`EMOTION_OFFLOAD_MB` of it, where that is given); the rest stays
    on disk. Weights go straight from their file to their device. Blocks on disk are read anew for every batch, so that
    is slow, and it changes no number.
    """
    limit, gpus = settings().offload_mb, torch.cuda.device_count()
    if not limit and gpus < 2:
        return {}
    # The rest of a GPU is for what a batch needs.
    most: dict[int | str, int] = {gpu: int(0.9 * torch.cuda.mem_get_info(gpu)[0]) for gpu in range(gpus)}
    most["cpu"] = limit * 10**6 if limit else _ALL
    return {"device_map": "sequential", "max_memory": most, "offload_folder": str(settings().data_dir / "offload")}


def device_of(module: torch.nn.Module) -> str:
    """Where a model takes its input: the first of its parameters that is not on disk tells."""
    found = [parameter.device for parameter in module.parameters() if parameter.device.type != "meta"]
    if found:
        return str(found[0])
    return "cpu" if offloaded(module) else "meta"


def offloaded(module: torch.nn.Module) -> bool:
    """Whether a part of the weights stays on disk."""
    return "disk" in (getattr(module, "hf_device_map", None) or {}).values()


def weight(module: torch.nn.Module, name: str, tensor: torch.Tensor) -> torch.Tensor:
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


_CONTEXT_KEYS = ("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "seq_length", "max_sequence_length")
# Models without a limit of positions (ALiBi, recurrent) still need one here, for memory.
_DEFAULT_CONTEXT = 2048


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


def adopt(module: torch.nn.Module, tokenizer: Any, name: str, *, layers_path: str | None = None) -> LoadedModel:
    """Makes a LoadedModel of a transformers model that is already in memory (tests, notebooks)."""
    module = module.eval().requires_grad_(False)
    path, blocks = find_layers(module, layers_path)
    parameter = next(module.parameters())
    config = text_config(module.config)
    # Of `int8.Int8Linear`, whose numbers torch does not count as parameters.
    marked: list[Any] = [one for one in module.modules() if getattr(one, "in_8_bits", False)]
    narrow = sum(one.weight.numel() for one in marked)
    info = ModelInfo(
        name=name,
        fingerprint=fingerprint(module, tokenizer),
        layers=len(blocks),
        width=_width(module, config),
        context=_context(config),
        architecture=type(module).__name__,
        dtype=INT8 if narrow else str(parameter.dtype).removeprefix("torch."),
        device=device_of(module),
        parameters=sum(p.numel() for p in module.parameters()) + narrow,
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


def gguf_in(name: str) -> Path | None:
    """The GGUF file that a name stands for: the file itself, or the only one in a folder without a configuration.

    Raises:
        ModelError: A folder holds several.
    """
    if not name or "\0" in name:
        return None
    path = Path(name).expanduser()
    if path.is_file() and path.suffix.lower() == ".gguf":
        return path
    if not path.is_dir() or (path / "config.json").exists():
        return None
    files = sorted(one for one in path.iterdir() if one.suffix.lower() == ".gguf")
    if len(files) > 1:
        raise ModelError(
            "The folder holds several GGUF files",
            where=name,
            found=", ".join(one.name for one in files[:4]),
            remedy=f"Name one of them, such as {path / files[0].name}",
        )
    return files[0] if files else None


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


def _width(module: torch.nn.Module, config: Any) -> int:
    """Of the residual stream, as the configuration says, or as wide as the embedding where it does not."""
    declared = getattr(config, "hidden_size", None) or getattr(config, "d_model", None)
    if isinstance(declared, int):
        return declared
    return int(module.get_input_embeddings().weight.shape[1])  # type: ignore[operator]
