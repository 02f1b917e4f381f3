"""Texts that are almost another text of the same emotion, a word or two changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer

from emotion_core.prompts.checks.duplicates import label, normal
from emotion_core.prompts.checks.finding import Finding, listed, place, rows_of
from emotion_core.prompts.prompt_set import PromptSet, PromptText

CHECK = "near duplicates"
# Cosine of the sets of four-letter pieces. In a sentence of twenty words one changed word leaves .91 and three leave
# .74; in one of seven words a changed word leaves .74. The most alike texts of fear-calm and neutral reach .28.
THRESHOLD = 0.7
# Past this many texts of one emotion the comparison of all with all takes more than a second or two.
MOST = 2000
_BLOCK = 512


def near_duplicates(prompt_set: PromptSet) -> list[Finding]:
    """A warning inside a split, an error across training and held-out.

    Only texts of one emotion and one side are compared: the two sides of a pair, or the same scene told for two
    emotions, are good when they are alike.
    """
    groups: dict[tuple[str, str], list[PromptText]] = defaultdict(list)
    for text in prompt_set.texts:
        groups[label(text)].append(text)
    pairs = [pair for members in groups.values() if len(members) <= MOST for pair in _alike(members)]
    across = [(a, b, s) for a, b, s in pairs if a.split != b.split]
    within = [(a, b, s) for a, b, s in pairs if a.split == b.split]
    findings = []
    if across:
        findings.append(
            Finding(
                CHECK,
                "error",
                rows_of(text for a, b, _ in across for text in (a, b)),
                "Held-out texts are almost training texts: " + listed([_told(*pair) for pair in across]),
                "Write one of the two anew, or put both in the same split",
            )
        )
    if within:
        findings.append(
            Finding(
                CHECK,
                "warning",
                rows_of(text for a, b, _ in within for text in (a, b)),
                "Texts are almost alike: " + listed([_told(*pair) for pair in within]),
                "Write one of the two anew, with another scene",
            )
        )
    large = [emotion for (emotion, _), members in groups.items() if len(members) > MOST]
    if large:
        detail = f"Not compared, more than {MOST:,} texts: " + listed(sorted(set(large)))
        findings.append(Finding(CHECK, "note", (), detail, "Check a part of the file by itself"))
    return findings


def _alike(members: list[PromptText]) -> Iterator[tuple[PromptText, PromptText, float]]:
    """Pairs of texts above the threshold, identical ones left to the other checks."""
    if len(members) < 2:
        return
    texts = [normal(text.text) for text in members]
    vectorizer = HashingVectorizer(
        analyzer="char", ngram_range=(4, 4), binary=True, alternate_sign=False, lowercase=False
    )
    pieces = vectorizer.transform(texts)  # sparse [texts, 2**20], rows of length 1
    for start in range(0, len(texts), _BLOCK):
        cosine = (pieces[start : start + _BLOCK] @ pieces.T).tocoo()
        firsts, seconds = cosine.row + start, cosine.col
        chosen = np.flatnonzero((cosine.data >= THRESHOLD) & (firsts < seconds))
        for k in chosen[np.lexsort((seconds[chosen], firsts[chosen]))]:
            i, j = int(firsts[k]), int(seconds[k])
            if texts[i] != texts[j]:
                yield members[i], members[j], float(cosine.data[k])


def _told(a: PromptText, b: PromptText, similarity: float) -> str:
    return f"{place(a)} and {place(b)} ({similarity:.0%} alike)"
