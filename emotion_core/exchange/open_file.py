"""Tells what kind of vector file was given, by its content, and reads it."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from safetensors import SafetensorError

from emotion_core.base.activations import FloatArray, ModelInfo, ReadingPosition
from emotion_core.base.cache import ActivationCache
from emotion_core.base.errors import SettingsError, VectorFileError
from emotion_core.base.jobs import Job
from emotion_core.exchange import gguf, numpy_file
from emotion_core.exchange.found import Answers, Found, Piece
from emotion_core.exchange.gguf import NAMESPACE
from emotion_core.exchange.numpy_file import ENDINGS, from_array, from_arrays, is_pickle, refuse_pickle
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.record import record
from emotion_core.vectors.build import library_versions, neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import fallback_layer
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
    if data[:4] == gguf.MAGIC:
        return _gguf(name, data)
    if data[:6] == numpy_file.MAGIC:
        return from_array(numpy_file.read_npy(data, name), source=name)
    if data[:4] == b"PK\x03\x04":
        return _zip(name, data)
    if is_pickle(data) or name.lower().endswith(ENDINGS):
        raise refuse_pickle(name, "a pickle")
    return _safetensors(name, data)


def _gguf(name: str, data: bytes) -> EmotionVectors | Found:
    found = gguf.read_gguf(data, name)
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


def _own_gguf(name: str, found: gguf.Gguf, directions: dict[str, np.ndarray]) -> EmotionVectors:
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


def complete(found: Found, answers: Answers, model: ModelInfo, residual_norms: FloatArray) -> EmotionVectors:
    """Vectors of the model; what no file and no visitor can say stays unknown.

    A layer that the file has no vector for is nan. Training rows, estimator, the choice of the layer by
    cross-validation and the midpoints are unknown.

    Args:
        found: What the file holds.
        answers: What the visitor adds to it.
        model: The model that the vectors are for.
        residual_norms: float32 [layers], measured on that model.

    Raises:
        VectorFileError: The vectors do not fit the model; both values are shown.
        SettingsError: A name or a layer is missing.
    """
    check_fit(found, answers, model)
    emotions = _names(found, answers)
    values = np.full((len(emotions), model.layers, model.width), np.nan, dtype=np.float32)
    for piece, layer, row in _placed(found, answers, model):
        values[piece.emotion, layer] = row
    selected = tuple(_selected(values[e], answers, model, found.source) for e in range(len(emotions)))
    unknown = np.full(values.shape[:2], np.nan, dtype=np.float32)
    return EmotionVectors(
        model=model,
        emotions=emotions,
        values=values,
        residual_norms=residual_norms,
        selected_layers=selected,
        selected_layer=int(np.median(selected)) if len(set(selected)) > 1 else selected[0],
        cv_auroc=unknown,
        train_midpoints=unknown.copy(),
        estimator="unknown",
        versions=library_versions(),
        origin=f"{found.format}, {found.source}",
    )


def check_fit(found: Found, answers: Answers, model: ModelInfo) -> None:
    """Refuses what cannot belong to the model, and says what is still missing; before the model is run.

    Raises:
        VectorFileError: Another width, or layers that the model does not have.
        SettingsError: A name or a layer is missing.
    """
    if found.width != model.width:
        raise VectorFileError(
            "These vectors are of another width than the model",
            where=found.source,
            expected=f"{model.width} numbers ({model.name})",
            found=f"{found.width} numbers" + (f" (made for {found.hint})" if found.hint else ""),
            remedy="Load the model they were made on",
        )
    _names(found, answers)
    if found.needs_layer and answers.layer is None:
        raise SettingsError(
            "The file does not say which layer its vector belongs to",
            where=found.source,
            expected=f"a layer from 0 to {model.layers - 1}",
            remedy="Name the layer, counted from 0: the output of that block",
        )
    for _ in _placed(found, answers, model):
        pass


def not_finite(found: Found) -> str:
    """A sentence where vectors of the file hold NaN or infinity, else empty; their layers stay without a vector."""
    places = [
        f"{found.emotions[piece.emotion]} layer {piece.layer if piece.layer is not None else i}".strip()
        for piece in found.pieces
        for i, row in enumerate(piece.values)
        if not np.isfinite(row).all()
    ]
    if not places:
        return ""
    shown = ", ".join(places[:8]) + (", ..." if len(places) > 8 else "")
    return f"The file holds numbers that are not finite, and is read without them: {shown}."


def hint_mismatch(found: Found, model_type: str) -> str:
    """A sentence where the file says that it was made for another family of models, else empty.

    Not refused: tools call the same family by different names (Mistral is `llama` to llama.cpp).
    """
    if not found.hint or found.hint.lower().replace("_", "") == model_type.lower().replace("_", ""):
        return ""
    return f"The file says that it was made for '{found.hint}'; this model is of the family '{model_type}'."


def _names(found: Found, answers: Answers) -> tuple[str, ...]:
    given = [name.strip() for name in answers.emotions if name.strip()]
    if len(given) != found.unnamed:
        raise SettingsError(
            "The file does not name its emotions" if found.unnamed else "The file names its emotions itself",
            where=found.source,
            expected=f"{found.unnamed} name(s)",
            found=f"{len(given)}" + (f" ({', '.join(given)})" if given else ""),
            remedy="Name them in the order of the file" if found.unnamed else "Leave the names out",
        )
    waiting = iter(given)
    names = tuple(name or next(waiting) for name in found.emotions)
    if len(set(names)) != len(names):
        raise SettingsError("The same emotion comes twice", where=found.source, found=", ".join(names)[:120])
    return names


def _placed(found: Found, answers: Answers, model: ModelInfo) -> Iterator[tuple[Piece, int, FloatArray]]:
    """Every vector of the file with the layer of the model that it belongs to."""
    for piece in found.pieces:
        alone = piece.layer is None and len(piece.values) == 1
        # Models hand out embeddings and blocks in one list; with a shift of -1 the first row is the embeddings.
        embeddings = piece.layer is None and answers.shift == -1 and len(piece.values) == model.layers + 1
        for i, row in enumerate(piece.values):
            if embeddings and i == 0:
                continue
            number = (piece.layer if piece.layer is not None else i) + answers.shift
            layer = answers.layer if alone and answers.layer is not None else number
            if not 0 <= layer < model.layers:
                one_more = len(piece.values) == model.layers + 1 or number == model.layers
                raise VectorFileError(
                    "The file has a layer that the model does not have",
                    where=found.source,
                    expected=f"layers 0 to {model.layers - 1} ({model.name})",
                    found=f"layer {layer}",
                    remedy="Shift the layers by -1: the file counts the embeddings as layer 0"
                    if one_more
                    else "Load the model they were made on, or shift the layers",
                )
            if np.isfinite(row).all():
                yield piece, layer, row


def _selected(values: FloatArray, answers: Answers, model: ModelInfo, source: str) -> int:
    """The layer asked for, or of those with a vector the one nearest to two thirds of the depth."""
    there = [i for i in range(model.layers) if np.isfinite(values[i]).all() and values[i].any()]
    if not there:
        raise VectorFileError("No layer has a vector that is finite and not zero", where=source)
    if answers.selected_layer is None:
        return min(there, key=lambda i: (abs(i - fallback_layer(model.layers)), i))
    if answers.selected_layer not in there:
        raise VectorFileError(
            "The file has no vector at the chosen layer",
            where=source,
            expected=f"one of {', '.join(map(str, there[:40]))}",
            found=str(answers.selected_layer),
            remedy="Choose one of these",
        )
    return answers.selected_layer


def import_vectors(
    model: LoadedModel, found: Found, answers: Answers, cache: ActivationCache | None = None
) -> Job[EmotionVectors]:
    """Measures the residual norms over neutral text and completes the vectors.

    Raises:
        VectorFileError: The vectors do not fit the model.
        SettingsError: A name or a layer is missing.
        ModelError: The neutral texts cannot be read.
    """
    check_fit(found, answers, model.info)
    reading = ReadingPosition()
    neutral = yield from record(model, neutral_texts(model, reading), reading, cache)
    norms = neutral.token_norms.mean(axis=0, dtype=np.float64).astype(np.float32)
    return complete(found, answers, model.info, norms)


# Names that Windows keeps for devices, whatever the ending.
_WINDOWS = {"CON", "PRN", "AUX", "NUL", *(f"{port}{i}" for port in ("COM", "LPT") for i in range(1, 10))}


def slug(name: str) -> str:
    """Letters, digits, dots, dashes and underscores; anything else becomes a dash.

    Accents go; letters of other scripts stay, since without them names could not be told apart.

    Example:
        >>> slug("at ease / é"), slug("恐怖"), slug("con")
        ('at-ease-e', '恐怖', 'con_')
    """
    apart = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    kept = apart if apart.isascii() or not re.search(r"[^\W\d_]", apart) else unicodedata.normalize("NFKC", name)
    plain = re.sub(r"[^\w.-]+", "-", kept).strip("-.")[:80] or "unnamed"
    return f"{plain}_" if plain.split(".")[0].upper() in _WINDOWS else plain


def slugs(names: Sequence[str]) -> tuple[str, ...]:
    """One file name each, told apart by a number where two become the same (also on systems without case)."""
    found: list[str] = []
    for name in names:
        one, number = slug(name), 2
        while one.lower() in {other.lower() for other in found}:
            one, number = f"{slug(name)}-{number}", number + 1
        found.append(one)
    return tuple(found)
