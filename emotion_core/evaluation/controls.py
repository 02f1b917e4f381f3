"""Directions that mean nothing, for every view that says evidence: what is done to an emotion is done to them as well.

Four kinds, because each answers another objection. *Random* directions are uniform on the sphere: does any push or any
projection do the same? *Neutral* ones vary as neutral texts do: does any direction that the model uses do the same?
*Shuffled* ones are built from the training texts with labels that mean nothing: does any difference between these
texts do the same? *Rotated* ones are the emotions' own vectors under a random rotation of the space that they span
together: does any mix of these emotions do the same? A view asks for all kinds that apply, and an effect counts where
it leaves every one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import ActivationCache, Activations, FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.evaluation.nulls import permutations, starts, swaps
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.record import record
from emotion_core.vectors.build import Training, neutral_texts, project_out, projections, training
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import Block, IntArray, LabelledRows, PairRows, estimate

Array = npt.NDArray[np.float64]
Kind = Literal["random", "neutral", "shuffled", "rotated"]
KINDS: tuple[Kind, ...] = ("random", "neutral", "shuffled", "rotated")
KIND_WORDS: dict[Kind, str] = {
    "random": "random directions",
    "neutral": "random mixes of neutral texts",
    "shuffled": "vectors from shuffled labels",
    "rotated": "random mixes of these emotions",
}
# With fewer dimensions a rotated vector lies too near to the emotion itself to be a control.
LEAST_SPAN = 6
_FEWEST, _MOST = 400, 4000


@dataclass(frozen=True)
class Controls:
    """Control directions at some layers.

    Attributes:
        layers: Layers, as asked for.
        kinds: Kind of each control.
        of: Emotions that a control is a control for, as a contrast's own shuffled vectors; empty where for all.
        units: float32 [controls, layers, width], length 1.
    """

    layers: tuple[int, ...]
    kinds: tuple[Kind, ...]
    of: tuple[tuple[str, ...], ...]
    units: FloatArray

    def places(self, emotion: str) -> dict[Kind, IntArray]:
        """Places of the controls of an emotion, by kind; kinds that do not apply are left out."""
        found: dict[Kind, IntArray] = {}
        for kind in KINDS:
            index = [i for i, k in enumerate(self.kinds) if k == kind and (not self.of[i] or emotion in self.of[i])]
            if index:
                found[kind] = np.array(index, dtype=np.int64)
        return found


def controls_needed(emotions: int) -> int:
    """Controls of a kind with which one emotion among many can pass the correction for all of them.

    The smallest p-value is 1 / (controls + 1); corrected for E emotions it has to lie well below .05, so 100 E, and
    never above 4,000, with which one of 171 still can (171 / 4,001 = .043).
    """
    return min(_MOST, max(_FEWEST, 100 * emotions))


def draw_controls(
    model: LoadedModel,
    vectors: EmotionVectors,
    layers: Sequence[int],
    *,
    count: int | None = None,
    seed: int = 0,
    cache: ActivationCache | None = None,
    kinds: Sequence[Kind] = KINDS,
) -> Job[Controls]:
    """All kinds of controls that apply to a vector set, as a job that reads training and neutral texts.

    Random directions always apply; neutral ones where neutral texts have been read; shuffled ones where the training
    texts are known; rotated ones where the emotions span `LEAST_SPAN` dimensions. What was projected out of the vectors
    is projected out of all of them.

    Args:
        model: The model of the vectors.
        vectors: The vectors.
        layers: Layers.
        count: Controls of each kind; by default what the number of emotions needs.
        seed: Draws them.
        cache: Activations read before.
        kinds: Kinds that are wanted.

    Raises:
        ModelError: A text cannot be read.
    """
    neutral = None
    if "neutral" in kinds or vectors.neutral_projection:
        neutral = yield from record(model, neutral_texts(model, vectors.reading), vectors.reading, cache)
    material = None
    if "shuffled" in kinds and vectors.prompt_sets:
        material = yield from training(model, vectors, cache)
    n = controls_needed(len(vectors.emotions)) if count is None else count
    return controls_of(vectors, layers, neutral, material, n, seed=seed, kinds=kinds)


def controls_of(
    vectors: EmotionVectors,
    layers: Sequence[int],
    neutral: Activations | None,
    material: Training | None,
    n: int,
    *,
    seed: int = 0,
    kinds: Sequence[Kind] = KINDS,
) -> Controls:
    """All kinds of controls that apply, from texts that were read before; array operations only.

    Args:
        vectors: The vectors.
        layers: Layers.
        neutral: Activations of the neutral texts; None where none fit into the model's context.
        material: Training material of the vectors; None where it is not known.
        n: Controls of each kind.
        seed: Draws them.
        kinds: Kinds that are wanted.
    """
    rng = np.random.default_rng([seed, 0xC0])
    width, at = vectors.values.shape[-1], list(layers)
    drawn: list[tuple[Kind, tuple[str, ...], FloatArray]] = []
    if "random" in kinds:
        drawn.append(("random", (), np.repeat(random_units(width, n, rng)[:, None], len(at), axis=1)))
    if "neutral" in kinds and neutral is not None:
        drawn.append(("neutral", (), neutral_units(neutral.values[:, at], n, rng)))
    out = [tuple(step[layer] for layer in at) for step in projections(vectors, neutral)]
    drawn = [(kind, of, _unit(_without(units, out))) for kind, of, units in drawn]
    if "rotated" in kinds and span(vectors.units[:, at]) >= LEAST_SPAN:
        sets = rotated_sets(vectors.units[:, at], -(-n // len(vectors.emotions)), rng)
        drawn.append(("rotated", (), sets.reshape(-1, *sets.shape[2:])[:n]))
    if material is not None and "shuffled" in kinds:
        for block in material.blocks:
            shared = tuple(emotion for emotion in block.emotions if emotion in vectors.emotions)
            if shared:
                drawn.append(("shuffled", shared, shuffled_units(material, block, at, n, rng)))
    drawn.sort(key=lambda part: KINDS.index(part[0]))
    return Controls(
        tuple(layers),
        tuple(kind for kind, _, units in drawn for _ in range(len(units))),
        tuple(of for _, of, units in drawn for _ in range(len(units))),
        np.concatenate([units for _, _, units in drawn]).astype(np.float32),
    )


def random_units(width: int, count: int, rng: np.random.Generator) -> FloatArray:
    """Directions uniform on the sphere, float32 [count, width]."""
    return _unit(rng.standard_normal((count, width)))


def neutral_units(neutral: FloatArray, count: int, rng: np.random.Generator) -> FloatArray:
    """Directions with the covariance of neutral texts: normal mixes of them around their mean.

    Args:
        neutral: float32 [texts, layers, width].
        count: How many.
        rng: Draws the weights, the same at all layers.

    Returns:
        float32 [count, layers, width]; zero at a layer that is not finite.
    """
    centred = np.nan_to_num(neutral - neutral.mean(axis=0, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    weights = rng.standard_normal((count, len(neutral)))
    return _unit(np.einsum("cn,nlw->clw", weights, centred, optimize=True))


def rotated_sets(units: FloatArray, draws: int, rng: np.random.Generator) -> FloatArray:
    """All vectors together under random rotations of the space that they span: their angles stay.

    Args:
        units: float32 [emotions, layers, width].
        draws: How many rotations.
        rng: Draws them.

    Returns:
        float32 [draws, emotions, layers, width].
    """
    turned = np.zeros((draws, *units.shape), dtype=np.float32)
    for layer in range(units.shape[1]):
        coordinates, basis = _span(units[:, layer])  # (emotions, dimensions), (dimensions, width)
        for draw in range(draws):
            q, r = np.linalg.qr(rng.standard_normal((len(basis), len(basis))))
            turned[draw, :, layer] = coordinates @ (q * np.sign(np.diag(r))) @ basis  # signs make q uniform (Mezzadri)
    return turned


def shuffled_units(
    material: Training,
    block: Block,
    layers: Sequence[int],
    count: int,
    rng: np.random.Generator,
    emotion: str | None = None,
) -> FloatArray:
    """Vectors from shuffled training labels, built as the real ones were, float32 [count, layers, width].

    A draw of labelled texts gives a vector for every emotion; one of them is taken.

    Args:
        material: The training material of the vectors.
        block: Training rows whose labels are shuffled.
        layers: Layers to build at.
        count: How many.
        rng: Draws them.
        emotion: Whose vector is taken; by default each emotion's in turn.

    Returns:
        float32 [count, layers, width]; zero where a shuffled vector has no length.
    """
    values = np.ascontiguousarray(material.values[:, list(layers)])
    taken = range(len(block.emotions)) if emotion is None else [block.emotions.index(emotion)]
    vectors = [
        estimate(values, shuffled, material.vectors.estimator)[taken[draw % len(taken)]]
        for draw, shuffled in enumerate(relabelled(block, count, rng))
    ]
    return _unit(np.stack(vectors) if vectors else values[:0])


def relabelled(block: Block, draws: int, rng: np.random.Generator) -> list[Block]:
    """The block with shuffled labels, `draws` times: sides change places in pairs, labels within topics."""
    if isinstance(block, PairRows):
        return [
            PairRows(
                block.emotion,
                np.where(turned, block.negative, block.positive),
                np.where(turned, block.positive, block.negative),
                block.groups,
            )
            for turned in swaps(block, draws, rng)
        ]
    sizes = np.diff(starts(block))
    labels = np.repeat(np.arange(len(block.emotions)), sizes)
    blocks: list[Block] = []
    for order in permutations(block, draws, rng):
        groups = tuple(block.groups[int(i)] for i in order)
        blocks.append(LabelledRows(block.emotions, block.rows[order], labels, groups))
    return blocks


def rank_p(observed: npt.ArrayLike, null: npt.ArrayLike, side: Literal["greater", "two-sided"] = "greater") -> Array:
    """Share of controls that do as much, the observed effect counted among them: (k + 1) / (n + 1), never 0.

    Args:
        observed: float [...], effects of the emotion.
        null: float [controls, ...], the same of the controls.
        side: `two-sided` compares sizes.

    Returns:
        float64 [...]; nan where the effect or a control is not a number, and without controls.
    """
    effect, chance = np.asarray(observed, np.float64), np.asarray(null, np.float64)
    if not len(chance):
        return np.full(effect.shape, np.nan)
    if side == "two-sided":
        effect, chance = np.abs(effect), np.abs(chance)
    with np.errstate(invalid="ignore"):
        reached = (chance >= effect - 1e-9 * np.maximum(1, np.abs(effect))).sum(axis=0)
    broken = np.isnan(effect) | np.isnan(chance).any(axis=0)
    return np.where(broken, np.nan, (1 + reached) / (1 + len(chance)))


def hardest(p_values: Mapping[Kind, float]) -> tuple[Kind, float]:
    """The kind of control that an effect stands out least from, and its p-value: the one that the verdict goes by.

    Raises:
        SettingsError: There is no control.
    """
    if not p_values:
        raise SettingsError("There are no control directions to compare with")
    kind = max(p_values, key=lambda k: (np.isnan(p_values[k]), p_values[k]))
    return kind, p_values[kind]


def span(units: FloatArray) -> int:
    """Dimensions that the vectors [emotions, layers, width] span, the fewest of all layers."""
    return min((len(_span(units[:, layer])[1]) for layer in range(units.shape[1])), default=0)


def _span(rows: FloatArray) -> tuple[Array, Array]:
    """Coordinates [emotions, dimensions] and an orthonormal basis [dimensions, width] of the space they span."""
    if not np.isfinite(rows).all():
        return np.zeros((len(rows), 0)), np.zeros((0, rows.shape[1]))
    left, sizes, basis = np.linalg.svd(rows.astype(np.float64), full_matrices=False)
    kept = sizes > 1e-6 * max(float(sizes[0]), 1e-30)
    return (left * sizes)[:, kept], basis[kept]


def _without(units: FloatArray, steps: Sequence[tuple[FloatArray, ...]]) -> FloatArray:
    for components in steps:
        units = project_out(units, components)
    return units


def _unit(rows: npt.NDArray[np.floating]) -> FloatArray:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    units: FloatArray = np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0).astype(np.float32)
    return units
