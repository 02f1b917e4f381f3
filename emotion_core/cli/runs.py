"""The door of every command to a run: found where a page or a command computed it before, else computed and kept."""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path
from typing import TypeVar

from emotion_core.base.activations import open_cache
from emotion_core.cli.answer import Answer, plain, words
from emotion_core.cli.arguments import settings_from
from emotion_core.cli.session import model_of, progress
from emotion_core.experiments.experiment import Experiment, result_of
from emotion_core.experiments.kinds import EXPERIMENTS
from emotion_core.models.loaded import LoadedModel
from emotion_core.runs.store import open_store
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import load_vectors

S = TypeVar("S")
T = TypeVar("T")


def result(
    experiment: Experiment[S, T],
    vectors: EmotionVectors,
    asked: S,
    arguments: argparse.Namespace,
    model: LoadedModel | None = None,
) -> T:
    """The result of a run: found where a page or a command computed it before, else computed and kept.

    A model that is named is loaded in any case, so that another one than that of the vectors is refused.

    Args:
        experiment: The kind of run.
        vectors: What it is about.
        asked: Its settings.
        arguments: With `model` and `dtype`, as `model_arguments` reads them.
        model: Where it is loaded already.
    """
    load = cache(lambda: model or model_of(vectors, arguments.model, arguments.dtype))
    if arguments.model or arguments.dtype:
        experiment.check(asked, vectors)
        load()
    with progress() as show:
        return result_of(open_store(), load, vectors, experiment, asked, open_cache(), show)


def run_over_vectors(arguments: argparse.Namespace) -> Answer:
    """A kind of run without a function of its own: its settings from the arguments, its result as it is."""
    experiment = EXPERIMENTS[arguments.command]
    vectors = load_vectors(Path(arguments.vectors))
    found = result(experiment, vectors, settings_from(experiment.asks, arguments, vectors), arguments)
    document = plain(found)
    return Answer(document, words(document))
