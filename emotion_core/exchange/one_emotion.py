"""The vectors of a single emotion: what a file format that holds one direction a layer can take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.vectors.emotion_vectors import EmotionVectors


def only(vectors: EmotionVectors, emotions: Sequence[str], *, keep_rows: bool = True) -> EmotionVectors:
    """The vectors of some emotions, with the prompt rows that they came from.

    A labelled set stays whole, because the other emotions' texts are what its emotions are compared with.

    Args:
        vectors: The vectors.
        emotions: Which of them, in the order wanted.
        keep_rows: False drops the prompt sets; the training rows are then unknown.

    Raises:
        VectorFileError: There is no vector for one of the emotions.
    """
    index = [vectors.index(emotion) for emotion in emotions]
    chosen = tuple(vectors.selected_layers[i] for i in index)
    return replace(
        vectors,
        emotions=tuple(emotions),
        values=vectors.values[index],
        selected_layers=chosen,
        selected_layer=chosen[0] if len(chosen) == 1 else vectors.selected_layer,
        cv_auroc=vectors.cv_auroc[index],
        train_midpoints=vectors.train_midpoints[index],
        prompt_sets=_rows_of(vectors.prompt_sets, emotions) if keep_rows else (),
    )


def _rows_of(sets: Sequence[PromptSet], emotions: Sequence[str]) -> tuple[PromptSet, ...]:
    kept = []
    for one in sets:
        texts = one.texts if one.form == "labelled" else tuple(t for t in one.texts if t.emotion in emotions)
        if any(t.emotion in emotions for t in texts):
            kept.append(replace(one, texts=texts))
    return tuple(kept)
