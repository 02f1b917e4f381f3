"""Runs that read: by token, turn, dose, situation, attempt and system prompt; monitors."""

from __future__ import annotations

from emotion_core.experiments.experiment import Experiment, Size
from emotion_core.models.dialogue import Said
from emotion_core.prompts.library import load_conversations
from emotion_core.reading.attempts_library import load_attempts
from emotion_core.runs.limits import strings_in
from emotion_core.runs.reading_request import ReadingRequest, check
from emotion_core.runs.readings import Reading, label_of, read
from emotion_core.vectors.emotion_vectors import EmotionVectors

LONGEST_TEXT = 2000  # characters of a typed text that are kept with the settings


def _keeps(request: ReadingRequest) -> bool:
    """Whether nothing of it was uploaded, and no text is long."""
    talks = {tuple(Said(turn.role, turn.content) for turn in one.turns) for one in load_conversations()}
    own = [one for one in (request.turns, *request.conversations) if one and one not in talks]
    runs = [one.model_copy(update={"note": ""}) for one in load_attempts()]
    uploaded = request.run and request.attempts().model_copy(update={"note": ""}) not in runs
    return not (own or uploaded or request.labelled or len(request.text) > LONGEST_TEXT)


def _size(request: ReadingRequest, vectors: EmotionVectors) -> Size:
    return Size(texts=tuple(strings_in(request)))


READING: Experiment[ReadingRequest, Reading] = Experiment(
    kind="reading",
    asks=ReadingRequest,
    gives=Reading,
    job=lambda bench, request: read(bench.model, bench.vectors, request, bench.cache),
    label=lambda request, vectors: label_of(request),
    size=_size,
    check=lambda request, vectors: check(vectors, request),
    keeps=_keeps,
)
