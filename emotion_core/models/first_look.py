"""What a folder holds, before anything of it is computed: what cannot work is refused in one sentence.

Only names, sizes and configurations are read here. Which class of transformers a model is loaded with follows from its
configuration: causal language models, and those that read images beside text, of which the text tower is used.
"""

from __future__ import annotations

import importlib.util
import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from emotion_core.base.errors import ModelError

ADAPTER = "adapter_config.json"
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
