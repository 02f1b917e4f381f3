"""Sides or emotions that differ in grammatical person, tense or question form."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from scipy.stats import binomtest, fisher_exact

from emotion_core.prompts.checks.finding import Finding, listed, rows_of
from emotion_core.prompts.checks.labels import Contrast, contrasts, words_of
from emotion_core.prompts.prompt_set import PromptSet

CHECK = "form"
# Pairs: this share of mismatched rows, or a mismatch that leans one way. Labelled: this difference of shares.
PAIR_SHARE, SHARE_DIFFERENCE = 0.2, 0.4
LEVEL = 0.05

_FIRST = frozenset(
    ["i", "me", "my", "mine", "myself", "we", "us", "our", "ours", "ourselves", "i'm", "i've", "i'd", "i'll"]
)
_SECOND = frozenset(["you", "your", "yours", "yourself", "yourselves", "you're", "you've", "you'd", "you'll"])
_PAST = frozenset(["was", "were", "had", "did", "went", "came", "saw", "said", "took", "got", "stood", "found", "felt"])
_PRESENT = frozenset(["is", "are", "has", "have", "do", "does", "am", "goes", "comes", "sees", "says", "takes", "gets"])
_REGULAR_PAST = re.compile(r"[a-z]{2,}[^e]ed")


def person(text: str) -> str:
    """`first`, `second` or `third` person, by the first pronoun that says; third where none does."""
    for word in words_of(text.replace("’", "'")):
        if word in _FIRST:
            return "first"
        if word in _SECOND:
            return "second"
    return "third"


def tense(text: str) -> str:
    """`past`, `present`, or `` where the words do not agree or do not say.

    Auxiliaries decide; words in -ed only where there is no auxiliary, since many are participles.
    """
    words = words_of(text)
    past, present = sum(w in _PAST for w in words), sum(w in _PRESENT for w in words)
    if past == present == 0:
        return "past" if sum(_REGULAR_PAST.fullmatch(w) is not None for w in words) >= 2 else ""
    return "past" if not present else "present" if not past else ""


def question(text: str) -> str:
    """`question` or `statement`, by the question mark."""
    return "question" if "?" in text else "statement"


FEATURES: dict[str, Callable[[str], str]] = {"person": person, "tense": tense, "question form": question}


def form(prompt_set: PromptSet) -> list[Finding]:
    """Pairs: rows whose sides differ, a warning if many do or all lean one way. Labelled: emotions that stand out."""
    compare = _pairs if prompt_set.form == "pairs" else _labelled
    return [finding for name, feature in FEATURES.items() for finding in compare(prompt_set, name, feature)]


def _pairs(prompt_set: PromptSet, name: str, feature: Callable[[str], str]) -> list[Finding]:
    sides = [
        (a, feature(a.text), feature(b.text))
        for a, b in zip(prompt_set.texts[::2], prompt_set.texts[1::2], strict=True)
    ]
    known = [one for one in sides if one[1] and one[2]]
    differing = [one for one in known if one[1] != one[2]]
    if not differing:
        return []
    # By chance a mismatch leans either way; the alphabetical order of the two values is the sign.
    leaning = sum(a < b for _, a, b in differing)
    leans = binomtest(leaning, len(differing)).pvalue < LEVEL
    many = len(differing) >= 2 and len(differing) > PAIR_SHARE * len(known)
    places = [f"row {text.row} ({a}, {b})" for text, a, b in differing]
    detail = f"The sides of {len(differing)} of {len(known)} pairs differ in {name}: " + listed(places)
    rows = rows_of(text for text, _, _ in differing)
    return [Finding(CHECK, "warning" if leans or many else "note", rows, detail, f"Give both sides the same {name}")]


def _labelled(prompt_set: PromptSet, name: str, feature: Callable[[str], str]) -> list[Finding]:
    values = np.array([feature(text.text) for text in prompt_set.texts])
    hits = []
    rows: set[int] = set()
    tests = [(one, value) for one in contrasts(prompt_set) for value in _telling(set(values))]
    for contrast, value in tests:
        difference, p = _difference(contrast, values == value)
        if abs(difference) >= SHARE_DIFFERENCE and p * len(tests) <= LEVEL:
            hits.append(f"{contrast.label} has {difference:+.0%} {value}")
            odd = contrast.own & ((values == value) == (difference > 0))
            rows |= {text.row for text, is_odd in zip(contrast.texts, odd, strict=True) if is_odd}
    if not hits:
        return []
    detail = f"Emotions that differ from the others in {name}: " + listed(hits)
    return [Finding(CHECK, "warning", tuple(sorted(rows)), detail, f"Mix the {name} within every emotion alike")]


def _telling(values: set[str]) -> list[str]:
    """The values to test: of two only the first, since the other's share is what is left."""
    named = sorted(values - {""})
    return named[:1] if len(named) == 2 and "" not in values else named


def _difference(contrast: Contrast, has: np.ndarray) -> tuple[float, float]:
    """Share with the value among the label's own minus the share among the others, and Fisher's p-value."""
    own, rest = has[contrast.own], has[~contrast.own]
    difference = float(own.mean() - rest.mean())
    if abs(difference) < SHARE_DIFFERENCE:
        return difference, 1.0
    table = np.array([[own.sum(), (~own).sum()], [rest.sum(), (~rest).sum()]])
    return difference, float(fisher_exact(table).pvalue)
