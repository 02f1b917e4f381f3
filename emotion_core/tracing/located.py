"""Errors about a text that a visitor can find again: the prompt set, the row and the column it stands in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import Job
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import PromptSet

T = TypeVar("T")


def located(job: Job[T], model: LoadedModel, prompt_sets: Sequence[PromptSet], chat: bool) -> Job[T]:
    """The same job; when it cannot read a text of the prompt sets, the error names where that text stands.

    Args:
        job: Reads texts of the prompt sets.
        model: The model it reads them with.
        prompt_sets: Where the texts come from.
        chat: Whether they are wrapped in the chat template.

    Raises:
        ModelError: What the job raised, with its place where it is about a text.
    """
    try:
        return (yield from job)
    except ModelError as error:
        # Only now, so that a build without errors tokenizes each text once.
        for one in prompt_sets:
            for text in one.texts:
                try:
                    model.encode(text.text, chat=chat)
                except ModelError as again:
                    column = "text" if text.side == "labelled" else text.side
                    place = f"{one.name}, row {text.row}, column {column}: {again.where}"
                    raise type(again)(
                        again.what, where=place, expected=again.expected, found=again.found, remedy=again.remedy
                    ) from error
        raise
