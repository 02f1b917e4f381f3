"""Conversations as others keep them: the same turns from every form, and faults in words that lead on."""

from __future__ import annotations

import json

import pytest

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.library import EXAMPLE, read_conversation

SAID = ["The landlord changed the lock.", "That is not allowed.", "Everything is inside."]


def talk(roles: tuple[str, str], role: str = "role", content: str = "content") -> list[dict[str, object]]:
    return [{role: roles[i % 2], content: text} for i, text in enumerate(SAID)]


PLAIN = talk(("user", "assistant"))
PARTS = [{**turn, "content": [{"type": "text", "text": turn["content"]}]} for turn in PLAIN]
FORMS = {
    "list.json": json.dumps(PLAIN),
    "openai.json": json.dumps({"model": "m", "messages": PLAIN}),
    "openai.jsonl": json.dumps({"messages": PLAIN}) + "\n",
    "lines.jsonl": "\n".join(json.dumps(turn) for turn in PLAIN),
    "sharegpt.json": json.dumps([{"id": "x", "conversations": talk(("human", "gpt"), "from", "value")}]),
    "gemini.json": json.dumps(talk(("user", "model"))),
    "caps.json": json.dumps(talk(("User", "Assistant"), "Role", "Content")),
    "export.json": json.dumps({"name": "x", "chat_messages": talk(("human", "assistant"), "sender", "text")}),
    "several keys.json": json.dumps({"history": talk(("user", "bot"), "author", "message"), "tags": []}),
    "parts.json": json.dumps(PARTS),
    "contents.json": json.dumps({"contents": [{"role": t["role"], "parts": [{"text": t["content"]}]} for t in PLAIN]}),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_gives_the_same_turns(name: str) -> None:
    turns = read_conversation(name, FORMS[name].encode())
    assert [(turn.role, turn.content) for turn in turns] == list(zip(["user", "assistant", "user"], SAID, strict=True))


def test_a_system_prompt_beside_the_messages_is_the_first_turn() -> None:
    turns = read_conversation("claude.json", json.dumps({"system": "Be brief.", "messages": PLAIN}).encode())
    assert [turn.role for turn in turns] == ["system", "user", "assistant", "user"]


def test_developers_and_tools_have_their_place() -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "find", "arguments": "{}"}}]}
    items = [
        {"role": "developer", "content": "Be brief."},
        PLAIN[0],
        call,
        {"role": "tool", "content": "555"},
        PLAIN[1],
    ]
    turns = read_conversation("agent.json", json.dumps(items).encode())
    assert [turn.role for turn in turns] == ["system", "user", "assistant", "user", "assistant"]
    assert turns[2].content == "find {}"
    used = {"role": "assistant", "content": [{"type": "tool_use", "name": "find", "input": {"what": "lock"}}]}
    told = {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": "555"}]}]}
    turns = read_conversation("claude.json", json.dumps([PLAIN[0], used, told]).encode())
    assert [turn.content for turn in turns[1:]] == ["find {'what': 'lock'}", "555"]


FAULTS = [
    ([{"speaker": "Amy", "text": "Hello."}], "turn 1: the role 'Amy' is none of system, user, assistant"),
    ([{"role": "user", "content": [{"type": "image"}]}], "turn 1: a content that is no text"),
    ([{"content": "Hello."}], "turn 1: no role"),
    (["Hello."], "turn 1: not an object (Hello.)"),
    ([{"name": "a", "messages": PLAIN}, {"name": "b", "messages": PLAIN}], "2: a, b"),
]


@pytest.mark.parametrize(("document", "found"), FAULTS)
def test_faults_are_told_without_words_of_the_program(document: object, found: str) -> None:
    with pytest.raises(PromptSetError) as caught:
        read_conversation("talk.json", json.dumps(document).encode())
    assert found in caught.value.found
    assert EXAMPLE in caught.value.expected


def test_the_example_in_the_message_is_accepted() -> None:
    assert [turn.role for turn in read_conversation("talk.json", EXAMPLE.encode())] == ["user", "assistant"]
