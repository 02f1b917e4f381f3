"""Rows of the library beside the prompt sets: templates, situations, activities, scenarios, conversations, priors."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, model_validator
from pydantic.dataclasses import dataclass

Role = Literal["system", "user", "assistant"]

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100_000)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
_Step = Annotated[float, Field(ge=-2, le=2)]


class _Item(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Template(_Item):
    """A text with a number in it, and the emotions that should rise and fall as the number grows."""

    name: _Name
    template: _Text
    values: tuple[FiniteFloat, ...] = Field(min_length=3)
    rise: tuple[_Name, ...] = ()
    fall: tuple[_Name, ...] = ()
    note: str = ""

    @model_validator(mode="after")
    def _has_its_place(self) -> Template:
        if "{x}" not in self.template:
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


class Opening(_Item):
    """The beginning of a text that a model is asked to continue."""

    name: _Name
    text: _Text
    note: str = ""


class ImplicitSituation(_Item):
    """A message that implies an emotion without naming it."""

    emotion: _Name
    text: _Text


class Activity(_Item):
    """Something one could be asked to do, and what kind of thing it is."""

    activity: _Text
    kind: _Name
    note: str = ""


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
