"""Texts that stand in a set twice: alike, nearly alike, or in training and held out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from emotion_core.prompts.checks.finding import Finding, listed, place, rows_of
from emotion_core.prompts.prompt_set import PromptSet, PromptText

# Texts that come twice: rows the reader left out, one text with two labels, one side used in two pairs.

DUPLICATES = "duplicates"


def duplicates(prompt_set: PromptSet) -> list[Finding]:
    """Exact repeats, white space and case aside. Repeats across the splits are held-out leakage, another check."""
    by_text: dict[str, list[PromptText]] = defaultdict(list)
    for text in prompt_set.texts:
        by_text[normal(text.text)].append(text)
    groups = [members for members in by_text.values() if len(members) > 1]
    contradictory = [g for g in groups if len({label(text) for text in g}) > 1]
    repeated = [g for g in groups if g not in contradictory and len({text.split for text in g}) == 1]
    findings = _left_out(prompt_set)
    if contradictory:
        findings.append(
            Finding(
                DUPLICATES,
                "error",
                rows_of(text for g in contradictory for text in g),
                "The same text stands for different things: " + listed([_group(g, labels=True) for g in contradictory]),
                "Keep each text under one emotion and on one side",
            )
        )
    if repeated:
        findings.append(
            Finding(
                DUPLICATES,
                "warning",
                rows_of(text for g in repeated for text in g),
                "The same text counts more than once: " + listed([_group(g) for g in repeated]),
                "Write a different text in all but one of the rows",
            )
        )
    return findings


def normal(text: str) -> str:
    """A text without the differences that make no difference: case and white space."""
    return " ".join(text.casefold().split())


def label(text: PromptText) -> tuple[str, str]:
    """What a text stands for: its emotion and its side."""
    return (text.emotion, text.side)


def _group(members: list[PromptText], *, labels: bool = False) -> str:
    return " = ".join(f"{place(text)} {text.emotion}" if labels else place(text) for text in members[:4])


def _left_out(prompt_set: PromptSet) -> list[Finding]:
    if not prompt_set.dropped_rows:
        return []
    messages = [one for one in prompt_set.dropped if " repeats row " in one]
    detail = "Repeated rows were left out: " + listed(messages)
    return [Finding(DUPLICATES, "warning", tuple(sorted(prompt_set.dropped_rows)), detail, "Delete the repeated rows")]


# Texts that are almost another text of the same emotion, a word or two changed.

NEAR_DUPLICATES = "near duplicates"
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
                NEAR_DUPLICATES,
                "error",
                rows_of(text for a, b, _ in across for text in (a, b)),
                "Held-out texts are almost training texts: " + listed([_told(*pair) for pair in across]),
                "Write one of the two anew, or put both in the same split",
            )
        )
    if within:
        findings.append(
            Finding(
                NEAR_DUPLICATES,
                "warning",
                rows_of(text for a, b, _ in within for text in (a, b)),
                "Texts are almost alike: " + listed([_told(*pair) for pair in within]),
                "Write one of the two anew, with another scene",
            )
        )
    large = [emotion for (emotion, _), members in groups.items() if len(members) > MOST]
    if large:
        detail = f"Not compared, more than {MOST:,} texts: " + listed(sorted(set(large)))
        findings.append(Finding(NEAR_DUPLICATES, "note", (), detail, "Check a part of the file by itself"))
    return findings


def _alike(members: list[PromptText]) -> Iterator[tuple[PromptText, PromptText, float]]:
    """Pairs of texts above the threshold, identical ones left to the other checks."""
    if len(members) < 2:
        return
    texts = [normal(text.text) for text in members]
    from sklearn.feature_extraction.text import HashingVectorizer  # slow to import, and pages do not need it

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


# Held-out texts that were trained on, and topics that lie on both sides of the split.

LEAKAGE = "held-out leakage"


def leakage(prompt_set: PromptSet) -> list[Finding]:
    """An error for a text in both splits, whatever its label; a note for a topic in both."""
    findings = []
    by_text: dict[str, list[PromptText]] = defaultdict(list)
    by_topic: dict[str, list[PromptText]] = defaultdict(list)
    for text in prompt_set.texts:
        by_text[normal(text.text)].append(text)
        if text.topic:
            by_topic[text.topic].append(text)
    shared = [members for members in by_text.values() if len({text.split for text in members}) == 2]
    if shared:
        places = [" = ".join(f"{place(text)} {text.split}" for text in members[:4]) for members in shared]
        findings.append(
            Finding(
                LEAKAGE,
                "error",
                rows_of(text for members in shared for text in members),
                "The same text is in training and held out: " + listed(places),
                "Write a new text for the held-out row",
            )
        )
    both = {topic: m for topic, m in by_topic.items() if len({text.split for text in m}) == 2}
    if both:
        findings.append(
            Finding(
                LEAKAGE,
                "note",
                rows_of(text for members in both.values() for text in members if text.split == "heldout"),
                f"{len(both)} of {len(by_topic)} topics are in training and held out: " + listed(sorted(both)),
                "Hold out whole topics to test whether a direction carries over to new ones",
            )
        )
    return findings
