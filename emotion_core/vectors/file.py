"""Saves and loads vectors: one safetensors file with a JSON manifest, no pickle, nothing taken on trust."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save as save_tensors

from emotion_core.base.activations import FloatArray, ModelInfo, Pooling, ReadingPosition
from emotion_core.base.atomic import write_named
from emotion_core.base.errors import VectorFileError
from emotion_core.prompts.prompt_set import Form, PromptSet, PromptText, Side, Split
from emotion_core.vectors.emotion_vectors import EmotionVectors, Estimator

LARGEST_HEADER = 64 * 1024**2
_REMEDY = "Choose a .safetensors file that was saved by Build vectors"


def check_header(data: bytes, where: str) -> dict[str, str]:
    """Checks that the header fits the file and returns its metadata.

    Args:
        data: The whole file.
        where: Its name, for messages.

    Raises:
        VectorFileError: The file is no safetensors file, its header is longer than the file or than 64 MB, or its
            tensors claim more or fewer bytes than there are.
    """
    if len(data) < 8:
        raise VectorFileError(
            "This is not a safetensors file", where=where, expected="at least 8 bytes", found=str(len(data))
        )
    (size,) = struct.unpack("<Q", data[:8])
    if size > min(LARGEST_HEADER, len(data) - 8):
        raise VectorFileError(
            "This is not a safetensors file, or it is cut off",
            where=where,
            expected=f"a header of at most {min(LARGEST_HEADER, len(data) - 8)} bytes",
            found=f"{size} bytes",
            remedy=_REMEDY,
        )
    try:
        header = json.loads(data[8 : 8 + size].decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise VectorFileError("The header is not JSON", where=where, found=str(error)[:120], remedy=_REMEDY) from error
    if not isinstance(header, dict):
        raise VectorFileError("The header is not a JSON object", where=where, found=type(header).__name__)
    claimed = _claimed_bytes(header, where)
    if claimed != len(data) - 8 - size:
        raise VectorFileError(
            "The tensors do not fit the file",
            where=where,
            expected=f"{claimed} bytes of tensors",
            found=f"{len(data) - 8 - size}",
            remedy=_REMEDY,
        )
    metadata = header.get("__metadata__") or {}
    if not isinstance(metadata, dict):
        raise VectorFileError("The metadata is not a JSON object", where=where, found=type(metadata).__name__)
    return {str(key): str(value) for key, value in metadata.items()}


def _claimed_bytes(header: dict[str, object], where: str) -> int:
    """End of the last tensor, in bytes after the header."""
    end = 0
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
        if not isinstance(offsets, list) or len(offsets) != 2 or not all(isinstance(i, int) for i in offsets):
            raise VectorFileError("The header of a tensor is broken", where=f"{where}, {name[:60]}", remedy=_REMEDY)
        end = max(end, offsets[1])
    return end


Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=500)]


class _Part(BaseModel):
    """Unknown fields are refused and nothing is converted: a manifest says exactly what it means."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ModelPart(_Part):
    """The model, as in `ModelInfo`."""

    name: Name
    fingerprint: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    layers: int = Field(ge=1, le=10_000)
    width: int = Field(ge=1, le=1_000_000)
    context: int = Field(ge=1)
    architecture: str = ""
    dtype: str = ""
    device: str = ""
    parameters: int = Field(default=0, ge=0)


class RowPart(_Part):
    """One text of a prompt set, as in `PromptText`."""

    text: str
    emotion: Name
    side: Side
    topic: str
    split: Split
    pair: int | None
    row: int
    note: str = ""


class PromptSetPart(_Part):
    """One prompt set with all its rows."""

    name: str
    form: Form
    sha256: Digest
    seed: int | None
    rows: list[RowPart]


class ReadingPart(_Part):
    """The reading position."""

    pooling: Pooling
    start: int = Field(ge=0)
    chat: bool
    first_token: bool = True  # files of version 0.1, which do not say it, were read with it


class SettingsPart(_Part):
    """What was chosen for the build."""

    estimator: Estimator
    neutral_projection: bool
    seed: int
    reading: ReadingPart


class Manifest(_Part):
    """All of it."""

    format: Literal["emotion-vectors"]
    format_version: Literal[1]
    model: ModelPart
    emotions: list[Name] = Field(min_length=1)
    selected_layers: list[int]
    selected_layer: int = Field(ge=0)
    settings: SettingsPart
    prompt_sets: list[PromptSetPart]
    versions: dict[str, str]
    created: str
    origin: str = ""


def manifest_of(vectors: EmotionVectors, created: str) -> Manifest:
    """The manifest of vectors.

    Args:
        vectors: The vectors.
        created: When they were saved, ISO 8601 in UTC.
    """
    info = vectors.model
    return Manifest(
        format="emotion-vectors",
        format_version=1,
        model=ModelPart(**{name: getattr(info, name) for name in ModelPart.model_fields}),
        emotions=list(vectors.emotions),
        selected_layers=list(vectors.selected_layers),
        selected_layer=vectors.selected_layer,
        settings=SettingsPart(
            estimator=vectors.estimator,
            neutral_projection=vectors.neutral_projection,
            seed=vectors.seed,
            reading=ReadingPart(
                pooling=vectors.reading.pooling,
                start=vectors.reading.start,
                chat=vectors.reading.chat,
                first_token=vectors.reading.first_token,
            ),
        ),
        prompt_sets=[_prompt_set_part(one) for one in vectors.prompt_sets],
        versions=dict(vectors.versions),
        created=created,
        origin=vectors.origin,
    )


def model_info(part: ModelPart) -> ModelInfo:
    """The model of a manifest."""
    return ModelInfo(**part.model_dump())


def reading_position(part: ReadingPart) -> ReadingPosition:
    """The reading position of a manifest."""
    return ReadingPosition(part.pooling, part.start, part.chat, part.first_token)


def prompt_set(part: PromptSetPart) -> PromptSet:
    """The prompt set of a manifest; its sha256 is computed again from the rows, not taken over."""
    return PromptSet(part.name, part.form, tuple(PromptText(**row.model_dump()) for row in part.rows), part.seed)


def _prompt_set_part(one: PromptSet) -> PromptSetPart:
    rows = [RowPart(**{name: getattr(t, name) for name in RowPart.model_fields}) for t in one.texts]
    return PromptSetPart(name=one.name, form=one.form, sha256=one.sha256, seed=one.seed, rows=rows)


LARGEST_FILE = 2 * 1024**3
TENSORS = ("values", "residual_norms", "cv_auroc", "train_midpoints")
REMOVED = "removed"  # optional: directions that were projected out
_BUILD_AGAIN = "Build the vectors again, or choose another file"


def vector_bytes(vectors: EmotionVectors) -> bytes:
    """The vectors as a file's content; not-a-number values are kept as they are."""
    tensors = tensors_of(vectors)
    return bytes(save_tensors(tensors, metadata={"manifest": manifest_json(vectors)}))


def tensors_of(vectors: EmotionVectors) -> dict[str, FloatArray]:
    """The numbers of the vectors, float32 by name; `removed` only where something was projected out."""
    names = TENSORS if vectors.removed is None else (*TENSORS, REMOVED)
    return {name: np.ascontiguousarray(getattr(vectors, name), dtype=np.float32) for name in names}


def manifest_json(vectors: EmotionVectors) -> str:
    """Everything about the vectors but their numbers, as it stands in a file's metadata."""
    created = vectors.created or datetime.now(UTC).isoformat(timespec="seconds")
    return manifest_of(vectors, created).model_dump_json()


def save_vectors(vectors: EmotionVectors, path: Path | str) -> None:
    """Writes the vectors; whoever reads the path sees the old file or the whole new one.

    Raises:
        SettingsError: The file cannot be written there.
    """
    write_named(path, vector_bytes(vectors))


def load_vectors(source: Path | str | bytes) -> EmotionVectors:
    """Reads vectors from a path or from an upload's bytes.

    Raises:
        VectorFileError: The file is missing, too large, damaged, of another kind, or contradicts itself.
    """
    where = "uploaded file" if isinstance(source, bytes) else Path(source).name
    data = source if isinstance(source, bytes) else _read(Path(source))
    if len(data) > LARGEST_FILE:
        raise VectorFileError("The vector file is too large", where=where, found=f"{len(data)} bytes")
    metadata = check_header(data, where)
    if "manifest" not in metadata:
        raise VectorFileError(
            "This safetensors file has no manifest",
            where=where,
            expected="a file saved by Build vectors",
            found="metadata " + (", ".join(sorted(metadata)[:5]) or "empty"),
            remedy="Use import for vectors of other tools",
        )
    try:
        tensors: dict[str, FloatArray] = load_tensors(data)
    except SafetensorError as error:
        raise VectorFileError(
            "The vector file is damaged", where=where, found=str(error), remedy=_BUILD_AGAIN
        ) from error
    return assemble(metadata["manifest"], tensors, where)


def assemble(manifest: str, tensors: dict[str, FloatArray], where: str) -> EmotionVectors:
    """Vectors from a manifest and their numbers, wherever both were kept.

    Args:
        manifest: JSON, as `manifest_json` gives it.
        tensors: float32 arrays by the names in `TENSORS`, and `REMOVED` where something was projected out.
        where: Name of the file, for messages.

    Raises:
        VectorFileError: The manifest lacks a field, is of another version, or does not fit the numbers.
    """
    checked = _manifest(manifest, where)
    _check_shapes(checked, tensors, where)
    return _assemble(checked, tensors, where)


def require_model(vectors: EmotionVectors, info: ModelInfo) -> None:
    """Refuses vectors of another model.

    Raises:
        VectorFileError: The fingerprints differ; both are shown, and whether it is the number format alone.
    """
    if vectors.model.fingerprint != info.fingerprint:
        built, here = vectors.model, info
        alike = ("name", "architecture", "layers", "width", "parameters")
        if built.dtype != here.dtype and all(getattr(built, one) == getattr(here, one) for one in alike):
            raise VectorFileError(
                "These vectors were built from this model in another number format",
                where=here.name,
                expected=f"{here.dtype}, as the model is loaded (fingerprint {here.fingerprint})",
                found=f"{built.dtype} (fingerprint {built.fingerprint})",
                remedy=f"Load it with --dtype {built.dtype} (the app: EMOTION_DTYPE={built.dtype}), or build again"
                if not here.served
                else "Build again: the service chose another one",
            )
        raise VectorFileError(
            "These vectors belong to another model",
            expected=f"fingerprint {info.fingerprint} ({info.name})",
            found=f"fingerprint {vectors.model.fingerprint} ({vectors.model.name})",
            remedy="Load the model they were built on, or build them again on this one",
        )


def _read(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > LARGEST_FILE:
            raise VectorFileError("The vector file is too large", where=path.name, found=f"{size} bytes")
        return path.read_bytes()
    except OSError as error:
        raise VectorFileError(
            "The vector file cannot be read", where=str(path), found=error.strerror or "", remedy=_BUILD_AGAIN
        ) from error


def _manifest(text: str, where: str) -> Manifest:
    try:
        # Loosely typed on purpose up to here: pydantic is what turns it into something known.
        return Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "manifest"
        missing = first["type"] == "missing"
        found = "nothing" if missing else json.dumps(first.get("input"), default=str)[:120]
        raise VectorFileError(
            "The manifest cannot be used",
            where=f"{where}, {place}",
            expected=first["msg"],
            found=found,
            remedy=_BUILD_AGAIN,
        ) from error


def _check_shapes(manifest: Manifest, tensors: dict[str, FloatArray], where: str) -> None:
    emotions, layers, width = len(manifest.emotions), manifest.model.layers, manifest.model.width
    expected = {
        "values": (emotions, layers, width),
        "residual_norms": (layers,),
        "cv_auroc": (emotions, layers),
        "train_midpoints": (emotions, layers),
    }
    for name, shape in expected.items():
        if name not in tensors:
            raise VectorFileError("A tensor is missing", where=where, expected=name, remedy=_BUILD_AGAIN)
        found = tensors[name]
        if found.shape != shape or found.dtype != np.float32:
            raise VectorFileError(
                f"The tensor '{name}' does not fit the manifest",
                where=where,
                expected=f"float32 {list(shape)}",
                found=f"{found.dtype} {list(found.shape)}",
                remedy=_BUILD_AGAIN,
            )
    removed = tensors.get(REMOVED)
    if removed is not None and (removed.shape[1:] != (layers, width) or removed.dtype != np.float32):
        raise VectorFileError(
            "The directions that were projected out do not fit the manifest",
            where=where,
            expected=f"float32 [directions, {layers}, {width}]",
            found=f"{removed.dtype} {list(removed.shape)}",
            remedy=_BUILD_AGAIN,
        )
    chosen = [*manifest.selected_layers, manifest.selected_layer]
    if len(chosen) != emotions + 1 or not all(0 <= layer < layers for layer in chosen):
        raise VectorFileError(
            "The chosen layers do not fit the model",
            where=where,
            expected=f"{emotions} layers from 0 to {layers - 1}",
            found=str(chosen[:-1])[:120],
            remedy=_BUILD_AGAIN,
        )
    if len(set(manifest.emotions)) != emotions:
        raise VectorFileError("An emotion comes twice", where=where, found=", ".join(manifest.emotions)[:120])


def _assemble(manifest: Manifest, tensors: dict[str, FloatArray], where: str) -> EmotionVectors:
    sets = []
    for part in manifest.prompt_sets:
        one = prompt_set(part)
        if one.sha256 != part.sha256:
            raise VectorFileError(
                "The prompt set's rows were changed after the build",
                where=f"{where}, {part.name}",
                expected=f"sha256 {part.sha256}",
                found=f"sha256 {one.sha256}",
                remedy=_BUILD_AGAIN,
            )
        sets.append(one)
    vectors = EmotionVectors(
        model=model_info(manifest.model),
        emotions=tuple(manifest.emotions),
        values=tensors["values"],
        residual_norms=tensors["residual_norms"],
        selected_layers=tuple(manifest.selected_layers),
        selected_layer=manifest.selected_layer,
        cv_auroc=tensors["cv_auroc"],
        train_midpoints=tensors["train_midpoints"],
        reading=reading_position(manifest.settings.reading),
        estimator=manifest.settings.estimator,
        neutral_projection=manifest.settings.neutral_projection,
        prompt_sets=tuple(sets),
        seed=manifest.settings.seed,
        removed=tensors.get(REMOVED),
        versions=dict(manifest.versions),
        origin=manifest.origin,
    )
    return replace(vectors, created=manifest.created)
