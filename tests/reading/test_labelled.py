"""Labelled conversations of a visitor: every spelling of a label, and faults named by item."""

from __future__ import annotations

import json

import pytest

from emotion_core.base.errors import PromptSetError
from emotion_core.reading.monitor import read_labelled

TURNS = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "<b>مرحبا</b> 🙂"}]


def items(*labels: object, key: str = "messages") -> list[dict[str, object]]:
    """Conversations with these labels."""
    return [{key: TURNS, "label": label} for label in labels]


@pytest.mark.parametrize("key", ["messages", "conversation", "turns"])
def test_labels_in_many_spellings(key: str) -> None:
    data = items(True, 1, "Yes", "positive", 1.0, False, 0, "no", "negative", "0", key=key)
    found = read_labelled("set.json", json.dumps(data).encode())
    assert [one.label for one in found] == [True] * 5 + [False] * 5
    assert found[0].turns[1].content == TURNS[1]["content"] and found[3].name == "4"


def test_labels_of_guards_under_a_key() -> None:
    rows = items("unsafe", "safe", "harmful", "harmless")
    found = read_labelled("a.json", json.dumps({"data": rows}).encode())
    assert [one.label for one in found] == [True, False, True, False]


def test_one_object_a_line() -> None:
    lines = "\r\n".join(json.dumps(one, ensure_ascii=False) for one in items(1, 1, 0, 0))
    assert len(read_labelled("set.jsonl", b"\xef\xbb\xbf" + lines.encode() + b"\n\n")) == 4


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "is empty"),
        (b"{}", "no messages"),
        (b"[1, 2]", "item 1: not an object"),
        (json.dumps([{"label": 1}]).encode(), "no messages"),
        (json.dumps(items("maybe", 1, 0, 0)).encode(), "item 1: label"),
        (json.dumps(items(None, 1, 0, 0)).encode(), "neither true nor false"),
        (json.dumps([{"messages": [], "label": 1}]).encode(), "no turns"),
        (json.dumps([{"messages": [{"role": "robot", "content": "x"}], "label": 1}]).encode(), "role"),
        (json.dumps([{"messages": [{"role": "user", "content": "  "}], "label": 1}]).encode(), "content"),
        (json.dumps(items(1, 1, 1)).encode(), "3 true, 0 false"),
        (b"[" * 100_000, "JSON"),
    ],
)
def test_faults_are_said_in_words(data: bytes, says: str) -> None:
    with pytest.raises(PromptSetError) as caught:
        read_labelled("set.json", data)
    assert says in str(caught.value)
