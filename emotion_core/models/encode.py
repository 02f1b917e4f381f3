"""Texts to tokens: which of them are content, what the chat template adds, and what is too long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from emotion_core.base.errors import ModelError, TextTooLongError

# Stands for a message in a chat template, and in no template itself.
_MARK = "qzwxvkjq"


@dataclass(frozen=True)
class Encoding:
    """A text as the model gets it.

    Attributes:
        ids: Token ids, special tokens and chat template included.
        content: For every token, whether it belongs to the text itself.
    """

    ids: tuple[int, ...]
    content: tuple[bool, ...]

    def __len__(self) -> int:
        return len(self.ids)


def encode(tokenizer: Any, text: str, context: int, *, chat: bool = False) -> Encoding:
    """Tokenizes one text.

    Args:
        tokenizer: A transformers tokenizer.
        text: The text.
        context: Most tokens the model can take.
        chat: Wrap the text as a user message in the chat template.

    Raises:
        ModelError: The text gives no content token, or there is no chat template.
        TextTooLongError: More tokens than the context; the message names both counts.
    """
    encoding = _chat(tokenizer, text) if chat else _plain(tokenizer, text)
    if not any(encoding.content):
        raise ModelError("The text has no token that could be read", where=_shorten(text), remedy="Write a longer text")
    if len(encoding) > context:
        raise TextTooLongError(
            "The text is longer than the model's context",
            where=_shorten(text),
            expected=f"at most {context} tokens",
            found=f"{len(encoding)} tokens",
            remedy="Shorten it or choose a model with a longer context",
        )
    return encoding


def _plain(tokenizer: Any, text: str) -> Encoding:
    ids = tuple(tokenizer(text, truncation=False, verbose=False)["input_ids"])
    special = set(tokenizer.all_special_ids)
    # An unknown piece stands for a part of the text, though tokenizers count it among the special tokens.
    special.discard(tokenizer.unk_token_id if tokenizer.unk_token_id != tokenizer.eos_token_id else None)
    return Encoding(ids, tuple(i not in special for i in ids))


def _chat(tokenizer: Any, text: str) -> Encoding:
    if not tokenizer.chat_template:
        raise ModelError(
            "The model has no chat template", remedy="Read the text plain or choose a model trained for conversations"
        )
    rendered = _rendered(tokenizer, text)
    # Where the template puts the message: a short text, such as "user", may also be a part of the template itself.
    expected = max(0, _rendered(tokenizer, _MARK).find(_MARK))
    begin = rendered.find(text.strip(), expected)
    if begin < 0:
        raise ModelError("The chat template changes the text, so its tokens cannot be told apart", where=_shorten(text))
    end = begin + len(text.strip())
    coded = tokenizer(rendered, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    content = tuple(a < end and b > begin and b > a for a, b in coded["offset_mapping"])
    return Encoding(tuple(coded["input_ids"]), content)


def _rendered(tokenizer: Any, text: str) -> str:
    return str(tokenizer.apply_chat_template([{"role": "user", "content": text}], tokenize=False))


def _shorten(text: str) -> str:
    return repr(text[:57] + "..." if len(text) > 60 else text)
