"""Confound sets: what a vector sees that it was not built for, and when that has a say in the verdict."""

from dataclasses import replace

import numpy as np
import pytest
from vectors.planted import activations, labelled_set, neutral, pair_set, planted_pairs

from emotion_core.evaluation.confounds import ConfoundScore, confound_scores, counted
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.stats.separation import FEWEST
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings


def moved(one: PromptSet, direction: np.ndarray, strength: float, seed: int = 2):
    """Activations whose positive texts lie further along the direction, as the planted sets have them."""
    values = np.random.default_rng(seed).normal(size=(len(one.texts), *direction.shape)) + 5
    values[[t.side == "positive" for t in one.texts]] += strength * direction
    return activations([t.text for t in one.texts], values)


@pytest.fixture(scope="module")
def fear():
    one = pair_set(40, 40)
    acts, direction = planted_pairs(one, 1.5)
    return one, acts, direction, vectors_from([one], acts, neutral(), BuildSettings())


def test_the_verdict_follows_the_confound(fear):
    one, acts, direction, vectors = fear
    words = {}
    for strength in (0.0, 4.0, -4.0):
        threat = pair_set(0, 40, "threat", name="threat")
        scores = confound_scores(vectors, [threat], moved(threat, direction, strength))
        result = score_heldout(vectors, acts, [one], acts, confounds=scores)
        words[strength] = result.verdicts[0].word
        document = result.to_json()["emotions"][0]
        assert document["evidence"] == (words[strength] == "evidence")
        assert document["confounds"][0]["auroc"] == pytest.approx(scores[0].auroc)
        (gap,) = [gap for gap in document["gaps"] if gap["kind"] == "confound"]
        assert gap["gap"] == pytest.approx(result.auroc[0, scores[0].layer] - scores[0].auroc)
        seen = "also sees threat" in document["reason"]
        assert seen == (strength > 0) == scores[0].lights_up
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
    assert copied.own and copied.n == 40, "the pairs of training are left out"
    assert counted([copied], "fear") == ()
    renamed = pair_set(0, 12, "FEAR", name="other")
    (same,) = confound_scores(vectors, [renamed], moved(renamed, np.zeros((4, 32)), 0))
    assert same.own, "a contrast of the emotion itself is no confound"


def test_too_few_pairs_have_no_say():
    few = ConfoundScore("s", "place", "fear", 1, 1.0, 0.2, 1.0, FEWEST - 1, 0.1, 0.2)
    more = replace(few, contrast="threat", auroc=0.6, n=FEWEST)
    other = replace(more, emotion="joy", auroc=0.9)
    assert counted([few, more, other], "fear") == (more,) and counted([few], "fear") == ()


def test_pairs_without_activations_are_left_out_whole(fear):
    _, _, direction, vectors = fear
    threat = pair_set(0, 12, "threat", name="threat")
    acts = moved(threat, direction, 1.0)
    (found,) = confound_scores(vectors, [threat], acts.rows(np.arange(1, len(threat.texts))))
    assert found.n == 11


def test_the_cosine_is_that_to_the_difference_in_means_of_the_set(fear):
    _, _, direction, vectors = fear
    for strength in (4.0, -4.0, 0.0):
        threat = pair_set(0, 20, "threat", name="threat")
        acts = moved(threat, direction, strength)
        (found,) = confound_scores(vectors, [threat], acts)
        difference = acts.values[::2, found.layer].mean(0) - acts.values[1::2, found.layer].mean(0)
        vector = vectors.values[0, found.layer]
        expected = difference @ vector / np.linalg.norm(difference) / np.linalg.norm(vector)
        assert found.cosine == pytest.approx(expected, abs=1e-5)
        assert 0 < found.cosine_chance < 0.9
        assert found.points_along == (abs(expected) > found.cosine_chance)
        assert found.points_along or strength == 0


def test_labelled_texts_are_held_against_each_other(fear):
    _, _, direction, vectors = fear
    one = labelled_set(("storm", "noise", "quiet"), 0, 9)
    values = np.random.default_rng(3).normal(size=(27, *direction.shape)) + 5
    values[[t.emotion == "storm" for t in one.texts]] += 4 * direction
    scores = confound_scores(vectors, [one], activations([t.text for t in one.texts], values))
    assert [(s.contrast, s.n) for s in scores] == [("storm", 9), ("noise", 9), ("quiet", 9)]
    assert scores[0].lights_up and scores[0].points_along and not scores[1].lights_up
    assert "storm" in [one.contrast for one in counted(scores, "fear")]


def test_shuffled_sides_of_a_set_without_a_difference_reach_the_chance_seldom(fear):
    _, _, direction, vectors = fear
    reached = 0
    for seed in range(60):
        place = pair_set(0, 20, "place", name="place")
        reached += confound_scores(vectors, [place], moved(place, direction, 0.0, seed))[0].points_along
    assert reached <= 8  # 5 % of 60, and three standard deviations
