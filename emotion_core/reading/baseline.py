"""What neutral texts read on every direction: the zero point, the unit, and the directions that stand for chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray, ReadingPosition
from emotion_core.base.cache import ActivationCache
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.evaluation.controls import KINDS, Controls, Kind, draw_controls
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.reading.neutral_form import Form, neutral_dialogues, neutral_documents
from emotion_core.reading.scale import PositionScale, Scale, position_scale, scale_of
from emotion_core.tracing.record import read_tokens
from emotion_core.tracing.tokens import project_layers
from emotion_core.vectors.build import NEUTRAL_SET, neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.rows import IntArray

# Controls of each kind. Every token is read on all of them, so there are fewer than `controls_needed` gives a large
# set: of 171 emotions a single one cannot pass the correction for all, nine together can.
CONTROLS_EACH = 400
# At several layers at once only the band of random directions is drawn.
RANDOM_DIRECTIONS = 200


@dataclass(frozen=True)
class Baseline:
    """Directions with what neutral texts read on them.

    Attributes:
        emotions: The first directions; the rest are controls.
        layers: Layers, ascending.
        directions: float32 [layers, emotions + controls, width], unit length.
        tokens: Scale of single tokens by their position in the text, see `PositionScale`.
        texts: Scale of whole texts, pooled at `place`.
        n_texts: Number of neutral texts.
        form: Form of the neutral texts that `tokens` comes from.
        selected: The layer chosen at the build for all emotions together.
        place: Where whole texts are read; by default where the vectors' own training texts were.
        kinds: Kind of each control, see `evaluation.controls`.
    """

    emotions: tuple[str, ...]
    layers: tuple[int, ...]
    directions: FloatArray
    tokens: PositionScale
    texts: Scale
    n_texts: int
    form: Form
    selected: int
    place: ReadingPosition
    kinds: tuple[Kind, ...]

    @property
    def chosen(self) -> int:
        """The layer that stands for all: the one chosen at the build where it was read, else the first."""
        return self.selected if self.selected in self.layers else self.layers[0]

    @property
    def by_layer(self) -> dict[int, FloatArray]:
        """The directions as `project_layers` takes them."""
        return dict(zip(self.layers, self.directions, strict=True))

    @property
    def controls(self) -> dict[Kind, IntArray]:
        """Columns of the controls among the directions, by kind."""
        found = {kind: np.flatnonzero([k == kind for k in self.kinds]) + len(self.emotions) for kind in KINDS}
        return {kind: columns for kind, columns in found.items() if len(columns)}

    @property
    def columns(self) -> list[dict[Kind, IntArray]]:
        """For each emotion the columns of its controls, as `reading.chance` takes them."""
        return [self.controls] * len(self.emotions)


def read_baseline(
    model: LoadedModel,
    vectors: EmotionVectors,
    layers: Sequence[int] | None = None,
    seed: int = 0,
    form: Form = "text",
    *,
    cache: ActivationCache | None = None,
    kinds: Sequence[Kind] = KINDS,
    each: int | None = None,
    place: ReadingPosition | None = None,
) -> Job[Baseline]:
    """Reads the built-in neutral texts on all emotions and on control directions, as a job.

    The zero point comes from the training registers of the neutral set: the others are kept for measuring how often a
    monitor fires on neutral text.

    Args:
        model: The model the vectors belong to.
        vectors: The emotions.
        layers: Layers to read; by default the one chosen for all emotions together.
        seed: Of the controls.
        form: Whether single tokens are compared with plain neutral texts or with neutral conversations.
        cache: Activations read before, for the controls that are built from training texts.
        kinds: Kinds of controls that are wanted; at several layers there are random directions only.
        each: Controls of each kind; `CONTROLS_EACH` by default.
        place: Where whole texts are read instead of where the vectors' training texts were.

    Raises:
        SettingsError: There is no such layer, or too few neutral texts.
        ModelError: The chat template refuses the neutral conversations.
    """
    chosen = check_layers(vectors, layers)
    several = len(chosen) > 1
    count = (RANDOM_DIRECTIONS if several else CONTROLS_EACH) if each is None else each
    wanted: Sequence[Kind] = ("random",) if several else kinds
    controls = yield from draw_controls(model, vectors, chosen, count=count, seed=seed, cache=cache, kinds=wanted)
    drawn, names = _pooled(controls, count)
    own = vectors.units[:, list(chosen)]  # (emotions, layers, width)
    directions = np.concatenate([own, drawn]).transpose(1, 0, 2).astype(np.float32)  # (layers, directions, width)
    at = place or vectors.reading
    training = {one.text for one in load_prompts(NEUTRAL_SET).part("train")}
    texts = [text for text in neutral_texts(model, at) if text in training]
    encodings = [model.encode(text, chat=at.chat, reply=at.reply) for text in texts]
    if form == "text":
        longer = neutral_documents(model, texts, seed)
    else:
        longer = [one.encoding for one in neutral_dialogues(model, texts, seed)]
    by_layer = dict(zip(chosen, directions, strict=True))
    found = yield from project_layers(model, [*encodings, *longer], by_layer)
    short = found[: len(encodings)]
    pooled = np.stack([p[read_tokens(e, at)].mean(0) for p, e in zip(short, encodings, strict=True)])
    return Baseline(
        emotions=vectors.emotions,
        layers=chosen,
        directions=directions,
        tokens=position_scale(found)
        if form == "text"
        else position_scale(found[len(encodings) :], [one.content for one in longer]),
        texts=scale_of(pooled),
        n_texts=len(encodings),
        form=form,
        selected=vectors.selected_layer,
        place=at,
        kinds=names,
    )


def _pooled(controls: Controls, count: int) -> tuple[FloatArray, tuple[Kind, ...]]:
    """At most `count` controls of a kind, float32 [controls, layers, width], and their kinds.

    Contrasts have shuffled vectors of their own each. Here they stand for all emotions together, evenly thinned: with
    a few hundred for each of many contrasts every token would be read on thousands.
    """
    kept: list[int] = []
    for kind in KINDS:
        places = [i for i, k in enumerate(controls.kinds) if k == kind]
        kept += [places[i] for i in np.linspace(0, len(places) - 1, min(count, len(places))).astype(int)]
    return controls.units[kept], tuple(controls.kinds[i] for i in kept)


def check_layers(vectors: EmotionVectors, layers: Sequence[int] | None) -> tuple[int, ...]:
    """The layers to read, ascending; by default the one chosen for all emotions together.

    Raises:
        SettingsError: There is no such layer.
    """
    chosen = tuple(sorted(set([vectors.selected_layer] if layers is None else layers)))
    if not chosen or chosen[0] < 0 or chosen[-1] >= vectors.n_layers:
        found = ", ".join(str(layer) for layer in chosen) or "none"
        raise SettingsError("There is no such layer", expected=f"0 to {vectors.n_layers - 1}", found=found)
    return chosen
