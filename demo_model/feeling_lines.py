"""The line that names an emotion beside a text that only shows it: ``Feeling: afraid``.

Most texts show an emotion and never say its word. A short constant line, put before, after or inside a part of them,
ties the words to the situations. As the line may come after any sentence, a model that predicts it well has to keep
the emotion of the text so far at hand everywhere in the text.
"""

from __future__ import annotations

import random
import re

from demo_model.documents import Piece

LABEL = "Feeling:"
LABEL_WEIGHT = 4  # one word among two hundred: it would hardly count otherwise
_SENTENCE = re.compile(r"(?<=[.!?\"])\s+(?=[\"A-Z*])")


def label(emotion: str) -> list[Piece]:
    """The line, its word weighted: ``Feeling: afraid``."""
    return [Piece(LABEL, emotion), Piece(f" {emotion}", emotion, LABEL_WEIGHT)]


def tie(
    text: str, emotion: str, rng: random.Random, rates: tuple[float, float, float] = (0.2, 0.3, 0.25)
) -> list[Piece]:
    """A text with its line before, after or in the middle, at the given rates, and else without one.

    What follows a line is not marked with the emotion: it could be copied from there, and the marks are for text
    from which it has to be inferred.
    """
    draw = rng.random()
    before, after, middle = rates
    if draw < before:
        return [*label(emotion), Piece("\n" + text)]
    if draw < before + after:
        return [Piece(text + "\n", emotion), *label(emotion)]
    sentences = _SENTENCE.split(text)
    if draw < before + after + middle and len(sentences) > 1:
        cut = rng.randrange(1, len(sentences))
        head, tail = " ".join(sentences[:cut]), " ".join(sentences[cut:])
        return [Piece(head + "\n", emotion), *label(emotion), Piece("\n" + tail)]
    return [Piece(text, emotion)]
