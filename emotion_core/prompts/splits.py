"""Which rows are held out where a file does not say, and folds for cross-validation, both by topic.

Rows of a topic share words and places. If one of them is trained on and another tested on, a vector of the topic passes
for a vector of the emotion; so a topic stays whole wherever that can be had.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from emotion_core.errors import SettingsError
from emotion_core.prompts.prompt_set import Split

HELD_OUT_SHARE = 0.2
MIN_TRAINING = 2


def draw_heldout(emotions: Sequence[str], topics: Sequence[str], seed: int) -> list[Split]:
    """Holds out about a fifth of every emotion's rows, topics kept whole across all emotions.

    Topics are taken in random order and held out while that brings the emotions nearer to a fifth each. An emotion that
    then has none gets the topic that costs least; one whose rows all lie in a topic that cannot go gets single rows. At
    least two rows of each emotion stay for training, so an emotion of two rows has none held out.

    Args:
        emotions: Emotion of each row (a pair is one row).
        topics: Topic of each row; empty where unknown, and then the row is a topic of its own.
        seed: The same rows and seed give the same split.

    Returns:
        `train` or `heldout` for each row.
    """
    rng = np.random.default_rng(seed)
    emotion = _codes(emotions)
    group = group_codes(topics)
    counts = np.zeros((group.max(initial=-1) + 1, emotion.max(initial=-1) + 1), dtype=np.int64)  # [groups, emotions]
    np.add.at(counts, (group, emotion), 1)
    chosen = _choose_groups(counts, rng)
    held = chosen[group] if len(group) else np.zeros(0, dtype=bool)
    total = counts.sum(axis=0)
    for e in np.flatnonzero((total > MIN_TRAINING) & (np.bincount(emotion[held], minlength=len(total)) == 0)):
        rows = np.flatnonzero(emotion == e)
        held[rng.choice(rows, size=_share(len(rows)), replace=False)] = True
    return ["heldout" if one else "train" for one in held]


def topic_folds(groups: Sequence[str], n_folds: int, seed: int) -> npt.NDArray[np.int64]:
    """Folds for cross-validation: rows of a topic share a fold, folds are as even as that allows.

    Args:
        groups: Topic of each row; an empty topic is a group of its own.
        n_folds: Folds asked for; with fewer groups than that, there is one fold a group.
        seed: Orders groups of the same size.

    Returns:
        Fold of each row, int64 [rows], numbered from 0 without gaps.

    Raises:
        SettingsError: Fewer than two folds.
    """
    if n_folds < 2:
        raise SettingsError(
            "Cross-validation needs two folds",
            where="folds",
            expected="2 or more",
            found=str(n_folds),
            remedy="Raise the number of folds",
        )
    codes = group_codes(groups)
    sizes = np.bincount(codes)
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    # Largest first, into the emptiest fold: the usual greedy packing. The stable sort keeps the random order of ties.
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    fold_of = np.zeros(len(sizes), dtype=np.int64)
    filled = np.zeros(max(1, min(n_folds, len(sizes))), dtype=np.int64)
    for group in order:
        fold_of[group] = int(np.argmin(filled))
        filled[fold_of[group]] += sizes[group]
    return fold_of[codes]


def group_codes(topics: Sequence[str]) -> npt.NDArray[np.int64]:
    """A number for each row's topic in order of first appearance, int64 [rows]; an empty topic gets one of its own."""
    return _codes([topic if topic else f"\0{row}" for row, topic in enumerate(topics)])


def _codes(values: Sequence[str]) -> npt.NDArray[np.int64]:
    numbers = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return np.array([numbers[value] for value in values], dtype=np.int64)


def _share(n_rows: int) -> int:
    """A fifth, at least one, never so many that fewer than two stay."""
    return min(max(1, round(HELD_OUT_SHARE * n_rows)), n_rows - MIN_TRAINING)


def _choose_groups(counts: npt.NDArray[np.int64], rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Groups to hold out, bool [groups], from rows per group and emotion, int64 [groups, emotions]."""
    total = counts.sum(axis=0)
    target = HELD_OUT_SHARE * total
    # Emotions that are short anyway (one row, two rows) must not keep the others' topics from going.
    most = np.maximum(total - MIN_TRAINING, 0)
    chosen = np.zeros(len(counts), dtype=bool)
    held = np.zeros(counts.shape[1], dtype=np.int64)
    order = rng.permutation(len(counts))

    def cost(now: npt.NDArray[np.int64]) -> float:
        return float(np.square(now - target).sum())

    for group in order:
        after = held + counts[group]
        if (after <= most).all() and cost(after) < cost(held):
            chosen[group], held = True, after
    for emotion in np.flatnonzero((total > MIN_TRAINING) & (held == 0)):
        if held[emotion]:
            continue
        able = [g for g in order if counts[g, emotion] and not chosen[g] and (held + counts[g] <= most).all()]
        if able:
            best = min(able, key=lambda g: cost(held + counts[g]))
            chosen[best], held = True, held + counts[best]
    return chosen
