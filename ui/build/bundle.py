"""The button that takes everything about a vector set along in one zip, made at the click."""

from __future__ import annotations

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import Job
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.exchange.bundle import bundle_bytes, bundle_files, fitting_neutral
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.downloads import download
from ui.services import ask


def bundle_button(
    vectors: EmotionVectors, scores: HeldOutScores | None, reason: str, owner: ModelOwner, *, name: str, key: str
) -> None:
    """One download: safetensors, GGUF, tables, charts, prompts, a card, and the code that redoes them."""
    download(
        "Everything (.zip)",
        lambda: bundle(vectors, scores, reason, owner),
        f"{name}-bundle.zip",
        "application/zip",
        key=f"bundle-{key}",
    )


def bundle(vectors: EmotionVectors, scores: HeldOutScores | None, reason: str, owner: ModelOwner) -> bytes:
    """The zip; the model is asked which neutral texts fit, where it is the one that the vectors belong to.

    Raises:
        ModelError: The model is too busy to answer.
    """
    if owner.info.fingerprint != vectors.model.fingerprint:
        return bundle_bytes(bundle_files(vectors, scores, reason))
    neutral = ask(owner, _neutral(owner.model, vectors.reading))
    return bundle_bytes(bundle_files(vectors, scores, reason, neutral, owner.model.layers_path))


def _neutral(model: LoadedModel, reading: ReadingPosition) -> Job[PromptSet]:
    """As a job, because only the owner's thread may use the tokenizer."""
    yield from ()
    return fitting_neutral(model, reading)
