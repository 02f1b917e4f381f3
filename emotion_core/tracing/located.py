"""Errors about a text that a visitor can find again: the prompt set, the row and the column it stands in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from emotion_core.base.errors import ModelError, TextTooLongError
from emotion_core.base.jobs import Job, Progress
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import PromptSet

T = TypeVar("T")
SHOWN = 20


def _all_too_long(long: Sequence[tuple[str, ModelError]]) -> TextTooLongError:
    """One error for all texts that are too long, each with its place and its tokens."""
    places = [f"{place}: {error.found}" for place, error in long]
    return TextTooLongError(
        long[0][1].what if len(long) == 1 else f"{len(long)} texts are longer than the model's context",
        where=long[0][0] if len(long) == 1 else f"{long[0][0]} and others",
        expected=long[0][1].expected,
        found=long[0][1].found if len(long) == 1 else "; ".join(places[:SHOWN]) + ("; ..." if places[SHOWN:] else ""),
        remedy="Leave such rows out (on the command line: --leave-out-long; on the page: Leave out rows that are too "
        "long), shorten them, or choose a model with a longer context",
    )


def too_long(model: LoadedModel, prompt_set: PromptSet, chat: bool) -> tuple[int, ...]:
    """Rows of a prompt set with a text that is longer than the model's context."""
    return tuple(sorted({text.row for text in prompt_set.texts if not model.fits(text.text, chat=chat)}))


def leave_out_long(model: LoadedModel, prompt_sets: Sequence[PromptSet], chat: bool) -> Job[tuple[PromptSet, ...]]:
    """The sets without the rows that are too long for the model, as a job; `dropped` says which these are."""
    left: list[PromptSet] = []
    for one in prompt_sets:
        yield Progress(len(left), len(prompt_sets), "counting tokens")
        rows = too_long(model, one, chat)
        left.append(one.without(rows, "longer than the model's context") if rows else one)
    return tuple(left)


def located(job: Job[T], model: LoadedModel, prompt_sets: Sequence[PromptSet], chat: bool) -> Job[T]:
    """The same job; when it cannot read a text of the prompt sets, the error names where that text stands.

    Args:
        job: Reads texts of the prompt sets.
        model: The model it reads them with.
        prompt_sets: Where the texts come from.
        chat: Whether they are wrapped in the chat template.

    Raises:
        TextTooLongError: Texts are too long; all of them are named.
        ModelError: What the job raised, with its place where it is about a text.
    """
    try:
        return (yield from job)
    except ModelError as error:
        # Only now, so that a build without errors tokenizes each text once.
        long: list[tuple[str, ModelError]] = []
        for one in prompt_sets:
            for text in one.texts:
                try:
                    model.encode(text.text, chat=chat)
                except ModelError as again:
                    place = f"{one.name}, row {text.row}, column {'text' if text.side == 'labelled' else text.side}"
                    if not isinstance(again, TextTooLongError):
                        where = f"{place}: {again.where}"
                        raise ModelError(
                            again.what, where=where, expected=again.expected, found=again.found, remedy=again.remedy
                        ) from error
                    long.append((place, again))
        if long:
            raise _all_too_long(long) from error
        raise
