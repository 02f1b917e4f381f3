"""Texts that come twice: rows the reader left out, one text with two labels, one side used in two pairs."""

from __future__ import annotations

from collections import defaultdict

from emotion_core.prompts.checks.finding import Finding, listed, place, rows_of
from emotion_core.prompts.prompt_set import PromptSet, PromptText

CHECK = "duplicates"


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
                CHECK,
                "error",
                rows_of(text for g in contradictory for text in g),
                "The same text stands for different things: " + listed([_group(g, labels=True) for g in contradictory]),
                "Keep each text under one emotion and on one side",
            )
        )
    if repeated:
        findings.append(
            Finding(
                CHECK,
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
    return [Finding(CHECK, "warning", tuple(sorted(prompt_set.dropped_rows)), detail, "Delete the repeated rows")]
