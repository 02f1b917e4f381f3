"""Arrays by name, as in safetensors and .npz files: which emotion and layer a name stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from emotion_core.base.errors import VectorFileError
from emotion_core.exchange.found import Found, Piece

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
