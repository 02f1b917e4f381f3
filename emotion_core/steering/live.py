"""Two texts as they are written: one with several emotions added, each with its own strength, and one without."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from emotion_core.base.jobs import Job
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.directions import Directions, emotion_units, layer_scales, read_layer
from emotion_core.steering.generate import Written, write_block
from emotion_core.steering.plan import PlannedRow
from emotion_core.steering.prompt_tokens import prompt_tokens
from emotion_core.steering.writing import WritingSettings, require
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model

MOST_VECTORS = 3


@dataclass(frozen=True, kw_only=True)
class LiveSettings(WritingSettings):
    """One prompt and the emotions that are added together; controls and samples play no part.

    Attributes:
        strengths: Emotion and strength in `unit`s, at most three; all at `layer`.
    """

    strengths: tuple[tuple[str, float], ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        require(len(self.prompts) == 1, "prompts", "one", len(self.prompts))
        require(1 <= len(self.strengths) <= MOST_VECTORS, "vectors", f"1 to {MOST_VECTORS}", len(self.strengths))
        require(all(math.isfinite(s) for _, s in self.strengths), "strengths", "finite numbers", self.strengths)
        names = [emotion for emotion, _ in self.strengths]
        require(len(set(names)) == len(names), "vectors", "each emotion once", ", ".join(names))
        require(self.operation == "add" and self.span is None, "operation", "add at one layer", self.operation)


@dataclass(frozen=True)
class LiveTexts:
    """Both texts so far.

    Attributes:
        unsteered: Without steering.
        steered: With it, from the same noise.
        tokens: Decoding steps so far.
        broken: Whether the model's numbers stopped being finite.
    """

    unsteered: str
    steered: str
    tokens: int
    broken: bool


def live(
    model: LoadedModel, vectors: EmotionVectors, settings: LiveSettings, show: Callable[[LiveTexts], object]
) -> Job[LiveTexts]:
    """Writes both texts, as a job that yields after each token.

    Args:
        model: The model.
        vectors: What to steer with.
        settings: How.
        show: Gets the texts after each token, in the thread that runs the job.

    Raises:
        VectorFileError: The vectors belong to another model, or have no such emotion.
        SettingsError: The layer does not exist, or a vector there has no length.
        TextTooLongError: The prompt leaves no room for the new tokens.
    """
    require_model(vectors, model.info)
    layer = read_layer(settings, vectors, vectors.selected_layer)
    units = emotion_units(vectors, [emotion for emotion, _ in settings.strengths], (layer,))  # (emotions, 1, width)
    weights = np.array([strength for _, strength in settings.strengths], dtype=np.float32)
    added = np.einsum("e,elw->lw", weights, units)[None]
    at = Directions((layer,), added.astype(np.float32), layer_scales(settings, vectors, (layer,)))
    prompt = prompt_tokens(model, settings, 0)
    greedy = settings.decoding == "greedy"
    rows = [PlannedRow(0, 0, 0, strength, greedy=greedy) for strength in (0.0, 1.0)]
    writing = write_block(model, settings, prompt, rows, at)
    tokens = 0
    while True:
        try:
            step = next(writing)
        except StopIteration as end:
            return _texts(model, end.value, tokens)
        tokens = step.progress.done
        show(_texts(model, step.so_far(), tokens))
        yield step.progress


def _texts(model: LoadedModel, written: list[Written], tokens: int) -> LiveTexts:
    unsteered, steered = (model.decode(list(one.ids)) for one in written)
    return LiveTexts(unsteered, steered, tokens, any(one.broken for one in written))
