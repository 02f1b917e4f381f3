"""The one rule by which a direction counts as real, for the pages and for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from emotion_core.evaluation.gaps import FEWEST_UNITS, Gap
from emotion_core.stats.intervals import p_words

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class RuleLine:
    """One outcome of the rule.

    Attributes:
        outcome: The outcome, as a heading.
        text: When it is given.
    """

    outcome: str
    text: str

    def __str__(self) -> str:
        return f"{self.outcome}: {self.text}"


RULE_LINES = (
    RuleLine(
        "Evidence",
        "at the layer that cross-validation chose on the training texts, held-out AUROC lies above .5 and above the "
        "95 % point of vectors from shuffled labels, the p-value against these, corrected for the number of emotions, "
        "is at most .05 (imported vectors and those of PCA and logistic regression are not drawn anew from shuffled "
        "labels; they are held against shuffled labels of the held-out texts and against every kind of directions "
        "that mean nothing, and have to pass each), the one-sided 95 % lower bound of Cohen's d lies above 0 (where "
        "there are enough texts for a bound), and the direction beats every rival and every confound: the 95 % "
        "interval of its lead in AUROC lies above 0. Rivals (a bag of words, character n-grams, text length, the "
        "embedding layer) are fitted on the same training texts and scored on the same held-out texts; a confound is "
        "the same direction on pairs of texts that differ in something else and not in the emotion.",
    ),
    RuleLine(
        "Cannot be told from X",
        "the separation is more than chance, but the interval of the lead over rival or confound X holds 0. The "
        "smallest lead is named. It does not show that X explains the separation.",
    ),
    RuleLine(
        "Explained by X",
        "the separation is more than chance, but rival X separates the same texts better, or the direction separates "
        "the texts of confound X better: the whole interval of the lead lies below 0.",
    ),
    RuleLine(
        "Cannot be tested one by one",
        f"fewer than {FEWEST_UNITS} held-out texts or pairs with the emotion, too few for an interval of its own.",
    ),
    RuleLine("No evidence", "anything else; it does not show that there is no such direction."),
)
RULE = " ".join(str(line) for line in RULE_LINES)

NOT_TESTED = "cannot be tested one by one"
VerdictKind = Literal["evidence", "cannot be told", "explained", "not tested", "no evidence"]

_RIVAL_NAMES = {
    "vocabulary": "a bag of words",
    "characters": "character n-grams",
    "length": "text length",
    "embedding": "the embedding layer",
}


@dataclass(frozen=True)
class Measured:
    """What the rule looks at, all at the chosen layer of one emotion; nan where it cannot be had.

    Attributes:
        layer: The layer.
        auroc: Held-out AUROC.
        null_auroc_95: What 95 % of the vectors from shuffled labels, and of every other null, stay at or below.
        q_value: p-value after Benjamini-Hochberg across emotions, against the null that the emotion stands out least
            from.
        d_bound: One-sided 95 % lower bound of Cohen's d. The permutation test is one-sided as well; the lower end of
            the two-sided interval would cost ten held-out pairs at d = 1.5 their power (.85 instead of .9).
        gaps: The lead over every rival and every confound that counts.
        sees: Names and AUROCs of the confounds that the direction separates by more than chance.
        n: Held-out pairs, or held-out texts of the smaller side.
        within_source: Whether the held-out texts come from the sets that the vectors were built from.
        nulls: All nulls in words.
    """

    layer: int
    auroc: float
    null_auroc_95: float
    q_value: float
    d_bound: float
    gaps: tuple[Gap, ...] = ()
    sees: tuple[tuple[str, float], ...] = ()
    n: int = FEWEST_UNITS
    within_source: bool = False
    nulls: str = "vectors from shuffled labels"


@dataclass(frozen=True)
class Verdict:
    """The outcome.

    Attributes:
        separates: Whether the separation is more than chance, whatever explains it.
        word: "evidence", "no evidence", "cannot be tested one by one", or "explained by X" or "cannot be told from X",
            where X is "vocabulary", "characters", "length", "embedding" or "confound" with its name.
        reason: One sentence with the numbers that decided it.
    """

    separates: bool
    word: str
    reason: str

    @property
    def evidence(self) -> bool:
        """Whether the verdict is "evidence": more than chance, and more than any rival or confound."""
        return self.word == "evidence"

    @property
    def kind(self) -> VerdictKind:
        """The outcome without the name of a rival, for marks and colours."""
        return kind_of(self.word)


def kind_of(word: str) -> VerdictKind:
    """The outcome that a verdict's word stands for; any view's words begin alike."""
    if word.startswith(("cannot be tested", "not test")):
        return "not tested"
    for beginning in ("cannot be", "explained", "evidence"):
        if word.startswith(beginning):
            return "cannot be told" if beginning == "cannot be" else beginning  # type: ignore[return-value]
    return "no evidence"


def rule_lines() -> tuple[str, ...]:
    """The rule, one outcome a line."""
    return tuple(str(line) for line in RULE_LINES)


def judge(measured: Measured) -> Verdict:
    """Applies `RULE` to one emotion."""
    missing = not all(np.isfinite([measured.auroc, measured.null_auroc_95, measured.q_value]))
    if missing:
        return Verdict(False, "no evidence", f"Nothing can be scored at layer {measured.layer}.")
    beyond_labels = measured.auroc > max(0.5, measured.null_auroc_95) and measured.q_value <= SIGNIFICANCE
    separates = beyond_labels and not measured.d_bound <= 0  # nan passes: the permutation test holds without a bound
    rivals = any(gap.kind == "rival" for gap in measured.gaps)  # without training texts there are none
    start = "Within one source, held-out" if measured.within_source else "Held-out"
    numbers = (
        f"{start} AUROC {measured.auroc:.2f} at layer {measured.layer}, where 95 % of "
        f"{measured.nulls} stay at or below {measured.null_auroc_95:.2f} "
        f"(corrected {p_words(measured.q_value)})"
    )
    if measured.n < FEWEST_UNITS:
        few = f"; {measured.n} held-out {'text is' if measured.n == 1 else 'texts are'} too few to judge it by itself"
        return Verdict(separates, NOT_TESTED, f"{numbers}{few}.")
    if not separates:
        bound = f", but the 95 % lower bound of Cohen's d is {measured.d_bound:.2f}" if beyond_labels else ""
        return Verdict(False, "no evidence", f"{numbers}{bound}{_sees(measured)}.")
    word, told = _against(measured.gaps)
    if not rivals:
        told += "; rivals cannot be fitted without the training texts"
    return Verdict(True, word, f"{numbers}{told}{_sees(measured)}.")


def _against(gaps: tuple[Gap, ...]) -> tuple[str, str]:
    """The word that the gaps decide, and the clause with their numbers."""
    worse = [gap for gap in gaps if gap.outcome == "explained by"]
    alike = [gap for gap in gaps if gap.outcome == "cannot be told from"]
    if worse or alike:
        # The least lead; where no interval can be had, the lead that is smallest by itself.
        gap = min(worse or alike, key=lambda one: one.gap)
        name = gap.name if gap.kind == "rival" else f"confound {gap.name}"
        outcome = "explained by" if worse else "cannot be told from"
        return f"{outcome} {name}", f", but {_lead(gap)}"
    if not gaps:
        return "evidence", ""
    least = min(gaps, key=lambda one: one.low)
    return "evidence", f"; of all rivals and confounds the nearest: {_lead(least)}"


def _lead(gap: Gap) -> str:
    interval = f" (95 % {gap.low:+.2f} to {gap.high:+.2f})" if np.isfinite([gap.low, gap.high]).all() else ""
    if gap.kind == "rival":
        return f"its lead over {_RIVAL_NAMES.get(gap.name, gap.name)} is {gap.gap:+.2f}{interval}"
    return f"its lead over itself on pairs that differ in {gap.name} and not in the emotion is {gap.gap:+.2f}{interval}"


def _sees(measured: Measured) -> str:
    """Confounds that the direction sees are named whatever the verdict."""
    if not measured.sees:
        return ""
    named = ", ".join(f"{name} (AUROC {auroc:.2f})" for name, auroc in measured.sees)
    return f"; the direction also sees {named}"
