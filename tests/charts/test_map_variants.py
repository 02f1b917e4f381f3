"""Maps made in several ways: a plane each, one figure of all, and a sentence from the numbers."""

from dataclasses import replace

import numpy as np

from emotion_core.charts.emotion_map import variant_plane, variant_planes, variant_sentence, variant_table
from emotion_core.charts.palette import chart_bytes
from emotion_core.geometry.stability import variant

NAMES = ("joy", "fear", "calm", "anger", "pride")


def test_every_way_has_its_plane_and_all_are_one_figure() -> None:
    vectors = np.random.default_rng(0).normal(size=(5, 2, 8)).astype(np.float32)
    as_built = variant("as built", vectors, vectors, NAMES)
    other = replace(as_built, name="other", agreement=np.array([0.8, 0.4]))
    planes = [variant_plane(one, NAMES, 1, "fear") for one in (as_built, other)]
    assert planes[0].to_dict()["title"]["text"] == "As built"
    assert chart_bytes(variant_planes(planes, "Two maps"), "svg").startswith(b"<svg")
    assert "nearly the same map (r = 0.80 or more)" in variant_sentence((as_built, other), 0)
    assert "another map (r = 0.40" in variant_sentence((as_built, other), 1)
    assert list(variant_table((as_built, other), 1)["map"]) == ["as built", "other"]
