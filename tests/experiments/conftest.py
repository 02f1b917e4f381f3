"""The bundled model at work for one visitor: what the tests of runs done again share."""

from collections.abc import Iterator

import pytest
from bundled import Bundled

from emotion_core.base.activations import ActivationCache
from emotion_core.base.settings import Settings
from emotion_core.models.load import load_model
from emotion_core.models.owner import ModelOwner
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> JobRegistry:
    return JobRegistry(RunStore(tmp_path_factory.mktemp("runs")), Settings(), "ann")


@pytest.fixture(scope="module")
def owner() -> Iterator[ModelOwner]:
    made = ModelOwner(load_model("demo"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def cache(bundled: Bundled) -> ActivationCache:
    return bundled.cache
