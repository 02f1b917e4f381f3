"""Tokens that a generated text continues from, and which of them are steered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import TextTooLongError
from emotion_core.models.encode import rendered, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.library import Turn
from emotion_core.steering.operators import ROLES, thinking
from emotion_core.steering.writing import WritingSettings


@dataclass(frozen=True)
class PromptTokens:
    """A prompt as the model gets it.

    Attributes:
        ids: Its tokens.
        weights: float32 [tokens - 1], of the steering of all but the last; see `operators.Where`.
        turns: Turns of its conversation; 0 for a plain text.
        thinking: Whether it ends inside a thought.
    """

    ids: tuple[int, ...]
    weights: FloatArray
    turns: int = 0
    thinking: bool = False


def prompt_tokens(model: LoadedModel, settings: WritingSettings, prompt: int, in_front: str = "") -> PromptTokens:
    """Tokens of a prompt of some settings.

    Args:
        model: The model.
        settings: With the prompt.
        prompt: Its number.
        in_front: Words in front of it.

    Raises:
        TextTooLongError: It leaves no room for the new tokens.
        ModelError: The model's chat template refuses it.
    """
    text = f"{in_front} {settings.prompts[prompt]}" if in_front else settings.prompts[prompt]
    before = settings.before[prompt] if settings.before else ()
    roles: list[str] = []
    spans: Sequence[tuple[int, int]] = ()
    if before or (settings.chat and (settings.turns or settings.scope in ROLES)):
        turns = (*before, Turn("user", text))
        dialogue = tokenize(model, turns, reply=True)
        ids, spans, roles = dialogue.encoding.ids, dialogue.spans, [turn.role for turn in turns]
        require_room(model, ids, text, settings.max_new_tokens)
    else:
        ids = prompt_ids(model, text, settings)
    return PromptTokens(
        ids,
        settings.where.prompt(len(ids), roles, spans),
        len(roles),
        settings.where.thoughts and thinking(str(model.tokenizer.decode(list(ids)))),
    )


def prompt_ids(model: LoadedModel, prompt: str, settings: WritingSettings) -> tuple[int, ...]:
    """Tokens of a sweep's prompt.

    Raises:
        TextTooLongError: It leaves no room for the new tokens.
    """
    ids = generation_ids(model, prompt, chat=settings.chat)
    require_room(model, ids, prompt, settings.max_new_tokens)
    return ids


def require_room(model: LoadedModel, ids: Sequence[int], prompt: str, new_tokens: int) -> None:
    """Refuses a prompt that leaves no room in the context.

    Raises:
        TextTooLongError: It does not.
    """
    if len(ids) + new_tokens > model.info.context:
        raise TextTooLongError(
            "The prompt leaves no room for the new tokens",
            where=repr(prompt[:60]),
            expected=f"at most {model.info.context} tokens with the new ones",
            found=f"{len(ids)} + {new_tokens} tokens",
            remedy="Shorten the prompt or ask for fewer new tokens",
        )


def generation_ids(model: LoadedModel, prompt: str, *, chat: bool) -> tuple[int, ...]:
    """Tokens that a text is continued from: without an end-of-text token that the tokenizer may add."""
    if chat:
        messages = [{"role": "user", "content": prompt}]
        model.encode(prompt, chat=True)  # the same errors as everywhere else
        whole = rendered(model.tokenizer, messages, reply=True)
        ids = tuple(model.tokenizer(whole, add_special_tokens=False, verbose=False)["input_ids"])
        model.require_embedded(ids)
        return ids
    encoded = model.encode(prompt).ids
    end = model.tokenizer.eos_token_id
    return encoded[:-1] if len(encoded) > 1 and encoded[-1] == end else encoded
