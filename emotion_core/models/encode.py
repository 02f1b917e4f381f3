"""Texts to tokens: which of them are content, what the chat template adds, and what is too long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from emotion_core.base.errors import ModelError, TextTooLongError
from emotion_core.models.template import MARK, header, rendered


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


def encode(tokenizer: Any, text: str, context: int, *, chat: bool = False, reply: bool = False) -> Encoding:
    """Tokenizes one text.

    Args:
        tokenizer: A transformers tokenizer.
        text: The text.
        context: Most tokens the model can take.
        chat: Wrap the text as a user message in the chat template.
        reply: Go on to where the answer to that message begins; with `chat`. A model without a template gets lines
            (`User: ...`, `Assistant:`) then.

    Raises:
        ModelError: The text gives no content token, or there is no chat template.
        TextTooLongError: More tokens than the context; the message names both counts.
    """
    encoding = _chat(tokenizer, text, reply) if chat else _plain(tokenizer, text)
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


def _chat(tokenizer: Any, text: str, reply: bool) -> Encoding:
    message, mark = ([{"role": "user", "content": content}] for content in (text, MARK))
    whole = header(tokenizer, message) if reply else rendered(tokenizer, message)
    # Where the template puts the message: a short text, such as "user", may also be a part of the template itself.
    expected = max(0, (header if reply else rendered)(tokenizer, mark).find(MARK))
    begin = whole.find(text.strip(), expected)
    if begin < 0:
        raise ModelError(
            "The chat template changes the text, so its tokens cannot be told apart",
            where=_shorten(text),
            remedy="Read texts without the chat template, or choose another model",
        )
    end = begin + len(text.strip())
    lines = not tokenizer.chat_template  # of a model without a template
    coded = tokenizer(whole, add_special_tokens=lines, return_offsets_mapping=True, verbose=False, truncation=False)
    ids, offsets = tuple(coded["input_ids"]), tuple(coded["offset_mapping"])
    if lines and len(ids) > 1 and ids[-1] == tokenizer.eos_token_id and offsets[-1][0] == offsets[-1][1]:
        ids, offsets = ids[:-1], offsets[:-1]  # an end of text that the tokenizer adds is not said
    return Encoding(ids, tuple(a < end and b > begin and b > a for a, b in offsets))


def _shorten(text: str) -> str:
    return repr(text[:57] + "..." if len(text) > 60 else text)


# What a decoder gives for bytes that are no whole character.
_PART = "\ufffd"
# A character has at most four bytes; a token may end one character and begin the next.
_MOST = 6


def spelled(decode: Callable[[Sequence[int]], str], ids: Sequence[int]) -> list[str]:
    """The text of each token of a sequence.

    A tokenizer that works on bytes spells a rare character, such as an emoji or a letter of another script, with
    several tokens, none of which can be read alone. The character then stands at the last of them, where the model has
    all of it, and the others are empty.

    Args:
        decode: Token ids to text, as they are.
        ids: Consecutive tokens of a text; a part of a character that is never finished stays a replacement character.

    Returns:
        As many texts as tokens; joined they give the text again where the tokenizer allows it.
    """
    texts = [decode([i]) for i in ids]
    start = 0
    while start < len(texts):
        end = _end_of_character(decode, ids, start) if _PART in texts[start] else None
        if end is None:
            start += 1
            continue
        texts[start:end] = [""] * (end - start - 1) + [decode(ids[start:end])]
        start = end
    return texts


def _end_of_character(decode: Callable[[Sequence[int]], str], ids: Sequence[int], start: int) -> int | None:
    """One past the token with which the characters begun at `start` are whole, None where they never are."""
    for end in range(start + 2, min(start + _MOST, len(ids)) + 1):
        if _PART not in decode(ids[start:end]):
            return end
    return None
