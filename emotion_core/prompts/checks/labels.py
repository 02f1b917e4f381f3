"""The comparisons that checks make: positive against negative texts, or one emotion's texts against all others'."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from emotion_core.prompts.prompt_set import PromptSet, PromptText

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


class Contrast(NamedTuple):
    """Texts of a set and which of them are the label's own.

    Attributes:
        label: What the text is for, in words: `positive` or an emotion.
        texts: All texts compared.
        own: bool [texts], true for the label's own.
    """

    label: str
    texts: tuple[PromptText, ...]
    own: npt.NDArray[np.bool_]


def contrasts(prompt_set: PromptSet) -> Iterator[Contrast]:
    """One contrast an emotion: positive against negative texts in pairs, its own against all others' where labelled."""
    if prompt_set.form == "labelled":
        if len(prompt_set.emotions) < 2:
            return
        emotions = np.array([text.emotion for text in prompt_set.texts])
        for emotion in prompt_set.emotions:
            yield Contrast(emotion, prompt_set.texts, emotions == emotion)
        return
    for emotion in prompt_set.emotions:
        texts = prompt_set.of(emotion)
        yield Contrast(emotion, texts, np.array([text.side == "positive" for text in texts]))


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    return _WORD.findall(text.lower())
