"""Results as bytes and back: a safetensors file with the arrays, and everything else as JSON in its header.

A result is a frozen dataclass of plain values, arrays, tuples, dictionaries and further dataclasses. Reading follows
the type annotations, so only what the class declares can come out of a file: unlike a pickle, it runs no code.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import lzma
import re
import types
import typing
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel
from safetensors import SafetensorError
from safetensors.numpy import load, save

from emotion_core.base.errors import RunError
from emotion_core.vectors.emotion_vectors import EmotionVectors

T = TypeVar("T")
_Arrays = dict[str, npt.NDArray[Any]]
Refer = Callable[[object], Any]
Resolve = Callable[[Any, Any], Any]
_MODULE_PATH = re.compile(r"\bemotion_core\.(?:\w+\.)*")


_hints = cache(typing.get_type_hints)  # costs more than reading the object, and a result has thousands of one class


def _as_written(kind: Any, value: Any) -> None:
    """Nothing is a reference."""


def to_bytes(result: object) -> bytes:
    """Writes a dataclass.

    Raises:
        TypeError: The result holds something that is not a plain value, an array or a dataclass.
    """
    arrays: _Arrays = {}
    document = _plain(result, arrays)
    header = {"type": type(result).__name__, "document": json.dumps(document, ensure_ascii=False)}
    return cast(bytes, save(arrays or {"empty": np.zeros(0, np.float32)}, metadata=header))


def from_bytes(kind: type[T], data: bytes, field: str = "") -> T:
    """Reads a dataclass that `to_bytes` wrote.

    Args:
        kind: The class.
        data: The file.
        field: It is in this field of the class that was written, of whatever name.

    Raises:
        RunError: The bytes are damaged, hold another type, or were written by an incompatible version.
    """
    try:
        header = _header(data)
        if header["type"] != kind.__name__ and not field:
            raise TypeError(f"a {header['type']} where a {kind.__name__} was expected")
        document = json.loads(header["document"])
        return cast(T, _Reader(load(data), _as_written).typed(kind, document[field] if field else document))
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RunError(
            "The stored result cannot be read",
            expected=f"a {kind.__name__} written by this version",
            found=str(error)[:200],
            remedy="Start the run again",
        ) from error


def document_of(data: bytes) -> Any:
    """What `to_bytes` wrote but the arrays, as JSON values.

    Raises:
        RunError: The bytes are damaged.
    """
    try:
        return json.loads(_header(data)["document"])
    except (ValueError, KeyError, TypeError) as error:
        raise RunError("The stored result cannot be read", found=str(error)[:200]) from error


def _header(data: bytes) -> dict[str, str]:
    header: dict[str, str] = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])["__metadata__"]
    return header


def from_plain(kind: type[T], value: Any, resolve: Resolve | None = None) -> T:
    """Reads a dataclass without arrays, such as settings, from the JSON values of `as_plain`.

    Args:
        kind: The class.
        value: The values.
        resolve: Gets a class and a value, and gives the object that the value refers to; None where it is no reference.

    Raises:
        RunError: They were written by an incompatible version.
    """
    try:
        return cast(T, _Reader({}, resolve or _as_written).typed(kind, value))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(
            "The stored settings cannot be read", found=str(error)[:200], remedy="Start again from the form"
        ) from error


def schema(kind: Any) -> str:
    """The shape of a result class and of all classes in it, for content keys: results of an older shape are not found.

    Classes stand by their name alone, so that a class that moves to another module keeps its results.

    Example:
        >>> schema(tuple[int, ...])
        'tuple[int, ...]'
    """
    if not is_dataclass(kind):
        inside = [schema(one) for one in typing.get_args(kind) if is_dataclass(one) or typing.get_args(one)]
        return _MODULE_PATH.sub("", str(kind)) + "".join(inside)
    hints = typing.get_type_hints(kind)
    parts = [f"{one.name}:{schema(hints[one.name])}" for one in fields(cast(Any, kind)) if one.init]
    return f"{getattr(kind, '__name__', '')}({','.join(parts)})"


def as_plain(value: object, refer: Refer = lambda value: None) -> Any:
    """Settings as JSON values that `from_plain` reads back.

    Args:
        value: A dataclass or pydantic model without arrays.
        refer: What is written instead of an object, such as the name of a prompt set; None writes it as it is.

    Raises:
        TypeError: It holds something else.
    """
    arrays: _Arrays = {}
    document = _plain(value, arrays, refer)
    if arrays:
        raise TypeError("settings hold no arrays")
    return document


def _plain(value: object, arrays: _Arrays, refer: Refer = lambda value: None) -> Any:
    instead = refer(value)
    if instead is not None:
        return instead
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        name = f"array{len(arrays)}"
        arrays[name] = np.ascontiguousarray(value)
        return name
    if isinstance(value, tuple | list):
        return [_plain(one, arrays, refer) for one in value]
    if isinstance(value, dict):
        return [[_plain(key, arrays, refer), _plain(one, arrays, refer)] for key, one in value.items()]
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name), arrays, refer) for one in fields(value) if one.init}
    raise TypeError(f"a result cannot hold a {type(value).__name__}")


@dataclass(frozen=True)
class _Reader:
    """Reads values by the annotations of what declares them."""

    arrays: _Arrays
    resolve: Resolve

    def typed(self, kind: Any, value: Any) -> Any:
        if hasattr(kind, "__value__"):  # an alias made by `type`
            kind = kind.__value__
        origin, arguments = typing.get_origin(kind), typing.get_args(kind)
        if origin is typing.Annotated:
            return self.typed(arguments[0], value)
        if origin in (typing.Union, types.UnionType):
            return self._one_of(arguments, value)
        if kind is np.ndarray or origin is np.ndarray:
            return self.arrays[value]
        if origin in (tuple, list):
            return self._sequence(origin, arguments, value)
        if origin in (dict,) or str(origin).endswith("Mapping'>"):
            return {self.typed(arguments[0], key): self.typed(arguments[1], one) for key, one in value}
        resolved = self.resolve(kind, value)
        if resolved is not None:
            return resolved
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind.model_validate(value)
        if is_dataclass(kind):
            hints = _hints(cast(Any, kind))
            return cast(type, kind)(**{name: self.typed(hints[name], one) for name, one in value.items()})
        return kind(value) if kind in (int, float, str, bool, Path) else value

    def _one_of(self, kinds: tuple[Any, ...], value: Any) -> Any:
        if value is None and type(None) in kinds:
            return None
        some = [kind for kind in kinds if kind is not type(None)]
        if len(some) == 1:
            return self.typed(some[0], value)
        if all(kind in (int, float, str, bool) for kind in some):
            return value
        raise TypeError(f"a union of {len(some)} kinds cannot be read back")

    def _sequence(self, origin: Any, arguments: tuple[Any, ...], value: Any) -> Any:
        if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
            return tuple(self.typed(kind, one) for kind, one in zip(arguments, value, strict=True))
        return origin(self.typed(arguments[0], one) for one in value)


# Content keys of runs: the same key, the same result.

# Raise it when results computed before must not be shown again.
RESULT_VERSION = 3


def settings_json(settings: Any) -> dict[str, Any]:
    """A settings dataclass as plain JSON values."""
    return dataclasses.asdict(settings)


def content_key(*parts: object) -> str:
    """sha256 over everything a result depends on; dataclasses count by their fields.

    The version of the package is not among them: what a release changes in a result raises the version of its kind.

    Args:
        *parts: Fingerprints, hashes and settings, in a fixed order.
    """
    plain = [settings_json(part) if dataclasses.is_dataclass(part) else part for part in parts]
    document = json.dumps([RESULT_VERSION, *plain], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(document.encode()).hexdigest()


def vectors_digest(vectors: EmotionVectors) -> str:
    """sha256 over what vectors contribute to a result: model, emotions, numbers, layers, reading position."""
    digest = hashlib.sha256(vectors.model.fingerprint.encode())
    for array in (vectors.values, vectors.residual_norms, vectors.train_midpoints):
        digest.update(array.tobytes())
    layers = [list(vectors.selected_layers), vectors.selected_layer]
    digest.update(json.dumps([list(vectors.emotions), layers, vectors.reading.key]).encode())
    return digest.hexdigest()


# Result files made small for the repository: numbers to half precision, then compressed.
#
# A figure on a page has three digits; a float32 has seven, and its last ones do not compress. So every floating-point
# array of a safetensors file is rounded, by default to the eleven significant bits of a float16 (a relative error of at
# most 1 in 2,000), and stays in its own type, which keeps its range and every reader.

ENDING = ".xz"
SIGNIFICANT = 11  # bits, the leading one included


def rounded(data: bytes, bits: int = SIGNIFICANT, of_texts: int | None = None) -> bytes:
    """A safetensors file with the same header and its floating-point arrays at fewer significant bits.

    Args:
        data: The file.
        bits: That stay.
        of_texts: That stay of arrays with three axes, which have a figure for every text.
    """
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length]).get("__metadata__")
    return bytes(
        save(
            {
                name: _shortened(array, bits if of_texts is None or array.ndim < 3 else of_texts)
                for name, array in load(data).items()
            },
            metadata=metadata,
        )
    )


def compressed(data: bytes) -> bytes:
    """The bytes as they lie in the repository."""
    return lzma.compress(data, preset=9)


def restored(data: bytes) -> bytes:
    """The bytes as `compressed` got them."""
    return lzma.decompress(data)


def _shortened(array: npt.NDArray[Any], bits: int) -> npt.NDArray[Any]:
    if array.dtype not in (np.float32, np.float64):
        return array
    fraction, exponent = np.frexp(array)  # nan and infinity come through as they are
    result: npt.NDArray[Any] = np.ldexp(np.round(fraction * 2**bits) / 2**bits, exponent)
    return result.astype(array.dtype)
