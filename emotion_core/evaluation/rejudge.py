"""The verdict once more, with confound sets that were tested after the scoring."""

from __future__ import annotations

from collections.abc import Sequence

from emotion_core.evaluation.confounds import ConfoundScore, strongest
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.verdict import Measured, Verdict, judge


def rejudged(scores: HeldOutScores, emotion: str, confounds: Sequence[ConfoundScore]) -> Verdict:
    """The same rule on the same scores, with these confounds in the place of those of the scoring.

    Args:
        scores: The scores.
        emotion: One of the scored emotions.
        confounds: All that count, those of the scoring included.
    """
    e = scores.emotions.index(emotion)
    layer = scores.selected_layers[e]
    return judge(
        Measured(
            layer,
            float(scores.auroc[e, layer]),
            float(scores.null_auroc_95[e, layer]),
            float(scores.q_values[e]),
            float(scores.d_bound[e, layer]),
            scores.rivals[e],
            strongest(confounds, emotion),
        )
    )
