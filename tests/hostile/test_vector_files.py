"""Strangers' vector files: refused with words or read, never run, never more memory than the file is worth."""

from __future__ import annotations

import io
import json
import pickle
import struct
import tracemalloc
import zipfile
from functools import cache

import numpy as np
import pytest
from hostile_helpers import MANY, nothing_touched
from hypothesis import given
from hypothesis import strategies as st
from vectors.planted import neutral, pair_set, planted_pairs

from emotion_core.base.errors import EmotionCoreError, VectorFileError
from emotion_core.exchange.gguf import gguf_bytes
from emotion_core.exchange.open_file import open_file
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings
from emotion_core.vectors.file import load_vectors, vector_bytes

NAMES = st.one_of(
    st.sampled_from(["v.safetensors", "v.gguf", "v.npz", "v.npy", "v.pt", "../../v.safetensors", "", "a\0b", "<b>"]),
    st.text(max_size=12),
)
MEGABYTE = 1_000_000


@cache
def valid() -> dict[str, bytes]:
    one = pair_set(6, 2)
    vectors = vectors_from([one], planted_pairs(one, 2.0)[0], neutral(), BuildSettings())
    npz, npy, bundle = io.BytesIO(), io.BytesIO(), io.BytesIO()
    np.savez(npz, layer_1=vectors.values[0, 1], layer_2=vectors.values[0, 2])
    np.save(npy, vectors.values)
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors.safetensors", vector_bytes(vectors))
    found = {"safetensors": vector_bytes(vectors), "npz": npz.getvalue(), "npy": npy.getvalue()}
    return {**found, "zip": bundle.getvalue(), "gguf": gguf_bytes(vectors, vectors.emotions[0])}


def opens_or_refuses(name: str, data: bytes) -> None:
    with nothing_touched():
        for read in (lambda: open_file(name, data), lambda: load_vectors(data)):
            try:
                read()
            except EmotionCoreError as error:
                assert error.what and len(error.message) < 3000


@MANY
@given(NAMES, st.binary(max_size=300))
def test_any_bytes(name: str, data: bytes) -> None:
    opens_or_refuses(name, data)


@MANY
@given(NAMES, st.sampled_from(["safetensors", "npz", "npy", "zip", "gguf"]), st.data())
def test_good_files_with_damage(name: str, kind: str, draw: st.DataObject) -> None:
    data = bytearray(valid()[kind])
    for _ in range(draw.draw(st.integers(1, 4))):
        # Most of what can be attacked stands in the first kilobytes.
        place = draw.draw(st.integers(0, min(len(data), 4000) - 1))
        data[place] = draw.draw(st.integers(0, 255))
    end = draw.draw(st.one_of(st.just(len(data)), st.integers(0, len(data))))
    opens_or_refuses(name, bytes(data[:end]))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(["dtype", "shape", "data_offsets", "x"]), inner)
    ),
    max_leaves=8,
)


@MANY
@given(st.dictionaries(st.sampled_from(["__metadata__", "values", "a", ""]), JSON), st.binary(max_size=64))
def test_any_safetensors_header(header: dict[str, object], rest: bytes) -> None:
    text = json.dumps(header).encode()
    opens_or_refuses("v.safetensors", struct.pack("<Q", len(text)) + text + rest)


@MANY
@given(st.sampled_from(["emotions", "selected_layers", "selected_layer", "reading", "model", "prompt_sets"]), JSON)
def test_any_manifest(key: str, value: object) -> None:
    data = valid()["safetensors"]
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"]["manifest"] = json.dumps({**json.loads(header["__metadata__"]["manifest"]), key: value})
    text = json.dumps(header).encode()
    opens_or_refuses("v.safetensors", struct.pack("<Q", len(text)) + text + data[8 + size :])


HUGE = b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }"


def claims(shape: list[int], end: int) -> bytes:
    header = json.dumps({"values": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}).encode()
    return struct.pack("<Q", len(header)) + header + b"\0" * 16


def zipped(name: str, size: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, b"\0" * size)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("v.safetensors", claims([2**40], 2**42)),
        ("v.safetensors", claims([2**62, 4], 16)),
        ("v.safetensors", struct.pack("<Q", 2**63) + b"{}"),
        ("v.npy", b"\x93NUMPY\x01\x00v\x00" + HUGE.ljust(118)),
        ("bomb.zip", zipped("vectors.safetensors", 300 * MEGABYTE)),
        ("bomb.npz", zipped("a.npy", 300 * MEGABYTE)),
    ],
    ids=["claims 4 TB", "shape overflows", "header of 8 EB", "npy of 400 GB", "zip bomb", "npz bomb"],
)  # fmt: skip
def test_what_a_file_claims_is_compared_before_anything_is_allocated(name: str, data: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(VectorFileError):
            open_file(name, data)
        assert tracemalloc.get_traced_memory()[1] < 8 * MEGABYTE + 4 * len(data)
    finally:
        tracemalloc.stop()


class Evil:
    """What a pickle would run."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("raise SystemExit('the pickle was run')",))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", ["v.pt", "v.safetensors", "v.npy", "v"])
def test_pickles_are_never_run(name: str, protocol: int) -> None:
    opens_or_refuses(name, pickle.dumps(Evil(), protocol))
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Evil(), protocol))
    opens_or_refuses(name, inside.getvalue())
    objects = io.BytesIO()
    np.save(objects, np.array([Evil()], dtype=object), allow_pickle=True)
    opens_or_refuses(name, objects.getvalue())
