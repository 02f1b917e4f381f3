"""Runs over each other: every run keeps its own band and its own judgement."""

from types import SimpleNamespace

import pytest
from vectors.planted import neutral, pair_set, planted_pairs

from emotion_core.charts.pinned import builds_table, overlaid_builds, overlaid_sweeps, sweeps_table
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.steering.summary import StrengthSummary
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings


def sweep_of(emotion: str, *, evidence: bool):
    strengths = tuple(
        StrengthSummary(s, s * 2, s * 2 - 0.5, s * 2 + 0.5, -0.4, 0.4, True, evidence and s > 0, 2.0, 0.0, 0, 8)
        for s in (-0.2, 0.0, 0.2)
    )
    settings = SimpleNamespace(emotion=emotion, unit="fraction")
    return SimpleNamespace(settings=settings, model=SimpleNamespace(name="toy"), strengths=strengths, evidence=evidence)


@pytest.fixture(scope="module")
def scores():
    one = pair_set()
    result = {}
    for name, strength in (("clear", 3.0), ("nothing", 0.0)):
        acts, _ = planted_pairs(one, strength)
        result[name] = score_heldout(vectors_from([one], acts, neutral(), BuildSettings()), acts, [one], acts), "fear"
    return result


def test_the_title_counts_the_sweeps_that_left_their_band():
    sweeps = {"a": sweep_of("fear", evidence=True), "b": sweep_of("calm", evidence=False)}
    spec = overlaid_sweeps(sweeps).to_dict()
    assert spec["title"]["text"].startswith("1 of 2 sweeps move the reading")
    named = spec["layer"][1]["encoding"]["color"]["scale"]["domain"]
    assert named == ["a · evidence", "b · no evidence"]
    table = sweeps_table(sweeps)
    assert table.groupby("run")["line_evidence"].mean().to_dict() == {"a": 1, "b": 0} and "evidence" not in table
    assert set(table["emotion"]) == {"fear", "calm"}


def test_a_build_is_judged_by_its_own_shuffled_labels(scores):
    table = builds_table(scores)
    beyond = table.groupby("run")["beyond"].mean()
    assert beyond["clear"] == 1.0 and beyond["nothing"] < 0.5
    assert table.groupby("run")["depth"].agg(["min", "max"]).to_numpy().tolist() == [[0.0, 1.0]] * 2
    title = overlaid_builds(scores).to_dict()["title"]
    assert "2 vectors" in title["text"]
    assert "at its layer alone, as 1 point in 20 is by chance" in title["subtitle"]
