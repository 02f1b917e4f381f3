"""Held-out scores in words: titles and sentences that follow from the numbers alone."""

from __future__ import annotations

import numpy as np

from emotion_core.evaluation.sample_size import power_sentence
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.verdict import SIGNIFICANCE


def separation_title(scores: HeldOutScores, emotion: str, against: str = "the texts without it") -> str:
    """What the chart of separation by layer shows, the layer that was chosen beforehand first.

    Of the other layers only those are counted that stand as the best of all that were looked at, see
    `HeldOutScores.p_all_layers`: of many layers some reach a p of .05 of their own by chance.

    Args:
        scores: The scores.
        emotion: One of the scored emotions.
        against: What the negative texts are.

    Example:
        "Fear separates from calm at layer 4, which was chosen beforehand, and at 3 of the 5 other layers".
    """
    e = scores.emotions.index(emotion)
    chosen, verdict = scores.selected_layers[e], scores.verdicts[e]
    name = emotion[:1].upper() + emotion[1:]
    # With few texts chance may stay below 0, and a skewed side may lie higher by its mean and lower by rank. A layer
    # that the chart shows inside its band is not claimed.
    clear = (scores.cohens_d[e] > 0) & (scores.auroc[e] > 0.5) & (scores.cohens_d[e] > scores.null_d_high[e])
    if verdict.kind == "not tested":
        return f"{name} has too few held-out texts to be told from {against} by itself"
    if not np.isfinite(scores.auroc[e, chosen]):
        return f"{name} cannot be scored at layer {chosen}, which was chosen beforehand"
    others = ""
    if scores.p_all_layers is not None and scores.n_layers > 1:
        count = int(np.delete(clear & (scores.p_all_layers[e] <= SIGNIFICANCE), chosen).sum())
        others = f"{count} of the {scores.n_layers - 1} other layers"
        if count == 0:
            others = ""
        elif count == scores.n_layers - 1:
            others = "every other layer" if count > 1 else "the other layer"
    if verdict.separates and clear[chosen] and scores.p_value[e, chosen] <= SIGNIFICANCE:
        also = f", and at {others}" if others else ""
        return f"{name} separates from {against} at layer {chosen}, which was chosen beforehand{also}"
    also = f", but at {others}" if others else ""
    return (
        f"{name} separates from {against} by no more than chance at layer {chosen}, which was chosen beforehand{also}"
    )


def together_sentence(scores: HeldOutScores) -> str:
    """What can be said of all emotions together where single ones cannot be tested; empty where they can."""
    few = sum(verdict.kind == "not tested" for verdict in scores.verdicts)
    if few < 2:
        return ""
    n = max(scores.n_heldout[e] for e, verdict in enumerate(scores.verdicts) if verdict.kind == "not tested")
    layers = np.arange(len(scores.emotions)), np.array(scores.selected_layers)
    p_values = scores.p_value[layers]
    known = p_values[np.isfinite(p_values)]
    return (
        f"{few} of {len(scores.emotions)} emotions have {n} held-out texts or fewer and cannot be tested one by one. "
        f"Together: the mean held-out AUROC at the chosen layers is {np.nanmean(scores.auroc[layers]):.2f}, and "
        f"{int((known <= SIGNIFICANCE).sum())} of {len(known)} have a p of at most .05 of their own, where chance "
        f"gives about {SIGNIFICANCE * len(known):.0f}."
    )


def power_of(scores: HeldOutScores, emotion: str) -> str:
    """What the held-out texts of an emotion could show, with the correlation measured; empty where it is not known."""
    e = scores.emotions.index(emotion)
    if scores.within_pairs is None:
        return ""
    correlation = float(scores.within_pairs[e, scores.selected_layers[e]])
    sides = scores.sides[e]
    return power_sentence(
        int((sides > 0).sum()),
        int((sides < 0).sum()),
        correlation=correlation if np.isfinite(correlation) else None,
        n_emotions=len(scores.emotions),
        measured=True,
    )


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
    reach = f"; 95 % of {scores.null_words} stay below {chance:.1f}" if np.isfinite(chance) else ""
    return (
        f"{separation_title(scores, emotion, against)}. At layer {layer} {texts_of(scores, emotion)}, lie {d:.1f} "
        f"standard deviations apart{interval}{reach}."
    )
