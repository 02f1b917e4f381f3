"""How a p-value is written: never as zero."""

from __future__ import annotations

_SMALLEST = 0.001


def p_words(p_value: float, name: str = "p") -> str:
    """`p = 0.012`, or `p < 0.001` below that: a share of a limited number of draws is never zero.

    Args:
        p_value: From 0 to 1, or nan.
        name: `q` where it is corrected for a family.
    """
    return f"{name} < {_SMALLEST}" if p_value < _SMALLEST else f"{name} = {p_value:.3f}"
