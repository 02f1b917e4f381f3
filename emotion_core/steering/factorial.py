"""Two emotions at once: do they add up?

Texts are written with the first emotion alone, with the second alone, with both, and with neither, from the same noise
(a two by two factorial, Fisher 1935). The interaction is what both do beyond the sum of each alone. Large pushes
saturate for any directions, so it is compared with that of pairs of control directions, each read along itself: a pair
is one control, and its first direction stands for the first emotion.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import ActivationCache, FloatArray, ModelInfo
from emotion_core.base.ask import Ask
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.geometry.claims import holm
from emotion_core.models.loaded import LoadedModel
from emotion_core.stats.intervals import TAIL, p_words
from emotion_core.steering.crosstalk import coherent_rows, write_and_read
from emotion_core.steering.directions import (
    Directions,
    control_pushes,
    emotion_units,
    layer_scales,
    read_layer,
    read_material,
    steered_layers,
)
from emotion_core.steering.generate import Written, never, plan_directions
from emotion_core.steering.settings import WritingSettings, require
from emotion_core.steering.summary import Numbers, against_kinds, interval
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import IntArray
from emotion_core.vectors.file import require_model

ALONE = ("first", "second", "both")
LEVEL = 0.05


@dataclass(frozen=True, kw_only=True)
class FactorialSettings(WritingSettings):
    """Settings of one factorial; equal settings give equal texts. Half as many pairs of controls as `controls`.

    Attributes:
        first: The first emotion.
        second: The second one.
        strength: Of the first, in `unit`s; not 0.
        second_strength: Of the second; not 0.
    """

    first: Annotated[str, Ask("First emotion", "One of the two.", of_vectors=True)]
    second: Annotated[str, Ask("Second emotion", "The other.", of_vectors=True)]
    strength: Annotated[float, Ask("Its strength", "In the unit of strength; below 0 pushes away.", step=0.05)] = 0.1
    second_strength: Annotated[float, Ask("Strength of the second", "The same for the other.", step=0.05)] = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.first != self.second, "second", "another emotion than the first", self.second)
        for name, value in (("strength", self.strength), ("second strength", self.second_strength)):
            require(bool(np.isfinite(value) and value), name, "a finite number other than 0", value)
        require(self.operation == "add", "operation", "add: nothing else has a sum", self.operation)

    @property
    def pairs(self) -> int:
        """Pairs of controls, at most: a pair is of one kind."""
        return self.controls // 2


@dataclass(frozen=True)
class FactorialText:
    """One text.

    Attributes:
        steered: `neither`, `first`, `second`, `both`, or `pair-K` for both directions of a pair of controls.
        prompt: The prompt.
        sample: Number of the noise stream.
        text: The continuation.
    """

    steered: str
    prompt: str
    sample: int
    text: str


@dataclass(frozen=True)
class Factorial:
    """Result of a factorial.

    Attributes:
        settings: What was asked for.
        model: The model.
        layer: Read layer.
        changes: float32 [3, 2], what the first, the second and both do to the readings of the first and the second,
            in standard deviations of unsteered texts, against the unsteered text of the same noise.
        interaction: float32 [2], what both do beyond the sum of each alone, on the reading of the first and the second.
        low: float32 [2], lower end of its 95 % interval (Student's t), over prompts or texts as in a sweep
            (`summary.interval`); nan with too few.
        high: float32 [2], upper end.
        band: float32 [2, 2], for each reading between which 95 % of the interactions of control pairs fall, the first
            of a pair in the place of the first emotion, of the kind that reaches furthest; nan with too few of them.
        p_values: float32 [2], two-sided, against the kind that stands out least, corrected for both readings (Holm);
            nan with too few controls.
        control_kinds: Kind of each pair of controls.
        control_interactions: float32 [pairs, 2], on the reading of the first and of the second of the pair.
        coherent: Whether the texts of the first, the second and both keep the limits of the unsteered ones.
        texts: All reported texts of the emotions.
        readings: float32 [texts, 2], standardised.
        partial: What is missing because the job was stopped; empty where nothing is.
    """

    settings: FactorialSettings
    model: ModelInfo
    layer: int
    changes: FloatArray
    interaction: FloatArray
    low: FloatArray
    high: FloatArray
    band: FloatArray
    p_values: FloatArray
    control_kinds: tuple[str, ...]
    control_interactions: FloatArray
    coherent: tuple[bool, ...]
    texts: tuple[FactorialText, ...]
    readings: FloatArray
    partial: str = ""

    @property
    def emotions(self) -> tuple[str, str]:
        """The two emotions."""
        return self.settings.first, self.settings.second

    def evidence(self, reading: int) -> bool:
        """Whether the two do not add up on a reading: beyond control pairs, its own interval without 0, coherent."""
        apart = bool(self.low[reading] > 0 or self.high[reading] < 0)
        return apart and bool(self.p_values[reading] <= LEVEL) and all(self.coherent)

    def sentence(self, reading: int) -> str:
        """What came out on a reading, with its null."""
        one, other = self.emotions
        of, (first, second, both) = self.emotions[reading], (float(x) for x in self.changes[:, reading])
        if not np.isfinite(self.interaction[reading]):
            return f"The reading of {of}: no text of every condition could be read"
        low, high = (float(end) for end in self.band[reading])
        null = (
            f"pairs of control directions differ from theirs by {low:+.2f} to {high:+.2f}"
            if np.isfinite(low)
            else "the control directions are too few, or all alike, to compare with"
        )
        ends = (float(self.low[reading]), float(self.high[reading]))
        inside = (
            f" (95 % {ends[0]:+.2f} to {ends[1]:+.2f})" if np.isfinite(ends[0]) else " (too few texts for an interval)"
        )
        p = float(self.p_values[reading])
        tested = f" ({p_words(p, smallest=TAIL)}, corrected for both readings)" if np.isfinite(p) else ""
        return (
            f"The reading of {of}: {one} alone {first:+.2f} SD, {other} alone {second:+.2f}, both {both:+.2f} "
            f"where the sum is {first + second:+.2f}: a difference of {float(self.interaction[reading]):+.2f}{inside}; "
            f"{null}{tested}"
        )

    def to_json(self) -> dict[str, Any]:
        """The document of the command line; what cannot be had is None."""
        return {
            "model": {"name": self.model.name, "fingerprint": self.model.fingerprint},
            "layer": self.layer,
            "emotions": list(self.emotions),
            "strengths": [self.settings.strength, self.settings.second_strength],
            "unit": self.settings.unit,
            "changes": {name: [finite(one) for one in row] for name, row in zip(ALONE, self.changes, strict=True)},
            "interactions": [
                {
                    "read": emotion,
                    "interaction": finite(self.interaction[i]),
                    "low": finite(self.low[i]),
                    "high": finite(self.high[i]),
                    "null_low": finite(self.band[i, 0]),
                    "null_high": finite(self.band[i, 1]),
                    "p_value": finite(self.p_values[i]),
                    "evidence": self.evidence(i),
                }
                for i, emotion in enumerate(self.emotions)
            ],
            "control_kinds": list(self.control_kinds),
            "coherent": dict(zip(ALONE, self.coherent, strict=True)),
            "texts": [vars(one) for one in self.texts],
            "partial": self.partial or None,
        }


def factorial(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: FactorialSettings,
    stop: Callable[[], bool] = never,
    cache: ActivationCache | None = None,
) -> Job[Factorial]:
    """Writes with each of two emotions, with both, and with pairs of controls, as a job.

    Args:
        model: The model.
        vectors: Of at least two emotions.
        settings: How.
        stop: Asked after each decoding step; from then on nothing more is written, and what is there is summarised.
        cache: Activations of neutral and training texts that were read before.

    Raises:
        VectorFileError: The vectors belong to another model, or lack an emotion.
        SettingsError: The layer does not exist, or a vector there has no length.
        TextTooLongError: A prompt leaves no room for the new tokens.
        JobCancelled: It was stopped before the first token.
    """
    emotions = (settings.first, settings.second)
    require_model(vectors, model.info)
    layer = read_layer(settings, vectors, vectors.selected_layer)
    layers = steered_layers(settings, layer)
    strengths = np.array([settings.strength, settings.second_strength], np.float32)
    material = yield from read_material(model, vectors, cache)
    pushes = control_pushes(vectors, emotions, settings.controls, settings, layer, material)
    pairs = pairs_of(pushes.kinds)
    alone = np.stack([emotion_units(vectors, emotions, layers), *(pushes.values[list(pair)] for pair in pairs)])
    alone = alone * strengths[:, None, None]  # (1 + pairs, 2, layers, width)
    cells = np.concatenate([alone, alone.sum(axis=1, keepdims=True)], axis=1)
    directions = Directions(layers, cells.reshape(-1, *cells.shape[2:]), layer_scales(settings, vectors, layers))
    own = emotion_units(vectors, emotions, (layer,))[:, 0]
    along = np.concatenate([own, *(pushes.read[list(pair)] for pair in pairs)])
    found = yield from write_and_read(model, vectors, settings, directions, 1.0, layer, along, stop)
    written, readings = found.written, found.readings
    units, prompts = zip(
        *(changes_of(written, readings[:, 2 * k : 2 * k + 2], 3 * k) for k in range(1 + len(pairs))), strict=True
    )
    beyond = [interactions(one) for one in units]  # each (texts, 2)
    mean, low, high = intervals(beyond[0], prompts[0])
    others = np.array([intervals(*one)[0] for one in zip(beyond[1:], prompts[1:], strict=True)]).reshape(-1, 2)
    kinds = tuple(pushes.kinds[first] for first, _ in pairs)
    bands = [against_kinds(float("nan"), column, kinds, tail=0.025) for column in others.T]
    reported = [i for i, w in enumerate(written) if w.row.reported and w.row.direction < len(ALONE)]
    return Factorial(
        settings=settings,
        model=model.info,
        layer=layer,
        changes=np.array([intervals(units[0][:, cell], prompts[0])[0] for cell in range(len(ALONE))], np.float32),
        interaction=mean.astype(np.float32),
        low=low.astype(np.float32),
        high=high.astype(np.float32),
        band=np.array([[np.nan, np.nan] if one is None else [one.low, one.high] for one in bands], np.float32),
        p_values=holm(
            np.array([two_sided(float(one), column, kinds) for one, column in zip(mean, others.T, strict=True)])
        ).astype(np.float32),
        control_kinds=kinds,
        control_interactions=others.astype(np.float32),
        coherent=coherent_rows(written, found.surprise, len(ALONE)),
        texts=tuple(
            FactorialText(
                ("neither" if not written[i].row.strength else ALONE[written[i].row.direction]),
                settings.prompts[written[i].row.prompt],
                written[i].row.sample,
                model.decode(list(written[i].ids)),
            )
            for i in reported
        ),
        readings=readings[reported][:, :2],
        partial=found.partial,
    )


def pairs_of(kinds: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Controls by twos, each pair of one kind; one that is left over of a kind has no partner.

    Example:
        >>> pairs_of(["random", "random", "random", "neutral", "neutral"])
        ((0, 1), (3, 4))
    """
    places: dict[str, list[int]] = {}
    for i, kind in enumerate(kinds):
        places.setdefault(kind, []).append(i)
    return tuple((own[i], own[i + 1]) for own in places.values() for i in range(0, len(own) - 1, 2))


def n_factorial_texts(settings: FactorialSettings) -> int:
    """Texts of a run, at most: what its button shows."""
    return len(settings.prompts) * len(plan_directions(settings, len(ALONE) * (1 + settings.pairs), 1.0, 0))


def changes_of(written: Sequence[Written], readings: FloatArray, first: int) -> tuple[FloatArray, IntArray]:
    """Changes against the unsteered text of the same noise, for noises of which all three texts are there.

    Args:
        written: All texts.
        readings: float32 [written, 2].
        first: Number of the direction that is the first alone; the second and both follow it.

    Returns:
        float32 [texts, 3, 2], and the prompt of each, int64 [texts].
    """
    places: dict[tuple[int, int], dict[int, int]] = {}
    for i, w in enumerate(written):
        cell = -1 if not w.row.strength else w.row.direction - first
        if w.row.reported and not w.broken and -1 <= cell < len(ALONE) and np.isfinite(readings[i]).all():
            places.setdefault((w.row.prompt, w.row.sample), {})[cell] = i
    whole = {key: one for key, one in places.items() if len(one) == 1 + len(ALONE)}
    table = np.array(
        [[readings[one[cell]] - readings[one[-1]] for cell in range(len(ALONE))] for one in whole.values()]
    )
    prompts = np.array([prompt for prompt, _ in whole], np.int64)
    return table.reshape(-1, len(ALONE), 2).astype(np.float32), prompts


def interactions(changes: FloatArray) -> FloatArray:
    """What both do beyond the sum of each alone, float32 [texts, 2], from [texts, 3, 2]."""
    result: FloatArray = changes[:, 2] - changes[:, 0] - changes[:, 1]
    return result


def two_sided(effect: float, controls: npt.ArrayLike, kinds: Sequence[str]) -> float:
    """P of an effect of either sign against controls of several kinds; nan with too few of them."""
    ends = [against_kinds(sign * effect, sign * np.asarray(controls, np.float64), kinds) for sign in (1.0, -1.0)]
    known = [one.p_value for one in ends if one is not None]
    return min(1.0, 2 * min(known)) if known and np.isfinite(effect) else float("nan")


def intervals(values: FloatArray, prompts: IntArray) -> tuple[Numbers, Numbers, Numbers]:
    """Mean and ends of the 95 % interval of each column as in a sweep, float64 [columns] each; nan where unknown."""
    found = [interval(column.astype(np.float64), prompts) for column in values.T]
    known = [[np.nan if one is None else one for one in each[:3]] for each in found]
    mean, low, high = np.array(known, np.float64).reshape(-1, 3).T
    return mean, low, high
