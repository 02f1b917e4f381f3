"""Shuffles what the labels of a set could be exchanged with if they meant nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emotion_core.evaluation.gaps import FEWEST_TOPICS
from emotion_core.vectors.estimate import BoolArray, IntArray, LabelledRows, PairRows


def swaps(block: PairRows, draws: int, rng: np.random.Generator) -> BoolArray:
    """Whether the two sides of a pair change places, bool [draws, pairs].

    Pairs of one topic change places together where there are at least `FEWEST_TOPICS` topics: their differences may be
    alike, and are then no two pieces of evidence. With fewer topics there would be too few ways to shuffle.
    """
    topics, number = np.unique(np.asarray(block.groups, dtype=str), return_inverse=True)
    if len(topics) < FEWEST_TOPICS:
        number = np.arange(len(block))
    turned = rng.integers(0, 2, (draws, int(number.max(initial=-1)) + 1)).astype(np.bool_)
    result: BoolArray = turned[:, number]
    return result


def permutations(block: LabelledRows, draws: int, rng: np.random.Generator) -> IntArray:
    """Texts of each draw, emotion by emotion.

    Labels change places within a topic, so that a shuffled vector is no vector of topics. A topic with texts of one
    emotion only has nothing to exchange; such topics are shuffled together.

    Returns:
        int64 [draws, texts]: numbers of the block's texts such that the first n of a row get the first emotion, where
        n is the number of texts of that emotion, and so on: compare `starts`.
    """
    strata = _strata(block)
    home = np.argsort(strata, kind="stable")
    keys = rng.random((draws, len(block))) + strata  # a text's key stays between its stratum's number and the next
    shuffled = np.empty((draws, len(block)), dtype=np.int64)
    shuffled[:, home] = np.argsort(keys, axis=1)  # text i gets the label of text shuffled[:, i]
    labels = block.labels[shuffled]
    return np.argsort(labels, axis=1, kind="stable")


def starts(block: LabelledRows) -> IntArray:
    """Where each emotion's texts begin in a row of `permutations`, int64 [emotions + 1]."""
    sizes = np.bincount(block.labels, minlength=len(block.emotions))
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _strata(block: LabelledRows) -> npt.NDArray[np.int64]:
    labels_of: dict[str, set[int]] = {}
    for group, label in zip(block.groups, block.labels, strict=True):
        labels_of.setdefault(group, set()).add(int(label))
    number = {group: i + 1 for i, group in enumerate(g for g, labels in labels_of.items() if len(labels) > 1)}
    return np.array([number.get(group, 0) for group in block.groups], dtype=np.int64)
