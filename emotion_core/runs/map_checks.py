"""What the map needs a model for, as one run: stability, other ways of making it, tokens and texts of every emotion."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.errors import ModelError, SettingsError
from emotion_core.geometry.example_texts import ExampleTexts, candidates, rank
from emotion_core.geometry.stability import Stability, stability
from emotion_core.geometry.variants import Variant, variant, without_largest
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.limits import require_texts
from emotion_core.runs.progress import Job, Progress
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.tracing.activations import RECORDER_VERSION, Activations, FloatArray
from emotion_core.tracing.logit_lens import extremes, logit_lens
from emotion_core.tracing.record import record
from emotion_core.vectors.build import NEUTRAL_SET, neutral_texts, training_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import estimate
from emotion_core.vectors.neutral import neutral_components, project_out
from emotion_core.vectors.rows import Block, blocks_of, places

KIND = "map-checks"
TOKENS = 8
_METHOD = 2  # raise it when checks are computed in another way
_FILE = "map-checks.safetensors"


@dataclass(frozen=True)
class LensTokens:
    """Tokens that each direction promotes and suppresses by the logit lens.

    Attributes:
        promoted: int32 [layers, emotions, tokens], counting into `pieces`, strongest first.
        suppressed: int32 like `promoted`.
        z_promoted: float32 like `promoted`, in standard deviations over the vocabulary.
        z_suppressed: float32 like `promoted`.
        pieces: The tokens as a person reads them.
    """

    promoted: npt.NDArray[np.int32]
    suppressed: npt.NDArray[np.int32]
    z_promoted: FloatArray
    z_suppressed: FloatArray
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class MapChecks:
    """What a finished run found. A part that cannot be had is None, and `reasons` says why.

    Attributes:
        emotions: The emotions of all parts.
        stability: Under other training texts.
        variants: The map as built first, then made in other ways; empty for vectors without known texts.
        examples: Texts at the two ends of every direction.
        lens: Tokens of every direction.
        reasons: Why a part is missing, by its name.
    """

    emotions: tuple[str, ...]
    stability: Stability | None
    variants: tuple[Variant, ...]
    examples: ExampleTexts | None
    lens: LensTokens | None
    reasons: dict[str, str]


def checks_key(vectors: EmotionVectors, clusters: int) -> str:
    """What the result depends on."""
    sets = [one.sha256 for one in (*vectors.prompt_sets, load_prompts(NEUTRAL_SET))]
    digest = vectors_digest(vectors)
    built = [vectors.estimator, vectors.neutral_projection, vectors.seed]
    return content_key(KIND, _METHOD, schema(MapChecks), RECORDER_VERSION, digest, built, sets, clusters)


def find_checks(store: RunStore, vectors: EmotionVectors, clusters: int) -> str | None:
    """Run id of the finished checks of a map, where there are some."""
    found = store.find(KIND, checks_key(vectors, clusters))
    return None if found is None else found.id


def start_checks(
    registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, clusters: int, cache: ActivationCache
) -> str:
    """Starts the checks, or finds the run with the same content, and returns its run id.

    Raises:
        LimitError: The vectors were built from more texts than the limits of the registry allow.
    """
    key = checks_key(vectors, clusters)
    found = registry.existing(KIND, key, share=True)
    if found is not None:
        return found
    require_texts(registry.limits, vectors.prompt_sets)
    info = owner.model.info
    described = {"label": "checks of the map", "model": info.name, "fingerprint": info.fingerprint}
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    job = check_map(owner.model, vectors, clusters, cache)
    return registry.start(run_id, job, lambda result: {_FILE: to_bytes(result)}, owner.submit)


def load_checks(store: RunStore, run_id: str) -> MapChecks:
    """Finished checks from their file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(MapChecks, store.read(run_id, _FILE))


def check_map(
    model: LoadedModel, vectors: EmotionVectors, clusters: int, cache: ActivationCache | None = None
) -> Job[MapChecks]:
    """All parts, as one job.

    Args:
        model: That the vectors belong to.
        vectors: At least three emotions.
        clusters: Groups of k-means.
        cache: Activations read before.
    """
    reasons: dict[str, str] = {}
    neutral = yield from record(model, neutral_texts(model, vectors.reading), vectors.reading, cache)
    labelled = candidates(vectors.prompt_sets, neutral.texts)
    shown = yield from record(model, [text for text, _ in labelled], vectors.reading, cache)
    examples = rank(shown.values, labelled, vectors.units)
    lens: LensTokens | None = None
    try:
        lens = yield from _lens(model, vectors)
    except ModelError as error:
        reasons["lens"] = error.message
    found: Stability | None = None
    variants: tuple[Variant, ...] = ()
    if vectors.prompt_sets:
        trained = yield from record(model, training_texts(vectors.prompt_sets), vectors.reading, cache)
        variants = yield from _variants(vectors, trained, neutral)
        try:
            found = yield from _stability(vectors, trained, neutral, clusters)
        except SettingsError as error:
            reasons["stability"] = error.message
    else:
        reasons["stability"] = "These vectors were imported: the texts they were built from are not known."
    return MapChecks(vectors.emotions, found, variants, examples, lens, reasons)


def _stability(vectors: EmotionVectors, trained: Activations, neutral: Activations, clusters: int) -> Job[Stability]:
    values = trained.values
    if vectors.neutral_projection:
        values = project_out(values, neutral_components(neutral.values))
    return (yield from stability(values, _blocks(vectors, trained), vectors.estimator, clusters, vectors.seed))


def _variants(vectors: EmotionVectors, trained: Activations, neutral: Activations) -> Job[tuple[Variant, ...]]:
    """As built, with the other choice of neutral projection, and without the largest dimension."""
    values, name = trained.values, "without neutral projection"
    if not vectors.neutral_projection:
        values, name = project_out(values, neutral_components(neutral.values)), "with neutral projection"
    blocks = _blocks(vectors, trained)
    other = np.concatenate([estimate(values, block, vectors.estimator) for block in blocks])
    made = (
        ("as built", vectors.values),
        (name, other),
        ("without the largest dimension", without_largest(vectors.values)),
    )
    found = []
    for done, (label, one) in enumerate(made):
        yield Progress(done, len(made), "making the map in other ways")
        found.append(variant(label, one, vectors.values, vectors.emotions, vectors.seed))
    return tuple(found)


def _blocks(vectors: EmotionVectors, trained: Activations) -> tuple[Block, ...]:
    texts = [t for one in vectors.prompt_sets for t in one.part("train")]
    return blocks_of(texts, places(trained.texts))


def _lens(model: LoadedModel, vectors: EmotionVectors) -> Job[LensTokens]:
    tables: list[list[np.ndarray]] = []
    for layer in range(vectors.n_layers):
        yield Progress(layer, vectors.n_layers, "finding the tokens of each direction")
        logits = logit_lens(model, vectors.units[:, layer])
        high, low = extremes(logits, TOKENS)
        tables.append([high, low, np.take_along_axis(logits, high, 1), np.take_along_axis(logits, low, 1)])
    promoted, suppressed, z_high, z_low = (np.stack(part) for part in zip(*tables, strict=True))
    used, index = np.unique(np.concatenate([promoted.ravel(), suppressed.ravel()]), return_inverse=True)
    ids = index.astype(np.int32).reshape(2, *promoted.shape)
    pieces = tuple(model.pieces([int(i)])[0] for i in used)  # single tokens, no sequence
    return LensTokens(ids[0], ids[1], z_high.astype(np.float32), z_low.astype(np.float32), pieces)
