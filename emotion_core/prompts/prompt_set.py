"""A prompt set: texts with an emotion, a topic and a split, in one of two forms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal

from emotion_core.base.errors import PromptSetError

Form = Literal["pairs", "labelled"]
Side = Literal["positive", "negative", "labelled"]
Split = Literal["train", "heldout"]
_HELD_OUT = ("heldout", "test", "testing", "val", "valid", "validation", "dev", "development", "eval", "evaluation")
SPLITS: dict[str, Split] = {"train": "train", "training": "train"}
SPLITS.update(dict.fromkeys(_HELD_OUT, "heldout"))


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
        return replace(self, name=name, texts=texts)

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


def merge(sets: Iterable[PromptSet]) -> tuple[PromptSet, ...]:
    """Joins sets of the same form into one, so that at most one set of each form remains.

    Labelled emotions are measured against each other, so all labelled texts of a build belong together.

    Raises:
        PromptSetError: An emotion comes in both forms.
    """
    by_form: dict[Form, list[PromptSet]] = {}
    for one in sets:
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
