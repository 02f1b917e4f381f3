"""Numbers on their way out: NaN and infinity never appear in a document; amounts as a person says them."""

from __future__ import annotations

import math
from typing import SupportsFloat


def finite(value: SupportsFloat | None) -> float | None:
    """A plain float, or None where there is no finite number."""
    if value is None:
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def counted(number: int, noun: str) -> str:
    """A number with its noun, such as "1 prompt" or "2,000 texts"; the noun's plural has an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def days(hours: int) -> str:
    """Hours as a person says them, such as "7 days"."""
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"
