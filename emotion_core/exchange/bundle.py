"""Everything about vectors in one zip: numbers, figures, texts, a card, and the code that makes them again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.cache import ActivationCache
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, Progress
from emotion_core.evaluation.heldout import heldout
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.exchange.card import card, chart_files, notebook, requirements, settings_json
from emotion_core.exchange.gguf import gguf_bytes
from emotion_core.exchange.open_file import VECTORS_IN_BUNDLE, slugs
from emotion_core.exchange.tables import table_files
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.files import to_csv
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.tracing.plain_script import ESTIMATORS, SCRIPT, script_text
from emotion_core.vectors.build import NEUTRAL_SET, neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import vector_bytes

UNKNOWN_ROWS = "the training rows are unknown, so no texts are known to be held out"
_STORED = (".png", ".parquet")  # already compressed


def scored_files(
    model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache | None = None
) -> Job[dict[str, bytes]]:
    """Scores the vectors on their held-out rows and makes the files of the bundle, as a job.

    Raises:
        VectorFileError: The vectors belong to another model.
    """
    scores, reason = None, UNKNOWN_ROWS
    if vectors.prompt_sets:
        try:
            scores, reason = (yield from heldout(model, vectors, vectors.prompt_sets, cache)), ""
        except SettingsError as error:
            reason = error.message  # nothing is held out: the rest is good to have all the same
    yield Progress(0, 1, "packing the bundle")
    return bundle_files(vectors, scores, reason, fitting_neutral(model, vectors.reading), model.layers_path)


def bundle_files(
    vectors: EmotionVectors,
    scores: HeldOutScores | None,
    reason: str = "",
    neutral: PromptSet | None = None,
    layers_path: str | None = None,
) -> dict[str, bytes]:
    """The files of a bundle by their path.

    Args:
        vectors: The vectors.
        scores: Their held-out scores; None leaves tables and charts of scores out.
        reason: Why there are no scores.
        neutral: The neutral texts that fit into the model's context; None takes all of the built-in ones.
        layers_path: Where the model keeps its blocks; None leaves it to the script to find them.
    """
    dated = vectors if vectors.created else replace(vectors, created=datetime.now(UTC).isoformat(timespec="seconds"))
    files = {VECTORS_IN_BUNDLE: vector_bytes(dated)}
    for emotion, name in zip(vectors.emotions, slugs(vectors.emotions), strict=True):
        files[f"gguf/{name}.gguf"] = gguf_bytes(dated, emotion)
    if scores is not None:
        files.update(table_files(scores))
    files.update(chart_files(vectors, scores))
    names = [f"{name}.csv" for name in slugs([one.name for one in vectors.prompt_sets])]
    for one, name in zip(vectors.prompt_sets, names, strict=True):
        files[f"prompts/{name}"] = to_csv(one).encode()
    redo = (
        bool(vectors.prompt_sets)
        and vectors.estimator != "unknown"
        and vectors.removed is None
        and vectors.model.dtype != "int8"
    )
    if redo:
        files["prompts/neutral.csv"] = to_csv(neutral or load_prompts(NEUTRAL_SET)).encode()
        files["settings.json"] = settings_json(vectors, names, layers_path)
        files["requirements.txt"] = requirements(vectors)
        files[SCRIPT], files[ESTIMATORS] = script_text(SCRIPT).encode(), script_text(ESTIMATORS).encode()
        files["redo.ipynb"] = notebook()
    return {"README.md": card(dated, scores, reason, files, redo=redo).encode(), **files}


def bundle_bytes(files: Mapping[str, bytes]) -> bytes:
    """The files as one zip; the same files give the same bytes."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name)  # dated 1980, as reproducible archives are
            entry.compress_type = zipfile.ZIP_STORED if name.endswith(_STORED) else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, data)
    return stream.getvalue()


def fitting_neutral(model: LoadedModel, reading: ReadingPosition) -> PromptSet:
    """The neutral texts that the residual norms were measured on: those that fit into the model's context.

    Raises:
        ModelError: Fewer than 20 fit.
    """
    neutral = load_prompts(NEUTRAL_SET)
    fitting = set(neutral_texts(model, reading))
    return replace(neutral, texts=tuple(t for t in neutral.texts if t.text in fitting))
