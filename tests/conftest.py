"""Fixtures of all tests: one thread, no network, tiny random models of many architectures."""

from __future__ import annotations

import os
import sys

# Before any library reads them.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch
from warm_python import WarmPython

from emotion_core.base.settings import settings
from emotion_core.models.loaded import LoadedModel

if TYPE_CHECKING:
    from bundled import Bundled

SHARED_MODELS = Path(__file__).resolve().parents[2] / "shared" / "models"

torch.set_num_threads(1)  # sums over several threads may round differently from run to run


@cache
def _made(family: str) -> LoadedModel:
    from tiny import tiny_model  # seconds of import that most tests do not need

    return tiny_model(family)


@pytest.fixture(scope="session")
def tiny() -> Callable[[str], LoadedModel]:
    """A tiny random model of a family, made once a session: `tiny("gpt2")`. Tests leave it as they found it."""
    return _made


@pytest.fixture(scope="session")
def third_party() -> Callable[[str], LoadedModel]:
    """A small trained model that others made, from the folder beside the checkout; skips where it is missing."""

    @cache
    def load(name: str) -> LoadedModel:
        from emotion_core.models.load import load_model

        if not (SHARED_MODELS / name / "config.json").exists():
            pytest.skip(f"the third-party model {name} is not in ../shared/models")
        return load_model(str(SHARED_MODELS / name))

    return load


@pytest.fixture(scope="session")
def warm_python() -> Iterator[WarmPython]:
    """An interpreter that has imported torch already, for scripts that run outside of this process."""
    python = WarmPython()
    yield python
    python.close()


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Bundled:
    """The bundled model with vectors of fear-calm and their neutral texts."""
    from bundled import Bundled  # seconds of import that most tests do not need

    # Several workers have folders of their own in one: a text that one of them read is not read by the others.
    above = tmp_path_factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else None
    return Bundled(tmp_path_factory.mktemp("bundled"), None if above is None else above / "activations.sqlite")


@pytest.fixture(autouse=True)
def nothing_stays_of_a_test() -> Iterator[None]:
    """No test sees the settings that another one's environment gave, nor a page that Streamlit made the main module.

    A process that is spawned runs the file of the main module first.
    """
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main
    settings.cache_clear()
