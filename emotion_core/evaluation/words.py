"""Held-out scores in words: titles and sentences that follow from the numbers alone."""

from __future__ import annotations

import numpy as np

from emotion_core.evaluation.scores import HeldOutScores


def separation_title(scores: HeldOutScores, emotion: str, against: str = "the texts without it") -> str:
    """What the chart of separation by layer shows, such as "Fear separates from calm at every layer".

    Args:
        scores: The scores.
        emotion: One of the scored emotions.
        against: What the negative texts are.
    """
    e = scores.emotions.index(emotion)
    # With few texts chance may stay below 0, and a skewed side may lie higher by its mean and lower by rank.
    right_way = (scores.cohens_d[e] > 0) & (scores.auroc[e] > 0.5)
    # The band that is drawn, and the p-value: a layer that the chart shows inside its band is not claimed.
    more = (scores.cohens_d[e] > scores.null_d_high[e]) & (scores.p_value[e] < 0.05)
    above = np.flatnonzero(right_way & more)
    name = emotion[:1].upper() + emotion[1:]
    if len(above) == 0:
        return f"{name} separates from {against} at no layer by more than chance"
    if scores.verdicts[e].word == "no evidence":
        # Other layers may lie above the band: with several looks one of them does so by chance.
        return f"{name} separates from {against} by no more than chance at the layer chosen beforehand"
    best = int(above[np.argmax(scores.cohens_d[e][above])])
    if len(above) == scores.n_layers:
        return f"{name} separates from {against} at every layer, most at layer {best}"
    chosen = scores.selected_layers[e]
    missed = "" if chosen in above else f", but not at layer {chosen}, which was chosen"
    where = f"layer {best}" if len(above) == 1 else f"{len(above)} of {scores.n_layers} layers, most at layer {best}"
    return f"{name} separates from {against} at {where}{missed}"


def texts_of(scores: HeldOutScores, emotion: str) -> str:
    """How many texts were scored on each side."""
    sides = scores.sides[scores.emotions.index(emotion)]
    return f"held-out texts, {(sides > 0).sum()} with the emotion and {(sides < 0).sum()} without"


def score_sentence(scores: HeldOutScores, emotion: str, against: str = "the texts without it") -> str:
    """The finding at the chosen layer, with the size of the effect and what chance reaches."""
    e = scores.emotions.index(emotion)
    layer = scores.selected_layers[e]
    d, chance = scores.cohens_d[e, layer], scores.null_d_95[e, layer]
    if not np.isfinite(d):
        return f"{emotion} cannot be scored at layer {layer}."
    low, high = scores.d_low[e, layer], scores.d_high[e, layer]
    interval = f" (95 % {low:.1f} to {high:.1f})" if np.isfinite([low, high]).all() else ""
    reach = f"; vectors from shuffled labels reach {chance:.1f}" if np.isfinite(chance) else ""
    return (
        f"{separation_title(scores, emotion, against)}. At layer {layer}, which the training texts chose, "
        f"{texts_of(scores, emotion)}, lie {d:.1f} standard deviations apart{interval}{reach}."
    )
