"""Reads .npy and .npz without pickle, and without believing a header's size before it has been compared."""

from __future__ import annotations

import io
import re
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from math import prod

import numpy as np
import numpy.typing as npt

from emotion_core.base.errors import VectorFileError
from emotion_core.exchange.found import Found, Piece

# Lines that load tensors without running anything, and save them as data: a tensor alone (persona vectors, CAA), a
# dictionary by layer, or one inside `layer_activations` (steering-vectors). `weights_only` needs torch 2.0 or newer.
RECIPE = (
    "import torch, safetensors.torch\n"
    "state = torch.load('vectors.pt', weights_only=True, map_location='cpu')\n"
    "state = state.get('layer_activations', state) if isinstance(state, dict) else {'vectors': state}\n"
    "safetensors.torch.save_file({f'layer.{k}' if isinstance(k, int) else k: v.float().contiguous() "
    "for k, v in state.items()}, 'vectors.safetensors')"
)
ENDINGS = (".pt", ".pth", ".bin", ".pkl", ".pickle", ".ckpt")


class PickledFileError(VectorFileError):
    """The file is a pickle; its remedy is `RECIPE`."""


def is_pickle(data: bytes) -> bool:
    """Whether the bytes begin as a pickle of protocol 2 or newer does."""
    return len(data) > 1 and data[0] == 0x80 and 2 <= data[1] <= 5


def refuse_pickle(where: str, found: str) -> PickledFileError:
    """The error for a pickled file, with a recipe for converting it safely."""
    return PickledFileError(
        "Pickled files can run any program when they are opened, so they are not",
        where=where,
        expected="GGUF, safetensors, .npy or .npz",
        found=found,
        remedy="Convert it yourself in four lines and import the result:  " + "  then  ".join(RECIPE.split("\n")),
    )


MAGIC = b"\x93NUMPY"
# Unpacked; a zip of a few kilobytes may claim a petabyte.
LARGEST_UNPACKED = 2**30
# Numbers of a model shrink by a tenth when they are packed; a bomb by a factor of a thousand.
_MOST_GROWTH = 20
_SMALL = 2**24


def read_npy(data: bytes, where: str, *, texts: bool = False) -> npt.NDArray[np.generic]:
    """One array of numbers.

    Args:
        data: The file's content.
        where: Its name, for messages.
        texts: Whether an array of texts will do too.

    Raises:
        VectorFileError: It is damaged, holds pickled objects, or no plain numbers.
    """
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, fortran, dtype = read(stream)
    # numpy reads the header as a Python literal, which fails in as many ways as Python can be misspelt.
    except (ValueError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError, tokenize.TokenError) as error:
        raise VectorFileError(
            "The .npy header cannot be read", where=where, found=str(error)[:120], remedy="Save the array again"
        ) from error
    if dtype.hasobject:
        raise refuse_pickle(where, "an array of Python objects")
    if dtype.kind not in ("fiuU" if texts else "fiu"):
        raise VectorFileError(
            "The array holds no plain numbers", where=where, expected="float32 or similar", found=str(dtype)
        )
    rest = data[stream.tell() :]
    if min(shape, default=1) < 0 or prod(shape) * dtype.itemsize != len(rest):
        raise VectorFileError(
            "The array does not fit the file",
            where=where,
            expected=f"{prod(shape) * dtype.itemsize} bytes for {list(shape)} of {dtype}",
            found=f"{len(rest)}",
            remedy="Save the array again",
        )
    return np.frombuffer(rest, dtype).reshape(shape, order="F" if fortran else "C")


def refuse_bomb(unpacked: int, packed: int, where: str) -> None:
    """Refuses an archive that unpacks to far more than numbers ever do.

    Raises:
        VectorFileError: It is one.
    """
    if unpacked > max(_SMALL, _MOST_GROWTH * packed):
        raise VectorFileError(
            "The archive unpacks to far more than it holds",
            where=where,
            expected=f"at most {_MOST_GROWTH} times its size",
            found=f"{unpacked:,} bytes from {packed:,}",
            remedy="Save the vectors again",
        )


def read_npz(data: bytes, where: str) -> dict[str, npt.NDArray[np.generic]]:
    """Every array of an .npz by its name.

    Raises:
        VectorFileError: As `read_npy`, or the archive is damaged or unpacks to more than 1 GB.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if unpacked > LARGEST_UNPACKED:
                raise VectorFileError(
                    "The archive is too large", where=where, expected=f"{LARGEST_UNPACKED} bytes", found=str(unpacked)
                )
            refuse_bomb(unpacked, len(data), where)
            found = {}
            for member in members:
                with archive.open(member) as stream:
                    content = stream.read(member.file_size + 1)
                name = member.filename.removesuffix(".npy")
                found[name] = read_npy(content, f"{where}, {member.filename}", texts=True)
            return found
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise VectorFileError(
            "The archive is damaged", where=where, found=str(error)[:120], remedy="Save it again"
        ) from error


# `layer.7`, `layers_7`, `direction.7`, `7`, and the same behind an emotion: `fear.layer.7`, `fear/7`; or before it.
_NAME = re.compile(r"(?:(?P<emotion>.+?)[./_ -])??(?:(?:layers?|direction|blocks?|blk|h)[._ -]?)?(?P<layer>\d{1,5})")
_LAYER_FIRST = re.compile(r"layers?[._ -]?(?P<layer>\d{1,5})[./_ -](?P<emotion>.+)")
# What savers call an array when nobody named it, and what stands in front of `layers` in a model's own names.
_SAYS_NOTHING = {"model", "transformer", "vector", "vectors", "values", "steering_vector", "control_vector", "array"}
_NUMPY_DEFAULT = re.compile(r"arr_\d+")  # np.savez without names: the number is no layer
LARGEST_COUNT = 200_000


def from_arrays(arrays: Mapping[str, npt.NDArray[np.generic]], *, source: str, kind: str, hint: str = "") -> Found:
    """Sorts named arrays into emotions and layers.

    Args:
        arrays: Numbers by name: [width], [1, width] or [layers, width] each.
        source: Name of the file.
        kind: Its format in words.
        hint: What it says about its model.

    Raises:
        VectorFileError: An array has another form, or the file has none.
    """
    if len(arrays) > LARGEST_COUNT:
        raise VectorFileError("The file has too many arrays", where=source, found=str(len(arrays)))
    beside = _names_beside(arrays)
    if beside is not None:
        return Found(source, kind, *beside, hint)
    for name, array in arrays.items():
        if array.dtype.kind not in "fiu":
            raise VectorFileError(
                "The array holds no plain numbers",
                where=f"{source}, {name}",
                expected="numbers, or one array of names beside one block [emotions, layers, width]",
                found=str(array.dtype),
                remedy="Save the vectors of each emotion under its name",
            )
    names: list[str] = []
    pieces = []
    for name in sorted(arrays, key=_natural):
        emotion, layer = _meaning(name)
        if emotion not in names or _NUMPY_DEFAULT.fullmatch(name):
            names.append(emotion)
        place = len(names) - 1 if _NUMPY_DEFAULT.fullmatch(name) else names.index(emotion)
        pieces.append(Piece(place, layer, _rows(arrays[name], layer, f"{source}, {name}")))
    return Found(source, kind, tuple(names), tuple(pieces), hint)


def _names_beside(
    arrays: Mapping[str, npt.NDArray[np.generic]],
) -> tuple[tuple[str, ...], tuple[Piece, ...]] | None:
    """One block [emotions, layers, width] or [emotions, width] with an array of names, and of layers, beside it."""
    texts = [array for array in arrays.values() if array.dtype.kind == "U" and array.ndim == 1]
    blocks = [array for array in arrays.values() if array.dtype.kind == "f" and array.ndim in (2, 3)]
    if len(texts) != 1 or len(blocks) != 1 or len(blocks[0]) != len(texts[0]):
        return None
    layers = [array for array in arrays.values() if array.dtype.kind in "iu" and array.ndim == 1]
    pieces = []
    for i, block in enumerate(np.asarray(blocks[0], dtype=np.float32)):
        if block.ndim == 2 and len(layers) == 1 and len(layers[0]) == len(block):
            pieces += [Piece(i, int(layer), row[None]) for layer, row in zip(layers[0], block, strict=True)]
        else:
            pieces.append(Piece(i, None, np.atleast_2d(block)))
    return tuple(map(str, texts[0])), tuple(pieces)


def from_array(array: npt.NDArray[np.generic], *, source: str) -> Found:
    """One array without a name: [width], [layers, width] or [emotions, layers, width].

    Raises:
        VectorFileError: It has another form.
    """
    blocks = array if array.ndim == 3 else [array]
    pieces = tuple(Piece(i, None, _rows(block, None, source)) for i, block in enumerate(blocks))
    return Found(source, "NumPy array", ("",) * len(pieces), pieces)


def _meaning(name: str) -> tuple[str, int | None]:
    found = _LAYER_FIRST.fullmatch(name) or _NAME.fullmatch(name)
    if found is None or _NUMPY_DEFAULT.fullmatch(name):
        nameless = name in _SAYS_NOTHING or _NUMPY_DEFAULT.fullmatch(name)
        return "" if nameless else name, None
    emotion = found["emotion"] or ""
    return "" if emotion in _SAYS_NOTHING else emotion, int(found["layer"])


def _rows(array: npt.NDArray[np.generic], layer: int | None, where: str) -> npt.NDArray[np.float32]:
    values = np.asarray(array, dtype=np.float32)
    if values.ndim == 1:
        values = values[None]
    elif values.ndim == 2 and values.shape[1] == 1 < values.shape[0]:
        values = values.T  # a column, as scikit-learn's `coef_.T` is one
    if values.ndim != 2 or (layer is not None and len(values) != 1):
        raise VectorFileError(
            "The array has a form that is no vector",
            where=where,
            expected="[width]" if layer is not None else "[width] or [layers, width]",
            found=str(list(np.shape(array))),
            remedy="Save one vector a layer",
        )
    return values


def _natural(name: str) -> tuple[object, ...]:
    """layer.10 after layer.9."""
    return tuple(part.zfill(6) if part.isdigit() else part for part in re.split(r"(\d+)", name))
