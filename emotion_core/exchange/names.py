"""Names of emotions and prompt sets as file names that every system takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def slug(name: str) -> str:
    """Letters, digits, dots, dashes and underscores; anything else becomes a dash.

    Example:
        >>> slug("at ease / é")
        'at-ease-e'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.")[:80] or "unnamed"


def slugs(names: Sequence[str]) -> tuple[str, ...]:
    """One file name each, told apart by a number where two become the same (also on systems without case)."""
    found: list[str] = []
    for name in names:
        one, number = slug(name), 2
        while one.lower() in {other.lower() for other in found}:
            one, number = f"{slug(name)}-{number}", number + 1
        found.append(one)
    return tuple(found)
