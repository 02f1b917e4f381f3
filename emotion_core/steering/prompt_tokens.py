"""Tokens that a generated text continues from."""

from __future__ import annotations

from emotion_core.base.errors import TextTooLongError
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.writing import WritingSettings


def prompt_ids(model: LoadedModel, prompt: str, settings: WritingSettings) -> tuple[int, ...]:
    """Tokens of a sweep's prompt.

    Raises:
        TextTooLongError: It leaves no room for the new tokens.
    """
    ids = generation_ids(model, prompt, chat=settings.chat)
    if len(ids) + settings.max_new_tokens > model.info.context:
        raise TextTooLongError(
            "The prompt leaves no room for the new tokens",
            where=repr(prompt[:60]),
            expected=f"at most {model.info.context} tokens with the new ones",
            found=f"{len(ids)} + {settings.max_new_tokens} tokens",
            remedy="Shorten the prompt or ask for fewer new tokens",
        )
    return ids


def generation_ids(model: LoadedModel, prompt: str, *, chat: bool) -> tuple[int, ...]:
    """Tokens that a text is continued from: without an end-of-text token that the tokenizer may add."""
    if chat:
        messages = [{"role": "user", "content": prompt}]
        model.encode(prompt, chat=True)  # the same errors as everywhere else
        ids = model.tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"]
        return tuple(ids)
    encoded = model.encode(prompt).ids
    end = model.tokenizer.eos_token_id
    return encoded[:-1] if len(encoded) > 1 and encoded[-1] == end else encoded
