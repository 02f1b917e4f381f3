"""The one rule by which a direction counts as real, for the pages and for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from emotion_core.evaluation.rivals import Rivals

SIGNIFICANCE = 0.05
RULE = (
    "Evidence: at the layer that cross-validation chose on the training texts, held-out AUROC lies above .5 and above "
    "the 95 % point of vectors from shuffled labels, the permutation p-value corrected for the number of emotions is "
    "at most .05, and the one-sided 95 % lower bound of Cohen's d lies above 0 (where there are enough texts for a "
    "bound). "
    "Explained by vocabulary, length or embedding: the separation is more than chance, but a bag of words, the length "
    "of the texts or the embedding layer separates the same held-out texts at least as well. "
    "Explained by confound X: the separation is more than chance, but on pairs of texts that differ in X and not in "
    "the emotion the same direction has at least the same AUROC. Of several explanations the one with the highest "
    "AUROC is named. "
    "No evidence: anything else; it does not show that there is no such direction."
)
_RIVAL_NAMES = {"vocabulary": "a bag of words", "length": "text length", "embedding": "the embedding layer"}


@dataclass(frozen=True)
class Measured:
    """What the rule looks at, all at the chosen layer of one emotion; nan where it cannot be had.

    Attributes:
        layer: The layer.
        auroc: Held-out AUROC.
        null_auroc_95: What 95 % of the vectors from shuffled labels stay at or below.
        q_value: Permutation p-value after Benjamini-Hochberg across emotions.
        d_bound: One-sided 95 % lower bound of Cohen's d. The permutation test is one-sided as well; the lower end of
            the two-sided interval would cost ten held-out pairs at d = 1.5 their power (.85 instead of .9).
        rivals: AUROC of the rivals.
        confound: Name and AUROC of the confound that the direction separates best; an empty name where none was tested.
    """

    layer: int
    auroc: float
    null_auroc_95: float
    q_value: float
    d_bound: float
    rivals: Rivals
    confound: tuple[str, float] = ("", float("nan"))


@dataclass(frozen=True)
class Verdict:
    """The outcome.

    Attributes:
        separates: Whether the separation is more than chance, whatever explains it.
        word: "evidence", "no evidence", "explained by vocabulary", "... length", "... embedding" or "explained by
            confound X" with its name.
        reason: One sentence with the numbers that decided it.
    """

    separates: bool
    word: str
    reason: str

    @property
    def evidence(self) -> bool:
        """Whether the verdict is "evidence": more than chance, and more than any rival explains."""
        return self.word == "evidence"


def rule_lines() -> tuple[str, ...]:
    """The rule, one verdict a line."""
    starts = ("Explained by vocabulary", "Explained by confound", "No evidence:")
    cuts = [0, *(RULE.index(start) for start in starts), len(RULE)]
    return tuple(RULE[a:b].strip() for a, b in pairwise(cuts))


def judge(measured: Measured) -> Verdict:
    """Applies `RULE` to one emotion."""
    missing = not all(np.isfinite([measured.auroc, measured.null_auroc_95, measured.q_value]))
    if missing:
        return Verdict(False, "no evidence", f"Nothing can be scored at layer {measured.layer}.")
    separates = (
        measured.auroc > max(0.5, measured.null_auroc_95)
        and measured.q_value <= SIGNIFICANCE
        and not measured.d_bound <= 0  # nan passes: the permutation test holds without a bound
    )
    numbers = (
        f"Held-out AUROC {measured.auroc:.2f} at layer {measured.layer}, where 95 % of vectors from shuffled labels "
        f"stay at or below {measured.null_auroc_95:.2f} (corrected p = {measured.q_value:.3f})"
    )
    if not separates:
        return Verdict(False, "no evidence", numbers + ".")
    found = _explanations(measured)
    strongest = max(found, key=lambda one: one.auroc, default=None)
    if strongest is not None and strongest.auroc >= measured.auroc - 1e-9:
        return Verdict(True, f"explained by {strongest.word}", f"{numbers}, but {strongest.sentence}.")
    if measured.rivals.best[0] == "":
        numbers += "; rivals cannot be fitted without the training texts"
    return Verdict(True, "evidence", "; ".join([numbers, *(one.sentence for one in found)]) + ".")


@dataclass(frozen=True)
class _Explanation:
    word: str
    auroc: float
    sentence: str


def _explanations(measured: Measured) -> list[_Explanation]:
    """The strongest rival and the strongest confound, as far as there are any."""
    found = []
    name, best = measured.rivals.best
    if name:
        found.append(_Explanation(name, best, f"the best rival, {_RIVAL_NAMES[name]}, reaches {best:.2f}"))
    confound, value = measured.confound
    if confound and np.isfinite(value):
        sentence = f"on pairs that differ in {confound} and not in the emotion the direction reaches {value:.2f}"
        found.append(_Explanation(f"confound {confound}", value, sentence))
    return found
