"""Names of emotions and prompt sets as file names that every system takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# Names that Windows keeps for devices, whatever the ending.
_WINDOWS = {"CON", "PRN", "AUX", "NUL", *(f"{port}{i}" for port in ("COM", "LPT") for i in range(1, 10))}


def slug(name: str) -> str:
    """Letters, digits, dots, dashes and underscores; anything else becomes a dash.

    Accents go; letters of other scripts stay, since without them names could not be told apart.

    Example:
        >>> slug("at ease / é"), slug("恐怖"), slug("con")
        ('at-ease-e', '恐怖', 'con_')
    """
    apart = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    kept = apart if apart.isascii() or not re.search(r"[^\W\d_]", apart) else unicodedata.normalize("NFKC", name)
    plain = re.sub(r"[^\w.-]+", "-", kept).strip("-.")[:80] or "unnamed"
    return f"{plain}_" if plain.split(".")[0].upper() in _WINDOWS else plain


def slugs(names: Sequence[str]) -> tuple[str, ...]:
    """One file name each, told apart by a number where two become the same (also on systems without case)."""
    found: list[str] = []
    for name in names:
        one, number = slug(name), 2
        while one.lower() in {other.lower() for other in found}:
            one, number = f"{slug(name)}-{number}", number + 1
        found.append(one)
    return tuple(found)
