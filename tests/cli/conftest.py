"""A folder with its own cache, a small prompt set and its vectors, for the tests of every command."""

from functools import cache
from pathlib import Path

import pytest

from emotion_core.base import settings as settings_module
from emotion_core.cli import session
from emotion_core.cli.main import main
from emotion_core.models.load import load_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for the files of one module."""
    return tmp_path_factory.mktemp("cli")


@pytest.fixture(scope="session", autouse=True)
def own_data(bundled):
    """A data folder for all commands; its cache is that of the other tests, so that texts are read once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOTION_DATA_DIR", str(bundled.cache.path.parent))
        settings_module.settings.cache_clear()
        yield
    settings_module.settings.cache_clear()


@cache
def _demo(dtype):
    return load_model("demo", dtype=dtype)


@pytest.fixture(scope="module", autouse=True)
def demo_once():
    """The bundled model is loaded once in each format; here alone, since other tests count what loading asks."""

    def once(name, *, dtype, report, later):
        return _demo(dtype) if name == "demo" else load_model(name, dtype=dtype, report=report, later=later)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "load_model", once)
        yield


@pytest.fixture(scope="session")
def prompts(tmp_path_factory) -> Path:
    """Three emotions with plain texts; what they say does not matter here."""
    path = tmp_path_factory.mktemp("prompts") / "small.csv"
    lines = ["emotion,text,topic,split"]
    for topic in range(6):
        split = "heldout" if topic > 3 else "train"
        for emotion, text in (
            ("fear", f"Something moved behind door {topic} and nobody answered me."),
            ("joy", f"We danced around table {topic} until the cake was gone."),
            ("calm", f"I watered plant {topic} and listened to the slow rain."),
        ):
            lines.append(f"{emotion},{text},t{topic},{split}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def vectors(own_data, tmp_path_factory, prompts) -> Path:
    out = tmp_path_factory.mktemp("vectors") / "small.safetensors"
    assert main(["build", str(prompts), "--out", str(out), "--json"]) == 0
    return out
