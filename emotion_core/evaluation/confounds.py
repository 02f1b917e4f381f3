"""What else a vector lights up for: its AUROC on sets that differ in something that is not the emotion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.evaluation.auroc import auroc
from emotion_core.evaluation.auroc_interval import auroc_interval
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.tracing.activations import Activations
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.rows import PairRows, blocks_of, places
from emotion_core.vectors.select import project

# Contrasts that a fear vector, and most others, must not light up for.
CONFOUND_SETS = ("confound-arousal", "confound-threat", "confound-place", "confound-negative")


@dataclass(frozen=True)
class ConfoundScore:
    """How one vector separates the two sides of a contrast that is not its emotion.

    Attributes:
        set: Name of the confound set.
        contrast: What its positive side stands for.
        emotion: Whose vector.
        layer: The layer chosen for the emotion.
        auroc: .5 means that the vector does not see the contrast, above it lights up for it, below it turns away.
        low: Lower end of the 95 % interval.
        high: Upper end.
        n: Pairs.
    """

    set: str
    contrast: str
    emotion: str
    layer: int
    auroc: float
    low: float
    high: float
    n: int

    @property
    def lights_up(self) -> bool:
        """Whether the interval leaves out .5."""
        return self.low > 0.5 or self.high < 0.5


def confound_scores(
    vectors: EmotionVectors, sets: Sequence[PromptSet], activations: Activations
) -> tuple[ConfoundScore, ...]:
    """Scores every vector on every contrast of the sets, at the layer chosen for it; all pairs count.

    Args:
        vectors: The vectors.
        sets: Contrast pairs.
        activations: Of all their texts.
    """
    place = places(activations.texts)
    found = []
    for one in sets:
        for block in blocks_of(one.texts, place):
            if not isinstance(block, PairRows):
                continue
            for e, emotion in enumerate(vectors.emotions):
                layer = vectors.selected_layers[e]
                values = activations.values[:, [layer]]
                positive, negative = project(values, block.sides(block.emotion), vectors.values[e, [layer]])
                value = float(auroc(positive, negative)[0])
                low, high = auroc_interval(value, len(block), len(block))
                found.append(ConfoundScore(one.name, block.emotion, emotion, layer, value, low, high, len(block)))
    return tuple(found)


def confound_texts(sets: Sequence[PromptSet]) -> tuple[str, ...]:
    """All texts of confound sets, each once."""
    return tuple(dict.fromkeys(np.concatenate([[t.text for t in one.texts] for one in sets]).tolist())) if sets else ()
