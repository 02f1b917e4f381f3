"""Confounds tested later have the same say as those of the scoring."""

import pytest
from vectors.planted import neutral, pair_set, planted_pairs

from emotion_core.evaluation.confounds import ConfoundScore
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.evaluation.rejudge import rejudged
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.settings import BuildSettings


@pytest.mark.parametrize("strength", [0.0, 1.5])
def test_the_verdict_is_that_of_a_scoring_with_the_same_confounds(strength):
    one = pair_set()
    acts, _ = planted_pairs(one, strength)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    scores = score_heldout(vectors, acts, [one], acts)
    assert rejudged(scores, "fear", scores.confounds) == scores.verdicts[0]
    rain = ConfoundScore("own", "rain", "fear", 1, 1.0, 0.8, 1.0, 20, 0.3, 0.2)
    again = score_heldout(vectors, acts, [one], acts, confounds=[rain])
    assert rejudged(scores, "fear", [rain]) == again.verdicts[0]
    assert again.verdicts[0].word == ("explained by confound rain" if strength else "no evidence")
