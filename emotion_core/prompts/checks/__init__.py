"""Checks of a prompt set: what in it could pass for an emotion direction, one check a file."""

from __future__ import annotations

from collections.abc import Callable

from emotion_core.prompts.checks.duplicates import duplicates, leakage, near_duplicates
from emotion_core.prompts.checks.finding import Finding, Severity
from emotion_core.prompts.checks.giveaways import emotion_words, form, giveaways, length
from emotion_core.prompts.checks.topics import split_sizes, topics
from emotion_core.prompts.prompt_set import PromptSet

__all__ = ["CHECKS", "Finding", "Severity", "check"]

# A new check is a function and a line here.
CHECKS: tuple[Callable[[PromptSet], list[Finding]], ...] = (
    emotion_words,
    leakage,
    duplicates,
    near_duplicates,
    giveaways,
    length,
    topics,
    form,
    split_sizes,
)
_ORDER = {"error": 0, "warning": 1, "note": 2}


def check(prompt_set: PromptSet) -> tuple[Finding, ...]:
    """All findings about a prompt set, errors first, then in the order of the checks.

    Args:
        prompt_set: As it was read; rows in the findings are rows of its file.
    """
    findings = [finding for one in CHECKS for finding in one(prompt_set)]
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.severity]))
