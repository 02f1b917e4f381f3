"""Tells what kind of vector file was given, by its content, and reads it."""

from __future__ import annotations

import io
import zipfile
import zlib

import numpy as np
from safetensors import SafetensorError

from emotion_core.base.errors import VectorFileError
from emotion_core.exchange import gguf_read, numpy_file
from emotion_core.exchange.found import Found, Piece
from emotion_core.exchange.gguf_write import NAMESPACE
from emotion_core.exchange.named_arrays import from_array, from_arrays
from emotion_core.exchange.pickled import ENDINGS, is_pickle, refuse_pickle
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import LARGEST_FILE, assemble, check_header, load_vectors

VECTORS_IN_BUNDLE = "vectors.safetensors"


def open_file(name: str, data: bytes) -> EmotionVectors | Found:
    """Reads a file of this project or of another tool.

    Args:
        name: The file's name, for messages and where the content names no emotion; its ending is not believed.
        data: Its content.

    Returns:
        Vectors where the file says everything (a vector file, a bundle, a GGUF file that this project wrote), else
        what was found in it.

    Raises:
        VectorFileError: It is pickled, damaged, or none of the formats known.
    """
    if len(data) > LARGEST_FILE:
        raise VectorFileError("The file is too large", where=name, found=f"{len(data)} bytes")
    if data[:4] == gguf_read.MAGIC:
        return _gguf(name, data)
    if data[:6] == numpy_file.MAGIC:
        return from_array(numpy_file.read_npy(data, name), source=name)
    if data[:4] == b"PK\x03\x04":
        return _zip(name, data)
    if is_pickle(data) or name.lower().endswith(ENDINGS):
        raise refuse_pickle(name, "a pickle")
    return _safetensors(name, data)


def _gguf(name: str, data: bytes) -> EmotionVectors | Found:
    found = gguf_read.read_gguf(data, name)
    directions = {key: value for key, value in found.tensors.items() if key.startswith("direction.")}
    if not directions:
        raise VectorFileError(
            "This GGUF file is no control vector",
            where=name,
            expected="tensors named direction.1, direction.2, ...",
            found=", ".join(list(found.tensors)[:3]) or "no tensors",
            remedy="Choose the control vector, not the model",
        )
    if f"{NAMESPACE}.manifest" in found.metadata:
        return _own_gguf(name, found, directions)
    hint = str(found.metadata.get("controlvector.model_hint", ""))
    return from_arrays(directions, source=name, kind="GGUF control vector", hint=hint)


def _own_gguf(name: str, found: gguf_read.Gguf, directions: dict[str, np.ndarray]) -> EmotionVectors:
    numbers = {}
    for key in ("layer_0", "residual_norms", "cv_auroc", "train_midpoints"):
        value = found.metadata.get(f"{NAMESPACE}.{key}")
        if not isinstance(value, np.ndarray):
            raise VectorFileError("The GGUF file lacks an entry", where=name, expected=f"{NAMESPACE}.{key}")
        numbers[key] = value.astype(np.float32)
    first = numbers.pop("layer_0")
    # A layer that was left out had overflowed, or is zero; which of the two, a control vector does not say.
    _require_fitting(name, len(numbers["residual_norms"]), len(first), len(found.tensors))
    values = np.full((1, len(numbers["residual_norms"]), len(first)), np.nan, dtype=np.float32)
    values[0, 0] = first
    for piece in from_arrays(directions, source=name, kind="GGUF control vector").pieces:
        if piece.layer is None or piece.layer >= values.shape[1] or piece.values.shape[1] != values.shape[2]:
            raise VectorFileError(
                "A direction does not fit the manifest",
                where=name,
                expected=f"layers below {values.shape[1]} of width {values.shape[2]}",
                found=f"layer {piece.layer} of width {piece.values.shape[1]}",
            )
        values[0, piece.layer] = piece.values[0]
    tensors = {
        "values": values,
        "residual_norms": numbers["residual_norms"],
        "cv_auroc": numbers["cv_auroc"][None],
        "train_midpoints": numbers["train_midpoints"][None],
    }
    return assemble(str(found.metadata[f"{NAMESPACE}.manifest"]), tensors, name)


def _require_fitting(name: str, n_layers: int, width: int, n_directions: int) -> None:
    """Refuses a manifest whose array would be far larger than the directions that fill it."""
    if n_layers * width > 64 * (n_directions + 1) * max(width, 1):
        raise VectorFileError(
            "The manifest names far more layers than there are directions",
            where=name,
            expected=f"{n_directions + 1} layers",
            found=str(n_layers),
        )


def _zip(name: str, data: bytes) -> EmotionVectors | Found:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            inside = next((one for one in names if one.rsplit("/", 1)[-1] == VECTORS_IN_BUNDLE), None)
            if inside is not None:
                size = archive.getinfo(inside).file_size
                if size > LARGEST_FILE:
                    raise VectorFileError("The file is too large", where=f"{name}, {inside}", found=f"{size} bytes")
                numpy_file.refuse_bomb(size, len(data), name)
                return load_vectors(archive.read(inside))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise VectorFileError("The archive is damaged", where=name, found=str(error)[:120]) from error
    if any(one.endswith(".pkl") for one in names):
        raise refuse_pickle(name, "a zip with a pickle inside, as torch.save writes it")
    return from_arrays(numpy_file.read_npz(data, name), source=name, kind="NumPy archive")


def _safetensors(name: str, data: bytes) -> EmotionVectors | Found:
    from safetensors.torch import load  # numpy has no bfloat16

    metadata = check_header(data, name)
    if "manifest" in metadata:
        return load_vectors(data)
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise VectorFileError("The file is damaged", where=name, found=str(error)[:120]) from error
    arrays = {key: tensor.float().numpy() for key, tensor in tensors.items()}
    hint = next((metadata[key] for key in ("model", "model_id", "model_name", "model_type") if key in metadata), "")
    if len(arrays) == 1 and next(iter(arrays.values())).ndim == 3:
        whole = from_array(next(iter(arrays.values())), source=name)
        return Found(name, "safetensors", whole.emotions, whole.pieces, hint)
    return from_arrays(arrays, source=name, kind="safetensors", hint=hint)


__all__ = ["Found", "Piece", "open_file"]
