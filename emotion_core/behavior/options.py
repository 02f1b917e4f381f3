"""Options as tokens: what exactly is scored when a model chooses between texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from emotion_core.base.errors import ModelError, PromptSetError, TextTooLongError
from emotion_core.models.encode import answer_begins
from emotion_core.models.loaded import LoadedModel

# `sum`: probability of the option as a text; `mean`: per token, so that a longer option is not at a disadvantage.
Scoring = Literal["sum", "mean"]
SCORING_NAMES = {"sum": "By their sum", "mean": "Length-normalised"}


@dataclass(frozen=True)
class PromptTokens:
    """A prompt with options as tokens.

    Attributes:
        ids: Tokens of the prompt that do not depend on the option.
        options: Tokens of each option. Where a tokenizer merges the end of the prompt with the beginning of an option
            (such as "(" and "A" to "(A"), that end belongs to every option alike.
        offsets: For each token of `ids`, the characters it stands for.
        shift: Character of the prompt's own first letter in what was tokenized (a chat template stands before it).
    """

    ids: tuple[int, ...]
    options: tuple[tuple[int, ...], ...]
    offsets: tuple[tuple[int, int], ...]
    shift: int

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The tokens that touch characters [start, end) of the prompt, as [first, last)."""
        a, b = start + self.shift, end + self.shift
        inside = [i for i, (low, high) in enumerate(self.offsets) if low < b and high > a and high > low]
        return (inside[0], inside[-1] + 1) if inside else (0, 0)


def check_options(options: Sequence[str], where: str) -> None:
    """Refuses options whose probabilities could not be compared.

    Raises:
        PromptSetError: Fewer than two options, an empty one, two alike, or one that begins with another.
    """
    if len(options) < 2 or not all(option.strip() for option in options):
        raise PromptSetError(
            "A choice needs at least two options with text",
            where=where,
            found=f"{sum(bool(option.strip()) for option in options)} with text",
            remedy="Add an option",
        )
    for i, one in enumerate(options):
        for other in options[i + 1 :]:
            short, long = sorted((one.strip(), other.strip()), key=len)
            if short == long:
                raise PromptSetError(
                    "Two options are the same", where=where, found=repr(one[:80]), remedy="Change or remove one"
                )
            if long.startswith(short):
                raise PromptSetError(
                    "One option begins with the other, so its probability includes the other's",
                    where=where,
                    found=f"{short[:60]!r} and {long[:60]!r}",
                    remedy="End both with a full stop, or let them differ before the shorter one ends",
                )


def tokenize(
    model: LoadedModel, prompts: Sequence[str], options: Sequence[Sequence[str]], *, chat: bool = False
) -> list[PromptTokens]:
    """Tokens of prompts with their options.

    Args:
        model: The model.
        prompts: The prompts, each written directly before its options.
        options: The options of each prompt, with the space they begin with where they need one.
        chat: Wrap each prompt as a user message; the option is then the beginning of the answer, behind what a model
            may think before it.

    Raises:
        TextTooLongError: A prompt with its longest option does not fit into the context.
        ModelError: There is no chat template, or the tokenizer writes two options alike.
    """
    rendered = list(prompts)
    if chat:
        rendered = [answer_begins(model.tokenizer, [{"role": "user", "content": prompt}]) for prompt in prompts]
    flat = [text + option for text, own in zip(rendered, options, strict=True) for option in own]
    coded = model.tokenizer(
        [*rendered, *flat], add_special_tokens=not chat, return_offsets_mapping=True, truncation=False, verbose=False
    )
    all_ids = [_without_end(model, tuple(ids)) for ids in coded["input_ids"]]
    found, at = [], len(rendered)
    for i, prompt in enumerate(prompts):
        wholes = all_ids[at : at + len(options[i])]
        at += len(options[i])
        begin = _common([all_ids[i], *wholes])
        if not begin:
            raise ModelError(
                "The prompt has no token of its own before its options",
                where=repr(prompt[:60]),
                remedy="Write a longer prompt",
            )
        _check_tokens(prompt, options[i], [one[begin:] for one in wholes])
        shift = max(0, rendered[i].rfind(prompt.strip())) - (len(prompt) - len(prompt.lstrip())) if chat else 0
        offsets = tuple((int(a), int(b)) for a, b in coded["offset_mapping"][i][:begin])
        _check_length(model, prompt, wholes)
        found.append(PromptTokens(all_ids[i][:begin], tuple(one[begin:] for one in wholes), offsets, shift))
    return found


def _common(sequences: Sequence[tuple[int, ...]]) -> int:
    """Leading tokens that all share, such that every option after the first keeps at least one token of its own."""
    length = min(len(sequences[0]), *(len(one) - 1 for one in sequences[1:]))
    begin = 0
    while begin < length and len({one[begin] for one in sequences}) == 1:
        begin += 1
    return begin


def _check_tokens(prompt: str, options: Sequence[str], tokens: Sequence[tuple[int, ...]]) -> None:
    """A vocabulary without capitals, say, has one unknown token for "A" and for "B"."""
    for i, one in enumerate(tokens):
        for k, other in enumerate(tokens[i + 1 :], start=i + 1):
            short = min(len(one), len(other))
            if one[:short] == other[:short]:
                raise ModelError(
                    "The model's tokenizer cannot tell two options apart",
                    where=repr(prompt[:60]),
                    expected="options that differ before the shorter one ends, in tokens",
                    found=f"{options[i][:40]!r} and {options[k][:40]!r}",
                    remedy="Write them with letters that the model knows, such as a and b",
                )


def _check_length(model: LoadedModel, prompt: str, wholes: Sequence[tuple[int, ...]]) -> None:
    longest = max(len(one) for one in wholes)
    if longest > model.info.context:
        raise TextTooLongError(
            "The prompt with its option is longer than the model's context",
            where=repr(prompt[:60]),
            expected=f"at most {model.info.context} tokens",
            found=f"{longest} tokens",
            remedy="Shorten it or choose a model with a longer context",
        )


def _without_end(model: LoadedModel, ids: tuple[int, ...]) -> tuple[int, ...]:
    """Without an end-of-text token that some tokenizers add."""
    return ids[:-1] if len(ids) > 1 and ids[-1] == model.tokenizer.eos_token_id else ids
