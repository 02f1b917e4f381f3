"""Texts to put before scenarios: the held-out texts of the prompt sets that the vectors come from."""

from __future__ import annotations

import numpy as np

from emotion_core.vectors.emotion_vectors import EmotionVectors

MOST_LEADS = 60


def lead_texts(vectors: EmotionVectors, most: int = MOST_LEADS, seed: int = 0) -> tuple[str, ...]:
    """Held-out texts, shuffled, at most `most`; empty where the vectors' prompt sets are not known.

    Held-out ones, so that no vector was built from a text that it is read after.
    """
    texts = [text.text for one in vectors.prompt_sets for text in one.texts if text.split == "heldout"]
    unique = list(dict.fromkeys(texts))
    order = np.random.default_rng([seed, 0x1E]).permutation(len(unique))
    return tuple(unique[i] for i in order[:most])
