"""Other tools' files become vectors of the model, what they lack is asked for, and nothing of them is run."""

from __future__ import annotations

import io
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from gguf import GGUFWriter
from safetensors.numpy import save as save_numpy
from safetensors.torch import save as save_torch
from vectors.planted import INFO, LAYERS, WIDTH, labelled_set, neutral, pair_set, planted_labels, planted_pairs

from emotion_core.base.errors import SettingsError, VectorFileError
from emotion_core.exchange.gguf import gguf_bytes
from emotion_core.exchange.open_file import Answers, Found, complete, hint_mismatch, not_finite, open_file
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings
from emotion_core.vectors.file import load_vectors, vector_bytes

NORMS = np.arange(1, LAYERS + 1, dtype=np.float32)
VALUES = np.random.default_rng(0).normal(size=(LAYERS, WIDTH)).astype(np.float32)


@pytest.fixture(scope="module")
def vectors():
    one = pair_set(6, 2)
    return vectors_from([one], planted_pairs(one, 2.0)[0], neutral(), BuildSettings(seed=3))


def taken(data: bytes, name: str = "x", **answers):
    found = open_file(name, data)
    assert isinstance(found, Found)
    return complete(found, Answers(**answers), INFO, NORMS)


def npy(array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def repeng_file(path, values, hint="gpt2") -> bytes:
    writer = GGUFWriter(path, "controlvector")
    writer.add_string("controlvector.model_hint", hint)
    writer.add_uint32("controlvector.layer_count", len(values))
    for layer, vector in values.items():
        writer.add_tensor(f"direction.{layer}", vector)
    for finish in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
        finish()
    writer.close()
    return path.read_bytes()


def test_a_gguf_file_of_repeng(tmp_path):
    data = repeng_file(tmp_path / "v.gguf", {i: VALUES[i] for i in range(1, LAYERS)})
    found = open_file("v.gguf", data)
    assert found.hint == "gpt2" and found.unnamed == 1 and found.numbers == tuple(range(1, LAYERS))
    made = complete(found, Answers(("fear",)), INFO, NORMS)
    assert made.emotions == ("fear",) and made.estimator == "unknown" and made.prompt_sets == ()
    np.testing.assert_array_equal(made.values[0, 1:], VALUES[1:])
    assert np.isnan(made.values[0, 0]).all() and np.isnan(made.cv_auroc).all() and np.isnan(made.train_midpoints).all()
    assert made.selected_layer == 3 and made.origin == "GGUF control vector, v.gguf"
    np.testing.assert_array_equal(made.residual_norms, NORMS)
    again = load_vectors(vector_bytes(made))
    assert again.origin == made.origin and again.estimator == "unknown"


@pytest.mark.parametrize("key", ["layer.{}", "layers.{}", "layer_{}", "model.layers.{}", "{}", "direction.{}"])
def test_safetensors_with_a_vector_a_layer(key):
    data = save_numpy({key.format(i): VALUES[i] for i in range(LAYERS)})
    made = taken(data, emotions=("fear",))
    np.testing.assert_array_equal(made.values[0], VALUES)


def test_emotions_in_the_names():
    data = save_numpy({f"{e}.layer.{i}": VALUES[i] * sign for e, sign in (("joy", 1), ("fear", -1)) for i in (1, 2)})
    made = taken(data)
    assert made.emotions == ("fear", "joy")
    np.testing.assert_array_equal(made.values[1, 1:3], VALUES[1:3])
    np.testing.assert_array_equal(made.values[0, 1:3], -VALUES[1:3])
    assert np.isnan(made.values[:, [0, 3]]).all()


def test_bfloat16_and_one_array_for_all(vectors):
    made = taken(save_torch({"vectors": torch.tensor(VALUES).bfloat16()}), emotions=("fear",))
    np.testing.assert_allclose(made.values[0], VALUES, rtol=1e-2)
    three = taken(save_numpy({"values": np.stack([VALUES, -VALUES])}), emotions=("joy", "fear"))
    np.testing.assert_array_equal(three.values[1], -VALUES)


def test_numpy_files():
    np.testing.assert_array_equal(taken(npy(VALUES), emotions=("fear",)).values[0], VALUES)
    fortran = taken(npy(np.asfortranarray(VALUES.astype(np.float64))), emotions=("fear",))
    np.testing.assert_array_equal(fortran.values[0], VALUES)
    one = taken(npy(VALUES[2]), emotions=("fear",), layer=2)
    assert one.selected_layer == 2 and np.isnan(one.values[0, 1]).all()
    np.testing.assert_array_equal(one.values[0, 2], VALUES[2])
    many = taken(npz(joy=VALUES, fear=-VALUES))
    assert many.emotions == ("fear", "joy")
    unnamed = io.BytesIO()
    np.savez(unnamed, VALUES, -VALUES)
    made = taken(unnamed.getvalue(), emotions=("joy", "fear"))
    np.testing.assert_array_equal(made.values[1], -VALUES)


def test_embeddings_counted_as_layer_0():
    with_embeddings = np.concatenate([np.ones((1, WIDTH), np.float32), VALUES])
    with pytest.raises(VectorFileError, match=r"layers 0 to 3 .*layer 4.*Shift the layers by -1"):
        taken(npy(with_embeddings), emotions=("fear",))
    np.testing.assert_array_equal(taken(npy(with_embeddings), emotions=("fear",), shift=-1).values[0], VALUES)


def test_what_is_missing_is_asked_for():
    with pytest.raises(SettingsError, match=r"does not name its emotions.*1 name"):
        taken(npy(VALUES))
    with pytest.raises(SettingsError, match=r"which layer.*from 0 to 3"):
        taken(npy(VALUES[0]), emotions=("fear",))
    with pytest.raises(SettingsError, match="names its emotions itself"):
        taken(npz(joy=VALUES), emotions=("fear",))
    with pytest.raises(SettingsError, match="comes twice"):
        taken(npy(np.stack([VALUES, VALUES])), emotions=("fear", "fear"))


def test_what_does_not_fit_is_refused_with_both_values():
    with pytest.raises(VectorFileError, match=r"32 numbers \(toy\).*33 numbers"):
        taken(npy(np.zeros((LAYERS, WIDTH + 1))), emotions=("fear",))
    with pytest.raises(VectorFileError, match=r"layers 0 to 3 \(toy\).*layer 9"):
        taken(npy(VALUES[0]), emotions=("fear",), layer=9)
    with pytest.raises(VectorFileError, match=r"one of 1, 2.*Found: 3"):
        taken(npz(**{"fear.layer.1": VALUES[1], "fear.layer.2": VALUES[2]}), selected_layer=3)
    with pytest.raises(VectorFileError, match="32 and 33"):
        open_file("x", npz(**{"layer.1": VALUES[0], "layer.2": np.zeros(33)}))
    with pytest.raises(VectorFileError, match="finite"):
        taken(npy(np.zeros((LAYERS, WIDTH))), emotions=("fear",))
    found = open_file("x", save_numpy({"layer.1": VALUES[1]}))
    assert hint_mismatch(replace(found, hint="gpt_neox"), "gptneox") == ""
    assert "'llama'" in hint_mismatch(replace(found, hint="llama"), "gpt2")


class Bomb:
    def __reduce__(self):
        return print, ("the pickle was run",)


def pickles():
    legacy = io.BytesIO()
    torch.save({"a": Bomb()}, legacy, _use_new_zipfile_serialization=False)
    modern = io.BytesIO()
    torch.save({"layer.1": torch.zeros(3)}, modern)
    objects = npy(np.array([Bomb()], dtype=object))
    return [pickle.dumps(Bomb()), legacy.getvalue(), modern.getvalue(), objects, npz(fear=np.array([Bomb()]))]


@pytest.mark.parametrize("number", range(5))
def test_pickles_are_refused_unopened_with_a_recipe(number, capsys):
    with pytest.raises(VectorFileError, match=r"weights_only=True.*save_file") as caught:
        open_file("vectors.pt", pickles()[number])
    assert "vectors.pt" in str(caught.value)
    assert "was run" not in capsys.readouterr().out


# What a plain loop over layers, persona vectors, CAA and steering-vectors save, and what import asks for.
PRODUCERS = {
    "by layer": (lambda v: dict(enumerate(v)), {}, VALUES),
    "persona vectors": (lambda v: torch.cat([torch.zeros(1, WIDTH), v]), {"shift": -1}, VALUES),
    "CAA": (lambda v: v[1], {"layer": 1}, VALUES[1:2]),
    "steering-vectors": (lambda v: {"layer_activations": {1: v[1]}, "layer_type": "decoder_block"}, {}, VALUES[1:2]),
}


@pytest.mark.parametrize("producer", PRODUCERS)
def test_the_recipe_works_for_the_usual_files(producer, tmp_path, monkeypatch):
    from emotion_core.exchange.open_file import RECIPE

    made, answers, expected = PRODUCERS[producer]
    monkeypatch.chdir(tmp_path)
    torch.save(made(torch.tensor(VALUES)), "vectors.pt")
    exec(RECIPE, {})
    data = (tmp_path / "vectors.safetensors").read_bytes()
    if "shift" in answers:
        with pytest.raises(VectorFileError, match="Shift the layers by -1"):
            taken(data, emotions=("fear",))
    if "layer" in answers:
        with pytest.raises(SettingsError, match="Name the layer"):
            taken(data, emotions=("fear",))
    found = taken(data, emotions=("fear",), **answers).values[0]
    np.testing.assert_array_equal(found[np.isfinite(found).all(axis=1)], expected)


def test_vectors_that_are_not_finite_are_told_and_left_out(tmp_path):
    broken = {i: VALUES[i].copy() for i in range(LAYERS)}
    broken[2][3] = np.nan
    found = open_file("nan.gguf", repeng_file(tmp_path / "nan.gguf", broken))
    assert not_finite(found).endswith("read without them: layer 2.")
    values = complete(found, Answers(("fear",)), INFO, NORMS).values[0]
    assert np.isnan(values[2]).all() and np.isfinite(np.delete(values, 2, axis=0)).all()
    assert not_finite(open_file("x.npy", npy(VALUES))) == ""


def test_names_and_layers_beside_a_block():
    block = np.stack([VALUES, 2 * VALUES, 3 * VALUES])
    names = np.array(["fear", "joy", "calm"])
    found = taken(npz(vectors=block, emotions=names, layers=np.arange(LAYERS)))
    assert found.emotions == ("fear", "joy", "calm")
    np.testing.assert_array_equal(found.values, block)
    np.testing.assert_array_equal(taken(npz(vectors=block[:, 1], emotions=names), layer=1).values[:, 1], block[:, 1])
    with pytest.raises(VectorFileError, match="no plain numbers"):
        open_file("x.npz", npz(vectors=block, emotions=names[:2]))


def test_layers_before_the_emotion_and_columns():
    named = taken(save_numpy({f"layer_{i}_fear": VALUES[i] for i in range(LAYERS)}))
    assert named.emotions == ("fear",)
    np.testing.assert_array_equal(named.values[0], VALUES)
    column = taken(npy(VALUES[1][:, None].astype(np.float64)), emotions=("fear",), layer=1)
    np.testing.assert_array_equal(column.values[0, 1], VALUES[1])


def test_damaged_and_boundless_files():
    data, packed = npy(VALUES), npz(fear=VALUES)
    boundless = io.BytesIO()
    np.lib.format.write_array_header_1_0(boundless, {"descr": "<f4", "fortran_order": False, "shape": (9**9, 9**9)})
    for broken in (
        b"",
        b"text",
        data[:-1],
        data[:20],
        boundless.getvalue(),
        data[:30] + b"(" * 50,
        packed[:-30],
        b"PK\x03\x04rubbish",
        b"GGUF",
    ):
        with pytest.raises(VectorFileError):
            open_file("x", broken)
    flipped = bytearray(packed)
    flipped[len(packed) // 2] ^= 0xFF
    with pytest.raises(VectorFileError):
        open_file("x", bytes(flipped))


def test_an_archive_that_claims_too_much(monkeypatch):
    monkeypatch.setattr("emotion_core.exchange.open_file.LARGEST_UNPACKED", 100)
    with pytest.raises(VectorFileError, match="too large"):
        open_file("x", npz(fear=VALUES))


def test_files_of_this_project_need_no_answers(vectors):
    again = open_file("v", vector_bytes(vectors))
    assert again.prompt_sets == vectors.prompt_sets
    through = open_file("fear.gguf", gguf_bytes(vectors, "fear"))
    np.testing.assert_array_equal(through.values, vectors.values)
    for name in ("residual_norms", "cv_auroc", "train_midpoints"):
        np.testing.assert_array_equal(getattr(through, name), getattr(vectors, name))
    for name in ("model", "emotions", "selected_layers", "reading", "estimator", "prompt_sets", "seed"):
        assert getattr(through, name) == getattr(vectors, name), name


def test_one_of_many_labelled_emotions_keeps_the_texts_it_was_compared_with():
    one = labelled_set(("joy", "fear", "calm"), 4, 2)
    vectors = vectors_from([one], planted_labels(one, 1.0)[0], neutral(), BuildSettings())
    through = open_file("x", gguf_bytes(vectors, "calm"))
    assert through.emotions == ("calm",) and through.prompt_sets == vectors.prompt_sets
    np.testing.assert_array_equal(through.values[0], vectors.values[2])
    assert through.selected_layers == vectors.selected_layers[2:]
