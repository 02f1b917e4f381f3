"""Two clean sets, one of each form, and a way to spoil a copy of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from emotion_core.prompts.prompt_set import PromptSet, PromptText

SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "ai", "ou")]


def invented(emotions: list[str], n_topics: int, n_words: int = 14, seed: int = 0) -> PromptSet:
    """Labelled texts of made-up words that have nothing to do with their emotion; a fifth of the topics held out."""
    rng = np.random.default_rng(seed)
    vocabulary = ["".join(rng.choice(SYLLABLES, 3)) for _ in range(2000)]
    texts = []
    for emotion in emotions:
        for topic in range(n_topics):
            words = rng.choice(vocabulary, n_words + int(rng.integers(-2, 3)))
            split = "heldout" if topic % 5 == 4 else "train"
            text = " ".join(words) + "."
            texts.append(PromptText(text, emotion, "labelled", f"topic {topic}", split, None, len(texts) + 1))
    return PromptSet("invented", "labelled", tuple(texts))


def changed(prompt_set: PromptSet, where: Callable[[PromptText], bool], **fields: object) -> PromptSet:
    """A copy in which some fields of some texts are others; a callable gets the text."""

    def change(text: PromptText) -> PromptText:
        if not where(text):
            return text
        return replace(text, **{k: v(text) if callable(v) else v for k, v in fields.items()})

    return replace(prompt_set, texts=tuple(change(text) for text in prompt_set.texts))
