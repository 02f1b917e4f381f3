"""Patterns that decide whether a continuation counts, with a limit on the time they may take."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import regex

from emotion_core.base.errors import PromptSetError

# A pattern that needs longer on one text would hold up everybody; a sane one needs a thousandth of this.
SECONDS = 0.1
LONGEST = 500
# Texts on which patterns with nested repeats run away: a long run of what they repeat, then something else.
_PROBES = tuple(one * 2000 + "\u00a7" for one in ("a", " ", "1", "a ", "ab", "I do not know. "))


def check_pattern(pattern: str, where: str) -> None:
    """Refuses a pattern that is empty, not valid, too slow, or that counts every text.

    Args:
        pattern: A regular expression, searched anywhere in the text whatever the case.
        where: For the message.

    Raises:
        PromptSetError: One of these.
    """
    if not pattern.strip() or len(pattern) > LONGEST:
        raise PromptSetError(
            "The pattern is empty or too long",
            where=where,
            expected=f"1 to {LONGEST} characters",
            found=f"{len(pattern)} characters",
            remedy="Write a shorter regular expression",
        )
    compiled = _compiled(pattern, where)
    for probe in _PROBES:
        _search(compiled, probe, where)
    if _search(compiled, "", where):
        raise PromptSetError(
            "The pattern fits every text, also an empty one",
            where=where,
            found=repr(pattern[:80]),
            remedy="Write what has to stand in a text that counts",
        )


def counts(pattern: str, text: str, where: str) -> bool:
    """Whether a text has the pattern in it.

    Raises:
        PromptSetError: The pattern is not valid, or takes too long on this text.
    """
    return _search(_compiled(pattern, where), text, where)


@lru_cache(maxsize=256)
def _parsed(pattern: str) -> Any:
    return regex.compile(pattern, regex.IGNORECASE)


def _compiled(pattern: str, where: str) -> Any:
    try:
        return _parsed(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise PromptSetError(
            "The pattern is not a valid regular expression",
            where=where,
            found=f"{pattern[:80]!r}: {error}",
            remedy="Mend it; a backslash before . ( ) [ ] ? * + makes them plain characters",
        ) from error


def _search(compiled: Any, text: str, where: str) -> bool:
    try:
        return compiled.search(text, timeout=SECONDS) is not None
    except TimeoutError as error:
        raise PromptSetError(
            "The pattern takes too long",
            where=where,
            expected=f"at most {SECONDS} s a text",
            found=f"more on {text[:30]!r}, {len(text)} characters",
            remedy="Remove repeats inside repeats, such as (a+)+",
        ) from error
