"""Directions projected out of vectors: exact, remembered by the file, refused where nothing is left."""

from dataclasses import replace

import numpy as np
import pytest

from emotion_core.base.errors import SettingsError, VectorFileError
from emotion_core.vectors.build import (
    orthogonal_to,
    orthonormal,
    share_left,
    vectors_from,
    with_midpoints,
    without_removed,
)
from emotion_core.vectors.emotion_vectors import BuildSettings
from emotion_core.vectors.file import load_vectors, vector_bytes
from vectors.planted import directions, labelled_set, neutral, pair_set, planted_labels, planted_pairs


@pytest.fixture(scope="module")
def made():
    one = pair_set()
    acts, direction = planted_pairs(one, 3.0)
    return acts, direction, vectors_from([one], acts, neutral(), BuildSettings())


def test_nothing_along_the_directions_is_left(made):
    vectors = made[2]
    out = directions(3, seed=8).astype(np.float32)
    left = orthogonal_to(vectors, out, ["a", "b", "c"])
    along = np.einsum("elw,dlw->eld", left.values, out)
    np.testing.assert_allclose(along, 0, atol=1e-5)
    assert left.removed.shape == (3, 4, 32) and left.origin == "without a, b, c"
    assert left.selected_layers == vectors.selected_layers and left.prompt_sets == vectors.prompt_sets
    layer = vectors.selected_layers[0]
    assert 0.5 < share_left(left.values[0, layer], vectors.values[0, layer]) < 1


def test_the_product_with_a_text_is_that_of_the_text_without_the_directions(made):
    acts, _, vectors = made
    left = orthogonal_to(vectors, directions(2, seed=8).astype(np.float32), ["a", "b"])
    kept = without_removed(acts.values, left)
    for values, vector in ((acts.values, left.values[0]), (kept, vectors.values[0])):
        found = np.einsum("tlw,lw->tl", values, vector)
        expected = np.einsum("tlw,lw->tl", acts.values, left.values[0])
        np.testing.assert_allclose(found, expected, atol=1e-4)


def test_twice_is_once_with_both(made):
    vectors = made[2]
    out = directions(2, seed=8).astype(np.float32)
    both = orthogonal_to(vectors, out, ["a", "b"])
    twice = orthogonal_to(orthogonal_to(vectors, out[:1], ["a"]), out[1:], ["b"])
    assert twice.removed.shape == both.removed.shape and twice.origin == "without a; without b"
    np.testing.assert_allclose(twice.values, both.values, atol=1e-5)


def test_an_emotion_among_the_directions_is_left_out():
    one = labelled_set(("a", "b", "c"), 12, 6)
    acts, _ = planted_labels(one, 5.0)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    left = orthogonal_to(vectors, vectors.values[[1]], ["b"])
    assert left.emotions == ("a", "c") and left.values.shape[0] == 2
    measured = with_midpoints(left, acts)
    assert np.isnan(left.train_midpoints).all() and np.isfinite(measured.train_midpoints).all()
    again = with_midpoints(vectors, acts)
    np.testing.assert_allclose(again.train_midpoints, vectors.train_midpoints, atol=1e-4)


def test_the_file_remembers(made):
    left = orthogonal_to(made[2], directions(1, seed=8).astype(np.float32), ["a"])
    back = load_vectors(vector_bytes(left))
    np.testing.assert_array_equal(back.removed, left.removed)
    assert back.origin == left.origin
    assert load_vectors(vector_bytes(made[2])).removed is None
    broken = replace(left, removed=left.removed[:, :2])
    with pytest.raises(VectorFileError, match="projected out"):
        load_vectors(vector_bytes(broken))


def test_nothing_left_is_said(made):
    vectors = made[2]
    with pytest.raises(SettingsError, match="Nothing is left"):
        orthogonal_to(vectors, 2 * vectors.values, ["same"])
    for names in ([], ["fear"]):
        with pytest.raises(SettingsError, match="nothing to project out"):
            orthogonal_to(vectors, vectors.values[: len(names)], names)


def test_dependent_and_broken_directions_span_less():
    out = directions(3, seed=8).astype(np.float32)
    out[1] = 2 * out[0]
    out[2, 1] = np.nan
    out[2, 2] = 0
    assert [len(one) for one in orthonormal(out)] == [2, 1, 1, 2]
