"""The map in words: titles and sentences that follow from the numbers alone."""

from __future__ import annotations

import numpy as np

from emotion_core.evaluation.p_words import p_words
from emotion_core.geometry.agreement import Correlation
from emotion_core.geometry.compare import Comparison
from emotion_core.geometry.emotion_map import EmotionMap

SIGNIFICANCE = 0.05


def map_title(found: EmotionMap) -> str:
    """What the first component is, such as "The main axis follows valence (r = .81)"."""
    valence = found.human.valence
    if not np.isfinite(valence.r):
        return "Emotions by their two main components"
    if valence.p_value <= SIGNIFICANCE:
        return f"The main axis follows human valence (r = {valence.r:.2f})"
    return f"The main axis does not follow human valence beyond chance (r = {valence.r:.2f})"


def axis_name(found: EmotionMap, component: int) -> str:
    """Title of an axis: the component and how much it explains."""
    explained = found.components.explained
    if component > len(explained) or not np.isfinite(explained[component - 1]):
        return f"PC{component}"
    return f"PC{component} ({explained[component - 1]:.0%} of variance)"


def map_sentence(found: EmotionMap) -> str:
    """The map for somebody who does not see it."""
    human = found.human
    parts = [f"{len(found.emotions)} emotions of {found.model.name} at layer {found.layer}, as points on two axes"]
    if np.isfinite(human.valence.r):
        parts.append(f"the first {_follows(human.valence)} human valence over {human.n} rated words")
    if np.isfinite(human.arousal.r):
        parts.append(f"the second {_follows(human.arousal)} human arousal")
    if np.isfinite(found.rand.value):
        beyond = "more than" if found.rand.p_value <= SIGNIFICANCE else "no more than"
        parts.append(
            f"its {found.n_clusters} clusters match the paper's {beyond} chance would "
            f"(adjusted Rand index {found.rand.value:.2f}, {p_words(found.rand.p_value)})"
        )
    return "; ".join(parts) + "."


def comparison_title(found: Comparison) -> str:
    """Whether two geometries agree."""
    if not np.isfinite(found.r):
        return "The two geometries cannot be compared"
    claim = "agree" if found.p_value <= SIGNIFICANCE else "do not agree beyond chance"
    return f"The two geometries {claim} (r = {found.r:.2f}, {p_words(found.p_value)})"


def _follows(found: Correlation) -> str:
    claim = "follows" if found.p_value <= SIGNIFICANCE else "does not follow beyond chance"
    return f"{claim} (r = {found.r:.2f})"
