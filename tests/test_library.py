"""The library refuses in words what its docstrings promise to; what it computes is tested with each kind of run."""

import numpy as np
import pytest

from emotion_core import library
from emotion_core.base.errors import SettingsError, VectorFileError
from emotion_core.base.settings import settings


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    settings.cache_clear()


def test_files_that_cannot_be_read_or_written(bundled, tmp_path):
    for path in (tmp_path / "nofile", tmp_path):
        with pytest.raises(VectorFileError, match="cannot be read"):
            library.open_vectors(path)
    for path in (tmp_path, "/proc/x"):
        with pytest.raises(SettingsError, match="cannot be written there"):
            library.save(bundled.vectors, path)
    with pytest.raises(SettingsError, match="cannot be written there"):
        library.export(bundled.model, bundled.vectors, tmp_path)


def test_what_a_file_says_itself_is_not_answered_beside_it(bundled, tmp_path):
    library.save(bundled.vectors, tmp_path / "v.safetensors")
    assert library.open_vectors(tmp_path / "v.safetensors", bundled.model).emotions == ("fear",)
    with pytest.raises(SettingsError, match="names its emotions and layers itself"):
        library.open_vectors(tmp_path / "v.safetensors", layer=2)
    np.save(tmp_path / "v.npy", bundled.vectors.values[0])
    assert library.open_vectors(tmp_path / "v.npy", bundled.model, emotions=("dread",)).emotions == ("dread",)


def test_a_seed_out_of_range(bundled, tmp_path):
    (tmp_path / "own.csv").write_text("emotion,text\nfear,I ran.\njoy,We sang.\n")
    for call in (
        lambda: library.test(bundled.model, bundled.vectors, seed=-1),
        lambda: library.transfer(bundled.model, bundled.vectors, "emotions-12", seed=-1),
        lambda: library.prompts(tmp_path / "own.csv", seed=-1),
    ):
        with pytest.raises(SettingsError, match="'seed' is out of range"):
            call()


def test_strengths_as_a_number_and_as_the_command_line_takes_them(bundled):
    small = {"samples": 1, "controls": 0, "max_new_tokens": 1}
    for given, taken in ((0.2, (0.0, 0.2)), ("0.1,0.2", (0.0, 0.1, 0.2)), ([-0.1], (-0.1, 0.0))):
        found = library.steer(bundled.model, bundled.vectors, "She", given, **small)
        assert found.settings.strengths == taken
    with pytest.raises(SettingsError, match="strengths cannot be read"):
        library.steer(bundled.model, bundled.vectors, "She", "x", **small)
