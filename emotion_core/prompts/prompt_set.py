"""What is read: turns of a conversation, and sets of texts with emotion, topic and split, in one of two forms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import StringConstraints
from pydantic.dataclasses import dataclass as checked

from emotion_core.base.errors import PromptSetError, SettingsError

Form = Literal["pairs", "labelled"]
Side = Literal["positive", "negative", "labelled"]
Split = Literal["train", "heldout"]
_HELD_OUT = ("heldout", "test", "testing", "val", "valid", "validation", "dev", "development", "eval", "evaluation")
SPLITS: dict[str, Split] = {"train": "train", "training": "train"}
SPLITS.update(dict.fromkeys(_HELD_OUT, "heldout"))

Role = Literal["system", "user", "assistant"]
Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100_000)]


@checked(frozen=True)
class Turn:
    """One message of a conversation.

    Attributes:
        role: Who speaks.
        content: What is said, blanks around it removed.
    """

    role: Role
    content: Said


@dataclass(frozen=True)
class PromptText:
    """One text of a prompt set.

    Attributes:
        text: The text as the model will read it.
        emotion: The emotion it stands for; on the negative side of a pair, the emotion of the pair.
        side: `positive` or `negative` in contrast pairs, `labelled` otherwise.
        topic: What the text is about; pairs and folds are kept together by it. Empty where unknown.
        split: `train` or `heldout`.
        pair: Number of the contrast pair within the set (both sides share it), None for labelled texts.
        row: Line of the visitor's file, counted from 1 without the header, for messages.
        note: Free text of the author, not used in any computation.
    """

    text: str
    emotion: str
    side: Side
    topic: str
    split: Split
    pair: int | None
    row: int
    note: str = ""


@dataclass(frozen=True)
class PromptSet:
    """Texts of one form, in file order; the two sides of a pair follow each other, positive first.

    Attributes:
        name: The built-in name, or the file's name without its ending.
        form: `pairs` or `labelled`.
        texts: All texts, training and held out.
        seed: The seed that drew the held-out rows, None where the file named them.
        dropped: What of the file was left out or read otherwise than written, one sentence each.
        dropped_rows: Numbers of the rows that were left out because they repeat an earlier one.
    """

    name: str
    form: Form
    texts: tuple[PromptText, ...]
    seed: int | None = None
    dropped: tuple[str, ...] = field(default=(), compare=False)
    dropped_rows: tuple[int, ...] = field(default=(), compare=False)

    @cached_property
    def sha256(self) -> str:
        """Identity of the content: form and rows, whatever the file type, the name or the notes."""
        rows = [[t.emotion, t.side, t.text, t.topic, t.split] for t in self.texts]
        document = json.dumps([self.form, rows], ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(document.encode()).hexdigest()

    @cached_property
    def emotions(self) -> tuple[str, ...]:
        """The emotions in order of first appearance."""
        return tuple(dict.fromkeys(t.emotion for t in self.texts))

    def part(self, split: Split) -> tuple[PromptText, ...]:
        """The texts of one split, in order."""
        return tuple(t for t in self.texts if t.split == split)

    def of(self, emotion: str) -> tuple[PromptText, ...]:
        """The texts of one emotion, in order."""
        return tuple(t for t in self.texts if t.emotion == emotion)

    def renamed(self, name: str) -> PromptSet:
        """The set under another name; an emotion that was called after the file is called after the new one."""
        if name == self.name:
            return self
        texts = tuple(replace(t, emotion=name if t.emotion == self.name else t.emotion) for t in self.texts)
        said = tuple(
            line.replace(f"is called '{self.name}' after", f"is called '{name}' after") for line in self.dropped
        )
        return replace(self, name=name, texts=texts, dropped=said)

    def without(self, rows: Collection[int], why: str) -> PromptSet:
        """The set without some rows of its file; which and why is added to `dropped`."""
        texts = tuple(t for t in self.texts if t.row not in rows)
        return replace(self, texts=texts, dropped=(*self.dropped, left_out(sorted(rows), why)))


def left_out(rows: Sequence[int], why: str) -> str:
    """What is said of rows that are not used.

    Example:
        >>> left_out([3], "several labels"), left_out([3, 5], "several labels")
        ('Row 3 is left out: several labels', '2 rows are left out: several labels (rows 3, 5)')
    """
    if len(rows) == 1:
        return f"Row {rows[0]} is left out: {why}"
    first = ", ".join(map(str, rows[:8])) + (", ..." if len(rows) > 8 else "")
    return f"{len(rows):,} rows are left out: {why} (rows {first})"


def n_units(texts: Iterable[PromptText]) -> int:
    """Number of pairs (two sides count once) plus number of labelled texts."""
    return sum(t.side != "negative" for t in texts)


def spelled_alike(sets: Iterable[PromptSet], emotions: Iterable[str] = ()) -> tuple[PromptSet, ...]:
    """Reads `Fear` of one set and `fear` of another as the same emotion, in the spelling that comes first.

    What is read otherwise than written is added to `dropped`, as for one file.

    Args:
        sets: The sets.
        emotions: Spellings that come before those of the sets, such as those of vectors.
    """
    first: dict[str, str] = {}
    for emotion in emotions:
        first.setdefault(emotion.casefold(), emotion)
    found = []
    for one in sets:
        named = {emotion: first.get(emotion.casefold(), emotion) for emotion in one.emotions}
        changed = {old: new for old, new in named.items() if old != new}
        if changed:
            texts = tuple(replace(t, emotion=changed.get(t.emotion, t.emotion)) for t in one.texts)
            said = tuple(f"The emotion '{old}' is read as '{new}'" for old, new in changed.items())
            one = replace(one, texts=texts, dropped=(*one.dropped, *said))
        for emotion in one.emotions:
            first.setdefault(emotion.casefold(), emotion)
        found.append(one)
    return tuple(found)


def merge(sets: Iterable[PromptSet]) -> tuple[PromptSet, ...]:
    """Joins sets of the same form into one, so that at most one set of each form remains.

    Labelled emotions are measured against each other, so all labelled texts of a build belong together.

    Raises:
        PromptSetError: An emotion comes in both forms.
    """
    by_form: dict[Form, list[PromptSet]] = {}
    for one in spelled_alike(sets):
        by_form.setdefault(one.form, []).append(one)
    merged = []
    for form, members in by_form.items():
        if len(members) == 1:
            merged.append(members[0])
            continue
        texts: list[PromptText] = []
        for member in members:
            offset = 1 + max((t.pair for t in texts if t.pair is not None), default=-1)
            for t in member.texts:
                pair = None if t.pair is None else t.pair + offset
                texts.append(PromptText(t.text, t.emotion, t.side, t.topic, t.split, pair, t.row, t.note))
        name = "+".join(m.name for m in members)
        seeds = {m.seed for m in members} - {None}
        merged.append(PromptSet(name, form, tuple(texts), seeds.pop() if len(seeds) == 1 else None))
    both = set(merged[0].emotions) & set(merged[1].emotions) if len(merged) == 2 else set()
    if both:
        raise PromptSetError(
            "The same emotion comes as contrast pairs and as labelled texts",
            where=", ".join(sorted(both)),
            expected="one form an emotion",
            remedy="Rename the emotion in one of the files or build two vector files",
        )
    return tuple(merged)


# Which rows are held out where a file does not say, and folds for cross-validation, both by topic.
#
# Rows of a topic share words and places. If one of them is trained on and another tested on, a vector of the topic
# passes for a vector of the emotion; so a topic stays whole wherever that can be had.

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
    emotion, group = _codes(emotions), group_codes(topics)
    total = np.bincount(emotion)
    held = _choose_groups(emotion, group, rng)[group]
    bare = (total > MIN_TRAINING) & (np.bincount(emotion[held], minlength=len(total)) == 0)
    for rows in _members(emotion, np.flatnonzero(bare)):
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


def _members(codes: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """The rows of each wanted code, in one pass however many codes there are."""
    order = np.argsort(codes, kind="stable")
    starts, ends = (np.searchsorted(codes[order], wanted, side=side) for side in ("left", "right"))
    return [order[start:end] for start, end in zip(starts, ends, strict=True)]


def _choose_groups(
    emotion: npt.NDArray[np.int64], group: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Groups to hold out, bool [groups], from the emotion and the group of each row, both int64 [rows]."""
    total = np.bincount(emotion)
    target, most = HELD_OUT_SHARE * total, np.maximum(total - MIN_TRAINING, 0)
    n_groups = int(group.max(initial=-1)) + 1
    # What each group would take: its emotions and how many rows of each. Only these change when it is held out.
    takes = [np.unique(emotion[rows], return_counts=True) for rows in _members(group, np.arange(n_groups))]
    chosen = np.zeros(n_groups, dtype=bool)
    held = np.zeros(len(total), dtype=np.int64)

    def fits(g: int) -> bool:
        emotions, counts = takes[g]
        return not chosen[g] and bool((held[emotions] + counts <= most[emotions]).all())

    def added_cost(g: int) -> float:
        """Growth of the summed squared distance to a fifth of each emotion."""
        emotions, counts = takes[g]
        return float((counts * (2 * (held[emotions] - target[emotions]) + counts)).sum())

    def hold(g: int) -> None:
        chosen[g] = True
        held[takes[g][0]] += takes[g][1]

    order = rng.permutation(n_groups)
    for g in order:
        if fits(g) and added_cost(g) < 0:
            hold(g)
    place = np.argsort(order)
    bare = np.flatnonzero((total > MIN_TRAINING) & (held == 0))
    for e, rows in zip(bare, _members(emotion, bare), strict=True):
        able = [g for g in sorted(set(group[rows]), key=lambda g: int(place[g])) if fits(g)]
        if able and not held[e]:
            hold(min(able, key=added_cost))
    return chosen
