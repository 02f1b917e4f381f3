import json
import struct
from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save

from emotion_core.base.errors import VectorFileError
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings
from emotion_core.vectors.file import load_vectors, require_model, save_vectors, vector_bytes
from vectors.planted import INFO, labelled_set, neutral, pair_set, planted_labels, planted_pairs

FIELDS = ("model", "emotions", "selected_layers", "selected_layer", "reading", "estimator", "neutral_projection")
FIELDS += ("prompt_sets", "seed", "versions")


@pytest.fixture(scope="module")
def vectors():
    one = pair_set(6, 2)
    acts, _ = planted_pairs(one, 2.0)
    acts.values[0, 1] = np.nan
    return vectors_from([one], acts, neutral(), BuildSettings(seed=3))


def rewrite(data: bytes, change) -> bytes:
    """The same file with its manifest changed."""
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    manifest = json.loads(header["__metadata__"]["manifest"])
    change(manifest)
    header["__metadata__"]["manifest"] = json.dumps(manifest)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + size :]


def test_round_trip_keeps_every_field_and_nan(vectors, tmp_path):
    save_vectors(vectors, tmp_path / "v.safetensors")
    loaded = load_vectors(tmp_path / "v.safetensors")
    for name in ("values", "residual_norms", "cv_auroc", "train_midpoints"):
        np.testing.assert_array_equal(getattr(loaded, name), getattr(vectors, name))
    assert np.isnan(loaded.values).any()
    for name in FIELDS:
        assert getattr(loaded, name) == getattr(vectors, name), name
    assert loaded.prompt_sets[0].sha256 == vectors.prompt_sets[0].sha256
    assert loaded.created.startswith("20") and vector_bytes(loaded) == (tmp_path / "v.safetensors").read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["v.safetensors"]


def test_labelled_vectors_and_awkward_text_survive(tmp_path):
    one = labelled_set(("at ease", 'quo"te', "émotion\n"), 3, 1)
    vectors = vectors_from([one], planted_labels(one, 1.0)[0], neutral(), BuildSettings())
    assert load_vectors(vector_bytes(vectors)).prompt_sets == vectors.prompt_sets


def test_another_model_is_refused_with_both_fingerprints(vectors):
    require_model(vectors, INFO)
    other = replace(INFO, fingerprint="b" * 64)
    with pytest.raises(VectorFileError) as caught:
        require_model(vectors, other)
    assert "a" * 64 in str(caught.value) and "b" * 64 in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(format_version=2), "format_version"),
        (lambda m: m.update(format="other"), "format"),
        (lambda m: m.pop("model"), "model"),
        (lambda m: m["model"].update(width=33), r"float32 \[1, 4, 33\]"),
        (lambda m: m["model"].update(width="32"), "width"),
        (lambda m: m["settings"].update(estimator="magic"), "estimator"),
        (lambda m: m.update(selected_layers=[7]), "chosen layers"),
        (lambda m: m.update(selected_layer=4), "chosen layers"),
        (lambda m: m.update(emotions=[]), "emotions"),
        (lambda m: m.update(extra=1), "extra"),
        (lambda m: m["prompt_sets"][0]["rows"][0].update(text="another text"), "changed after the build"),
    ],
)
def test_a_changed_manifest_is_refused(vectors, change, message):
    with pytest.raises(VectorFileError, match=message):
        load_vectors(rewrite(vector_bytes(vectors), change))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        b"\x80\x04pickle" * 10,
        struct.pack("<Q", 2**60) + b"{}",
        struct.pack("<Q", 2) + b"[]",
        struct.pack("<Q", 4) + b"\xff\xfe{}",
        b"PK\x03\x04" + bytes(100),
    ],
)
def test_what_is_no_safetensors_file_is_refused_before_anything_is_allocated(data):
    with pytest.raises(VectorFileError):
        load_vectors(data)


def test_a_header_that_claims_more_than_there_is(vectors):
    data = vector_bytes(vectors)
    with pytest.raises(VectorFileError, match="do not fit the file"):
        load_vectors(data[:-4])
    huge = json.dumps({"values": {"dtype": "F32", "shape": [10**9, 10**6], "data_offsets": [0, 4 * 10**15]}}).encode()
    with pytest.raises(VectorFileError, match="do not fit the file"):
        load_vectors(struct.pack("<Q", len(huge)) + huge)


def test_files_of_other_tools_and_missing_files(tmp_path):
    with pytest.raises(VectorFileError, match="no manifest"):
        load_vectors(save({"values": np.zeros((1, 2), np.float32)}))
    with pytest.raises(VectorFileError, match="cannot be read"):
        load_vectors(tmp_path / "none.safetensors")


def test_a_tensor_of_another_type_is_refused(vectors):
    data = vector_bytes(vectors)
    (size,) = struct.unpack("<Q", data[:8])
    manifest = json.loads(data[8 : 8 + size])["__metadata__"]["manifest"]
    tensors = {n: getattr(vectors, n) for n in ("values", "residual_norms", "cv_auroc")}
    with pytest.raises(VectorFileError, match="tensor is missing"):
        load_vectors(save(tensors, metadata={"manifest": manifest}))
    tensors["train_midpoints"] = vectors.train_midpoints.astype(np.float64)
    with pytest.raises(VectorFileError, match="float64"):
        load_vectors(save(tensors, metadata={"manifest": manifest}))
