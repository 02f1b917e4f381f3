"""The power that is promised before a build is that of the rule."""

import math

import numpy as np
import pytest
from vectors.planted import activations, labelled_set, neutral, pair_set, planted_pairs

from emotion_core.evaluation.heldout import score_heldout
from emotion_core.evaluation.sample_size import detectable_d, power_sentence, power_sentences
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings


def test_more_texts_or_a_higher_correlation_find_smaller_differences():
    found = [detectable_d(n, n, correlation=0.25) for n in (5, 10, 20, 80)]
    assert found == sorted(found, reverse=True) and 0.9 < found[1] < 1.2
    assert detectable_d(10, 10, correlation=0.8) < 0.6 < detectable_d(10, 10, correlation=0.0)
    assert detectable_d(10, 110) > 0.7 and detectable_d(10, 110, n_emotions=12) > detectable_d(10, 110) + 0.3
    assert math.isnan(detectable_d(2, 340))


@pytest.mark.parametrize("n", [10, 20])
def test_the_rule_finds_the_difference_in_about_that_share_of_cases(n):
    d, separates = detectable_d(n, n, correlation=0.0), 0
    for seed in range(40):
        one = pair_set(40, n)
        acts, direction = planted_pairs(one, 0.0, seed)
        values = acts.values.copy()
        positive = np.array([t.side == "positive" for t in one.texts])
        train = np.array([t.split == "train" for t in one.texts])
        # A clear direction in training, so that its error takes nothing off the difference of the held-out texts.
        values[positive & train] += 8 * direction.astype(np.float32)
        values[positive & ~train] += d * direction.astype(np.float32)
        moved = activations(list(acts.texts), values)
        vectors = vectors_from([one], moved, neutral(), BuildSettings())
        separates += score_heldout(vectors, moved, [one], moved, draws=100).verdicts[0].separates
    assert 0.6 <= separates / 40 <= 0.95


def test_the_sentence_says_what_is_assumed_and_what_cannot_be_tested():
    (pairs,) = power_sentences([pair_set(40, 10)])
    assert pairs.startswith("With 10 held-out pairs the rule finds d ≥ 1.0 in 80 % of cases, ")
    assert "0.25 (assumed)" in pairs and "takes more" in pairs
    assert "0.80 (measured)" in power_sentence(10, 10, correlation=0.8, n_emotions=1, measured=True)
    (few,) = power_sentences([labelled_set(("a", "b", "c"), 8, 2)])
    assert "no emotion can be tested by itself" in few
    (many,) = power_sentences([labelled_set(("a", "b", "c"), 8, 10)])
    assert "where one emotion of 3 is there" in many and "correlate" not in many
    assert power_sentences([pair_set(4, 0)]) == ()


def test_sets_of_one_emotion_each_are_each_others_texts_to_compare_with():
    alone = [labelled_set((emotion,), 8, 8, name=emotion) for emotion in ("anger", "joy")]
    (together,) = power_sentences(alone)
    assert together == power_sentences([labelled_set(("anger", "joy"), 8, 8)])[0] and "d ≥" in together
    assert "nothing to compare with" in power_sentences(alone[:1])[0]
