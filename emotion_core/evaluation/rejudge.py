"""The verdict of an emotion from its held-out scores, with the confounds of the scoring or with others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from emotion_core.evaluation.confounds import ConfoundScore, confound_gaps, counted
from emotion_core.evaluation.gaps import Gap
from emotion_core.evaluation.rivals import RIVALS
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.verdict import Measured, Verdict, judge


def rejudged(scores: HeldOutScores, emotion: str, confounds: Sequence[ConfoundScore]) -> Verdict:
    """The same rule on the same scores, with these confounds in the place of those of the scoring.

    Args:
        scores: The scores.
        emotion: One of the scored emotions.
        confounds: All that count, those of the scoring included.
    """
    return judge(measured(scores, emotion, confounds))


def judged(scores: HeldOutScores) -> HeldOutScores:
    """Scores with the gaps to their own confounds and the verdicts that follow."""
    gaps = tuple(all_gaps(scores, emotion, scores.confounds) for emotion in scores.emotions)
    with_gaps = replace(scores, gaps=gaps)
    return replace(
        with_gaps, verdicts=tuple(rejudged(with_gaps, emotion, scores.confounds) for emotion in scores.emotions)
    )


def measured(scores: HeldOutScores, emotion: str, confounds: Sequence[ConfoundScore]) -> Measured:
    """What the rule looks at, of one emotion."""
    e = scores.emotions.index(emotion)
    layer = scores.selected_layers[e]
    return Measured(
        layer,
        float(scores.auroc[e, layer]),
        float(scores.null_auroc_95[e, layer]),
        float(scores.q_values[e]),
        float(scores.d_bound[e, layer]),
        all_gaps(scores, emotion, confounds),
        tuple((one.contrast, one.auroc) for one in counted(confounds, emotion) if one.lights_up),
        scores.n_smaller_side(e),
        bool(scores.within_source) and scores.within_source[e],
        scores.all_null_words,
    )


def all_gaps(scores: HeldOutScores, emotion: str, confounds: Sequence[ConfoundScore]) -> tuple[Gap, ...]:
    """The lead of an emotion's direction over each rival and each of these confounds.

    The gaps to rivals need both lists of scores and were made when the texts were scored. A result that was stored
    before there were gaps knows the rivals' AUROCs only: these gaps have no interval, and beat nothing.
    """
    e = scores.emotions.index(emotion)
    layer = scores.selected_layers[e]
    own = float(scores.auroc[e, layer])
    if scores.gaps:
        of_rivals = tuple(gap for gap in scores.gaps[e] if gap.kind == "rival")
    else:
        areas = {name: float(getattr(scores.rivals[e], name)) for name in RIVALS}
        unknown = float("nan")
        of_rivals = tuple(
            Gap(name, "rival", own - area, unknown, unknown) for name, area in areas.items() if np.isfinite(own - area)
        )
    return of_rivals + confound_gaps(confounds, emotion, own, *scores.auroc_interval(e, layer))
