"""Confounds tested later have the same say as those of the scoring."""

import json

import pytest
from vectors.planted import neutral, pair_set, planted_pairs

from emotion_core.evaluation.confounds import ConfoundScore
from emotion_core.evaluation.heldout import rejudged, score_heldout
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.runs.codec import from_bytes, to_bytes
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings


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
    # 1.00 (0.80 to 1.00) on rain is not clearly more than on fear.
    assert again.verdicts[0].word == ("cannot be told from confound rain" if strength else "no evidence")


def test_a_result_from_before_there_were_gaps_opens_and_beats_nothing():
    one = pair_set()
    acts, _ = planted_pairs(one, 3.0)
    scores = score_heldout(vectors_from([one], acts, neutral(), BuildSettings()), acts, [one], acts)
    assert scores.verdicts[0].evidence and scores.to_json()["emotions"][0]["evidence"]
    later = {"gaps", "auroc_low", "auroc_high", "p_all_layers", "within_pairs", "chosen_draws", "within_source"}
    stored = to_bytes(scores)
    length = int.from_bytes(stored[:8], "little")
    header = json.loads(stored[8 : 8 + length])
    document = json.loads(header["__metadata__"]["document"])
    document = {name: value for name, value in document.items() if name not in later}
    del document["rivals"][0]["characters"]
    header["__metadata__"]["document"] = json.dumps(document)
    text = json.dumps(header).encode()
    older = from_bytes(HeldOutScores, len(text).to_bytes(8, "little") + text + stored[8 + length :])
    assert older.gaps == () and older.to_json()["emotions"][0]["gaps"] == []
    assert older.to_json()["emotions"][0]["evidence"] is False
    assert rejudged(older, "fear", ()).word.startswith("cannot be told from")
