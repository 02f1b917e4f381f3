"""The 171 emotion vectors: from the built-in prompt set, and their map against the truth table."""

from __future__ import annotations

import csv

import numpy as np

from demo_model import corpus, paths, truth
from demo_model.evaluate.figures import Figure
from demo_model.evaluate.reader import Array, Reader


def vectors_from(reader: Reader, texts: list[str], emotions: list[str], first: int = 0) -> Array:
    """Mean of each emotion's texts minus the mean over emotions: ``[171, layers, width]``, words in order."""
    activations = reader.activations(texts, first)
    labels = np.array(emotions)
    means = np.stack([activations[labels == word].mean(0) for word in truth.emotions()])
    return means - means.mean(0)


def prompt_vectors(reader: Reader) -> Array:
    """Vectors of the built-in set ``emotions-171``, training rows."""
    with (paths.PROMPTS / "emotions-171.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    return vectors_from(reader, [row["text"] for row in rows], [row["emotion"] for row in rows])


def story_vectors(reader: Reader, each: int = 15) -> Array:
    """Vectors from corpus stories about topics that were never trained on, read from the 20th token."""
    topics, texts, emotions = corpus.held_out_topics(), [], []
    taken: dict[str, int] = {}
    for row in corpus.rows("emotion-stories-171"):
        if row["topic"] in topics and taken.get(row["emotion"], 0) < each:
            taken[row["emotion"]] = taken.get(row["emotion"], 0) + 1
            texts.append(corpus.tidy(row["text"]))
            emotions.append(row["emotion"])
    return vectors_from(reader, texts, emotions, first=20)


def map_figures(vectors: Array, layer: int) -> list[Figure]:
    """Principal components of the vectors at a layer against the truth table."""
    places = np.array([(emotion.valence, emotion.arousal) for emotion in truth.emotions().values()])
    centred = vectors[:, layer] - vectors[:, layer].mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    scores = u[:, :3] * s[:3]  # (171, 3)
    valence = abs(np.corrcoef(scores[:, 0], places[:, 0])[0, 1])
    arousal = max(abs(np.corrcoef(scores[:, index], places[:, 1])[0, 1]) for index in (1, 2))
    share = s**2 / (s**2).sum()
    return [
        Figure(
            f"171 words: PC1 with valence, layer {layer}",
            f"|r| {valence:.2f} ({share[0]:.0%} of variance)",
            ">= .8",
            valence >= 0.8,
        ),
        Figure(f"171 words: PC2 or PC3 with arousal, layer {layer}", f"|r| {arousal:.2f}", ">= .5", arousal >= 0.5),
    ]
