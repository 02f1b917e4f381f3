"""Conversations in the forms in which they are kept: {role, content}, OpenAI's messages, ShareGPT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.decoding import base_name, decode, unpack
from emotion_core.prompts.faults import raise_faults, shorten
from emotion_core.prompts.library_items import Role, Turn
from emotion_core.prompts.tables import json_document

# Under these keys an object keeps its turns.
KEYS = ("messages", "conversation", "conversations", "turns", "dialog", "dialogue", "contents")
ROLES: dict[str, Role] = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human", "prompter", "tool", "function"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model", "bot", "chatgpt", "ai"), "assistant"),
}
_SAID = ("content", "value", "text", "parts")
EXAMPLE = '[{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello"}]'


def read_conversation(filename: str, data: bytes) -> tuple[Turn, ...]:
    """A visitor's conversation: a list of `{role, content}`, alone, under `messages`, or as ShareGPT writes it.

    Raises:
        PromptSetError: The file cannot be read, a turn is faulty, there is none, or there are several conversations.
    """
    name = base_name(filename)
    items = json_items(name, data)
    talks = [one for one in items if isinstance(one, dict) and kept_under(one)]
    if len(talks) > 1:
        raise PromptSetError(
            "The file holds several conversations",
            where=name,
            expected="one conversation, such as " + EXAMPLE,
            found=f"{len(talks)}: " + ", ".join(shorten(one.get("name", i + 1)) for i, one in enumerate(talks[:8])),
            remedy="Keep one of them in the file",
        )
    turns, faults = turns_of(talks[0] if talks else items)
    if faults or not turns:
        raise PromptSetError(
            "The conversation cannot be read" if faults else "The conversation has no turns",
            where=name,
            expected=EXAMPLE,
            found="; ".join(faults[:10]) or "an empty list",
            remedy="Mend the named turns" if faults else "Add at least one turn",
        )
    return tuple(turns)


def json_items(name: str, data: bytes) -> list[Any]:
    """The items of a JSON list, of one line each, or the one document that there is.

    Raises:
        PromptSetError: It is no JSON.
    """
    document, faults = json_document(name, decode(name, unpack(name, data)))
    raise_faults(name, faults)
    return [one for one in document if one is not None] if isinstance(document, list) else [document]


def kept_under(item: dict[str, Any]) -> str:
    """The key under which an object keeps its turns; empty where it keeps none."""
    return next((key for key in KEYS if isinstance(item.get(key), list)), "")


def turns_of(talk: Sequence[Any] | dict[str, Any]) -> tuple[list[Turn], list[str]]:
    """The turns of a list or of an object that keeps one, and what is wrong with those that are none."""
    turns, faults = [], []
    items = list(talk[kept_under(talk)] if isinstance(talk, dict) else talk)
    if isinstance(talk, dict) and isinstance(talk.get("system"), str):
        items.insert(0, {"role": "system", "content": talk["system"]})
    for number, item in enumerate(items, start=1):
        try:
            turns.append(_turn(item))
        except (ValueError, ValidationError) as error:
            faults.append(f"turn {number}: {error}")
    return turns, faults


def _turn(item: Any) -> Turn:
    if not isinstance(item, dict):
        raise ValueError(f"not an object ({shorten(item)})")
    role = str(item.get("role", item.get("from", item.get("speaker", "")))).strip()
    if role.lower() not in ROLES:
        known = "system, user, assistant (also developer, human, gpt, model, tool)"
        raise ValueError(f"the role {shorten(role)!r} is none of {known}" if role else "no role")
    content = _content(next((item[key] for key in _SAID if key in item), None))
    content = content or "\n".join(_call(one) for one in item.get("tool_calls") or [])
    if not content.strip():
        raise ValueError("no content")
    try:
        return Turn(ROLES[role.lower()], content)
    except ValidationError as error:
        raise ValueError(f"the content cannot be used: {error.errors()[0]['msg']}") from error


def _content(value: Any) -> str:
    """A text, or the texts of its parts."""
    parts = value if isinstance(value, list) else [] if value is None else [value]
    texts = [one.get("text") if isinstance(one, dict) else one for one in parts]
    if not all(isinstance(one, str) for one in texts):
        bad = next(part for part, one in zip(parts, texts, strict=True) if not isinstance(one, str))
        raise ValueError(f"a content that is no text ({shorten(bad)})")
    return "\n".join(map(str, texts))


def _call(call: Any) -> str:
    """What a call of a tool says: its name and arguments."""
    function = call.get("function", call) if isinstance(call, dict) else {}
    return f"{function.get('name', '')} {function.get('arguments', '')}".strip() if isinstance(function, dict) else ""
