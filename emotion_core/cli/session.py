"""What commands share: the model, the cache, and progress on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from emotion_core.base.jobs import Job, Progress, run_to_end
from emotion_core.base.settings import DTYPES, settings
from emotion_core.models.load import load_model, use_threads
from emotion_core.models.loaded import LoadedModel
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model

T = TypeVar("T")


def open_model(name: str, dtype: str | None) -> LoadedModel:
    """Loads a model, by default in float32, with the number of threads that the settings name.

    Its weights are read when something first needs them, where its files are those of the last time.
    """
    use_threads(settings().threads)
    return load_model(name, dtype=dtype or DTYPES[0], report=_say, later=True)


def _say(what: str, share: float) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{what} ...", end="\n" if share == 1 else "", file=sys.stderr, flush=True)


def model_of(vectors: EmotionVectors, name: str | None, dtype: str | None) -> LoadedModel:
    """The model that vectors belong to, in the number format that they were built in where none is named.

    Raises:
        ModelError: It cannot be loaded.
        VectorFileError: What was loaded is another model.
    """
    model = open_model(name or vectors.model.name, dtype or vectors.model.dtype)
    require_model(vectors, model.info)
    return model


def run(job: Job[T]) -> T:
    """Runs a job to its end, with one line of progress on standard error where a person looks at it."""
    with progress() as show:
        return run_to_end(job, show)


@contextmanager
def progress() -> Iterator[Callable[[Progress], None] | None]:
    """What is told the progress, None where nobody looks at it."""
    if not sys.stderr.isatty():
        yield None
        return
    last = 0.0

    def show(progress: Progress) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > 0.1:
            last = now
            print(f"\r\x1b[K{progress.what}: {progress.fraction:.0%}", end="", file=sys.stderr, flush=True)

    try:
        yield show
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
