"""Numbers on their way out: NaN and infinity never appear in a document; amounts as a person says them.

And lists of numbers on their way in, which must not be read otherwise than they were meant.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import SupportsFloat

from emotion_core.base.errors import SettingsError


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


_POINT = "Write decimals with a point, such as 0.5"


def refuse_decimal_commas(text: str, where: str) -> None:
    """Refuses a list whose commas may be decimal signs: `0,5, 1,5` or `0,4`, but not `1,10,100` or `0.1,0.2`.

    Args:
        text: The list, with commas, semicolons or blanks between the numbers.
        where: What it is a list of.

    Raises:
        SettingsError: It can be read in two ways.
    """
    entries = [one.strip(",") for one in re.split(r"[;\s]+", text.replace("\u2212", "-")) if one.strip(",")]
    decimal = r"[-+]?\d+,\d+" if len(entries) > 1 else r"[-+]?0+,\d+"
    if any(re.fullmatch(decimal, one) for one in entries):
        read = "; ".join(part for one in entries for part in one.split(","))
        raise SettingsError(
            "A comma may divide numbers here or stand before decimals",
            where=where,
            expected="commas between numbers only, such as 0.5, 1.5",
            found=f"{text.strip()[:60]}, which would be {read[:60]}",
            remedy=f"{_POINT}, and a blank or a semicolon between whole numbers",
        )


def refuse_repeats(numbers: Sequence[float], where: str) -> None:
    """Refuses a list with a number twice, as `0,5,1,5` has it where its commas were decimal signs.

    Args:
        numbers: As they were read.
        where: What they are.

    Raises:
        SettingsError: One is there more than once.
    """
    twice = [one for one, times in Counter(numbers).items() if times > 1]
    if twice:
        raise SettingsError(
            "The same number is there more than once",
            where=where,
            expected="every number once",
            found=f"{', '.join(f'{one:g}' for one in twice[:5])} in {'; '.join(f'{one:g}' for one in numbers)[:80]}",
            remedy=f"Leave out what is there twice. {_POINT}",
        )
