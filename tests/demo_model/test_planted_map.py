"""What was planted is found: the map of the generator's scenes is the truth table's."""

import csv

import numpy as np
import pytest

from demo_model import truth, write_scenes
from emotion_core.geometry.emotion_map import map_emotions
from emotion_core.geometry.norms import Norms


def test_the_file_is_what_the_generator_writes() -> None:
    with write_scenes.OUT.open(encoding="utf-8", newline="") as file:
        assert list(csv.DictReader(file)) == write_scenes.rows()


def test_no_scene_names_its_emotion() -> None:
    for row in write_scenes.rows():
        assert f" {row['emotion']} " not in f" {row['text'].lower()} ".replace(".", " ").replace(",", " "), row


@pytest.fixture(scope="module")
def planted_map(bundled):
    vectors = bundled.scenes
    places = truth.emotions()
    valence, arousal = ({w: getattr(e, name) for w, e in places.items()} for name in ("valence", "arousal"))
    norms = Norms("truth table", valence, arousal, (-1.0, 1.0))
    return map_emotions(vectors, vectors.selected_layer, 10, norms)


def test_the_main_axis_is_valence_and_another_is_arousal(planted_map) -> None:
    assert abs(planted_map.human.valence.r) >= 0.8
    assert max(abs(planted_map.human.arousal.r), abs(planted_map.human.arousal_pc3.r)) >= 0.5


def test_the_clusters_match_the_papers_beyond_shuffled_labels(planted_map) -> None:
    assert planted_map.rand.p_value <= 0.05
    assert np.isfinite(planted_map.silhouette)
