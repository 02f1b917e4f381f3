"""Labelled conversations from a file: JSON or JSONL of {messages, label}."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.conversations import KEYS, kept_under, turns_of
from emotion_core.prompts.decoding import base_name
from emotion_core.prompts.faults import shorten
from emotion_core.prompts.library_items import Turn
from emotion_core.prompts.tables import json_items

MOST_CONVERSATIONS = 1000
MOST_CHARACTERS = 2_000_000
SHOWN = 10
_YES = ("1", "true", "yes", "positive", "flagged", "bad", "unsafe", "harmful")
_NO = ("0", "false", "no", "negative", "fine", "good", "safe", "harmless")


@dataclass(frozen=True)
class Labelled:
    """A conversation and whether the thing that a monitor should catch is in it.

    Attributes:
        turns: Who said what.
        label: Whether it should be caught.
        name: For tables; its number in the file where it has no name.
    """

    turns: tuple[Turn, ...]
    label: bool
    name: str


def read_labelled(filename: str, data: bytes) -> tuple[Labelled, ...]:
    """Labelled conversations of a visitor.

    Each is an object with `messages` (or `conversation`, `turns`), a list of {role, content}, and `label`: true or
    false, 1 or 0, yes or no, positive or negative.

    Raises:
        PromptSetError: The file cannot be read, an item is faulty, one of the labels is missing, or it is too large.
    """
    name = base_name(filename)
    items = json_items(name, data, KEYS)
    if len(items) > MOST_CONVERSATIONS:
        raise PromptSetError(
            "There are too many conversations",
            where=name,
            expected=f"at most {MOST_CONVERSATIONS:,}",
            found=f"{len(items):,}",
            remedy="Leave out some",
        )
    found: list[Labelled] = []
    faults: list[str] = []
    for number, item in enumerate(items, start=1):
        one = _one(number, item)
        if isinstance(one, str):
            faults.append(f"item {number}: {one}")
        else:
            found.append(one)
    if faults:
        more = len(faults) - SHOWN
        raise PromptSetError(
            "The conversations cannot be used",
            where=name,
            expected='{"messages": [{"role": "user", "content": "..."}], "label": true}',
            found="; ".join(faults[:SHOWN]) + (f"; and {more} more" if more > 0 else ""),
            remedy="Mend the named items",
        )
    _check_both(name, found)
    return tuple(found)


def _one(number: int, item: Any) -> Labelled | str:
    """The conversation, or what is wrong with it."""
    if not isinstance(item, dict):
        return "not an object"
    key = kept_under(item)
    if not key:
        return f"no {', '.join(KEYS[:-1])} or {KEYS[-1]}"
    label = _label(item.get("label"))
    if label is None:
        return f"label {shorten(item.get('label'))} is neither true nor false"
    turns, faults = turns_of(item)
    if faults:
        return faults[0]
    if not turns:
        return "no turns"
    named = item.get("name")
    return Labelled(tuple(turns), label, named[:100] if isinstance(named, str) and named.strip() else str(number))


def _label(value: object) -> bool | None:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower() if isinstance(value, int | float | str) else ""
    word = word.removesuffix(".0")
    return True if word in _YES else False if word in _NO else None


def _check_both(name: str, found: list[Labelled]) -> None:
    positive = sum(one.label for one in found)
    if positive < 2 or len(found) - positive < 2:
        raise PromptSetError(
            "A curve needs conversations of both labels",
            where=name,
            expected="at least two with label true and two with label false",
            found=f"{positive} true, {len(found) - positive} false",
            remedy="Add some of the other kind",
        )
    characters = sum(len(turn.content) for one in found for turn in one.turns)
    if characters > MOST_CHARACTERS:
        raise PromptSetError(
            "The conversations are too long together",
            where=name,
            expected=f"at most {MOST_CHARACTERS:,} characters",
            found=f"{characters:,}",
            remedy="Leave out some",
        )
