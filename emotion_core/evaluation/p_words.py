"""How a p-value is written: never as zero."""

from __future__ import annotations

_SMALLEST = 0.001


def p_words(p_value: float) -> str:
    """`p = 0.012`, or `p < 0.001` below that: a share of a limited number of draws is never zero.

    Args:
        p_value: From 0 to 1, or nan.
    """
    return f"p < {_SMALLEST}" if p_value < _SMALLEST else f"p = {p_value:.3f}"
