"""What else a vector lights up for: its AUROC on sets that differ in something that is not the emotion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emotion_core.evaluation.auroc import auroc
from emotion_core.evaluation.auroc_interval import auroc_interval
from emotion_core.evaluation.bootstrap import FEWEST
from emotion_core.evaluation.selection import trained_texts
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.prompts.builtin import builtin_names, load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.progress import Job
from emotion_core.tracing.activations import Activations
from emotion_core.tracing.record import record
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
        own: Whether the vectors were built from texts of this set, or the contrast is the emotion itself; then it
            explains nothing and has no say in the verdict.
    """

    set: str
    contrast: str
    emotion: str
    layer: int
    auroc: float
    low: float
    high: float
    n: int
    own: bool = False

    @property
    def lights_up(self) -> bool:
        """Whether the whole interval lies above .5."""
        return self.low > 0.5

    @property
    def turns_away(self) -> bool:
        """Whether the whole interval lies below .5: the direction points away from what the set stands for."""
        return self.high < 0.5

    def to_json(self) -> dict[str, Any]:
        """For the command line; nothing in it is nan."""
        return {k: finite(v) if isinstance(v, float) else v for k, v in asdict(self).items()}


def score_confounds(
    model: LoadedModel,
    vectors: EmotionVectors,
    cache: ActivationCache | None = None,
    sets: Sequence[PromptSet] | None = None,
) -> Job[tuple[ConfoundScore, ...]]:
    """Reads confound sets and scores every vector on them, as a job.

    Args:
        model: The model of the vectors.
        vectors: The vectors.
        cache: Activations read before.
        sets: Contrast pairs; by default the built-in confound sets.

    Raises:
        ModelError: A text cannot be read.
    """
    chosen = built_in_confounds() if sets is None else tuple(sets)
    texts = [text for text in confound_texts(chosen) if model.fits(text, chat=vectors.reading.chat)]
    activations = yield from record(model, texts, vectors.reading, cache)
    return confound_scores(vectors, chosen, activations)


def built_in_confounds() -> tuple[PromptSet, ...]:
    """The built-in confound sets, as far as they are there."""
    present = builtin_names(present_only=True)
    return tuple(load_prompts(name) for name in CONFOUND_SETS if name in present)


def confound_scores(
    vectors: EmotionVectors, sets: Sequence[PromptSet], activations: Activations
) -> tuple[ConfoundScore, ...]:
    """Scores every vector on every contrast of the sets, at the layer chosen for it.

    All pairs count but those with a text without activations, or with one that the vectors were built from, which is
    on its side by construction.

    Args:
        vectors: The vectors.
        sets: Contrast pairs.
        activations: Of their texts.
    """
    place, trained = places(activations.texts), trained_texts(vectors)
    found = []
    for one in sets:
        own = any(t.text in trained for t in one.texts)
        broken = {t.pair for t in one.texts if t.text not in place or t.text in trained}
        for block in blocks_of([t for t in one.texts if t.pair not in broken], place):
            if not isinstance(block, PairRows):
                continue
            for e, emotion in enumerate(vectors.emotions):
                layer = vectors.selected_layers[e]
                values = activations.values[:, [layer]]
                positive, negative = project(values, block.sides(block.emotion), vectors.values[e, [layer]])
                value = float(auroc(positive, negative)[0])
                low, high = auroc_interval(value, len(block), len(block))
                same = own or block.emotion.casefold() == emotion.casefold()
                found.append(ConfoundScore(one.name, block.emotion, emotion, layer, value, low, high, len(block), same))
    return tuple(found)


def strongest(scores: Sequence[ConfoundScore], emotion: str) -> tuple[str, float]:
    """Name and AUROC of the confound that the emotion's direction separates best; an empty name without one.

    Sets the vectors were built from do not count, nor sets of fewer pairs than `FEWEST`: one pair alone has an AUROC
    of 0 or 1.
    """
    counted = [
        one for one in scores if one.emotion == emotion and not one.own and one.n >= FEWEST and np.isfinite(one.auroc)
    ]
    if not counted:
        return "", float("nan")
    best = max(counted, key=lambda one: one.auroc)
    return best.contrast, best.auroc


def confound_texts(sets: Sequence[PromptSet]) -> tuple[str, ...]:
    """All texts of confound sets, each once."""
    return tuple(dict.fromkeys(np.concatenate([[t.text for t in one.texts] for one in sets]).tolist())) if sets else ()
