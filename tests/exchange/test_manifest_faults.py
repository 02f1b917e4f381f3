"""A bundle or GGUF file whose manifest was changed is refused, and both values are said."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace

import pytest
from vectors.planted import INFO, LAYERS, WIDTH, neutral, pair_set, planted_pairs
from vectors.test_vector_file import rewrite

from emotion_core.base.errors import VectorFileError
from emotion_core.exchange.bundle import bundle_bytes
from emotion_core.exchange.gguf import gguf_bytes
from emotion_core.exchange.open_file import open_file
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings
from emotion_core.vectors.file import require_model, vector_bytes


@pytest.fixture(scope="module")
def vectors():
    one = pair_set(6, 2)
    return vectors_from([one], planted_pairs(one, 2.0)[0], neutral(), BuildSettings())


def bundled(data: bytes) -> bytes:
    return bundle_bytes({"README.md": b"", "vectors.safetensors": data})


FAULTS = [
    (lambda m: m.pop("emotions"), r"emotions\).*Expected: Field required.*Found: nothing"),
    (lambda m: m.update(format_version=9), r"format_version\).*should be 1.*Found: 9"),
    (lambda m: m["model"].update(width=WIDTH + 1), rf"\[1, {LAYERS}, {WIDTH + 1}\].*\[1, {LAYERS}, {WIDTH}\]"),
    (lambda m: m["model"].update(layers=LAYERS - 1, context=0), r"context\).*greater than or equal to 1.*Found: 0"),
]


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_in_a_bundle(vectors, change, message):
    with pytest.raises(VectorFileError, match=message):
        open_file("bundle.zip", bundled(rewrite(vector_bytes(vectors), change)))


@pytest.mark.parametrize(("change", "message"), FAULTS)
def test_in_a_gguf_file(vectors, change, message, monkeypatch):
    from emotion_core.exchange import gguf

    def changed(one):
        document = json.loads(real(one))
        change(document)
        return json.dumps(document)

    real = gguf.manifest_json
    monkeypatch.setattr(gguf, "manifest_json", changed)
    with pytest.raises(VectorFileError, match=message):
        open_file("fear.gguf", gguf_bytes(vectors, "fear"))


def test_of_another_model(vectors):
    for data in (bundled(vector_bytes(vectors)), gguf_bytes(vectors, "fear")):
        with pytest.raises(VectorFileError, match=rf"{'b' * 64} \(other\).*{'a' * 64} \(toy\)"):
            require_model(open_file("x", data), replace(INFO, name="other", fingerprint="b" * 64))


def test_a_bundle_that_is_cut_off(vectors):
    data = bundled(vector_bytes(vectors))
    with pytest.raises(VectorFileError, match="damaged"):
        open_file("bundle.zip", data[:-40])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == ["README.md", "vectors.safetensors"]
