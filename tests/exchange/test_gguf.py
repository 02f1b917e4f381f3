"""A GGUF control vector holds the same numbers for every reader, and no header makes the reader run away."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
from gguf import GGUFReader, GGUFWriter
from vectors.planted import LAYERS, WIDTH, labelled_set, neutral, pair_set, planted_labels, planted_pairs

from emotion_core.base.errors import VectorFileError
from emotion_core.exchange.gguf import gguf_bytes, model_type, read_gguf
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings


@pytest.fixture(scope="module")
def vectors():
    one = pair_set(6, 2)
    found = vectors_from([one], planted_pairs(one, 2.0)[0], neutral(), BuildSettings(seed=3))
    return replace(found, model=replace(found.model, architecture="GPT2LMHeadModel"))


def test_the_gguf_package_reads_what_llama_cpp_and_repeng_ask_for(vectors, tmp_path):
    path = tmp_path / "fear.gguf"
    path.write_bytes(gguf_bytes(vectors, "fear"))
    reader = GGUFReader(path)
    assert str(bytes(reader.fields["general.architecture"].parts[-1]), "utf-8") == "controlvector"
    assert str(bytes(reader.fields["controlvector.model_hint"].parts[-1]), "utf-8") == "gpt2"
    assert reader.fields["controlvector.layer_count"].parts[-1][0] == LAYERS - 1
    # llama.cpp refuses a file with any other tensor, with layer 0, or with a tensor that is not 1-D F32.
    assert [t.name for t in reader.tensors] == [f"direction.{i}" for i in range(1, LAYERS)]
    for tensor in reader.tensors:
        assert tensor.tensor_type.name == "F32" and tensor.data.shape == (WIDTH,)
        np.testing.assert_array_equal(tensor.data, vectors.values[0, int(tensor.name.split(".")[1])])


def test_a_layer_that_overflowed_or_is_zero_is_left_out(vectors, tmp_path):
    broken = vectors.values.copy()
    broken[0, 1], broken[0, 2] = np.nan, 0
    found = read_gguf(gguf_bytes(replace(vectors, values=broken), "fear"), "fear.gguf")
    assert list(found.tensors) == ["direction.3"] and found.metadata["controlvector.layer_count"] == 1


def test_rows_of_a_large_set_stay_outside(monkeypatch):
    one = labelled_set(("joy", "fear"), 3, 1)
    vectors = vectors_from([one], planted_labels(one, 1.0)[0], neutral(), BuildSettings())
    assert one.texts[0].text in read_gguf(gguf_bytes(vectors, "joy"), "x").metadata["emotion_vectors.manifest"]
    monkeypatch.setattr("emotion_core.exchange.gguf.LARGEST_MANIFEST", 1000)
    assert one.texts[0].text not in read_gguf(gguf_bytes(vectors, "joy"), "x").metadata["emotion_vectors.manifest"]


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 0), (np.float16, 1e-3), (np.float64, 1e-7)])
def test_our_reader_agrees_with_the_package(tmp_path, dtype, tolerance):
    path = tmp_path / "x.gguf"
    writer = GGUFWriter(path, "controlvector")
    writer.add_array("texts", ["a", "bé"])
    writer.add_array("numbers", [1.5, -2.0])
    writer.add_bool("yes", True)
    writer.add_int64("far", -(2**40))
    values = np.random.default_rng(0).normal(size=(3, 5)).astype(dtype)
    writer.add_tensor("direction.4", values)
    for finish in (writer.write_header_to_file, writer.write_kv_data_to_file, writer.write_tensors_to_file):
        finish()
    writer.close()
    found = read_gguf(path.read_bytes(), "x.gguf")
    np.testing.assert_allclose(found.tensors["direction.4"], values, atol=tolerance)
    assert found.tensors["direction.4"].shape == (3, 5) and found.tensors["direction.4"].dtype == np.float32
    assert found.metadata["texts"] == ("a", "bé") and list(found.metadata["numbers"]) == [1.5, -2.0]
    assert found.metadata["yes"] is True and found.metadata["far"] == -(2**40)


def test_bfloat16_is_widened():
    head = b"GGUF" + struct.pack("<IQQ", 3, 1, 0)
    info = struct.pack("<Q", 11) + b"direction.1" + struct.pack("<IQIQ", 1, 2, 30, 0)
    start = head + info
    data = start + bytes(-len(start) % 32) + struct.pack("<HH", 0x3FC0, 0xC000)
    np.testing.assert_array_equal(read_gguf(data, "x").tensors["direction.1"], [1.5, -2.0])


def test_no_prefix_and_no_flipped_byte_gets_past_the_reader(vectors):
    data = gguf_bytes(vectors, "fear")
    for size in (0, 3, 4, 10, 24, 40, 100, len(data) // 2, len(data) - 1):
        with pytest.raises(VectorFileError):
            read_gguf(data[:size], "cut.gguf")
    for place in range(4, 24):
        for byte in (0x7F, 0xFF):
            changed = data[:place] + bytes([byte]) + data[place + 1 :]
            with pytest.raises(VectorFileError):
                read_gguf(changed, "flipped.gguf")


def test_counts_beyond_the_file_are_refused_at_once():
    endless_array = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"k"
    endless_array += struct.pack("<IIQ", 9, 8, 2**60)
    many_keys = b"GGUF" + struct.pack("<IQQ", 3, 0, 2**62) + bytes(100)
    quantised = b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + struct.pack("<Q", 1) + b"t" + struct.pack("<IQIQ", 1, 32, 2, 0)
    for data, message in ((endless_array, "claims more"), (many_keys, "claims more"), (quantised, "ggml type 2")):
        with pytest.raises(VectorFileError, match=message):
            read_gguf(data, "x.gguf")


def test_model_type_of_a_class():
    assert model_type("LlamaForCausalLM") == "llama" and model_type("NoSuchClass") == "NoSuchClass"
