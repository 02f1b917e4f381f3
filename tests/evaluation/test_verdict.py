from dataclasses import replace

import numpy as np
import pytest

from emotion_core.evaluation.gaps import Gap
from emotion_core.evaluation.verdict import NOT_TESTED, RULE, RULE_LINES, Measured, judge, kind_of, rule_lines
from emotion_core.geometry.rivals import TOO_FEW

BEATEN = Gap("embedding", "rival", 0.3, 0.1, 0.5)
CLEAR = Measured(3, auroc=0.9, null_auroc_95=0.7, q_value=0.01, d_bound=0.4, gaps=(BEATEN,))


def test_all_conditions_are_needed():
    assert judge(CLEAR).evidence and judge(CLEAR).word == "evidence" == judge(CLEAR).kind
    assert "+0.30 (95 % +0.10 to +0.50)" in judge(CLEAR).reason and "embedding" in judge(CLEAR).reason
    for change in ({"auroc": 0.7}, {"q_value": 0.051}, {"d_bound": 0.0}, {"d_bound": -1.0}):
        verdict = judge(replace(CLEAR, **change))
        assert not verdict.evidence and verdict.word == "no evidence" == verdict.kind, change
        # A figure that decides against what all others say is named.
        assert ("lower bound of Cohen's d is" in verdict.reason) == ("d_bound" in change)


@pytest.mark.parametrize(
    ("gap", "word", "kind"),
    [
        (Gap("vocabulary", "rival", -0.1, -0.2, -0.01), "explained by vocabulary", "explained"),
        (Gap("vocabulary", "rival", 0.1, -0.01, 0.2), "cannot be told from vocabulary", "cannot be told"),
        (Gap("vocabulary", "rival", 0.1, 0.0, 0.2), "cannot be told from vocabulary", "cannot be told"),
        (Gap("length", "rival", 0.1, np.nan, np.nan), "cannot be told from length", "cannot be told"),
        (Gap("threat", "confound", -0.1, -0.2, -0.01), "explained by confound threat", "explained"),
        (Gap("threat", "confound", -0.1, -0.2, 0.05), "cannot be told from confound threat", "cannot be told"),
    ],
)
def test_what_is_not_beaten_has_its_name_in_the_verdict(gap, word, kind):
    verdict = judge(replace(CLEAR, gaps=(BEATEN, gap)))
    assert (verdict.word, verdict.kind) == (word, kind) and verdict.separates and not verdict.evidence
    assert f"{gap.gap:+.2f}" in verdict.reason and "nan" not in verdict.reason
    assert judge(replace(CLEAR, gaps=(gap,), auroc=0.6)).word == "no evidence"


def test_of_several_the_smallest_lead_is_named_and_an_explanation_first():
    near, far = Gap("length", "rival", 0.05, -0.1, 0.2), Gap("place", "confound", 0.2, -0.1, 0.5)
    assert judge(replace(CLEAR, gaps=(far, near))).word == "cannot be told from length"
    worse = Gap("threat", "confound", -0.04, -0.07, -0.01)
    nearer = Gap("length", "rival", -0.3, -0.7, 0.1)
    assert judge(replace(CLEAR, gaps=(nearer, worse))).word == "explained by confound threat"


def test_what_is_missing():
    assert judge(replace(CLEAR, d_bound=np.nan)).evidence
    assert judge(replace(CLEAR, auroc=np.nan)).word == "no evidence"
    assert judge(replace(CLEAR, q_value=np.nan)).word == "no evidence"
    without = judge(replace(CLEAR, gaps=()))
    assert without.evidence and "rivals cannot be fitted" in without.reason
    assert "rivals cannot be fitted" not in judge(CLEAR).reason


def test_a_confound_that_the_direction_sees_is_named_whatever_the_verdict():
    for changed in (CLEAR, replace(CLEAR, auroc=0.6)):
        assert "also sees threat (AUROC 0.72)" in judge(replace(changed, sees=(("threat", 0.72),))).reason


def test_too_few_texts_are_no_verdict_on_one_emotion():
    few = judge(replace(CLEAR, n=2))
    assert few.word == "cannot be tested one by one" and few.kind == "not tested" and not few.evidence
    assert few.separates and not judge(replace(CLEAR, n=2, auroc=0.6)).separates


def test_texts_of_the_same_source_are_said_to_be():
    assert judge(replace(CLEAR, within_source=True)).reason.startswith("Within one source")
    assert "source" not in judge(CLEAR).reason


def test_a_direction_that_points_the_wrong_way_is_not_found():
    wrong = replace(CLEAR, auroc=0.45, null_auroc_95=0.4, q_value=0.001)
    assert judge(wrong).word == "no evidence" and not judge(wrong).separates


def test_the_rule_is_one_line_an_outcome():
    assert " ".join(rule_lines()) == RULE and len(rule_lines()) == len(RULE_LINES) == 5
    assert [line.outcome.split()[0] for line in RULE_LINES] == ["Evidence", "Cannot", "Explained", "Cannot", "No"]
    assert "95 %" in RULE and ".05" in RULE


def test_every_word_of_a_verdict_has_the_sign_of_its_kind():
    kinds = {
        "evidence": "evidence",
        "explained by vocabulary": "explained",
        "cannot be told from vocabulary": "cannot be told",
        "no evidence": "no evidence",
        **dict.fromkeys((NOT_TESTED, TOO_FEW, "cannot be tested against words", "not testable here"), "not tested"),
    }
    assert {word: kind_of(word) for word in kinds} == kinds
