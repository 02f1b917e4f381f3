"""The bundled model and what many tests need of it, each computed once a session. Tests leave it as they found it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from emotion_core.base.activations import ActivationCache
from emotion_core.base.jobs import Job, run_to_end
from emotion_core.experiments.ship import SHIPPED_FOLDER, unpack
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.reading.baseline import Baseline, Form, read_baseline
from emotion_core.runs.codec import restored
from emotion_core.runs.store import RunStore
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors
from emotion_core.vectors.file import load_vectors

T = TypeVar("T")


class Bundled:
    """The demo model, vectors of fear-calm, and what they are compared with.

    Args:
        folder: For the cache and the shipped results.
        shared: The cache of all processes of these tests, where there are several.
    """

    def __init__(self, folder: Path, shared: Path | None = None) -> None:
        self._folder = folder
        path = folder / "activations.sqlite"
        if shared is not None:
            path.symlink_to(shared)
        self.cache = ActivationCache(path)
        self._baselines: dict[tuple[Form, tuple[int, ...]], Baseline] = {}

    @cached_property
    def model(self) -> LoadedModel:
        """The bundled model."""
        return load_model("demo", device="cpu")

    @cached_property
    def vectors(self) -> EmotionVectors:
        """Vectors of fear-calm, as built by default."""
        return run_to_end(build(self.model, [load_prompts("fear-calm")], BuildSettings(), self.cache))

    @cached_property
    def scenes(self) -> EmotionVectors:
        """Vectors of scenes-171, whose map is known, as shipped; `test_ship` sees to it that they are up to date."""
        return load_vectors(restored((SHIPPED_FOLDER / "build-scenes-171" / "vectors.safetensors.xz").read_bytes()))

    @cached_property
    def twelve(self) -> EmotionVectors:
        """Vectors of emotions-12."""
        return self.built("emotions-12")

    @cached_property
    def _shipped(self) -> Path:
        folder = self._folder / "shipped"
        unpack(RunStore(folder))
        return folder

    def store(self, folder: Path) -> RunStore:
        """A store in a folder with the shipped results, as `unpack` gives it without the second that it takes.

        The result files are the same ones in every such store: they are replaced, never written to.
        """
        shutil.copytree(self._shipped / "results", folder / "results", copy_function=os.link)
        shutil.copy(self._shipped / "runs.sqlite", folder)
        return RunStore(folder)

    def built(self, *names: str, **settings: Any) -> EmotionVectors:
        """Vectors of built-in sets."""
        sets = [load_prompts(name) for name in names]
        return run_to_end(build(self.model, sets, BuildSettings(**settings), self.cache))

    def run(self, job: Job[T]) -> T:
        """A job to its end."""
        return run_to_end(job)

    def baseline(self, form: Form = "text", layers: Sequence[int] | None = None) -> Baseline:
        """Neutral texts on these vectors."""
        key = (form, tuple(layers or ()))
        if key not in self._baselines:
            self._baselines[key] = run_to_end(
                read_baseline(self.model, self.vectors, layers, form=form, cache=self.cache)
            )
        return self._baselines[key]
