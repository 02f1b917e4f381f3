"""GGUF control vectors: reading them without the library that loops as long as a header says, and writing them."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import VectorFileError
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import TENSORS, manifest_json

# The vectors of a single emotion: what a file format that holds one direction a layer can take.


def only(vectors: EmotionVectors, emotions: Sequence[str], *, keep_rows: bool = True) -> EmotionVectors:
    """The vectors of some emotions, with the prompt rows that they came from.

    A labelled set stays whole, because the other emotions' texts are what its emotions are compared with.

    Args:
        vectors: The vectors.
        emotions: Which of them, in the order wanted.
        keep_rows: False drops the prompt sets; the training rows are then unknown.

    Raises:
        VectorFileError: There is no vector for one of the emotions.
    """
    index = [vectors.index(emotion) for emotion in emotions]
    chosen = tuple(vectors.selected_layers[i] for i in index)
    return replace(
        vectors,
        emotions=tuple(emotions),
        values=vectors.values[index],
        selected_layers=chosen,
        selected_layer=chosen[0] if len(chosen) == 1 else vectors.selected_layer,
        cv_auroc=vectors.cv_auroc[index],
        train_midpoints=vectors.train_midpoints[index],
        prompt_sets=_rows_of(vectors.prompt_sets, emotions) if keep_rows else (),
    )


def _rows_of(sets: Sequence[PromptSet], emotions: Sequence[str]) -> tuple[PromptSet, ...]:
    kept = []
    for one in sets:
        texts = one.texts if one.form == "labelled" else tuple(t for t in one.texts if t.emotion in emotions)
        if any(t.emotion in emotions for t in texts):
            kept.append(replace(one, texts=texts))
    return tuple(kept)


MAGIC = b"GGUF"
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
# Number of the tensor type in ggml -> how numpy reads it; bfloat16 is widened by hand.
_TENSORS = {0: "<f4", 1: "<f2", 28: "<f8", 30: "<u2"}
_BFLOAT16 = 30
_REMEDY = "Choose a control vector in F32, such as repeng's export_gguf or this project's export writes"


@dataclass(frozen=True)
class Gguf:
    """The content of a GGUF file.

    Attributes:
        metadata: Values by key: numbers, texts, numpy arrays of numbers, tuples of texts.
        tensors: float32 arrays by name.
    """

    metadata: dict[str, Any]
    tensors: dict[str, FloatArray]


def read_gguf(data: bytes, where: str) -> Gguf:
    """Reads the whole file.

    Args:
        data: Its content.
        where: Its name, for messages.

    Raises:
        VectorFileError: It is no GGUF file of version 2 or 3, it is cut off, or a tensor is quantised.
    """
    if data[:4] != MAGIC:
        raise VectorFileError("This is not a GGUF file", where=where, expected="it begins with GGUF", remedy=_REMEDY)
    cursor = _Cursor(data, where)
    cursor.place = 4
    version = cursor.scalar("I")
    if version not in (2, 3):
        raise VectorFileError(
            "Unknown version of GGUF", where=where, expected="2 or 3", found=str(version), remedy=_REMEDY
        )
    n_tensors, n_keys = cursor.scalar("Q"), cursor.scalar("Q")
    # The shortest entries: a key of 8 + 1 bytes with its type and one byte; a name, a count, a type, an offset.
    cursor.require(13 * n_keys + 24 * n_tensors)
    metadata: dict[str, Any] = {}
    for _ in range(n_keys):
        key = cursor.text()
        metadata[key] = cursor.value(cursor.scalar("I"))
    heads = [_head(cursor) for _ in range(n_tensors)]
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 0 < alignment <= 65536:
        raise VectorFileError("The alignment makes no sense", where=where, found=str(alignment), remedy=_REMEDY)
    begin = cursor.place + -cursor.place % alignment
    return Gguf(metadata, {name: _tensor(cursor, begin + at, shape, kind, name) for name, shape, kind, at in heads})


class _Cursor:
    """A place in the file that never moves past its end."""

    def __init__(self, data: bytes, where: str) -> None:
        self.data = data
        self.where = where
        self.place = 0

    def require(self, count: int) -> None:
        if count > len(self.data) - self.place:
            raise VectorFileError(
                "The GGUF file is cut off, or claims more than it has",
                where=self.where,
                expected=f"{count} more bytes at {self.place}",
                found=f"{len(self.data) - self.place}",
                remedy=_REMEDY,
            )

    def take(self, count: int) -> bytes:
        self.require(count)
        self.place += count
        return self.data[self.place - count : self.place]

    def scalar(self, letter: str) -> Any:
        return struct.unpack("<" + letter, self.take(struct.calcsize("<" + letter)))[0]

    def text(self) -> str:
        return self.take(self.scalar("Q")).decode("utf-8", errors="replace")

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.text()
        if kind == _ARRAY:
            return self._array(self.scalar("I"), self.scalar("Q"))
        return self.scalar(self._letter(kind))

    def _array(self, kind: int, count: int) -> Any:
        if kind == _STRING:
            self.require(8 * count)
            return tuple(self.text() for _ in range(count))
        item = np.dtype("<" + self._letter(kind))
        return np.frombuffer(self.take(count * item.itemsize), dtype=item)

    def _letter(self, kind: int) -> str:
        if kind not in _SCALARS:
            raise VectorFileError(
                "Unknown kind of metadata", where=self.where, expected="a number or a text", found=f"type {kind}"
            )
        return _SCALARS[kind]


def _head(cursor: _Cursor) -> tuple[str, tuple[int, ...], int, int]:
    name = cursor.text()
    n_dimensions = cursor.scalar("I")
    if n_dimensions > 8:
        raise VectorFileError("A tensor has too many dimensions", where=f"{cursor.where}, {name}")
    shape = tuple(cursor.scalar("Q") for _ in range(n_dimensions))
    return name, shape[::-1], cursor.scalar("I"), cursor.scalar("Q")  # ggml writes the fastest axis first


def _tensor(cursor: _Cursor, at: int, shape: tuple[int, ...], kind: int, name: str) -> FloatArray:
    if kind not in _TENSORS:
        raise VectorFileError(
            "A tensor is quantised or of a type that cannot be read",
            where=f"{cursor.where}, {name}",
            expected="F32, F16, BF16 or F64",
            found=f"ggml type {kind}",
            remedy=_REMEDY,
        )
    item = np.dtype(_TENSORS[kind])
    cursor.place = min(at, len(cursor.data))
    raw = np.frombuffer(cursor.take(prod(shape) * item.itemsize), dtype=item).reshape(shape)
    if kind == _BFLOAT16:
        widened: FloatArray = (raw.astype(np.uint32) << 16).view(np.float32)
        return widened
    converted: FloatArray = raw.astype(np.float32)
    return converted


ARCHITECTURE = "controlvector"
NAMESPACE = "emotion_vectors"
# A file for each of many emotions would carry the whole labelled set each time; above this the rows stay in the bundle.
LARGEST_MANIFEST = 256 * 1024


def gguf_bytes(vectors: EmotionVectors, emotion: str) -> bytes:
    """The vectors of one emotion as a GGUF file, with their length.

    A layer whose vector is zero or not finite is left out: a tool that finds no direction for a block adds nothing.

    Args:
        vectors: The vectors.
        emotion: Whose.

    Raises:
        VectorFileError: There is no vector for the emotion.
    """
    one = only(vectors, (emotion,))
    manifest = manifest_json(one)
    if len(manifest) > LARGEST_MANIFEST:
        manifest = manifest_json(only(vectors, (emotion,), keep_rows=False))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "vector.gguf")
        _write(path, one, manifest)
        return path.read_bytes()


def model_type(architecture: str) -> str:
    """The family name that repeng keeps as `model_hint`, such as `gpt2` for GPT2LMHeadModel.

    The class name itself where transformers does not know it.
    """
    import transformers  # seconds of import

    config = getattr(getattr(transformers, architecture, None), "config_class", None) if architecture else None
    return str(getattr(config, "model_type", "") or architecture or "unknown")


def _write(path: Path, one: EmotionVectors, manifest: str) -> None:
    from gguf import GGUFWriter

    writer = GGUFWriter(path, ARCHITECTURE)
    writer.add_name(f"{one.emotions[0]} ({one.model.name})")
    writer.add_string(f"{ARCHITECTURE}.model_hint", model_type(one.model.architecture))
    values: FloatArray = one.values[0]  # (layers, width)
    whole = [i for i in range(1, one.n_layers) if np.isfinite(values[i]).all() and values[i].any()]
    writer.add_uint32(f"{ARCHITECTURE}.layer_count", len(whole))
    writer.add_string(f"{NAMESPACE}.manifest", manifest)
    for name in TENSORS:
        numbers = values[0] if name == "values" else np.ravel(getattr(one, name))
        key = f"{NAMESPACE}.layer_0" if name == "values" else f"{NAMESPACE}.{name}"
        writer.add_array(key, [float(number) for number in numbers])
    for i in whole:
        writer.add_tensor(f"direction.{i}", np.ascontiguousarray(values[i], dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
