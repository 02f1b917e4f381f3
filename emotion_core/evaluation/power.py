"""Which difference a test on held-out texts can find: to be known before the test, not after it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from scipy.optimize import brentq
from scipy.stats import nct, t

from emotion_core.evaluation.gaps import FEWEST_UNITS
from emotion_core.evaluation.verdict import SIGNIFICANCE
from emotion_core.prompts.prompt_set import PromptSet

POWER = 0.8
# What the scores of built-in pairs correlate by at the layers that are chosen; unknown before a build.
ASSUMED_CORRELATION = 0.25


def detectable_d(
    n_positive: int, n_negative: int, *, correlation: float | None = None, n_emotions: int = 1, power: float = POWER
) -> float:
    """The smallest true d that is found to be more than chance in a share `power` of cases.

    From the noncentral t of a one-sided test at .05 / `n_emotions`, the level that Benjamini and Hochberg leave an
    emotion that is the only one to be found. The rule's permutation test of the AUROC has nearly that power.

    Args:
        n_positive: Held-out texts with the emotion, or pairs.
        n_negative: Held-out texts without it, or pairs.
        correlation: Within pairs; None where the texts are not in pairs.
        n_emotions: Emotions that are tested together.
        power: Share of cases.

    Returns:
        d in pooled standard deviations; nan with fewer than four texts on a side, which are not tested by themselves.
    """
    if min(n_positive, n_negative) < FEWEST_UNITS:
        return math.nan
    freedom = n_positive - 1 if correlation is not None else n_positive + n_negative - 2
    spread = math.sqrt((1 / n_positive + 1 / n_negative) * (1 - min(correlation or 0.0, 0.99)))
    line = float(t.isf(SIGNIFICANCE / n_emotions, freedom))
    shift = brentq(lambda delta: float(nct.sf(line, freedom, delta)) - power, 0.0, 40.0)
    return float(shift) * spread


def power_sentences(prompt_sets: Sequence[PromptSet]) -> tuple[str, ...]:
    """What the held-out texts of sets that are built from together can show, a sentence a set with held-out texts."""
    n_emotions = len({text.emotion for one in prompt_sets for text in one.part("heldout")})
    sentences = []
    for one in prompt_sets:
        held = Counter(text.emotion for text in one.part("heldout") if text.side != "negative")
        if not held:
            continue
        least = min(held.values())
        others = least if one.form == "pairs" else sum(held.values()) - least
        correlation = ASSUMED_CORRELATION if one.form == "pairs" else None
        sentences.append(power_sentence(least, others, correlation=correlation, n_emotions=n_emotions))
    return tuple(sentences)


def power_sentence(
    n_positive: int, n_negative: int, *, correlation: float | None, n_emotions: int, measured: bool = False
) -> str:
    """What so many held-out texts can show; arguments as for `detectable_d`.

    Args:
        n_positive: Held-out texts with the emotion, or pairs.
        n_negative: Held-out texts without it, or pairs.
        correlation: Within pairs; None for texts.
        n_emotions: Emotions that are tested together.
        measured: Whether the correlation was measured on these texts, rather than assumed.
    """
    unit = "texts of an emotion" if correlation is None else "pairs"
    if min(n_positive, n_negative) < FEWEST_UNITS:
        return (
            f"With {n_positive} held-out {unit} no emotion can be tested by itself; {FEWEST_UNITS} are the fewest, and "
            "a dozen or more find effects of a usual size."
        )
    d = detectable_d(n_positive, n_negative, correlation=correlation, n_emotions=n_emotions)
    assumed = ""
    if correlation is not None:
        how = "measured" if measured else "assumed"
        assumed = f", where the scores in a pair correlate by {correlation:.2f} ({how})"
    alone = f" for an emotion that is the only one of {n_emotions}" if n_emotions > 1 else ""
    return (
        f"With {n_positive} held-out {unit} the rule finds d ≥ {d:.1f} in 80 % of cases{alone}{assumed}. "
        "To tell it from a rival or a confound takes more."
    )
