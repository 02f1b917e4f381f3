"""Held-out texts that were trained on, and topics that lie on both sides of the split."""

from __future__ import annotations

from collections import defaultdict

from emotion_core.prompts.checks.duplicates import normal
from emotion_core.prompts.checks.finding import Finding, listed, place, rows_of
from emotion_core.prompts.prompt_set import PromptSet, PromptText

CHECK = "held-out leakage"


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
                CHECK,
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
                CHECK,
                "note",
                rows_of(text for members in both.values() for text in members if text.split == "heldout"),
                f"{len(both)} of {len(by_topic)} topics are in training and held out: " + listed(sorted(both)),
                "Hold out whole topics to test whether a direction carries over to new ones",
            )
        )
    return findings
