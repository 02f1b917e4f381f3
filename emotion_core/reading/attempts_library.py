"""Runs of failing attempts: a task, what was tried and what came of it, and where the option to cheat is taken."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.builtin import prompts_folder
from emotion_core.prompts.library import parse
from emotion_core.prompts.library_items import Turn

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
_FILE = "attempts.json"
FEWEST = 3
MOST = 64


class Attempt(BaseModel):
    """One attempt: what was said, and what came of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    said: _Text
    outcome: _Text


class AttemptRun(BaseModel):
    """A run of attempts at one task.

    Attributes:
        name: For the picker.
        task: What is asked.
        attempts: In order; they fail until the last.
        cheat: Words of one attempt with which the option to cheat is taken; may be empty.
        encouragement: What a kind user adds after each failure, in the second trace.
        note: Of the author.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] = "own"
    task: _Text
    attempts: tuple[Attempt, ...] = Field(min_length=FEWEST, max_length=MOST)
    cheat: str = ""
    encouragement: _Text
    note: str = ""

    @model_validator(mode="after")
    def _cheat_is_there(self) -> AttemptRun:
        if self.cheat.strip() and self.cheat_attempt is None:
            raise ValueError("the words of the cheat stand in none of the attempts")
        return self

    @property
    def cheat_attempt(self) -> int | None:
        """Number of the attempt in which the cheat is taken."""
        wanted = self.cheat.strip().lower()
        found = [i for i, one in enumerate(self.attempts) if wanted and wanted in one.said.lower()]
        return found[0] if found else None

    def turns(self, *, encouraged: bool) -> tuple[Turn, ...]:
        """The run as a conversation: the task and the outcomes from the user, the attempts from the assistant.

        Args:
            encouraged: Add the encouragement after every failure that is followed by another attempt.
        """
        found = [Turn(role="user", content=self.task)]
        for number, one in enumerate(self.attempts, start=1):
            found.append(Turn(role="assistant", content=one.said))
            if number < len(self.attempts):
                more = f" {self.encouragement}" if encouraged else ""
                found.append(Turn(role="user", content=one.outcome + more))
        return tuple(found)


def load_attempts() -> tuple[AttemptRun, ...]:
    """The built-in runs.

    Raises:
        PromptSetError: The file is missing or faulty.
    """
    path = prompts_folder() / _FILE
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PromptSetError(
            f"The library file {_FILE} is missing", where=str(path), found=error.strerror or str(error)
        ) from error
    return parse(_FILE, data, TypeAdapter(tuple[AttemptRun, ...]))


def read_attempts_file(filename: str, data: bytes) -> AttemptRun:
    """A visitor's run: a JSON object as in `attempts.json`, or a list of which the first is taken.

    Raises:
        PromptSetError: The file cannot be read, or the run is faulty.
    """
    runs = parse(filename, data, TypeAdapter(tuple[AttemptRun, ...] | AttemptRun))
    if isinstance(runs, AttemptRun):
        return runs
    if not runs:
        raise PromptSetError("The file has no run", where=filename, expected="a run as in prompts/attempts.json")
    return runs[0]
