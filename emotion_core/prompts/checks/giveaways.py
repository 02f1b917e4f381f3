"""What tells an emotion without its direction: emotion words, giveaway words, length, and form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy

from emotion_core.prompts.checks.finding import Contrast, Finding, Severity, contrasts, listed, place, rows_of, words_of
from emotion_core.prompts.lexicon import find_emotion_words
from emotion_core.prompts.prompt_set import PromptSet, PromptText

# Words that name an emotion, in texts that should only show it.


def emotion_words(prompt_set: PromptSet) -> list[Finding]:
    """An error for words that name an emotion, a warning for words that also have a plain sense.

    A word of any emotion counts on either side and for any label: "calm" in a negative text gives a fear vector away as
    much as "afraid" in a positive one.
    """
    found: dict[bool, list[tuple[PromptText, str]]] = {True: [], False: []}
    for text in prompt_set.texts:
        for one in find_emotion_words(text.text):
            found[one.certain].append((text, one.word))
    findings = []
    severities: tuple[tuple[bool, Severity], ...] = ((True, "error"), (False, "warning"))
    for certain, severity in severities:
        hits = found[certain]
        if hits:
            kind = "name an emotion" if certain else "can name an emotion"
            remedy = "Show the emotion by what happens instead of naming it"
            findings.append(
                Finding(
                    "emotion words",
                    severity,
                    rows_of(text for text, _ in hits),
                    f"Words that {kind}: " + listed([f"{place(text)} '{word}'" for text, word in hits]),
                    remedy if certain else remedy + ", unless the word is meant in its plain sense",
                )
            )
    return findings


# Single words whose presence tells the label on the training rows.

GIVEAWAYS = "giveaways"
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
        found += _telling_words([words[i] for i in chosen], [labels[i] for i in chosen], PRECISION[prompt_set.form])
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
            findings.append(Finding(GIVEAWAYS, severity, rows, "Words that tell the label: " + listed(places), remedy))
    return findings


def _label(text: PromptText) -> str:
    return text.emotion if text.side == "labelled" else f"{text.emotion} {text.side}"


def _is_label(one: _Word) -> bool:
    return one.coverage >= ERROR_COVERAGE and one.precision >= ERROR_PRECISION


def _telling_words(words: list[frozenset[str]], labels: list[str], precision: float) -> list[_Word]:
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
    p = np.asarray(scipy.stats.hypergeom.sf(n[:, 0] - 1, len(words), n[:, 1], n[:, 2])) * len(tried)
    significant = [one for one, value in zip(large, p, strict=True) if value <= LEVEL]
    return sorted(significant, key=lambda one: (-one.coverage, one.word, one.label))


# Sides or emotions that differ in the length of their texts.

LENGTH = "length"
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
                Finding(LENGTH, severity, rows, detail, "Shorten or lengthen the named rows until they match")
            )
    return findings + _uneven_pairs(prompt_set)


def _uneven(contrast: Contrast, lengths: dict[str, int], n_tests: int) -> tuple[Severity, str, tuple[int, ...]] | None:
    """Severity, description and the rows that stand out; None where lengths are balanced or chance explains it."""
    words = np.array([lengths[text.text] for text in contrast.texts], dtype=float)
    own, rest = words[contrast.own], words[~contrast.own]
    if min(len(own), len(rest)) < 4:
        return None
    ranks = scipy.stats.rankdata(words)
    auroc = (ranks[contrast.own].sum() - len(own) * (len(own) + 1) / 2) / (len(own) * len(rest))
    size = max(auroc, 1 - auroc)
    if abs(own.mean() - rest.mean()) < SHARE * max(own.mean(), rest.mean()):
        return None
    if size < WARNING or scipy.stats.mannwhitneyu(own, rest).pvalue * n_tests > 0.05:
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
    return [Finding(LENGTH, "warning", tuple(row for row, _ in uneven), detail, "Write both sides about as long")]


# Sides or emotions that differ in grammatical person, tense or question form.

FORM = "form"
# Pairs: this share of mismatched rows, or a mismatch that leans one way. Labelled: this difference of shares.
PAIR_SHARE, SHARE_DIFFERENCE = 0.2, 0.4
FORM_LEVEL = 0.05

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
    leans = scipy.stats.binomtest(leaning, len(differing)).pvalue < FORM_LEVEL
    many = len(differing) >= 2 and len(differing) > PAIR_SHARE * len(known)
    places = [f"row {text.row} ({a}, {b})" for text, a, b in differing]
    detail = f"The sides of {len(differing)} of {len(known)} pairs differ in {name}: " + listed(places)
    rows = rows_of(text for text, _, _ in differing)
    return [Finding(FORM, "warning" if leans or many else "note", rows, detail, f"Give both sides the same {name}")]


def _labelled(prompt_set: PromptSet, name: str, feature: Callable[[str], str]) -> list[Finding]:
    values = np.array([feature(text.text) for text in prompt_set.texts])
    hits = []
    rows: set[int] = set()
    tests = [(one, value) for one in contrasts(prompt_set) for value in _telling_values(set(values))]
    for contrast, value in tests:
        difference, p = _difference(contrast, values == value)
        if abs(difference) >= SHARE_DIFFERENCE and p * len(tests) <= FORM_LEVEL:
            hits.append(f"{contrast.label} has {difference:+.0%} {value}")
            odd = contrast.own & ((values == value) == (difference > 0))
            rows |= {text.row for text, is_odd in zip(contrast.texts, odd, strict=True) if is_odd}
    if not hits:
        return []
    detail = f"Emotions that differ from the others in {name}: " + listed(hits)
    return [Finding(FORM, "warning", tuple(sorted(rows)), detail, f"Mix the {name} within every emotion alike")]


def _telling_values(values: set[str]) -> list[str]:
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
    return difference, float(scipy.stats.fisher_exact(table).pvalue)
