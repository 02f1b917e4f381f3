from pathlib import Path

import pytest

from emotion_core.errors import SettingsError
from emotion_core.runs.settings import Settings, settings_from


def test_defaults() -> None:
    assert settings_from({}) == Settings()
    assert Settings().data_dir == Path(".data")
    assert not Settings().hosted


def test_each_variable_is_read_with_its_type() -> None:
    environ = {"EMOTION_HOSTED": "1", "EMOTION_DATA_DIR": "/tmp/x", "EMOTION_THREADS": "2", "EMOTION_MODEL": "gpt2"}
    assert settings_from(environ) == Settings(hosted=True, data_dir=Path("/tmp/x"), threads=2, model="gpt2")


@pytest.mark.parametrize(
    ("name", "value"), [("EMOTION_HOSTED", "perhaps"), ("EMOTION_THREADS", "-1"), ("EMOTION_DATA_DIR", " ")]
)
def test_unusable_values_name_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings_from({name: value})
