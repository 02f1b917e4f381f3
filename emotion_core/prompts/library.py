"""Loads the library from `prompts/`, and typed items from a visitor's JSON."""

from __future__ import annotations

import csv
import io
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.builtin import prompts_folder
from emotion_core.prompts.decoding import base_name, decode
from emotion_core.prompts.faults import shorten
from emotion_core.prompts.library_items import (
    Activity,
    AlignedPair,
    BindingFrame,
    Circumplex,
    Conversation,
    ImplicitSituation,
    MarkedPassage,
    NegationFrame,
    NeutralDialogue,
    Opening,
    Scenario,
    StatedEmotion,
    SystemPrompt,
    Template,
    UserStatement,
    WordChoice,
    WordPair,
)
from emotion_core.prompts.tables import json_of

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
    return _builtin_items("templates.json", Template)


def load_meaningless_templates() -> tuple[Template, ...]:
    """Templates of the same form whose number is a label and says nothing."""
    return _builtin_items("templates-meaningless.json", Template)


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
    return _builtin_items("neutral-dialogues.json", NeutralDialogue)


def load_marked_passages() -> tuple[MarkedPassage, ...]:
    """Passages that show one emotion each, to be found among neutral ones."""
    return _builtin_rows("marked-passages.csv", MarkedPassage)


def load_implicit() -> tuple[ImplicitSituation, ...]:
    """Messages that imply one emotion each."""
    return _builtin_items("implicit.json", ImplicitSituation)


def load_openings() -> tuple[Opening, ...]:
    """Beginnings for a steering sweep, the question of the GPT-2 fear study first."""
    return _builtin_items("openings.json", Opening)


def load_activities() -> tuple[Activity, ...]:
    """The activities that preferences are asked about."""
    return _builtin_items("activities.json", Activity)


def load_more_activities() -> tuple[Activity, ...]:
    """As many again of the same kinds."""
    return _builtin_items("activities-more.json", Activity)


def load_reworded_activities() -> tuple[Activity, ...]:
    """The activities in other words, in the same order."""
    return _builtin_items("activities-reworded.json", Activity)


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
    return parse("words-12.json", _builtin_file("words-12.json"), TypeAdapter(WordChoice))


def load_scenarios() -> tuple[Scenario, ...]:
    """The scenarios of `behaviors.json`."""
    return _builtin_items("behaviors.json", Scenario)


def load_conversations() -> tuple[Conversation, ...]:
    """Conversations with a known drift."""
    return _builtin_items("conversations.json", Conversation)


def load_system_prompts() -> tuple[SystemPrompt, ...]:
    """System prompts that act as an emotional prior."""
    return _builtin_items("system_prompts.json", SystemPrompt)


def load_circumplex() -> Circumplex:
    """This project's own valence and arousal of the 171 words: coarse, for signs."""
    return parse("circumplex.json", _builtin_file("circumplex.json"), TypeAdapter(Circumplex))


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
        places = [f"{_path(one['loc'])}: {_in_words(one)}" for one in faults[:SHOWN]]
        more = len(faults) - SHOWN
        raise PromptSetError(
            "The file does not have the right form",
            where=f"{name}, {_path(faults[0]['loc'])}",
            expected=f"a list of items such as {example}" if example else "the keys that the files in prompts/ have",
            found="; ".join(places) + (f"; and {more} more" if more > 0 else ""),
            remedy="Mend the named places",
        ) from error


def _builtin_items(filename: str, item: type[Item]) -> tuple[Item, ...]:
    return parse(filename, _builtin_file(filename), TypeAdapter(tuple[item, ...]))  # type: ignore[valid-type]


def _builtin_rows(filename: str, item: type[Item]) -> tuple[Item, ...]:
    rows = list(csv.DictReader(io.StringIO(decode(filename, _builtin_file(filename)))))
    return fitted(filename, rows, TypeAdapter(tuple[item, ...]))  # type: ignore[valid-type]


def _builtin_file(filename: str) -> bytes:
    path = prompts_folder() / filename
    try:
        return path.read_bytes()
    except OSError as error:
        raise PromptSetError(
            f"The library file {filename} is missing",
            where=str(path),
            expected="a file of that name",
            found=error.strerror or str(error),
            remedy="Restore it from the repository",
        ) from error


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
}


def _in_words(fault: ErrorDetails) -> str:
    """What is wrong, without the words of the program."""
    words = _WORDS.get(fault["type"], fault["msg"].removeprefix("Value error, "))
    return words if fault["type"] == "missing" else f"{words} ({shorten(fault['input'])})"


def _path(location: tuple[int | str, ...]) -> str:
    """Where in the document, items counted from 1: `item 3, options, item 1, text`."""
    return ", ".join(f"item {one + 1}" if isinstance(one, int) else str(one) for one in location) or "the document"
