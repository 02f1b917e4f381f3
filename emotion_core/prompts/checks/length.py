"""Sides or emotions that differ in the length of their texts."""

from __future__ import annotations

import numpy as np
from scipy.stats import mannwhitneyu, rankdata

from emotion_core.prompts.checks.finding import Finding, Severity, listed, rows_of
from emotion_core.prompts.checks.labels import Contrast, contrasts, words_of
from emotion_core.prompts.prompt_set import PromptSet

CHECK = "length"
# AUROC of the number of words: .5 is even. Past these the length alone tells the label well enough to matter.
WARNING, ERROR = 0.7, 0.9
# A difference of means below this share of the longer one is too small to mend row by row, however regular it is.
SHARE = 0.1
# A single pair is named where one side is half as long again as the other, and by more than this many words.
RATIO, WORDS = 1.5, 5


def length(prompt_set: PromptSet) -> list[Finding]:
    """An imbalance over the whole set (warning, or error where it gives the label away), and uneven single pairs."""
    findings = []
    lengths = {text.text: len(words_of(text.text)) for text in prompt_set.texts}
    all_contrasts = list(contrasts(prompt_set))
    hits: dict[Severity, list[tuple[str, tuple[int, ...]]]] = {"error": [], "warning": []}
    for one in all_contrasts:
        uneven = _uneven(one, lengths, len(all_contrasts))
        if uneven is not None:
            hits[uneven[0]].append(uneven[1:])
    for severity, found in hits.items():
        if found:
            rows = tuple(sorted({row for _, own in found for row in own}))
            detail = "Length tells the label: " + listed([told for told, _ in found])
            findings.append(
                Finding(CHECK, severity, rows, detail, "Shorten or lengthen the named rows until they match")
            )
    return findings + _uneven_pairs(prompt_set)


def _uneven(contrast: Contrast, lengths: dict[str, int], n_tests: int) -> tuple[Severity, str, tuple[int, ...]] | None:
    """Severity, description and the rows that stand out; None where lengths are balanced or chance explains it."""
    words = np.array([lengths[text.text] for text in contrast.texts], dtype=float)
    own, rest = words[contrast.own], words[~contrast.own]
    if min(len(own), len(rest)) < 4:
        return None
    ranks = rankdata(words)
    auroc = (ranks[contrast.own].sum() - len(own) * (len(own) + 1) / 2) / (len(own) * len(rest))
    size = max(auroc, 1 - auroc)
    if abs(own.mean() - rest.mean()) < SHARE * max(own.mean(), rest.mean()):
        return None
    if size < WARNING or mannwhitneyu(own, rest).pvalue * n_tests > 0.05:
        return None
    other = "the negative texts" if contrast.texts[0].side != "labelled" else "the other emotions' texts"
    told = f"{contrast.label} has {own.mean():.0f} words, {other} {rest.mean():.0f} (AUROC {auroc:.2f})"
    middle = np.median(rest)
    outside = contrast.own & ((words > middle) if auroc > 0.5 else (words < middle))
    rows = rows_of(text for text, is_outside in zip(contrast.texts, outside, strict=True) if is_outside)
    return ("error" if size >= ERROR else "warning"), told, rows


def _uneven_pairs(prompt_set: PromptSet) -> list[Finding]:
    if prompt_set.form != "pairs":
        return []
    uneven = []
    for positive, negative in zip(prompt_set.texts[::2], prompt_set.texts[1::2], strict=True):
        a, b = len(words_of(positive.text)), len(words_of(negative.text))
        if max(a, b) > RATIO * min(a, b) and abs(a - b) > WORDS:
            uneven.append((positive.row, f"row {positive.row} ({a} and {b} words)"))
    if not uneven:
        return []
    detail = "Sides of very different length: " + listed([told for _, told in uneven])
    return [Finding(CHECK, "warning", tuple(row for row, _ in uneven), detail, "Write both sides about as long")]
