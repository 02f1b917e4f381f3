"""How often intervals hold the truth: `python -m benchmarks.coverage` prints the coverage on simulated sets.

Scores of both sides are drawn from known distributions, so that the true d and the true AUROC are known: normal, skewed
(gamma with shape 4) and heavy-tailed (Student's t with 5 degrees of freedom), all with standard deviation 1. With
`--check` distributions, sizes and effects are others, which played no part in choosing the constants of the interval.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np
from scipy.stats import norm

from benchmarks.fear_study import header
from emotion_core.stats.auroc import Array, auroc, auroc_interval
from emotion_core.stats.d_interval import bca_interval, d_interval

Draw = Callable[[np.random.Generator, tuple[int, int]], Array]

SHAPES: dict[str, Draw] = {
    "normal": lambda rng, size: rng.normal(size=size),
    "skewed": lambda rng, size: (rng.gamma(4, 1, size) - 4) / 2,
    "heavy-tailed": lambda rng, size: rng.standard_t(5, size) / np.sqrt(5 / 3),
}
CHECK_SHAPES: dict[str, Draw] = {
    "Laplace": lambda rng, size: rng.laplace(size=size) / np.sqrt(2),
    "logistic": lambda rng, size: rng.logistic(size=size) * np.sqrt(3) / np.pi,
    "Student's t, 4.5": lambda rng, size: rng.standard_t(4.5, size) / np.sqrt(4.5 / 2.5),
    "gamma, 2": lambda rng, size: (rng.gamma(2, 1, size) - 2) / np.sqrt(2),
    "two humps": lambda rng, size: rng.normal(0, 0.6, size) + np.where(rng.random(size) < 0.5, 0.8, -0.8),
    "uniform": lambda rng, size: (rng.random(size) - 0.5) * np.sqrt(12),
}
CHECK_SIZES = ((6, 6), (8, 8), (15, 15), (10, 30), (40, 40))
CHECK_EFFECTS = (0.25, 1.0, 2.0, 3.0)
SIZES = ((5, 5), (10, 10), (20, 20), (50, 50), (10, 110))
EFFECTS = (0.0, 0.5, 1.5, 3.0)
_TOGETHER = 25  # sets whose resamples are the same draws


def coverage(shape: str, sizes: tuple[int, int], d: float, sets: int, resamples: int) -> tuple[float, float, float]:
    """Share of sets whose interval holds the truth: d by BCa alone, d as the project gives it, AUROC.

    Args:
        shape: One of `SHAPES` or `CHECK_SHAPES`.
        sizes: Positive and negative scores.
        d: True difference in standard deviations.
        sets: How many sets, a multiple of 25.
        resamples: Of the bootstrap.
    """
    rng = np.random.default_rng([*sizes, int(10 * d), len(shape)])
    draw, area = (SHAPES | CHECK_SHAPES)[shape], true_auroc(shape, d)
    plain = wide = ranks = 0
    for _ in range(sets // _TOGETHER):
        positive, negative = draw(rng, (_TOGETHER, sizes[0])) + d, draw(rng, (_TOGETHER, sizes[1]))
        seed = int(rng.integers(2**31))
        bca, used = (f(positive, negative, np.random.default_rng(seed), resamples) for f in (bca_interval, d_interval))
        plain += int(((bca.low <= d) & (d <= bca.high)).sum())
        wide += int(((used.low <= d) & (d <= used.high)).sum())
        ends = [auroc_interval(float(one), *sizes) for one in auroc(positive, negative)]
        ranks += sum(low <= area <= high for low, high in ends)
    return plain / sets, wide / sets, ranks / sets


def true_auroc(shape: str, d: float) -> float:
    """Chance that a positive score exceeds a negative one; of shapes without a formula from four million pairs."""
    if shape == "normal":
        return float(norm.cdf(d / np.sqrt(2)))
    rng = np.random.default_rng(1)
    one, other = ((SHAPES | CHECK_SHAPES)[shape](rng, (1, 4_000_000)) for _ in range(2))
    return float((one + d > other).mean())


def main() -> int:
    """Prints one table a shape."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=1000, help="simulated sets of each line")
    parser.add_argument("--resamples", type=int, default=1000, help="of the bootstrap")
    parser.add_argument("--shapes", nargs="+", choices=list(SHAPES))
    parser.add_argument("--check", action="store_true", help="distributions, sizes, effects that were not used before")
    options = parser.parse_args()
    print(header().replace("fear_study", "coverage"))
    every, all_sizes, effects = (
        (CHECK_SHAPES, CHECK_SIZES, CHECK_EFFECTS) if options.check else (SHAPES, SIZES, EFFECTS)
    )
    for shape in options.shapes or every:
        print(f"\n### {shape} scores\n")
        print("| positive + negative | true d | d, BCa alone | d, as given | AUROC |\n|---|---|---|---|---|")
        for sizes in all_sizes:
            for d in effects:
                found = coverage(shape, sizes, d, options.sets, options.resamples)
                cells = " | ".join(f"{one:.1%}" for one in found)
                print(f"| {sizes[0]} + {sizes[1]} | {d:g} | {cells} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
