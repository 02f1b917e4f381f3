"""The map in words: titles and sentences that follow from the numbers alone, and words no larger than a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emotion_core.geometry.norms import OWN_RATINGS
from emotion_core.models.catalogue import DEMO_NAME
from emotion_core.stats.p_words import p_words

if TYPE_CHECKING:
    from emotion_core.geometry.claims import Claim
    from emotion_core.geometry.compare import Comparison
    from emotion_core.geometry.emotion_map import EmotionMap

# From which size on a word may be said. Correlations after Cohen (1988); the adjusted Rand index after Steinley (2004),
# who calls less than .65 poor.
_SIZES = {
    "r": ((0.5, "closely"), (0.3, "moderately"), (0.1, "weakly")),
    "adjusted Rand index": ((0.65, "closely"), (0.3, "in part"), (0.1, "weakly")),
}


def closeness(size: float, measure: str = "r") -> str:
    """How much a size is, in a word.

    Example:
        >>> closeness(0.26), closeness(0.04, "adjusted Rand index")
        ('weakly', 'hardly at all')
    """
    return next((word for least, word in _SIZES[measure] if size >= least), "hardly at all")


def rated(target: str, norms: str, model: str) -> str:
    """Valence or arousal with whose they are, such as "human valence".

    Args:
        target: `valence` or `arousal`.
        norms: Name of the ratings.
        model: Name of the model. The bundled one's training text was generated from a table that these ratings agree
            with, so there it is what was planted.
    """
    if norms != OWN_RATINGS:
        return f"human {target}"
    return f"planted {target}" if model == DEMO_NAME else f"this project's rating of {target}"


def map_title(found: EmotionMap, claimed: tuple[Claim, ...] = ()) -> str:
    """What the first component is, such as "The main axis follows planted valence weakly (r = 0.26)".

    Args:
        found: The map.
        claimed: Its claims, by whose corrected p-value the title speaks; without them it claims nothing.
    """
    valence = next((one for one in claimed if one.what == "Component 1 follows valence"), None)
    if valence is None or not np.isfinite(valence.value):
        return "Emotions by their two main components"
    target = rated("valence", found.human.name, found.model.name)
    if not valence.stands:
        return f"The main axis does not follow {target} beyond chance (r = {valence.value:.2f})"
    explained = "" if valence.mark == "evidence" else f"; {valence.mark}"
    return f"The main axis follows {target} {closeness(valence.value)} (r = {valence.value:.2f}{explained})"


def axis_name(found: EmotionMap, component: int) -> str:
    """Title of an axis: the component and how much it explains."""
    explained = found.components.explained
    if component > len(explained) or not np.isfinite(explained[component - 1]):
        return f"PC{component}"
    return f"PC{component} ({explained[component - 1]:.0%} of variance)"


def map_sentence(found: EmotionMap) -> str:
    """The map for somebody who does not see it: sizes, and no claim that they are more than chance."""
    human = found.human
    parts = [f"{len(found.emotions)} emotions of {found.model.name} at layer {found.layer}, as points on two axes"]
    for axis, target, r in (("first", "valence", human.valence.r), ("second", "arousal", human.arousal.r)):
        if np.isfinite(r):
            whose = rated(target, human.name, found.model.name)
            parts.append(f"the {axis} goes with {whose} at |r| = {abs(r):.2f} over {human.n} rated words")
    if np.isfinite(found.rand.value):
        parts.append(
            f"its {found.n_clusters} clusters match the paper's {closeness(found.rand.value, 'adjusted Rand index')} "
            f"(adjusted Rand index {found.rand.value:.2f})"
        )
    return "; ".join(parts) + "."


def comparison_title(found: Comparison) -> str:
    """How closely two geometries agree."""
    if not np.isfinite(found.r):
        return "The two geometries cannot be compared"
    how = f"agree {closeness(found.r)}" if found.beyond_chance else "do not agree beyond chance"
    return f"The two geometries {how} (r = {found.r:.2f}, {p_words(found.p_value)})"
