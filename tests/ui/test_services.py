"""In which number format the pages load a model."""

import pytest

from emotion_core.base.settings import settings
from ui import services


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(services, "owner_of", lambda name, dtype, report: found.append((name, dtype)))
    monkeypatch.setenv("EMOTION_DTYPE", "bfloat16")
    settings.cache_clear()
    yield found
    settings.cache_clear()


def test_models_are_loaded_in_the_chosen_format_but_the_bundled_one_in_that_of_its_shipped_results(asked) -> None:
    services.owner("gpt2")
    services.owner("demo")
    assert asked == [("gpt2", "bfloat16"), ("demo", "float32")]
