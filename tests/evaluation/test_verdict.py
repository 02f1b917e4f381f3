from dataclasses import replace

import numpy as np
import pytest

from emotion_core.evaluation.rivals import Rivals
from emotion_core.evaluation.verdict import RULE, Measured, judge

CLEAR = Measured(3, auroc=0.9, null_auroc_95=0.7, q_value=0.01, d_bound=0.4, rivals=Rivals(0.6, 0.5, 0.8))


def test_all_three_conditions_are_needed():
    assert judge(CLEAR).evidence and judge(CLEAR).word == "evidence"
    assert "0.80" in judge(CLEAR).reason and "embedding" in judge(CLEAR).reason
    for change in ({"auroc": 0.7}, {"q_value": 0.051}, {"d_bound": 0.0}, {"d_bound": -1.0}):
        verdict = judge(replace(CLEAR, **change))
        assert not verdict.evidence and verdict.word == "no evidence", change


@pytest.mark.parametrize(
    ("rivals", "word"),
    [
        (Rivals(0.9, 0.5, 0.5), "explained by vocabulary"),
        (Rivals(0.5, 0.95, 0.9), "explained by length"),
        (Rivals(0.5, np.nan, 1.0), "explained by embedding"),
    ],
)
def test_a_rival_that_does_as_well_explains_the_separation(rivals, word):
    verdict = judge(replace(CLEAR, rivals=rivals))
    assert verdict.word == word and verdict.separates and not verdict.evidence


def test_rivals_explain_nothing_that_is_not_there():
    assert judge(replace(CLEAR, auroc=0.6, rivals=Rivals(0.9, 0.9, 0.9))).word == "no evidence"


def test_what_is_missing():
    assert judge(replace(CLEAR, d_bound=np.nan)).evidence
    assert judge(replace(CLEAR, auroc=np.nan)).word == "no evidence"
    assert judge(replace(CLEAR, q_value=np.nan)).word == "no evidence"
    assert judge(replace(CLEAR, rivals=Rivals(np.nan, np.nan, np.nan))).evidence
    assert "95 %" in RULE and ".05" in RULE
