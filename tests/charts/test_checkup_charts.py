"""Charts of confounds, of the number of texts, and of the ways of making a vector."""

from dataclasses import replace

import numpy as np
import pytest

from emotion_core.base.activations import ReadingPosition
from emotion_core.charts.checkup import (
    along_sentence,
    confound_chart,
    confound_table,
    cosine_table,
    size_auroc_chart,
    size_chart,
)
from emotion_core.charts.palette import chart_bytes
from emotion_core.charts.separation import reading_words, variant_chart, variant_table
from emotion_core.evaluation.confounds import ConfoundScore
from emotion_core.evaluation.sample_size import SizePoint
from emotion_core.evaluation.variants import Variant

PLACE = ConfoundScore("set", "place", "fear", 1, 0.5, 0.3, 0.7, 20, 0.1, 0.3)
THREAT = replace(PLACE, contrast="threat", auroc=0.8, low=0.6, high=0.9, cosine=0.5)
JOY = replace(PLACE, contrast="joy", auroc=0.1, low=0.05, high=0.3, cosine=-0.6)
WAY = Variant("fear", "difference", False, "mean:0:plain", True, 2, 0.8, 0.1, 1.5, 0.7, 0.5, 0.85, 1.0)


def test_a_direction_below_one_half_turns_away_and_does_not_see():
    table = confound_table([PLACE, THREAT, JOY])
    assert table["verdict"].tolist() == ["does not see it", "lights up", "turns away"]
    title = confound_chart([PLACE, THREAT, JOY], "fear").to_dict()["title"]["text"]
    assert title == "The fear direction also sees threat and turns away from joy"
    assert confound_chart([PLACE], "fear").to_dict()["title"]["text"] == "The fear direction sees none of these"


def test_cosines_stand_beside_their_chance():
    table = cosine_table([PLACE, THREAT, JOY, replace(THREAT, emotion="other")], "fear")
    assert table["points_along"].tolist() == [False, True, True]
    own = cosine_table([PLACE, THREAT, JOY, replace(THREAT, contrast="fear", own=True)], "fear")
    assert along_sentence(own) == (
        "The vector lies along that of threat, joy, each looked at alone: of 3 that have nothing to do with it, 0.2 "
        "would by chance"
    ), "the sentence says that nothing was corrected"
    assert "none of theirs" in along_sentence(cosine_table([PLACE], "fear"))


def test_the_number_of_texts():
    points = [
        SizePoint(n, 0.9, 0.8, 1.0, a, 0.5, 0.9, c, c - 0.1, c + 0.05, 0.2)
        for n, c, a in ((2, 0.5, 0.6), (5, 0.9, 0.7))
    ]
    points.append(SizePoint(10, 1.0, 1.0, 1.0, 0.72, 0.72, 0.72))
    assert size_chart(points, "pairs").to_dict()["title"]["text"] == "Two vectors from 5 pairs each agree"
    less = [points[0], replace(points[1], split_half=0.6), points[2]]
    assert "from 5 pairs each still differ" in size_chart(less, "pairs").to_dict()["title"]["text"]
    noise = [points[0], replace(points[1], split_half=0.1), points[2]]
    assert "no better than those of shuffled labels" in size_chart(noise, "pairs").to_dict()["title"]["text"]
    assert "Too few rows" in size_chart(points[2:], "pairs").to_dict()["title"]["text"]
    assert "0.60 from 2 pairs and 0.72 from all 10" in size_auroc_chart(points, "pairs").to_dict()["title"]["text"]
    unknown = [replace(p, auroc=np.nan, auroc_low=np.nan, auroc_high=np.nan) for p in points]
    assert "Nothing is held out" in size_auroc_chart(unknown, "pairs").to_dict()["title"]["text"]
    for chart in (size_chart(points, "pairs"), size_auroc_chart(points, "pairs"), size_auroc_chart(unknown, "pairs")):
        assert chart_bytes(chart, "svg").startswith(b"<svg")


def test_ways_of_making_a_vector():
    rows = [WAY, replace(WAY, estimator="pca", shown=False, auroc=0.6, cosine=0.4), replace(WAY, emotion="joy")]
    table = variant_table(rows, "fear")
    assert table["estimator"].tolist() == ["difference in means", "first principal component"]
    title = variant_chart(rows, "fear").to_dict()["title"]["text"]
    assert "0.60 to 0.70" in title and "0.40" in title
    assert chart_bytes(variant_chart(rows, "fear"), "svg").startswith(b"<svg")


@pytest.mark.parametrize(
    ("reading", "words"),
    [
        (ReadingPosition(), "mean of tokens"),
        (ReadingPosition("mean", 5), "mean of tokens from token 5"),
        (ReadingPosition("last", chat=True), "last token of all, in the chat template"),
    ],
)
def test_reading_positions_in_words(reading, words):
    assert reading_words(reading.key) == words
