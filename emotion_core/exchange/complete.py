"""From what a file of another tool holds, and what the visitor knows, to vectors that every page can use."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from emotion_core.base.activations import FloatArray, ModelInfo
from emotion_core.base.errors import SettingsError, VectorFileError
from emotion_core.exchange.found import Answers, Found, Piece
from emotion_core.vectors.build import library_versions
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import fallback_layer


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
