"""What a reading will cost, said on its button: rough, from the characters that pass through the model."""

from __future__ import annotations

from emotion_core.base.activations import ModelInfo
from emotion_core.prompts.library import load_implicit
from emotion_core.runs.cost import read_seconds
from emotion_core.runs.limits import strings_in
from emotion_core.runs.reading_request import ReadingRequest

_CHARACTERS_A_TOKEN = 4
# Some 200 neutral texts and eight thousand tokens of longer ones, for the zero point; known after the first reading.
_NEUTRAL_TOKENS = 13_000
_WINDOWS = 1.3  # the windows of a long text overlap


def reading_seconds(info: ModelInfo, request: ReadingRequest) -> float:
    """Rough seconds of a reading whose zero point is not known yet."""
    tokens = _NEUTRAL_TOKENS + _WINDOWS * characters(request) / _CHARACTERS_A_TOKEN
    written = 0 if request.writing is None else request.writing.tokens
    return read_seconds(info, int(tokens), written)


def characters(request: ReadingRequest) -> int:
    """Characters that the model reads, as often as it reads them."""
    if request.what == "dose":
        return len(request.text) * len(request.values)
    if request.what == "situations":
        return sum(len(one.text) for one in load_implicit())
    if request.what == "attempts":
        run = request.attempts()
        return sum(len(turn.content) for told in (False, True) for turn in run.turns(encouraged=told))
    said = sum(len(text) for text in strings_in(request.conversations))
    if request.what == "priors":
        return said * len(request.priors) + len(request.conversations) * sum(len(one.text) for one in request.priors)
    if request.what == "labelled":
        return sum(len(text) for text in strings_in(request.labelled))
    return len(request.text) + sum(len(turn.content) for turn in request.turns)
