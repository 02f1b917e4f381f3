"""Rows of the library beside the prompt sets: templates, situations, activities, scenarios, conversations, frames."""

from __future__ import annotations

import re
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, model_validator
from pydantic.dataclasses import dataclass

Role = Literal["system", "user", "assistant"]

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100_000)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_Step = Annotated[float, Field(ge=-2, le=2)]


class _Item(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Template(_Item):
    """A text with a number in it, and the emotions that should rise and fall as the number grows.

    `wordings` say the same in other words: whatever is true of the template should be true of them.
    """

    name: _Name
    template: _Text
    wordings: tuple[_Text, ...] = ()
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
    text: _Text
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
    text: _Text
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
    statement: _Text

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
    text: _Text


class WordForms(_Item):
    """Surface forms of an emotion, whose probabilities are added up."""

    emotion: _Name
    forms: tuple[_Name, ...] = Field(min_length=1)


class Beginning(_Item):
    """A question, and how the reply to it begins: about another person, the model itself, or neither."""

    about: Literal["other", "self", "neutral"]
    question: _Text
    beginning: _Text


class WordChoice(_Item):
    """What steered next words are measured with; `event` is a question that invites a story."""

    words: tuple[WordForms, ...]
    beginnings: tuple[Beginning, ...]
    event: _Text


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

    text: _Text
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
    text: _Text


class Opening(_Item):
    """The beginning of a text that a model is asked to continue."""

    name: _Name
    text: _Text
    note: str = ""


class ImplicitSituation(_Item):
    """A message that implies an emotion without naming it; `again` is the label of a second reading."""

    emotion: _Name
    text: _Text
    again: str = ""


class Activity(_Item):
    """Something one could be asked to do, what kind of thing it is, and the activity that it says in other words."""

    activity: _Text
    kind: _Name
    note: str = ""
    rewords: str = ""


class Option(_Item):
    """One way to go on in a scenario, and whether it is the behaviour that is counted."""

    text: _Text
    counts: bool


class Scenario(_Item):
    """A situation with options, for rates of a behaviour under steering."""

    name: _Name
    scenario: _Text
    options: tuple[Option, ...] = Field(min_length=2)
    source: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _can_go_either_way(self) -> Scenario:
        if len({option.counts for option in self.options}) < 2:
            raise ValueError("one option must count and another must not")
        return self


@dataclass(frozen=True)
class Turn:
    """One message of a conversation.

    Attributes:
        role: Who speaks.
        content: What is said, blanks around it removed.
    """

    role: Role
    content: _Text


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
    text: _Text
    expected: tuple[_Name, ...]


class CircumplexPoint(_Item):
    """This project's own coarse judgement of an emotion word, both from -2 to 2."""

    valence: _Step
    arousal: _Step


class Circumplex(_Item):
    """Valence and arousal of emotion words, and a sentence on how they were judged."""

    scale: _Text
    words: dict[str, CircumplexPoint] = Field(min_length=1)
