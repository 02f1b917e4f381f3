"""Places against chats that were tokenized by hand: token by token, in several templates and without one."""

from types import SimpleNamespace
from typing import Any

import pytest
from tiny import CHAT_TEMPLATE, tiny_tokenizer

from emotion_core.base.errors import ModelError, SettingsError, TextTooLongError
from emotion_core.models.encode import encode
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.places import OF_A_MESSAGE, Chat, chat_of, place_tokens
from emotion_core.tracing.record import read_tokens

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WITH_SYSTEM = "You are here.\n" + CHATML  # writes something that nobody said
BRACKETS = CHAT_TEMPLATE  # has no beginning of a reply at all
MESSAGE = "My cat is ill. I am afraid. What do you think?"


def model_with(template: str | None, context: int = 400) -> Any:
    tokenizer = tiny_tokenizer(template)
    return SimpleNamespace(tokenizer=tokenizer, info=SimpleNamespace(context=context, name="tiny"))


def said(chat: Chat, tokens: tuple[int, ...]) -> str:
    """The characters of some tokens."""
    return "".join(chat.text[slice(*chat.offsets[i])] for i in tokens)


@pytest.mark.parametrize("template", [CHATML, WITH_SYSTEM, BRACKETS, None])
def test_the_places_hold_what_they_are_called(template: str | None) -> None:
    model = model_with(template)
    chat = chat_of(model, MESSAGE, "I feel for you.")
    tokens = model.tokenizer(chat.text, add_special_tokens=False)["input_ids"]
    assert list(chat.encoding.ids)[-len(tokens) :] == tokens, "tokenized once, as a whole"
    assert said(chat, place_tokens(chat, "S", "What do you think?"))[-1] == "."
    assert chat.text[: chat.offsets[place_tokens(chat, "S", "What do you think?")[0]][1]].endswith("I am afraid.")
    assert said(chat, place_tokens(chat, "U"))[-1] == "?"
    assert said(chat, place_tokens(chat, "T", "user")).strip() == MESSAGE
    assert said(chat, place_tokens(chat, "R")).strip() == "I feel for you."
    assert said(chat, place_tokens(chat, "T", "assistant")).strip() == "I feel for you."
    assert said(chat, place_tokens(chat, "W", "afraid")).strip() == "afraid"
    header = place_tokens(chat, "H")
    assert len(header) == 1 and header[0] + 1 == place_tokens(chat, "R")[0]
    assert chat.offsets[header[0]][1] == chat.header


@pytest.mark.parametrize("template", [CHATML, WITH_SYSTEM, BRACKETS, None])
@pytest.mark.parametrize("place", ["H", "U", "T"])
def test_a_message_that_is_read_whole_is_read_at_the_same_tokens(template: str | None, place: Any) -> None:
    model, reading = model_with(template), OF_A_MESSAGE[place]
    if template is None and place != "H":
        with pytest.raises(ModelError, match="no chat template"):
            encode(model.tokenizer, MESSAGE, 400, chat=reading.chat, reply=reading.reply)
        return
    chat = chat_of(model, MESSAGE)
    encoding = encode(model.tokenizer, MESSAGE, 400, chat=reading.chat, reply=reading.reply)
    assert encoding.ids == chat.encoding.ids[: len(encoding)]
    assert tuple(read_tokens(encoding, reading)) == place_tokens(chat, place, "user" if place == "T" else "")


def test_the_header_is_where_the_reply_begins() -> None:
    chat = chat_of(model_with(CHATML), MESSAGE)
    assert chat.text.endswith("<|im_start|>assistant\n")
    assert place_tokens(chat, "H") == (len(chat.encoding) - 1,)
    assert not chat.encoding.content[-1], "nobody said the header"
    with pytest.raises(SettingsError):
        place_tokens(chat, "R")


def test_without_a_template_lines_are_named() -> None:
    chat = chat_of(model_with(None), MESSAGE, "He feels")
    assert chat.text == f"User: {MESSAGE}\nAssistant: He feels"
    assert said(chat, place_tokens(chat, "H")) == ":"


def test_a_word_of_the_template_is_no_word_that_was_said() -> None:
    chat = chat_of(model_with(CHATML), "A user met a user.")
    first, second = (place_tokens(chat, "W", "user", occurrence=k) for k in (0, 1))
    begin = chat.text.index("A user")
    assert chat.offsets[first[0]][0] >= begin and first < second
    with pytest.raises(SettingsError):
        place_tokens(chat, "W", "user", occurrence=2)
    with pytest.raises(SettingsError):
        place_tokens(chat, "W", "use")  # a part of a word is not the word


def test_turns_of_both_are_told_apart() -> None:
    turns = [
        Turn(role="user", content="One."),
        Turn(role="assistant", content="Two."),
        Turn(role="user", content="Three."),
    ]
    chat = chat_of(model_with(CHATML), turns)
    assert said(chat, place_tokens(chat, "T", "user")) == "One.Three."
    assert said(chat, place_tokens(chat, "T", "assistant")) == "Two."
    with pytest.raises(SettingsError):
        chat_of(model_with(CHATML), turns[:2])


def test_a_chat_that_does_not_fit_is_refused() -> None:
    with pytest.raises(TextTooLongError):
        chat_of(model_with(CHATML, context=10), MESSAGE)
