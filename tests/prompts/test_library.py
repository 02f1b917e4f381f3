from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from emotion_core.base.errors import PromptSetError
from emotion_core.behavior.scenes import built_in_scenes
from emotion_core.prompts import library
from emotion_core.prompts.builtin import prompts_folder
from emotion_core.prompts.lexicon import find_emotion_words
from emotion_core.prompts.library import Conversation, Template, read_conversation

WORDS_171 = set((Path(__file__).parent / "words171.txt").read_text(encoding="utf-8").splitlines())
LOADERS = {
    "templates.json": (library.load_templates, 6),
    "openings.json": (library.load_openings, 6),
    "implicit.json": (library.load_implicit, 24),
    "activities.json": (library.load_activities, 64),
    "behaviors.json": (built_in_scenes, 8),
    "conversations.json": (library.load_conversations, 6),
    "system_prompts.json": (library.load_system_prompts, 8),
}
PRESENT = [name for name in LOADERS if (prompts_folder() / name).is_file()]


@pytest.mark.parametrize("name", PRESENT)
def test_the_library_loads(name: str) -> None:
    load, at_least = LOADERS[name]
    assert len(load()) >= at_least


@pytest.mark.skipif(not (prompts_folder() / "circumplex.json").is_file(), reason="not written yet")
def test_the_circumplex_has_the_171_words() -> None:
    assert set(library.load_circumplex().words) == WORDS_171


@pytest.mark.skipif("implicit.json" not in PRESENT, reason="not written yet")
def test_implicit_situations_name_no_emotion() -> None:
    assert [w for one in library.load_implicit() for w in find_emotion_words(one.text) if w.certain] == []


@pytest.mark.skipif("templates.json" not in PRESENT, reason="not written yet")
def test_templates_name_known_emotions_and_none_in_the_text() -> None:
    for template in library.load_templates():
        assert set(template.rise + template.fall) <= WORDS_171
        assert not any(word.certain for word in find_emotion_words(template.template))


def test_a_template_is_filled_in() -> None:
    template = Template(name="dose", template="{x} mg, {x}!", values=(1, 2.5, 3), rise=("afraid",))
    assert template.texts == ("1 mg, 1!", "2.5 mg, 2.5!", "3 mg, 3!")


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ([{"name": "a", "template": "no place", "values": [1, 2, 3]}], "no {x}"),
        ([{"name": "a", "template": "{x}", "values": [1, 1, 1]}], "three different"),
        ([{"name": "a", "template": "{x}", "values": [1, 2, float("nan")]}], "item 1, values, item 3"),
        ([{"name": "a", "template": "{x}", "values": [1, 2]}], "item 1, values"),
        ({"name": "a"}, "the document"),
    ],
)
def test_faulty_templates(document: object, found: str) -> None:
    with pytest.raises(PromptSetError) as caught:
        library.parse("t.json", json.dumps(document).encode(), TypeAdapter(tuple[Template, ...]))
    assert found in caught.value.found


def test_faults_of_all_items_are_told_together() -> None:
    document = [{"name": "a", "turns": []}, {"turns": [{"role": "wizard", "content": "s"}]}]
    with pytest.raises(PromptSetError) as caught:
        library.parse("../mine.json", json.dumps(document).encode(), TypeAdapter(tuple[Conversation, ...]))
    assert caught.value.where == "mine.json, item 1, turns"
    for part in ("item 1, turns", "item 2, name", "item 2, turns, item 1, role"):
        assert part in caught.value.found


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[" * 100_000, b"\xff", b"[]", b'[{"role": "wizard", "content": "a"}]', b'[{"role": "user"}]']
)
def test_bad_conversations(data: bytes) -> None:
    with pytest.raises(PromptSetError):
        read_conversation("talk.json", data)


def test_good_uploads() -> None:
    turns = read_conversation("talk.json", b'[{"role": "user", "content": "Hello"}]')
    assert (turns[0].role, turns[0].content) == ("user", "Hello")
    document = [{"name": "a", "turns": [{"role": "user", "content": "Hello"}]}]
    found = library.parse("s.json", json.dumps(document).encode(), TypeAdapter(tuple[Conversation, ...]))
    assert found == (Conversation(name="a", turns=turns),)


def test_a_missing_file_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "prompts_folder", lambda: tmp_path)
    with pytest.raises(PromptSetError, match=r"templates\.json is missing"):
        library.load_templates()
