from dataclasses import fields, replace
from pathlib import Path

import pytest

from emotion_core.base.errors import SettingsError
from emotion_core.base.settings import HOSTED, Settings, settings_from


def test_defaults() -> None:
    assert settings_from({}) == Settings()
    assert Settings().data_dir == Path(".data")
    assert not Settings().hosted


def test_each_variable_is_read_with_its_type() -> None:
    environ = {"EMOTION_HOSTED": "1", "EMOTION_DATA_DIR": "/tmp/x", "EMOTION_THREADS": "2", "EMOTION_MODEL": "gpt2"}
    assert settings_from(environ) == replace(HOSTED, data_dir=Path("/tmp/x"), threads=2, model="gpt2")


@pytest.mark.parametrize(
    ("name", "value"),
    [("EMOTION_HOSTED", "perhaps"), ("EMOTION_THREADS", "-1"), ("EMOTION_DATA_DIR", " "), ("EMOTION_DTYPE", "int3")],
)
def test_unusable_values_name_the_variable(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        settings_from({name: value})


def test_a_hosted_app_has_limits_and_each_can_be_changed() -> None:
    assert settings_from({"EMOTION_HOSTED": "1"}) == HOSTED
    limits = [one.name for one in fields(Settings) if one.name.startswith(("max_", "visitor_", "disk_", "memory_"))]
    assert all(getattr(HOSTED, name) > 0 for name in limits)
    changed = settings_from({"EMOTION_HOSTED": "1", "EMOTION_MAX_TOKENS": "7", "EMOTION_MODELS": "demo, gpt2"})
    assert (changed.max_tokens, changed.models) == (7, ("demo", "gpt2"))


def test_the_status_key_is_not_printed() -> None:
    assert "secret" not in repr(settings_from({"EMOTION_STATUS_KEY": "secret"}))
