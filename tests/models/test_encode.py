"""Tokens of a text, plain and as a chat message: which of them are the text's own."""

from __future__ import annotations

import pytest
from tiny import TEXTS, tiny_model, tiny_tokenizer
from tokenizers.processors import TemplateProcessing

from emotion_core.base.errors import ModelError, TextTooLongError
from emotion_core.models.encode import encode

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }} user begins>\n{{ m.content | trim }}\n<user ends>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


def own(tokenizer, encoding) -> str:
    """The content tokens as text."""
    return tokenizer.decode([i for i, c in zip(encoding.ids, encoding.content, strict=True) if c])


@pytest.mark.parametrize("text", TEXTS)
def test_plain_text_is_all_content(text):
    encoding = encode(tiny_tokenizer(), text, 200)
    assert all(encoding.content) and own(tiny_tokenizer(), encoding) == text


def test_a_beginning_token_that_is_added_is_not_content():
    tokenizer = tiny_tokenizer()
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|end|> $A <|end|>", special_tokens=[("<|end|>", 0)]
    )
    encoding = encode(tokenizer, "He waits.", 50)
    assert encoding.content[0] is False and encoding.content[-1] is False
    assert own(tokenizer, encoding) == "He waits."


# The words of the template itself are the hard ones: the first place where they stand is not the message.
@pytest.mark.parametrize("text", [*TEXTS, "user", "begins", "use", "e", "user begins", "<user ends>", "  spaces \n"])
def test_a_chat_message_is_told_apart_from_its_template(text):
    tokenizer = tiny_tokenizer(TEMPLATE)
    encoding = encode(tokenizer, text, 300, chat=True)
    assert tokenizer.decode(encoding.ids) == f"<user user begins>\n{text.strip()}\n<user ends>"
    assert own(tokenizer, encoding).strip() == text.strip()
    before = tokenizer.decode(encoding.ids[: encoding.content.index(True)])
    assert before.strip() == "<user user begins>"


def test_a_template_that_changes_the_text_is_refused():
    shouting = tiny_tokenizer("{% for m in messages %}[{{ m.content | upper }}]{% endfor %}")
    with pytest.raises(ModelError, match=r"changes the text.*'Tea\.'"):
        encode(shouting, "Tea.", 50, chat=True)


def test_no_template_no_chat():
    with pytest.raises(ModelError, match="no chat template"):
        encode(tiny_tokenizer(None), "Tea.", 50, chat=True)


@pytest.mark.parametrize(("text", "chat"), [("", False), ("<|end|>", False), ("", True), ("   ", True)])
def test_a_text_without_content_is_refused(text, chat):
    with pytest.raises(ModelError, match="no token that could be read"):
        encode(tiny_tokenizer(), text, 50, chat=chat)


def test_the_context_is_kept_to_the_token():
    tokenizer = tiny_tokenizer()
    n = len(tokenizer(TEXTS[0])["input_ids"])
    assert len(encode(tokenizer, TEXTS[0], n)) == n
    with pytest.raises(TextTooLongError, match=rf"The lamp.*at most {n - 1} tokens.*Found: {n} tokens"):
        encode(tokenizer, TEXTS[0], n - 1)


def test_pieces_join_to_the_text():
    model = tiny_model("gpt2")
    ids = list(model.encode(TEXTS[2]).ids)
    assert "".join(model.pieces(ids)) == TEXTS[2] == model.decode(ids)
    assert model.decode([*ids, 0]) == TEXTS[2], "special tokens are left out"
    assert model.pieces([0]) == ["<|end|>"]


def test_stop_tokens_come_from_model_and_tokenizer():
    model = tiny_model("llama")
    assert model.stop_ids == {0}
    model.module.generation_config.eos_token_id = [5, 7]
    assert model.stop_ids == {0, 5, 7}
    model.module.generation_config.eos_token_id = None
    model.tokenizer.eos_token = None
    assert model.stop_ids == frozenset()
