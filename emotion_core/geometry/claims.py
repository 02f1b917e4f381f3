"""What the map claims about people and about the paper, and which claims stand after so many looks.

Every map is looked at in six ways: PC1 with valence, PC2 and PC3 with arousal, the clusters with the paper's, and the
cross-validated readings of valence and arousal. At .05 each, a map of nothing would claim something every fourth time.
So the family is corrected together (Holm 1979), at a level that leaves one false claim in forty maps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_core.evaluation.auroc import Array
from emotion_core.geometry.emotion_map import EmotionMap
from emotion_core.geometry.supervised import Reading

LEVEL = 0.025


@dataclass(frozen=True)
class Claim:
    """One way of looking at the map.

    Attributes:
        what: In words, such as "Component 1 follows valence".
        measure: Of `value`: r, or the adjusted Rand index.
        value: The size; nan where there is nothing to compare.
        p_value: On its own.
        p_corrected: Among all claims of the map (Holm).
        n: Emotions compared.
        stands: Whether the corrected p-value is at most `LEVEL`.
    """

    what: str
    measure: str
    value: float
    p_value: float
    p_corrected: float
    n: int
    stands: bool


def claims(found: EmotionMap, readings: tuple[Reading, ...] = ()) -> tuple[Claim, ...]:
    """All claims of a map, in a fixed order.

    Args:
        found: The map.
        readings: Supervised readings of the same vectors.
    """
    human, rand = found.human, found.rand
    looked = [
        ("Component 1 follows valence", "r", human.valence.r, human.valence.p_value, human.n),
        ("Component 2 follows arousal", "r", human.arousal.r, human.arousal.p_value, human.n),
        ("Component 3 follows arousal", "r", human.arousal_pc3.r, human.arousal_pc3.p_value, human.n),
        ("The clusters match the paper's ten", "adjusted Rand index", rand.value, rand.p_value, rand.n),
    ]
    looked += [(f"The vectors predict {one.target}", "r", one.r, one.p_value, one.n) for one in readings]
    corrected = holm(np.array([row[3] for row in looked]))
    return tuple(
        Claim(what, measure, value, p, float(after), n, bool(after <= LEVEL))
        for (what, measure, value, p, n), after in zip(looked, corrected, strict=True)
    )


def holm(p_values: Array) -> Array:
    """Holm's step-down correction, float64 like the input; nan is left out of the family and stays nan.

    Example:
        >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
        [0.03, 0.06, 0.06]
    """
    result: Array = np.full(len(p_values), np.nan)
    known = np.flatnonzero(np.isfinite(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    result[order] = np.minimum(1.0, np.maximum.accumulate(p_values[order] * factors))
    return result
