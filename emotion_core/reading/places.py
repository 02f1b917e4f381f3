"""Named places in a rendered chat where a reading of it is taken, and two texts aligned from both ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emotion_core.base.activations import FloatArray, ReadingPosition
from emotion_core.base.errors import ModelError, SettingsError, TextTooLongError
from emotion_core.base.jobs import Job
from emotion_core.models.encode import Encoding, header, turn_places
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import Turn
from emotion_core.tracing.record import project_layers

# Named places in a rendered chat: where a reading of it is taken.
#
# S is the last token of a statement that stands before a constant closing question, U the last of the user's words, H
# the last token before the reply begins (the end of the template's header), R the reply, T all words of one role, W
# those of a named word. All of them are found by characters in the whole rendered text, tokenized once with a reply
# that was begun for the model, so that nothing depends on how a part would be tokenized alone.

Place = Literal["S", "U", "H", "R", "T", "W"]
PLACE_WORDS: dict[Place, str] = {
    "S": "the end of the statement before the closing question",
    "U": "the end of the user's words",
    "H": "the last token before the reply",
    "R": "the reply",
    "T": "all words of one role",
    "W": "a named word",
}
# The same places of a message that is read whole; `tests/reading/test_places.py` sees to it that they are the same.
OF_A_MESSAGE: dict[Place, ReadingPosition] = {
    "H": ReadingPosition("answer", chat=True),
    "U": ReadingPosition("last_content", chat=True),
    "T": ReadingPosition("mean", chat=True),
}


@dataclass(frozen=True)
class Chat:
    """A rendered conversation that ends where a reply begins, or inside a reply that was begun.

    Attributes:
        turns: Who said what.
        text: All of it as the model gets it.
        encoding: Its tokens; content are those of the turns and of the reply.
        offsets: For each token its first character in `text` and one after its last.
        spans: For each turn its first character, and one after its last.
        header: Characters before the reply.
    """

    turns: tuple[Turn, ...]
    text: str
    encoding: Encoding
    offsets: tuple[tuple[int, int], ...]
    spans: tuple[tuple[int, int], ...]
    header: int

    def tokens(self, begin: int, end: int) -> tuple[int, ...]:
        """Positions of the tokens with at least one character between two places of the text."""
        return tuple(i for i, (a, b) in enumerate(self.offsets) if a < end and b > begin and b > a)


def chat_of(model: LoadedModel, turns: str | Sequence[Turn], begun: str = "") -> Chat:
    """Renders a conversation up to where the reply begins, and goes on with a reply that was begun for the model.

    Args:
        model: Whose template is used; one without gets `User: ...` lines.
        turns: A user's message, or turns whose last is the user's.
        begun: Beginning of the reply, or all of it; a blank is put before it where the header does not end in one.

    Raises:
        ModelError: The template refuses the roles, or changes the text of a turn.
        SettingsError: The last turn is not the user's.
        TextTooLongError: It is longer than the context.
    """
    said = (Turn(role="user", content=turns),) if isinstance(turns, str) else tuple(turns)
    if not said or said[-1].role != "user":
        raise SettingsError("A reply follows the user's turn", found=said[-1].role if said else "no turn")
    tokenizer = model.tokenizer
    templated = bool(tokenizer.chat_template)
    head = header(tokenizer, [{"role": turn.role, "content": turn.content.strip()} for turn in said])
    spans = turn_places(tokenizer, said, head)
    gap = "" if not begun or head[-1:].isspace() or begun[:1].isspace() else " "
    # Behind a special token that ends the header a reply begins without a blank.
    gap = "" if templated and head.endswith(">") else gap
    text = head + gap + begun
    coded = tokenizer(
        text, add_special_tokens=not templated, return_offsets_mapping=True, verbose=False, truncation=False
    )
    ids = tuple(coded["input_ids"])
    offsets = tuple((int(a), int(b)) for a, b in coded["offset_mapping"])
    if not templated and len(ids) > 1 and ids[-1] == tokenizer.eos_token_id and offsets[-1][0] == offsets[-1][1]:
        ids, offsets = ids[:-1], offsets[:-1]  # an end of text that the tokenizer adds is not said
    if len(ids) > model.info.context:
        raise TextTooLongError(
            "The conversation is longer than the model's context",
            where=repr(said[-1].content[:57]),
            expected=f"at most {model.info.context} tokens",
            found=f"{len(ids)} tokens",
            remedy="Shorten it or choose a model with a longer context",
        )
    inside = [*spans, (len(head), len(text))]
    content = tuple(any(a < end and b > begin and b > a for begin, end in inside) for a, b in offsets)
    return Chat(said, text, Encoding(ids, content), offsets, tuple(spans), len(head))


def place_tokens(chat: Chat, place: Place, what: str = "", *, occurrence: int = -1, start: int = 0) -> tuple[int, ...]:
    """Positions of the tokens of a place.

    Args:
        chat: The conversation.
        place: Which place.
        what: The closing question for S, the role for T, the word for W.
        occurrence: Of several places where the word stands in the turns and the reply, counted from 0; the last by
            default.
        start: First token that counts of a reply, where its beginning lies too near to H.

    Raises:
        SettingsError: There is no such place in this conversation.
    """
    begin, end = chat.spans[-1]
    found: tuple[int, ...]
    if place == "H":
        found = chat.tokens(0, chat.header)[-1:]
    elif place == "U":
        found = chat.tokens(begin, end)[-1:]
    elif place == "S":
        at = chat.text.rfind(what, begin, end) if what else -1
        statement = chat.text[begin:at].rstrip() if at >= 0 else ""
        found = chat.tokens(begin, begin + len(statement))[-1:] if statement else ()
    elif place == "R":
        found = chat.tokens(chat.header, len(chat.text))[start:]
    elif place == "T":
        spans = [span for turn, span in zip(chat.turns, chat.spans, strict=True) if turn.role == what]
        spans += [(chat.header, len(chat.text))] if what == "assistant" else []
        found = tuple(i for span in spans for i in chat.tokens(*span))
    else:
        found = _word(chat, what, occurrence)
    if not found:
        raise SettingsError(
            "There is no such place in this conversation",
            where=PLACE_WORDS[place],
            expected=repr(what[:60]) if what else "at least one token",
            found=repr(chat.text[-80:]),
            remedy="Check the text, or read at another place",
        )
    return found


def _word(chat: Chat, word: str, occurrence: int) -> tuple[int, ...]:
    """Tokens of an occurrence of a word in the turns and the reply; none where it does not stand there so often."""
    starts: list[int] = []
    for begin, end in (*chat.spans, (chat.header, len(chat.text))):
        at = chat.text.find(word, begin, end) if word else -1
        while at >= 0:
            whole = not (chat.text[at - 1 : at].isalnum() or chat.text[at + len(word) : at + len(word) + 1].isalnum())
            starts += [at] if whole else []
            at = chat.text.find(word, at + 1, end)
    if not -len(starts) <= occurrence < len(starts):
        return ()
    return chat.tokens(starts[occurrence], starts[occurrence] + len(word))


# Two texts aligned from both ends: what differs between them, layer by token, in tokens that both have.
#
# The texts differ in one stretch. Tokens before it are the same in both and, in a causal model, read exactly the same;
# those behind it are the same words after another beginning. A pair whose common parts are tokenized differently is
# refused: no token of one would stand for one of the other.


@dataclass(frozen=True)
class PairReading:
    """Two readings of a pair of texts.

    Attributes:
        left: Tokens that both have before the stretch in which they differ.
        right: Tokens that both have behind it.
        first: float32 [tokens of the first, layers, directions].
        second: float32 [tokens of the second, layers, directions].
    """

    left: int
    right: int
    first: FloatArray
    second: FloatArray

    @property
    def suffix(self) -> FloatArray:
        """First minus second at the tokens behind the difference, float32 [right, layers, directions]."""
        result: FloatArray = self.first[len(self.first) - self.right :] - self.second[len(self.second) - self.right :]
        return result

    @property
    def varied(self) -> FloatArray:
        """Mean of the first minus mean of the second over the stretch that differs, float32 [layers, directions].

        Exactly 0 where nothing differs.
        """
        one = self.first[self.left : len(self.first) - self.right]
        two = self.second[self.left : len(self.second) - self.right]
        if not len(one) or not len(two):
            return np.zeros(self.first.shape[1:], np.float32)
        result: FloatArray = one.mean(axis=0) - two.mean(axis=0)
        return result


def read_pairs(
    model: LoadedModel, pairs: Sequence[tuple[Chat, Chat]], directions: Mapping[int, FloatArray]
) -> Job[list[PairReading]]:
    """Reads pairs token by token at several layers, as a job.

    Args:
        model: The model.
        pairs: First and second text of each.
        directions: For each layer float32 [directions, width], unit length.

    Raises:
        ModelError: The common parts of a pair are tokenized differently.
    """
    shared = [aligned(*pair) for pair in pairs]
    encodings = [chat.encoding for pair in pairs for chat in pair]
    read = yield from project_layers(model, encodings, directions)
    return [PairReading(left, right, read[2 * i], read[2 * i + 1]) for i, (left, right) in enumerate(shared)]


def aligned(first: Chat, second: Chat) -> tuple[int, int]:
    """How many tokens two texts share at the beginning and at the end.

    Raises:
        ModelError: What both say is tokenized differently.
    """
    one, two = first.encoding.ids, second.encoding.ids
    shortest = min(len(one), len(two))
    left = next((i for i in range(shortest) if one[i] != two[i]), shortest)
    right = next((i for i in range(shortest - left) if one[-1 - i] != two[-1 - i]), shortest - left)
    before = _common(first.text, second.text)
    after = _common(first.text[before:][::-1], second.text[before:][::-1])
    wanted_left = max(sum(b <= before for _, b in chat.offsets) for chat in (first, second))
    wanted_right = max(sum(a >= len(chat.text) - after for a, _ in chat.offsets) for chat in (first, second))
    # A token at the border holds the last letter of a common part, or its blank: it belongs to what differs.
    if first.text != second.text and (left < wanted_left - 1 or right < wanted_right - 1):
        raise ModelError(
            "The common parts of two texts are tokenized differently, so their tokens cannot be compared",
            where=repr(first.text[max(0, before - 20) : before + 40]),
            expected=f"{wanted_left} tokens alike at the beginning and {wanted_right} at the end",
            found=f"{left} and {right}",
            remedy="Choose words that are tokenized alike, or leave this pair out",
        )
    return left, right


def _common(first: str, second: str) -> int:
    """Characters that two texts begin with alike."""
    shortest = min(len(first), len(second))
    return next((i for i in range(shortest) if first[i] != second[i]), shortest)
