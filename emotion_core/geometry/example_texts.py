"""The texts that project furthest onto each emotion's direction, and those that project least."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.prompts.prompt_set import PromptSet

SHOWN = 3
_FEWEST = 20


@dataclass(frozen=True)
class ExampleTexts:
    """Texts that the vectors were not built from, ranked by every direction.

    Attributes:
        texts: The texts.
        labels: What each was written for: an emotion, or "neutral".
        most: int32 [layers, emotions, shown], the texts that project furthest, first the furthest.
        least: int32 [layers, emotions, shown], those that project least, first the least.
        z_most: float32 like `most`, projections in standard deviations of all these texts.
        z_least: float32 like `least`.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    most: npt.NDArray[np.int32]
    least: npt.NDArray[np.int32]
    z_most: FloatArray
    z_least: FloatArray


def candidates(prompt_sets: tuple[PromptSet, ...], neutral: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Held-out texts with their labels; neutral ones beside them where fewer than twenty are held out.

    Args:
        prompt_sets: That the vectors were built from.
        neutral: Neutral texts.
    """
    found: dict[str, str] = {}
    for one in prompt_sets:
        for text in one.part("heldout"):
            found.setdefault(text.text, f"not {text.emotion}" if text.side == "negative" else text.emotion)
    if len(found) < _FEWEST:
        found.update({text: "neutral" for text in neutral if text not in found})
    return tuple(found.items())


def rank(
    values: FloatArray, labelled: tuple[tuple[str, str], ...], units: FloatArray, shown: int = SHOWN
) -> ExampleTexts:
    """Ranks texts by their projection.

    Args:
        values: float32 [texts, layers, width].
        labelled: The texts with their labels.
        units: float32 [emotions, layers, width], unit directions.
        shown: Texts kept at each end.
    """
    projections = np.einsum("tlw,elw->let", values, units, optimize=True)  # (layers, emotions, texts)
    spread = projections.std(axis=-1, keepdims=True)
    centred = projections - projections.mean(axis=-1, keepdims=True)
    z = np.divide(centred, spread, out=np.zeros_like(projections), where=spread > 0)
    order = np.argsort(z, axis=-1, kind="stable")
    least, most = order[..., :shown], order[..., ::-1][..., :shown]
    return ExampleTexts(
        tuple(text for text, _ in labelled),
        tuple(label for _, label in labelled),
        most.astype(np.int32),
        least.astype(np.int32),
        np.take_along_axis(z, most, axis=-1).astype(np.float32),
        np.take_along_axis(z, least, axis=-1).astype(np.float32),
    )
