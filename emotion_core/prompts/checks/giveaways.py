"""Single words whose presence tells the label on the training rows."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import numpy as np
from scipy.stats import hypergeom

from emotion_core.prompts.checks.finding import Finding, Severity, listed, rows_of
from emotion_core.prompts.checks.labels import words_of
from emotion_core.prompts.prompt_set import PromptSet, PromptText

CHECK = "giveaways"
# A word counts where it stands in this share of the label's texts and at least this often, where most of the texts with
# it have the label, and where chance is ruled out at this level over all words and labels tried (Fisher's exact test).
COVERAGE, TIMES, LEVEL = 0.15, 4, 0.05
PRECISION = {"pairs": 0.8, "labelled": 0.5}
# A word in half of the label's texts and in hardly any other is the label.
ERROR_COVERAGE, ERROR_PRECISION = 0.5, 0.95


class _Word(NamedTuple):
    word: str
    label: str
    with_label: int
    label_size: int
    everywhere: int

    @property
    def coverage(self) -> float:
        return self.with_label / self.label_size

    @property
    def precision(self) -> float:
        return self.with_label / self.everywhere


def giveaways(prompt_set: PromptSet) -> list[Finding]:
    """Words that predict the side of a pair, or the emotion of a labelled text, better than chance explains."""
    texts = prompt_set.part("train")
    if prompt_set.form == "labelled" and len({text.emotion for text in texts}) < 2:
        return []
    words = [frozenset(words_of(text.text)) for text in texts]
    labels = [_label(text) for text in texts]
    found = []
    # Pairs of different emotions have nothing to do with each other; labelled texts are compared with all others.
    emotions = prompt_set.emotions if prompt_set.form == "pairs" else ("",)
    for emotion in emotions:
        chosen = [i for i, text in enumerate(texts) if not emotion or text.emotion == emotion]
        found += _telling([words[i] for i in chosen], [labels[i] for i in chosen], PRECISION[prompt_set.form])
    findings = []
    severities: tuple[Severity, ...] = ("error", "warning")
    for severity in severities:
        own = [one for one in found if (severity == "error") == _is_label(one)]
        if own:
            told = {(one.word, one.label) for one in own}
            rows = rows_of(
                t for t, w, lab in zip(texts, words, labels, strict=True) if any((x, lab) in told for x in w)
            )
            places = [
                f"'{one.word}' is in {one.with_label} of {one.label_size} {one.label} texts and in "
                f"{one.everywhere - one.with_label} others"
                for one in own
            ]
            remedy = "Use the word on both sides or less often; a direction may be no more than this word"
            findings.append(Finding(CHECK, severity, rows, "Words that tell the label: " + listed(places), remedy))
    return findings


def _label(text: PromptText) -> str:
    return text.emotion if text.side == "labelled" else f"{text.emotion} {text.side}"


def _is_label(one: _Word) -> bool:
    return one.coverage >= ERROR_COVERAGE and one.precision >= ERROR_PRECISION


def _telling(words: list[frozenset[str]], labels: list[str], precision: float) -> list[_Word]:
    """Words that pass size and significance, the widest coverage first."""
    sizes = Counter(labels)
    everywhere = Counter(word for own in words for word in own)
    together = Counter((word, label) for own, label in zip(words, labels, strict=True) for word in own)
    tried = [_Word(w, lab, n, sizes[lab], everywhere[w]) for (w, lab), n in together.items() if everywhere[w] >= TIMES]
    large = [
        one for one in tried if one.with_label >= TIMES and one.coverage >= COVERAGE and one.precision >= precision
    ]
    if not large:
        return []
    n = np.array([(one.with_label, one.everywhere, one.label_size) for one in large])
    p = np.asarray(hypergeom.sf(n[:, 0] - 1, len(words), n[:, 1], n[:, 2])) * len(tried)
    significant = [one for one, value in zip(large, p, strict=True) if value <= LEVEL]
    return sorted(significant, key=lambda one: (-one.coverage, one.word, one.label))
