"""Conversations in the forms in which they are kept: {role, content}, OpenAI's messages, ShareGPT."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.decoding import base_name
from emotion_core.prompts.faults import shorten
from emotion_core.prompts.library_items import Role, Turn
from emotion_core.prompts.tables import json_items

# Under these keys an object keeps its turns.
_CHATS = ("dialog", "dialogue", "history", "chat", "chat_messages")
KEYS = ("messages", "conversation", "conversations", "turns", "contents", *_CHATS)
ROLES: dict[str, Role] = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human", "prompter", "tool", "function"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model", "bot", "chatgpt", "ai"), "assistant"),
}
_SPEAKER = ("role", "from", "speaker", "sender", "author")
_SAID = ("content", "value", "text", "parts", "utterance", "message")
EXAMPLE = '[{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello"}]'


def read_conversation(filename: str, data: bytes) -> tuple[Turn, ...]:
    """A visitor's conversation: a list of `{role, content}`, alone, under `messages`, or as ShareGPT writes it.

    Raises:
        PromptSetError: The file cannot be read, a turn is faulty, there is none, or there are several conversations.
    """
    name = base_name(filename)
    items = json_items(name, data, KEYS)
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
    item = {str(key).lower(): value for key, value in item.items()}
    role = str(next((item[key] for key in _SPEAKER if key in item), "")).strip()
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
    texts = [_part(one) if isinstance(one, dict) else one for one in parts]
    if not all(isinstance(one, str) for one in texts):
        bad = next(part for part, one in zip(parts, texts, strict=True) if not isinstance(one, str))
        raise ValueError(f"a content that is no text ({shorten(bad)})")
    return "\n".join(map(str, texts))


def _part(part: dict[str, Any]) -> Any:
    """The text of a part, what a tool was asked or what it answered."""
    kind = part.get("type")
    if kind == "tool_result":
        return _content(part.get("content"))
    return _call(part) if kind == "tool_use" else part.get("text")


def _call(call: Any) -> str:
    """What a call of a tool says: its name and arguments."""
    function = call.get("function", call) if isinstance(call, dict) else {}
    if not isinstance(function, dict):
        return ""
    return f"{function.get('name', '')} {function.get('arguments', function.get('input', ''))}".strip()
