"""How often intervals hold the truth: `python -m benchmarks.coverage` prints the coverage on simulated sets.

Scores of both sides are drawn from known distributions, so that the true d and the true AUROC are known: normal, skewed
(gamma with shape 4) and heavy-tailed (Student's t with 5 degrees of freedom), all with standard deviation 1. With
`--check` distributions, sizes and effects are others, which played no part in choosing the constants of the interval.
`--pairs` prints the same for contrast pairs whose scores go together, the level and the power of the two conditions on
a separation (the permutation test and the one-sided bound of d), and how often a lead over a rival is found.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np
from scipy.special import ndtri
from scipy.stats import norm, rankdata

from benchmarks.fear_study import header
from emotion_core.evaluation.gaps import paired_gap
from emotion_core.stats.separation import Array, auroc, auroc_interval, bca_interval, d_interval

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


def of_pairs(n: int, r: float, d: float, sets: int) -> tuple[float, float, float, float]:
    """Contrast pairs with normal scores that correlate by r: shares of sets.

    Returns:
        Whose interval holds d; whose bound lies above 0; whose permutation p is at most .05 (sides of pairs swapped,
        the statistic is the AUROC); and with both, which is what the rule asks for.
    """
    rng = np.random.default_rng([n, int(100 * r), int(10 * d)])
    shared = np.sqrt(r) * rng.normal(size=(sets, n))
    positive, negative = (shared + np.sqrt(1 - r) * rng.normal(size=(sets, n)) + shift for shift in (d, 0.0))
    found = d_interval(positive, negative, rng, pairs=True)
    ranks = rankdata(np.concatenate([positive, negative], axis=1), axis=1)  # (sets, 2 pairs)
    change = ranks[:, n:] - ranks[:, :n]
    draws = 1000
    reached = (change @ (rng.random((n, draws)) < 0.5) >= -1e-9).sum(axis=1)  # rank sums no lower than the observed
    beyond = (1 + reached) / (1 + draws) <= 0.05
    held, bound = (found.low <= d) & (d <= found.high), found.bound > 0
    return float(held.mean()), float(bound.mean()), float(beyond.mean()), float((bound & beyond).mean())


def beaten(n: int, aurocs: tuple[float, float], r: float, sets: int) -> float:
    """Share of sets of pairs in which the interval of a direction's lead over a rival lies above 0.

    Args:
        n: Pairs.
        aurocs: True AUROC of the direction and of the rival.
        r: Correlation of the scores within a pair, and of the two scores of a text.
        sets: How many sets.
    """
    rng = np.random.default_rng([n, int(100 * r), *(int(100 * area) for area in aurocs)])
    found = 0
    for _ in range(sets):
        errors = np.sqrt(1 - r) * rng.normal(size=(2, 2, n)) + np.sqrt(r) * rng.normal(size=(2, 1, n))
        errors[1] = r * errors[0] + np.sqrt(1 - r**2) * errors[1]  # (score, side, pairs)
        errors[:, 0] += np.sqrt(2) * ndtri(np.array(aurocs))[:, None]
        found += paired_gap("rival", tuple(errors[0]), tuple(errors[1]), pairs=True).low > 0
    return found / sets


def print_pairs(sets: int) -> None:
    """Both tables of contrast pairs."""
    print("\n### contrast pairs\n")
    print("| pairs | correlation | true d | d covered | bound above 0 | permutation | both |")
    print("|---|---|---|---|---|---|---|")
    for n in (10, 20):
        for r in (0.0, 0.5, 0.8, 0.9):
            for d in (0.0, 0.5, 1.0, 2.0):
                cells = " | ".join(f"{one:.1%}" for one in of_pairs(n, r, d, 4 * sets))
                print(f"| {n} | {r:g} | {d:g} | {cells} |", flush=True)
    print("\n### lead over a rival\n")
    print("| pairs | AUROC of the direction | of the rival | correlation | lead found |\n|---|---|---|---|---|")
    for n in (10, 40):
        for own, rival in ((0.7, 0.7), (0.8, 0.6), (0.9, 0.7)):
            for r in (0.0, 0.5, 0.8):
                share = beaten(n, (own, rival), r, sets)
                print(f"| {n} | {own:g} | {rival:g} | {r:g} | {share:.1%} |", flush=True)


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
    parser.add_argument("--pairs", action="store_true", help="contrast pairs, and leads over a rival, instead")
    options = parser.parse_args()
    print(header().replace("fear_study", "coverage"))
    if options.pairs:
        print_pairs(options.sets)
        return 0
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
