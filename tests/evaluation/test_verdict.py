from dataclasses import replace

import numpy as np
import pytest

from emotion_core.evaluation.rivals import Rivals
from emotion_core.evaluation.verdict import RULE, Measured, judge, rule_lines

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


def test_a_confound_that_does_as_well_explains_the_separation():
    verdict = judge(replace(CLEAR, confound=("threat", 0.9)))
    assert verdict.word == "explained by confound threat" and verdict.separates and not verdict.evidence
    assert "threat" in verdict.reason and "0.90" in verdict.reason
    below = judge(replace(CLEAR, confound=("threat", 0.89)))
    assert below.evidence and "0.89" in below.reason
    assert judge(replace(CLEAR, auroc=0.6, confound=("threat", 1.0))).word == "no evidence"
    assert judge(replace(CLEAR, confound=("threat", np.nan))).evidence
    assert "confound X" in RULE


def test_of_several_explanations_the_strongest_is_named():
    both = replace(CLEAR, rivals=Rivals(0.92, 0.5, 0.5))
    assert judge(replace(both, confound=("place", 0.95))).word == "explained by confound place"
    assert judge(replace(both, confound=("place", 0.91))).word == "explained by vocabulary"


def test_a_direction_that_points_the_wrong_way_is_not_found():
    wrong = replace(CLEAR, auroc=0.45, null_auroc_95=0.4, q_value=0.001, rivals=Rivals(0.1, 0.1, 0.1))
    assert judge(wrong).word == "no evidence" and not judge(wrong).separates


def test_the_rule_is_one_line_a_verdict():
    assert " ".join(rule_lines()) == RULE
    assert [line.split(":")[0].split(" ")[0] for line in rule_lines()] == ["Evidence", "Explained", "Explained", "No"]
