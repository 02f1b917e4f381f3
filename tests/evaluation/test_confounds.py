"""Confound sets: what a vector sees that it was not built for, and when that has a say in the verdict."""

from dataclasses import replace

import numpy as np
import pytest
from vectors.planted import activations, neutral, pair_set, planted_pairs

from emotion_core.evaluation.bootstrap import FEWEST
from emotion_core.evaluation.confounds import ConfoundScore, confound_scores, strongest
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.settings import BuildSettings


def moved(one: PromptSet, direction: np.ndarray, strength: float, seed: int = 2):
    """Activations whose positive texts lie further along the direction, as the planted sets have them."""
    values = np.random.default_rng(seed).normal(size=(len(one.texts), *direction.shape)) + 5
    values[[t.side == "positive" for t in one.texts]] += strength * direction
    return activations([t.text for t in one.texts], values)


@pytest.fixture(scope="module")
def fear():
    one = pair_set()
    acts, direction = planted_pairs(one, 1.5)
    return one, acts, direction, vectors_from([one], acts, neutral(), BuildSettings())


def test_the_verdict_follows_the_confound(fear):
    one, acts, direction, vectors = fear
    words = {}
    for strength in (0.0, 4.0, -4.0):
        threat = pair_set(0, 20, "threat", name="threat")
        scores = confound_scores(vectors, [threat], moved(threat, direction, strength))
        result = score_heldout(vectors, acts, [one], acts, confounds=scores)
        words[strength] = result.verdicts[0].word
        document = result.to_json()["emotions"][0]
        assert document["evidence"] == (words[strength] == "evidence")
        assert document["confounds"][0]["auroc"] == pytest.approx(scores[0].auroc)
    # A direction that turns away from a contrast is not explained by it.
    assert words == {0.0: "evidence", 4.0: "explained by confound threat", -4.0: "evidence"}


def test_scores_are_those_of_the_projections(fear):
    _, _, direction, vectors = fear
    threat = pair_set(0, 12, "threat", name="threat")
    acts = moved(threat, direction, 1.0)
    (found,) = confound_scores(vectors, [threat], acts)
    along = acts.values[:, found.layer] @ vectors.values[0, found.layer]
    wins = np.mean(along[::2][:, None] > along[1::2][None])
    assert found.auroc == pytest.approx(wins, abs=1e-6) and found.low < found.auroc < found.high
    assert (found.set, found.contrast, found.n, found.own) == ("threat", "threat", 12, False)


def test_what_a_vector_was_built_from_has_no_say(fear):
    one, acts, _, vectors = fear
    (copied,) = confound_scores(vectors, [replace(one, name="copy")], acts)
    assert copied.own and copied.n == 10, "the pairs of training are left out"
    assert strongest([copied], "fear") == ("", pytest.approx(np.nan, nan_ok=True))
    renamed = pair_set(0, 12, "FEAR", name="other")
    (same,) = confound_scores(vectors, [renamed], moved(renamed, np.zeros((4, 32)), 0))
    assert same.own, "a contrast of the emotion itself is no confound"


def test_too_few_pairs_have_no_say():
    few = ConfoundScore("s", "place", "fear", 1, 1.0, 0.2, 1.0, FEWEST - 1)
    more = replace(few, contrast="threat", auroc=0.6, n=FEWEST)
    other = replace(more, emotion="joy", auroc=0.9)
    assert strongest([few, more, other], "fear") == ("threat", 0.6)
    assert strongest([few], "fear")[0] == ""


def test_pairs_without_activations_are_left_out_whole(fear):
    _, _, direction, vectors = fear
    threat = pair_set(0, 12, "threat", name="threat")
    acts = moved(threat, direction, 1.0)
    (found,) = confound_scores(vectors, [threat], acts.rows(np.arange(1, len(threat.texts))))
    assert found.n == 11
