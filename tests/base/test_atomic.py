"""A place that a person names: refused in words where no file can be, before and while it is written."""

import os

import pytest

from emotion_core.base import atomic
from emotion_core.base.atomic import require_writable, write_named
from emotion_core.base.errors import SettingsError


def test_a_place_is_tried_and_left_as_it_was(tmp_path):
    (tmp_path / "old").write_bytes(b"old")
    assert require_writable(tmp_path / "new") == tmp_path / "new" and require_writable(tmp_path / "old")
    assert [one.name for one in tmp_path.iterdir()] == ["old"] and (tmp_path / "old").read_bytes() == b"old"
    write_named(tmp_path / "old", b"new")
    assert (tmp_path / "old").read_bytes() == b"new"


@pytest.mark.parametrize(
    ("place", "found"),
    [
        (".", "a folder"),
        ("missing/x", "no folder"),
        ("x" * 300, "too long"),
        ("nul\0", "null"),
        ("/proc/x", "No such file"),
        (os.devnull, "no plain file"),
    ],
)
def test_what_no_file_can_be_is_refused(tmp_path, place, found):
    with pytest.raises(SettingsError, match=f"cannot be written there.*{found}"):
        require_writable(tmp_path / place)
    if place != "missing/x":  # whose folder would be made
        with pytest.raises(SettingsError, match=found):
            write_named(tmp_path / place, b"new")


def test_a_fault_while_it_is_written_is_in_words(tmp_path, monkeypatch):
    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(atomic.os, "fsync", full)
    with pytest.raises(SettingsError, match="No space left"):
        write_named(tmp_path / "x", b"new")
    assert list(tmp_path.iterdir()) == []
