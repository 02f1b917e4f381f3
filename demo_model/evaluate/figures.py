"""Small statistics, and the line in which a figure is printed beside its bar."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating]


@dataclass(frozen=True)
class Figure:
    """A measured figure. ``passed`` is None where there is no bar."""

    name: str
    value: str
    bar: str = ""
    passed: bool | None = None

    def line(self) -> str:
        """One line of the report."""
        mark = {True: "reached", False: "MISSED", None: ""}[self.passed]
        return f"{self.name:<58} {self.value:<44} {self.bar:<28} {mark}".rstrip()


def cohens_d(positive: Values, negative: Values) -> float:
    """Difference of means in pooled standard deviations."""
    n, m = len(positive), len(negative)
    pooled = ((n - 1) * positive.var(ddof=1) + (m - 1) * negative.var(ddof=1)) / (n + m - 2)
    return float((positive.mean() - negative.mean()) / np.sqrt(pooled + 1e-12))


def auroc(positive: Values, negative: Values) -> float:
    """Probability that a positive value lies above a negative one."""
    above = (positive[:, None] > negative[None]).mean()
    return float(above + 0.5 * (positive[:, None] == negative[None]).mean())


def spearman(x: Values, y: Values) -> float:
    """Rank correlation (no ties expected)."""
    return float(np.corrcoef(np.argsort(np.argsort(x)), np.argsort(np.argsort(y)))[0, 1])


def unit(vector: Values) -> Values:
    """The direction of a vector."""
    return vector / np.linalg.norm(vector)


def repeated_share(tokens: list[int], size: int = 4) -> float:
    """Share of runs of ``size`` tokens that occurred before in the same text."""
    runs = [tuple(tokens[at : at + size]) for at in range(len(tokens) - size + 1)]
    return 1 - len(set(runs)) / len(runs)
