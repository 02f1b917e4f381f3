"""Loads the library from `prompts/`, and typed items from a visitor's JSON."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.builtin import prompts_folder, shipped_bytes
from emotion_core.prompts.faults import shorten
from emotion_core.prompts.prompt_set import Role, Said, Turn
from emotion_core.prompts.tables import base_name, decode, json_items, json_of

# Rows of the library beside the prompt sets: templates, situations, activities, conversations, frames.

_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_Step = Annotated[float, Field(ge=-2, le=2)]


class _Item(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Template(_Item):
    """A text with a number in it, and the emotions that should rise and fall as the number grows.

    `wordings` say the same in other words: whatever is true of the template should be true of them.
    """

    name: _Name
    template: Said
    wordings: tuple[Said, ...] = ()
    values: tuple[FiniteFloat, ...] = Field(min_length=3)
    rise: tuple[_Name, ...] = ()
    fall: tuple[_Name, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _has_its_place(self) -> Template:
        if any("{x}" not in text for text in (self.template, *self.wordings)):
            raise ValueError("the template has no {x}")
        if len(set(self.values)) < 3:
            raise ValueError("fewer than three different values")
        return self

    def text(self, x: float) -> str:
        """The text with a number in its place; whole numbers are written without a decimal point.

        Example:
            >>> Template(name="dose", template="I took {x} mg.", values=(1, 2, 3)).text(500.0)
            'I took 500 mg.'
        """
        return self.template.replace("{x}", str(int(x)) if float(x).is_integer() else str(x))

    @property
    def texts(self) -> tuple[str, ...]:
        """One text a value, in the order of the values."""
        return tuple(self.text(x) for x in self.values)


class AlignedPair(_Item):
    """One text with two ways to fill its {x}: all before and all after it are the same on both sides.

    `kind` tells pairs whose difference carries a meaning (feeling; danger, and reversed where the smaller number is the
    dangerous one) from pairs where it carries none (neutral, meaningless).
    """

    name: _Name
    kind: Literal["feeling", "neutral", "danger", "reversed", "meaningless"]
    text: Said
    first: _Name
    second: _Name

    @model_validator(mode="after")
    def _has_one_place(self) -> AlignedPair:
        if self.text.count("{x}") != 1 or self.first == self.second:
            raise ValueError("a pair needs one {x} and two different words for it")
        return self

    @property
    def texts(self) -> tuple[str, str]:
        """Good or harmless first, hard or dangerous second; for kinds without a meaning the order is arbitrary."""
        return self.text.replace("{x}", self.first), self.text.replace("{x}", self.second)


class NegationFrame(_Item):
    """A sentence in which somebody is, or is not, feeling something."""

    emotion: _Name
    word: _Name
    text: Said
    other: _Name
    hedge: _Name
    neutral: _Name

    def said(self, *, negated: bool = False, hedged: bool = False, other: bool = False, word: str = "") -> str:
        """One version of the sentence.

        Args:
            negated: "I am not feeling happy".
            hedged: "I am still feeling happy", as long as the negated one and without a no.
            other: Another person in the place of the writer.
            word: In the place of the frame's own word, for instance its `neutral` one.
        """
        more = " not" if negated else f" {self.hedge}" if hedged else ""
        who = (self.other if other else "I am") + more
        return self.text.replace("{who}", who).replace("{x}", word or self.word)


# Follows every statement of counter-user, so that what stands before the reply is the same.
CLOSING_QUESTION = "What do you think?"


class UserStatement(_Item):
    """What a user says, what they feel, and what a fitting reply feels.

    `against`: the two differ; `agree`: they are the same; `neutral`: neither is there. `user_again` and `reply_again`
    are the labels of a second reading.
    """

    kind: Literal["against", "agree", "neutral"]
    user: str
    reply: str
    user_again: str
    reply_again: str
    statement: Said

    @property
    def text(self) -> str:
        """The statement and the closing question that follows all of them."""
        return f"{self.statement} {CLOSING_QUESTION}"


class WordPair(_Item):
    """Two emotion words that mean nearly the same, or the opposite."""

    first: _Name
    second: _Name
    kind: Literal["near", "far"]


class StatedEmotion(_Item):
    """A system prompt that says in words what the model, or the user, feels; without `emotion`, something neutral."""

    emotion: str
    word: _Name
    about: Literal["model", "user"]
    wording: int
    text: Said


class WordForms(_Item):
    """Surface forms of an emotion, whose probabilities are added up."""

    emotion: _Name
    forms: tuple[_Name, ...] = Field(min_length=1)


class Beginning(_Item):
    """A question, and how the reply to it begins: about another person, the model itself, or neither."""

    about: Literal["other", "self", "neutral"]
    question: Said
    beginning: Said


class WordChoice(_Item):
    """What steered next words are measured with; `event` is a question that invites a story."""

    words: tuple[WordForms, ...]
    beginnings: tuple[Beginning, ...]
    event: Said


# What the two people of a binding frame feel; every frame is written with each pair, both ways round.
BOUND_EMOTIONS = (("happy", "sad"), ("afraid", "calm"), ("angry", "guilty"), ("proud", "bored"))


class Naming(NamedTuple):
    """Where a person is named for the second time, and the word that was bound to them and to the other one."""

    start: int
    end: int
    own: str
    other: str


class BindingFrame(_Item):
    """Two people, an emotion word for each, and both named again."""

    text: Said
    a: _Name
    b: _Name
    pronoun_a: _Name
    pronoun_b: _Name

    @model_validator(mode="after")
    def _has_its_places(self) -> BindingFrame:
        if re.findall(r"\{(\w)\}", self.text) != list("axbycd"):
            raise ValueError("a frame needs {a}, {x}, {b}, {y}, {c} and {d} in this order")
        return self

    def said(
        self, words: tuple[str, str], *, turned: bool = False, pronouns: bool = False
    ) -> tuple[str, tuple[Naming, Naming]]:
        """One version and its two second namings; the words the other way round are the swapped version.

        Args:
            words: What the first and the second person feel.
            turned: The second person is named again first.
            pronouns: He and she in the place of the second namings.
        """
        again = [
            (self.pronoun_a if pronouns else self.a, words[0], words[1]),
            (self.pronoun_b if pronouns else self.b, words[1], words[0]),
        ]
        again = again[::-1] if turned else again
        filled = {"a": self.a, "b": self.b, "x": words[0], "y": words[1], "c": again[0][0], "d": again[1][0]}
        text, namings = "", []
        for k, piece in enumerate(re.split(r"\{(\w)\}", self.text)):
            start = len(text)
            text += filled[piece] if k % 2 else piece
            if k % 2 and piece in "cd":
                namings.append(Naming(start, len(text), *again["cd".index(piece)][1:]))
        return text, (namings[0], namings[1])


class MarkedPassage(_Item):
    """A short passage that shows an emotion without naming it, in the register of neutral texts."""

    emotion: _Name
    kind: Literal["encyclopedia", "news", "chat", "forum"]
    text: Said


class Opening(_Item):
    """The beginning of a text that a model is asked to continue."""

    name: _Name
    text: Said
    note: str = ""


class ImplicitSituation(_Item):
    """A message that implies an emotion without naming it; `again` is the label of a second reading."""

    emotion: _Name
    text: Said
    again: str = ""


class Activity(_Item):
    """Something one could be asked to do, what kind of thing it is, and the activity that it says in other words."""

    activity: Said
    kind: _Name
    note: str = ""
    rewords: str = ""


class Conversation(_Item):
    """Turns with a known drift: the emotion that rises, and the one that falls."""

    name: _Name
    drift: str = ""
    emotion: str = ""
    emotion_falls: str = ""
    turns: tuple[Turn, ...] = Field(min_length=1)

    @property
    def messages(self) -> list[dict[str, str]]:
        """The turns as a chat template wants them."""
        return [{"role": turn.role, "content": turn.content} for turn in self.turns]


class NeutralDialogue(Conversation):
    """A conversation about matters of fact; the held-out ones share no subject with the others."""

    kind: Literal["plain", "system", "code", "tool"]
    split: Literal["train", "heldout"]


class SystemPrompt(_Item):
    """A prior for a whole conversation, and the emotions it should raise."""

    name: _Name
    text: Said
    expected: tuple[_Name, ...]


class CircumplexPoint(_Item):
    """This project's own coarse judgement of an emotion word, both from -2 to 2."""

    valence: _Step
    arousal: _Step


class Circumplex(_Item):
    """Valence and arousal of emotion words, and a sentence on how they were judged."""

    scale: Said
    words: dict[str, CircumplexPoint] = Field(min_length=1)


T = TypeVar("T")
Item = TypeVar("Item", bound=BaseModel)
SHOWN = 10
# What the page Read opens with.
EXAMPLE_TEXT = (
    "I was home early and put the kettle on. The cat slept on the warm sill. Then I saw that the back door stood "
    "open, and wet footprints went up the stairs. Somebody was walking in my room. I could not move. The steps came "
    "to the landing, and it was my sister with an armful of towels, laughing at my face."
)


def load_templates() -> tuple[Template, ...]:
    """The numeric templates. Raises PromptSetError, as all loaders here, where the file is missing or faulty."""
    return builtin_items("templates.json", Template)


def load_meaningless_templates() -> tuple[Template, ...]:
    """Templates of the same form whose number is a label and says nothing."""
    return builtin_items("templates-meaningless.json", Template)


def load_prefix_pairs() -> tuple[AlignedPair, ...]:
    """Pairs that begin well or badly and go on alike, and as many that begin with two neutral words."""
    return _builtin_rows("prefix-pairs.csv", AlignedPair)


def load_number_pairs() -> tuple[AlignedPair, ...]:
    """Pairs of a harmless and a dangerous number, and as many of numbers that are labels."""
    return _builtin_rows("number-pairs.csv", AlignedPair)


def load_negation() -> tuple[NegationFrame, ...]:
    """Sentences in which somebody is or is not feeling something."""
    return _builtin_rows("negation.csv", NegationFrame)


def load_binding() -> tuple[BindingFrame, ...]:
    """Two people, an emotion for each, and both named again."""
    return _builtin_rows("binding.csv", BindingFrame)


def load_neutral_dialogues() -> tuple[NeutralDialogue, ...]:
    """Conversations without emotion or pleasantries: the second source of neutral components."""
    return builtin_items("neutral-dialogues.json", NeutralDialogue)


def load_marked_passages() -> tuple[MarkedPassage, ...]:
    """Passages that show one emotion each, to be found among neutral ones."""
    return _builtin_rows("marked-passages.csv", MarkedPassage)


def load_implicit() -> tuple[ImplicitSituation, ...]:
    """Messages that imply one emotion each."""
    return builtin_items("implicit.json", ImplicitSituation)


def load_openings() -> tuple[Opening, ...]:
    """Beginnings for a steering sweep, the question of the GPT-2 fear study first."""
    return builtin_items("openings.json", Opening)


def load_activities() -> tuple[Activity, ...]:
    """The activities that preferences are asked about."""
    return builtin_items("activities.json", Activity)


def load_more_activities() -> tuple[Activity, ...]:
    """As many again of the same kinds."""
    return builtin_items("activities-more.json", Activity)


def load_reworded_activities() -> tuple[Activity, ...]:
    """The activities in other words, in the same order."""
    return builtin_items("activities-reworded.json", Activity)


def load_counter_user() -> tuple[UserStatement, ...]:
    """Statements whose fitting reply feels otherwise, or the same, and neutral ones of the same form."""
    return _builtin_rows("counter-user.csv", UserStatement)


def load_near_and_far() -> tuple[WordPair, ...]:
    """Synonyms and opposites among the 171 words."""
    return _builtin_rows("near-and-far.csv", WordPair)


def load_system_pairs() -> tuple[StatedEmotion, ...]:
    """System prompts that state an emotion of the model or the user."""
    return _builtin_rows("system-pairs.csv", StatedEmotion)


def load_words_12() -> WordChoice:
    """Word forms of the twelve emotions and the beginnings of replies after which they are measured."""
    return parse("words-12.json", builtin_file("words-12.json"), TypeAdapter(WordChoice))


def load_conversations() -> tuple[Conversation, ...]:
    """Conversations with a known drift."""
    return builtin_items("conversations.json", Conversation)


def load_system_prompts() -> tuple[SystemPrompt, ...]:
    """System prompts that act as an emotional prior."""
    return builtin_items("system_prompts.json", SystemPrompt)


def load_circumplex() -> Circumplex:
    """This project's own valence and arousal of the 171 words: coarse, for signs."""
    return parse("circumplex.json", builtin_file("circumplex.json"), TypeAdapter(Circumplex))


def parse(filename: str, data: bytes, adapter: TypeAdapter[T], example: str = "") -> T:
    """JSON bytes as typed items; all faults in one error.

    Args:
        filename: The name they came with.
        data: The whole file.
        adapter: Of the items.
        example: One item, for the message.

    Raises:
        PromptSetError: No text, no JSON, or items that do not fit.
    """
    name = base_name(filename)
    return fitted(name, json_of(name, data), adapter, example)


def fitted(name: str, document: Any, adapter: TypeAdapter[T], example: str = "") -> T:
    """A JSON document as typed items; see `parse`.

    Raises:
        PromptSetError: Items do not fit, all faults in one error.
    """
    try:
        return adapter.validate_python(document)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        places = [f"{_path(one['loc'])}: {in_words(one)}" for one in faults[:SHOWN]]
        more = len(faults) - SHOWN
        raise PromptSetError(
            "The file does not have the right form",
            where=f"{name}, {_path(faults[0]['loc'])}",
            expected=f"a list of items such as {example}" if example else "the keys that the files in prompts/ have",
            found="; ".join(places) + (f"; and {more} more" if more > 0 else ""),
            remedy="Mend the named places",
        ) from error


def builtin_items(filename: str, item: type[Item]) -> tuple[Item, ...]:
    """The items of a file of the library; raises as `parse`."""
    return parse(filename, builtin_file(filename), TypeAdapter(tuple[item, ...]))  # type: ignore[valid-type]


def _builtin_rows(filename: str, item: type[Item]) -> tuple[Item, ...]:
    rows = list(csv.DictReader(io.StringIO(decode(filename, builtin_file(filename)))))
    return fitted(filename, rows, TypeAdapter(tuple[item, ...]))  # type: ignore[valid-type]


def builtin_file(filename: str) -> bytes:
    """The content of a file of the library.

    Raises:
        PromptSetError: It is missing.
    """
    return shipped_bytes(prompts_folder() / filename, f"The library file {filename}")


_WORDS = {
    "missing": "is missing",
    "string_type": "is no text",
    "model_type": "is not an object",
    "dataclass_type": "is not an object",
    "model_attributes_type": "is not an object",
    "dict_type": "is not an object",
    "list_type": "is not a list",
    "tuple_type": "is not a list",
    "bool_type": "is neither true nor false",
    "bool_parsing": "is neither true nor false",
    "float_parsing": "is not a number",
    "float_type": "is not a number",
    "string_too_short": "is empty",
    "string_too_long": "is too long",
}


def in_words(fault: ErrorDetails) -> str:
    """What is wrong, without the words of the program."""
    if fault["type"] == "too_short":
        return f"has {fault['ctx']['actual_length']} items, fewer than {fault['ctx']['min_length']}"
    if fault["type"] == "too_long":
        return f"has more than {fault['ctx']['max_length']} items"
    words = _WORDS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    return words if fault["type"] in ("missing", "string_too_short") else f"{words} ({shorten(fault['input'])})"


def _path(location: tuple[int | str, ...]) -> str:
    """Where in the document, items counted from 1: `item 3, options, item 1, text`."""
    return ", ".join(f"item {one + 1}" if isinstance(one, int) else str(one) for one in location) or "the document"


# Conversations in the forms in which they are kept: {role, content}, OpenAI's messages, ShareGPT.

# Under these keys an object keeps its turns.
_CHATS = ("dialog", "dialogue", "history", "chat", "chat_messages")
KEYS = ("messages", "conversation", "conversations", "turns", "contents", *_CHATS)
ROLES: dict[str, Role] = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human", "prompter", "tool", "function"), "user"),
    **dict.fromkeys(("assistant", "gpt", "model", "bot", "chatgpt", "ai"), "assistant"),
}
_SPEAKER = ("role", "from", "speaker", "sender", "author")
_SAID = ("content", "value", "text", "parts", "utterance", "message")
EXAMPLE = '[{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello"}]'


def read_conversation(filename: str, data: bytes) -> tuple[Turn, ...]:
    """A visitor's conversation: a list of `{role, content}`, alone, under `messages`, or as ShareGPT writes it.

    Raises:
        PromptSetError: The file cannot be read, a turn is faulty, there is none, or there are several conversations.
    """
    name = base_name(filename)
    items = json_items(name, data, KEYS)
    talks = [one for one in items if isinstance(one, dict) and kept_under(one)]
    if len(talks) > 1:
        raise PromptSetError(
            "The file holds several conversations",
            where=name,
            expected="one conversation, such as " + EXAMPLE,
            found=f"{len(talks)}: " + ", ".join(shorten(one.get("name", i + 1)) for i, one in enumerate(talks[:8])),
            remedy="Keep one of them in the file",
        )
    turns, faults = turns_of(talks[0] if talks else items)
    if faults or not turns:
        raise PromptSetError(
            "The conversation cannot be read" if faults else "The conversation has no turns",
            where=name,
            expected=EXAMPLE,
            found="; ".join(faults[:10]) or "an empty list",
            remedy="Mend the named turns" if faults else "Add at least one turn",
        )
    return tuple(turns)


def kept_under(item: dict[str, Any]) -> str:
    """The key under which an object keeps its turns; empty where it keeps none."""
    return next((key for key in KEYS if isinstance(item.get(key), list)), "")


def turns_of(talk: Sequence[Any] | dict[str, Any]) -> tuple[list[Turn], list[str]]:
    """The turns of a list or of an object that keeps one, and what is wrong with those that are none."""
    turns, faults = [], []
    items = list(talk[kept_under(talk)] if isinstance(talk, dict) else talk)
    if isinstance(talk, dict) and isinstance(talk.get("system"), str):
        items.insert(0, {"role": "system", "content": talk["system"]})
    for number, item in enumerate(items, start=1):
        try:
            turns.append(_turn(item))
        except (ValueError, ValidationError) as error:
            faults.append(f"turn {number}: {error}")
    return turns, faults


def _turn(item: Any) -> Turn:
    if not isinstance(item, dict):
        raise ValueError(f"not an object ({shorten(item)})")
    item = {str(key).lower(): value for key, value in item.items()}
    role = str(next((item[key] for key in _SPEAKER if key in item), "")).strip()
    if role.lower() not in ROLES:
        known = "system, user, assistant (also developer, human, gpt, model, tool)"
        raise ValueError(f"the role {shorten(role)!r} is none of {known}" if role else "no role")
    content = _content(next((item[key] for key in _SAID if key in item), None))
    content = content or "\n".join(_call(one) for one in item.get("tool_calls") or [])
    if not content.strip():
        raise ValueError("no content")
    try:
        return Turn(ROLES[role.lower()], content)
    except ValidationError as error:
        raise ValueError(f"the content cannot be used: {error.errors()[0]['msg']}") from error


def _content(value: Any) -> str:
    """A text, or the texts of its parts."""
    parts = value if isinstance(value, list) else [] if value is None else [value]
    texts = [_part(one) if isinstance(one, dict) else one for one in parts]
    if not all(isinstance(one, str) for one in texts):
        bad = next(part for part, one in zip(parts, texts, strict=True) if not isinstance(one, str))
        raise ValueError(f"a content that is no text ({shorten(bad)})")
    return "\n".join(map(str, texts))


def _part(part: dict[str, Any]) -> Any:
    """The text of a part, what a tool was asked or what it answered."""
    kind = part.get("type")
    if kind == "tool_result":
        return _content(part.get("content"))
    return _call(part) if kind == "tool_use" else part.get("text")


def _call(call: Any) -> str:
    """What a call of a tool says: its name and arguments."""
    function = call.get("function", call) if isinstance(call, dict) else {}
    if not isinstance(function, dict):
        return ""
    return f"{function.get('name', '')} {function.get('arguments', function.get('input', ''))}".strip()
