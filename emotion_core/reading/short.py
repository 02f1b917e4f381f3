"""Texts that end before the first token that is to be read."""

from __future__ import annotations

from collections.abc import Sequence

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import Job, Progress
from emotion_core.models.loaded import LoadedModel

_SHORT = 60


def short_texts(model: LoadedModel, texts: Sequence[str], reading: ReadingPosition) -> Job[tuple[str, ...]]:
    """Texts whose slice of tokens is empty, so that they are read at their last content token instead, as a job.

    Args:
        model: Whose tokenizer counts.
        texts: The texts; one that is longer than the context is no short one.
        reading: The reading position; without a first token no slice is empty.
    """
    if reading.pooling != "mean" or not reading.start:
        return ()
    unique = list(dict.fromkeys(texts))
    yield Progress(0, len(unique), "counting tokens")
    fitting = [text for text in unique if model.fits(text, chat=reading.chat)]
    return tuple(text for text in fitting if sum(model.encode(text, chat=reading.chat).content) <= reading.start)


def short_sentence(short: Sequence[str], reading: ReadingPosition) -> str:
    """What is said about them."""
    first = short[0][:_SHORT] + ("..." if len(short[0]) > _SHORT else "")
    who, ends, are = ("1 text", "ends", "is") if len(short) == 1 else (f"{len(short)} texts", "end", "are")
    return (
        f"{who} {ends} before token {reading.start}, where reading begins, and {are} read at the last token instead; "
        f'the first: "{first}"'
    )
