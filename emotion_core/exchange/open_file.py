"""Tells what kind of vector file was given, by its content, and reads it."""

from __future__ import annotations

import io
import re
import tokenize
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError

from emotion_core.base.activations import ActivationCache, FloatArray, ModelInfo, ReadingPosition
from emotion_core.base.errors import SettingsError, VectorFileError
from emotion_core.base.jobs import Job
from emotion_core.exchange import gguf
from emotion_core.exchange.gguf import NAMESPACE
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.record import record
from emotion_core.vectors.build import library_versions, neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import fallback_layer
from emotion_core.vectors.file import LARGEST_FILE, assemble, check_header, load_vectors

# What a file of another tool holds, before anything that it lacks has been asked for.


@dataclass(frozen=True)
class Piece:
    """One array of the file.

    Attributes:
        emotion: Place in `Found.emotions`.
        layer: The number that the file gives it, None where it gives none.
        values: float32 [rows, width]; without a layer number, several rows are layers in order.
    """

    emotion: int
    layer: int | None
    values: FloatArray


@dataclass(frozen=True)
class Found:
    """Vectors without a manifest of this project.

    Attributes:
        source: Name of the file.
        format: In words, such as `GGUF control vector`.
        emotions: Names, in the file's order; an empty one where the file has none.
        pieces: The arrays, all of one width.
        hint: What the file says about its model, such as `gpt2`; empty where it says nothing.
    """

    source: str
    format: str
    emotions: tuple[str, ...]
    pieces: tuple[Piece, ...]
    hint: str = ""

    def __post_init__(self) -> None:
        widths = sorted({piece.values.shape[1] for piece in self.pieces})
        if not self.pieces or 0 in widths:
            raise VectorFileError("The file holds no vectors", where=self.source, remedy="Choose another file")
        if len(widths) > 1:
            raise VectorFileError(
                "The vectors are of different widths, so they belong to different models",
                where=self.source,
                expected="one width",
                found=" and ".join(map(str, widths[:4])),
                remedy="Import them one file a model",
            )

    @property
    def width(self) -> int:
        """Size of the vectors."""
        return int(self.pieces[0].values.shape[1])

    @property
    def unnamed(self) -> int:
        """How many emotions have no name."""
        return sum(not name for name in self.emotions)

    @property
    def needs_layer(self) -> bool:
        """Whether a single vector comes without the layer it belongs to."""
        return any(piece.layer is None and len(piece.values) == 1 for piece in self.pieces)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The layer numbers of the file, counted from 0 where it only has rows in order."""
        named = {piece.layer for piece in self.pieces if piece.layer is not None}
        rows = [range(len(piece.values)) for piece in self.pieces if piece.layer is None and len(piece.values) > 1]
        return tuple(sorted(named.union(*rows)))

    def describe(self) -> str:
        """One sentence for people."""
        count = len(self.emotions)
        named = [name for name in self.emotions if name]
        shown = ", ".join(named[:6]) + (", ..." if len(named) > 6 else "") if named else "without a name"
        layers = self.numbers
        where = "without a layer number"
        if layers:
            where = f"layers {layers[0]} to {layers[-1]}" if len(layers) > 1 else f"layer {layers[0]}"
        about = f", made for {self.hint}" if self.hint else ""
        return (
            f"{self.format}: {count} emotion{'s' * (count > 1)} ({shown}), {where}, vectors of {self.width} "
            f"numbers{about}."
        )


@dataclass(frozen=True)
class Answers:
    """What the visitor knows about the file.

    Attributes:
        emotions: Names for the emotions that have none, in order.
        layer: The layer of vectors that come without a number, counted from 0: the output of that block.
        shift: Added to the layer numbers of the file; -1 where it counts the embeddings as 0.
        selected_layer: The layer to work with; None takes the one at two thirds of the depth, or the nearest there is.
    """

    emotions: tuple[str, ...] = ()
    layer: int | None = None
    shift: int = 0
    selected_layer: int | None = None


# Reads .npy and .npz without pickle, and without believing a header's size before it has been compared.

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


VECTORS_IN_BUNDLE = "vectors.safetensors"


def open_path(path: Path | str) -> EmotionVectors | Found:
    """Reads a file of this machine; see `open_file`.

    Raises:
        VectorFileError: It cannot be read, or is pickled, damaged, or none of the formats known.
    """
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        found = getattr(error, "strerror", None) or str(error)
        raise VectorFileError("The file cannot be read", where=str(path), found=found) from error
    return open_file(Path(path).name, data)


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
    if data[:6] == MAGIC:
        return from_array(read_npy(data, name), source=name)
    if data[:4] == b"PK\x03\x04":
        return _zip(name, data)
    if is_pickle(data) or name.lower().endswith(ENDINGS):
        raise refuse_pickle(name, "a pickle")
    # A safetensors file begins with the length of its header, a JSON object; one that is cut off still has its brace.
    if data[8:9] != b"{":
        raise _unknown(name, data)
    return _safetensors(name, data)


def _unknown(name: str, data: bytes) -> VectorFileError:
    """The error for a file of none of the formats, by what it is."""
    remedy = "Choose a file of vectors"
    try:
        data[:4096].decode("utf-8", errors="strict" if len(data) <= 4096 else "ignore")
        is_text = b"\0" not in data[:4096]
    except UnicodeDecodeError:
        is_text = False
    if is_text:
        remedy += "; texts to build vectors from go to Build vectors"
    return VectorFileError(
        "This is not a safetensors file, nor any other file of vectors",
        where=name,
        expected="safetensors, GGUF, .npy, .npz, or a bundle from here",
        found="an empty file" if not data else "a text file" if is_text else "a file of another kind",
        remedy=remedy,
    )


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
                refuse_bomb(size, len(data), name)
                return load_vectors(archive.read(inside))
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError, OSError) as error:
        raise VectorFileError("The archive is damaged", where=name, found=str(error)[:120]) from error
    if any(one.endswith(".pkl") for one in names):
        raise refuse_pickle(name, "a zip with a pickle inside, as torch.save writes it")
    return from_arrays(read_npz(data, name), source=name, kind="NumPy archive")


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
    if answers.layer is not None and not found.needs_layer:
        raise SettingsError(
            "The file says itself which layers its vectors belong to",
            where=found.source,
            found=f"layer {answers.layer} beside it",
            remedy="Leave the layer out; to work with one of them choose it, to count from another number shift them",
        )
    for _ in _placed(found, answers, model):
        pass


def refuse_answers(vectors: EmotionVectors, answers: Answers, source: str) -> None:
    """Refuses answers to what a file of this project says itself.

    Args:
        vectors: As the file has them.
        answers: What a person said beside it.
        source: Name of the file.

    Raises:
        SettingsError: Something was said.
    """
    if answers != Answers():
        raise SettingsError(
            "The file names its emotions and layers itself",
            where=source,
            expected="no name, layer, shift or layer to work with beside it",
            found=f"vectors of {', '.join(vectors.emotions[:6])}",
            remedy="Leave these out",
        )


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
