"""GGUF files: the numbers are those that the file says, fetched and read without running anything."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from gguf import GGUFReader, dequantize

from emotion_core.base.errors import ModelError
from emotion_core.base.settings import settings
from emotion_core.models import gguf_weights
from emotion_core.models.gguf_weights import FILE, FILE_SHA256, PACKAGE, converted, smollm2_file
from emotion_core.models.load import load_model
from emotion_core.models.prepare import gguf_in

ROOT = Path(__file__).parents[2]
installed = pytest.mark.skipif(gguf_weights._installed() is None, reason="requirements-models.txt is not installed")


@pytest.fixture
def not_installed(monkeypatch):
    monkeypatch.setattr(gguf_weights, "_installed", lambda: None)


def pip_that_gives(monkeypatch, files: dict[str, bytes] | None):
    """Stands for pip: writes a wheel with these files, or fails as pip does without a network."""

    def run(command, **more):
        assert command[1:4] == ["-m", "pip", "download"] and {"--no-deps", "--require-hashes"} <= set(command)
        if files is None:
            return subprocess.CompletedProcess(command, 1, "", "ERROR: No matching distribution found")
        with zipfile.ZipFile(Path(command[command.index("--dest") + 1]) / "some.whl", "w") as wheel:
            for name, data in files.items():
                wheel.writestr(name, data)
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(gguf_weights.subprocess, "run", run)


@pytest.fixture(scope="module")
def conversion(tmp_path_factory):
    """The file of the package, its folder of safetensors, and what was said: converted once for all tests."""
    place, said = tmp_path_factory.mktemp("data"), []
    file = smollm2_file(place)
    return file, place, converted(file, place, lambda what, share: said.append(what)), said


@installed
def test_it_is_converted_once(conversion):
    file, place, folder, said = conversion
    assert any("safetensors" in what for what in said)
    assert {path.name for path in folder.parent.iterdir()} == {folder.name}, "nothing unfinished stays"
    again = []
    assert converted(file, place, lambda what, share: again.append(what)) == folder and len(again) == 1


@installed
def test_the_weights_are_the_numbers_of_the_file(conversion, monkeypatch):
    file, place, _, _ = conversion
    monkeypatch.setenv("EMOTION_DATA_DIR", str(place))
    settings.cache_clear()
    model = load_model("smollm2")
    settings.cache_clear()
    assert (model.info.parameters, model.info.layers, model.info.width) == (134_515_008, 30, 576)
    tensors = {tensor.name: tensor for tensor in GGUFReader(file).tensors}
    weights = model.module.state_dict()
    pairs = {"blk.7.ffn_down.weight": "model.layers.7.mlp.down_proj.weight", "token_embd.weight": "lm_head.weight"}
    for name, ours in pairs.items():
        expected = dequantize(tensors[name].data, tensors[name].tensor_type)
        difference = np.abs(weights[ours].numpy() - expected).max()
        assert difference <= 2**-11 * np.abs(expected).max(), "half precision keeps eleven bits"
    assert not [name for name in sys.modules if name.startswith(PACKAGE)], "the package is not imported"


def test_the_pinned_file_is_fetched_and_checked(not_installed, monkeypatch, tmp_path):
    data = b"GGUF and so on"
    pip_that_gives(monkeypatch, {f"{PACKAGE}/{FILE}": data, f"{PACKAGE}/__init__.py": b"raise SystemExit"})
    with pytest.raises(ModelError, match="not the one that this version was made for"):
        smollm2_file(tmp_path / "other")
    monkeypatch.setattr(gguf_weights, "FILE_SHA256", hashlib.sha256(data).hexdigest())
    file = smollm2_file(tmp_path)
    assert file.read_bytes() == data and list(file.parent.iterdir()) == [file], "only the file is taken out"
    monkeypatch.setattr(gguf_weights.subprocess, "run", None)
    assert smollm2_file(tmp_path) == file, "fetched once"
    file.write_bytes(b"GGUF, damaged")
    with pytest.raises(ModelError, match="Delete it and start again"):
        smollm2_file(tmp_path)


def test_without_a_network_it_says_what_to_install(not_installed, monkeypatch, tmp_path):
    pip_that_gives(monkeypatch, None)
    with pytest.raises(ModelError, match=r"No matching distribution.*requirements-models.txt"):
        smollm2_file(tmp_path)


def test_the_requirement_is_the_one_in_the_code():
    lines = (ROOT / "requirements-models.txt").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [gguf_weights._REQUIREMENT.strip()]
    assert len(FILE_SHA256) == 64


def test_a_name_that_is_a_gguf_file_or_a_folder_with_one(tmp_path):
    (tmp_path / "a.GGUF").write_bytes(b"GGUF")
    assert gguf_in(str(tmp_path)) == gguf_in(str(tmp_path / "a.GGUF")) == tmp_path / "a.GGUF"
    (tmp_path / "b.gguf").write_bytes(b"GGUF")
    with pytest.raises(ModelError, match=r"several GGUF files.*a\.GGUF, b\.gguf"):
        gguf_in(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    assert gguf_in(str(tmp_path)) is None and gguf_in("gpt2") is None and gguf_in("") is None and gguf_in("\0") is None


def test_a_damaged_file_is_one_sentence(tmp_path):
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(ModelError, match=r"GGUF file could not be read.*Q8_0"):
        load_model(str(tmp_path / "broken.gguf"))
