"""The one rule by which a direction counts as real, for the pages and for the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from emotion_core.evaluation.rivals import Rivals

Word = Literal["evidence", "no evidence", "explained by vocabulary", "explained by length", "explained by embedding"]

SIGNIFICANCE = 0.05
RULE = (
    "Evidence: at the layer that cross-validation chose on the training texts, held-out AUROC lies above the 95 % "
    "point of vectors from shuffled labels, the permutation p-value corrected for the number of emotions is at most "
    ".05, and the one-sided 95 % lower bound of Cohen's d lies above 0 (where there are enough texts for a bound). "
    "Explained by vocabulary, length or embedding: the separation is more than chance, but a bag of words, the length "
    "of the texts or the embedding layer separates the same held-out texts at least as well. "
    "No evidence: anything else; it does not show that there is no such direction."
)
_RIVAL_WORDS: dict[str, Word] = {
    "vocabulary": "explained by vocabulary",
    "length": "explained by length",
    "embedding": "explained by embedding",
}
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
    """

    layer: int
    auroc: float
    null_auroc_95: float
    q_value: float
    d_bound: float
    rivals: Rivals


@dataclass(frozen=True)
class Verdict:
    """The outcome.

    Attributes:
        separates: Whether the separation is more than chance, whatever explains it.
        word: The verdict in two or three words.
        reason: One sentence with the numbers that decided it.
    """

    separates: bool
    word: Word
    reason: str

    @property
    def evidence(self) -> bool:
        """Whether the verdict is "evidence": more than chance, and more than any rival explains."""
        return self.word == "evidence"


def judge(measured: Measured) -> Verdict:
    """Applies `RULE` to one emotion."""
    missing = not all(np.isfinite([measured.auroc, measured.null_auroc_95, measured.q_value]))
    if missing:
        return Verdict(False, "no evidence", f"Nothing can be scored at layer {measured.layer}.")
    separates = (
        measured.auroc > measured.null_auroc_95
        and measured.q_value <= SIGNIFICANCE
        and not measured.d_bound <= 0  # nan passes: the permutation test holds without a bound
    )
    numbers = (
        f"Held-out AUROC {measured.auroc:.2f} at layer {measured.layer}, where 95 % of vectors from shuffled labels "
        f"stay at or below {measured.null_auroc_95:.2f} (corrected p = {measured.q_value:.3f})"
    )
    if not separates:
        return Verdict(False, "no evidence", numbers + ".")
    name, best = measured.rivals.best
    if not name:
        return Verdict(True, "evidence", numbers + "; rivals cannot be fitted without the training texts.")
    if best >= measured.auroc - 1e-9:
        return Verdict(True, _RIVAL_WORDS[name], f"{numbers}, but {_RIVAL_NAMES[name]} reaches {best:.2f}.")
    return Verdict(True, "evidence", f"{numbers}; the best rival, {_RIVAL_NAMES[name]}, reaches {best:.2f}.")
