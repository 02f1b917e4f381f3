"""Words that name an emotion, in texts that should only show it."""

from __future__ import annotations

from emotion_core.prompts.checks.finding import Finding, Severity, listed, place, rows_of
from emotion_core.prompts.lexicon import find_emotion_words
from emotion_core.prompts.prompt_set import PromptSet, PromptText


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
