"""A conversation as the model gets it, and which tokens belong to which turn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.base.errors import ModelError
from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.template import MARK, plain_lines, rendered
from emotion_core.prompts.library import Turn


@dataclass(frozen=True)
class Dialogue:
    """A tokenized conversation.

    Attributes:
        turns: Who said what.
        encoding: All tokens; content are those of the turns, not those of the template.
        spans: For each turn its first content token, and one after its last.
        template: `chat template` of the model, or `plain` for `User: ...` lines where it has none.
    """

    turns: tuple[Turn, ...]
    encoding: Encoding
    spans: tuple[tuple[int, int], ...]
    template: str


def line_breaks(content: Sequence[bool], pieces: Sequence[str]) -> frozenset[int]:
    """Tokens before which a new line shows where a turn begins, where the template itself has none.

    Args:
        content: Whether each token belongs to a turn.
        pieces: The tokens as they are spelled.
    """
    found, after = set(), 0  # after: one past the last content token seen
    for i in range(1, len(content)):
        if content[i - 1]:
            after = i
        elif content[i] and after and not any("\n" in piece for piece in pieces[after:i]):
            found.add(i - 1)  # of `<|end|><|user|>` the last one belongs to the new turn
    return frozenset(found)


def span_numbers(spans: Sequence[tuple[int, int]], tokens: int) -> npt.NDArray[np.int64]:
    """For each token the number of the span it is counted in, int64 [tokens]; -1 outside of them.

    The very first token of a text stands on a scale of its own: it is left out of a span that has others.
    """
    numbers = np.full(tokens, -1, dtype=np.int64)
    for number, (start, end) in enumerate(spans):
        numbers[max(1, start) if end > 1 else start : end] = number
    return numbers


def tokenize(model: LoadedModel, turns: Sequence[Turn], *, reply: bool = False) -> Dialogue:
    """Renders a conversation with the model's chat template, or plainly where it has none.

    Args:
        model: The model.
        turns: Who says what.
        reply: Whether the beginning of the assistant's next turn stands at the end.

    Raises:
        ModelError: The template refuses the roles or their order, or changes the text of a turn.
    """
    whole, template = _rendered(model.tokenizer, turns, reply)
    places = turn_places(model.tokenizer, turns, whole)
    coded = model.tokenizer(
        whole, add_special_tokens=template == "plain", return_offsets_mapping=True, verbose=False, truncation=False
    )
    ids, offsets = tuple(coded["input_ids"]), coded["offset_mapping"]
    if reply and template == "plain" and len(ids) > 1 and ids[-1] == model.tokenizer.eos_token_id:
        ids, offsets = ids[:-1], offsets[:-1]  # nothing is written after the end of a text
    spans = tuple(_span(offsets, begin, end) for begin, end in places)
    content = [False] * len(offsets)
    for first, last in spans:
        content[first:last] = [True] * (last - first)
    return Dialogue(tuple(turns), Encoding(ids, tuple(content)), spans, template)


def turn_places(tokenizer: Any, turns: Sequence[Turn], whole: str) -> list[tuple[int, int]]:
    """First character of each turn, and one after its last, in the rendered conversation.

    A turn may say what the template itself says, "user" for example, so it is not searched for: marks in the place
    of the turns show what the template puts between them.
    """
    marked, _ = _rendered(tokenizer, [Turn(turn.role, f"{MARK}{i}q") for i, turn in enumerate(turns)])
    between, at = [], 0
    for i in range(len(turns)):
        found = marked.find(f"{MARK}{i}q", at)
        between.append(marked[at:found] if found >= 0 else None)
        at = found + len(f"{MARK}{i}q")
    places: list[tuple[int, int]] = []
    at = 0
    for number, (turn, before) in enumerate(zip(turns, between, strict=True), start=1):
        said = turn.content.strip()
        begin = at + len(before or "")
        if before is None or whole[at:begin] != before or whole[begin : begin + len(said)] != said:
            raise ModelError(
                "The chat template changes the text, so its tokens cannot be told apart",
                where=f"turn {number}",
                remedy="Choose another model, or put the turn in simpler words",
            )
        at = begin + len(said)
        places.append((begin, at))
    return places


def _rendered(tokenizer: Any, turns: Sequence[Turn], reply: bool = False) -> tuple[str, str]:
    messages = [{"role": turn.role, "content": turn.content.strip()} for turn in turns]
    if not tokenizer.chat_template:
        return plain_lines(messages, reply=reply), "plain"
    return rendered(tokenizer, messages, reply=reply), "chat template"


def _span(offsets: Sequence[tuple[int, int]], begin: int, end: int) -> tuple[int, int]:
    """Tokens of which at least one character lies in the turn."""
    inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > begin and b > a]
    if not inside:
        raise ModelError("A turn has no token that could be read", remedy="Write a longer turn")
    return inside[0], inside[-1] + 1
