"""Orthogonalise against: what is left of an emotion's direction without those of confounds or other emotions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotion_core.base.activations import ActivationCache, FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.evaluation.confounds import confound_texts
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.tracing.record import record
from emotion_core.vectors.build import orthogonal_to, training_texts, with_midpoints
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import blocks_of, estimate, places


def orthogonalise(
    model: LoadedModel,
    vectors: EmotionVectors,
    *,
    emotions: Sequence[str] = (),
    sets: Sequence[PromptSet] = (),
    cache: ActivationCache | None = None,
) -> Job[EmotionVectors]:
    """Projects the vectors of other emotions and of confound sets out at every layer, as a job.

    Of a confound set the difference in means of all its texts is taken, one for each contrast in it. A confound set
    that served to make the direction is no test of it any more: it cannot see what was taken out.

    Args:
        model: The model of the vectors.
        vectors: The vectors.
        emotions: Emotions of the vectors whose own vectors are projected out; the result is without them.
        sets: Confound sets whose vectors are projected out.
        cache: Activations read before.

    Raises:
        SettingsError: There is nothing to project out, or nothing is left of an emotion.
        VectorFileError: The vectors have no such emotion.
        ModelError: A text cannot be read.
    """
    directions = [vectors.values[vectors.index(emotion)] for emotion in emotions]
    names = list(emotions)
    activations = yield from record(model, confound_texts(sets), vectors.reading, cache)
    place = places(activations.texts)
    for one in sets:
        for block in blocks_of(one.texts, place):
            if any(not len(side) for emotion in block.emotions for side in block.sides(emotion)):
                raise SettingsError("A contrast has texts on one side only", where=one.name)
            directions += list(estimate(activations.values, block, "difference"))
            names += block.emotions
    stacked: FloatArray = np.stack(directions) if directions else np.zeros((0, *vectors.values.shape[1:]), np.float32)
    left = orthogonal_to(vectors, stacked, names)
    train = yield from record(model, training_texts(left.prompt_sets), left.reading, cache)
    return with_midpoints(left, train)
