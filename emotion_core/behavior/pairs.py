"""Which activities meet which: all pairs, or a regular sample of them where there are too many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emotion_core.base.errors import SettingsError

# Questions of one run; 64 activities in both orders make 4,032.
MOST_COMPARISONS = 20_000
Pairs = npt.NDArray[np.int64]


def count_comparisons(n: int, opponents: int | None) -> int:
    """Questions for n activities, both orders counted."""
    return n * (n - 1) if opponents is None or opponents >= n - 1 else n * even(opponents)


def even(opponents: int) -> int:
    """Opponents come in twos: who is met is met by."""
    return max(2, opponents - opponents % 2)


def check_count(n: int, opponents: int | None) -> None:
    """Refuses too few activities and too many questions.

    Raises:
        SettingsError: Fewer than two activities, fewer than two opponents, or more than `MOST_COMPARISONS` questions;
            the message says how many opponents each activity could have.
    """
    if n < 2:
        raise SettingsError(
            "Preferences need something to choose between",
            expected="at least 2 activities, better 20 or more",
            found=f"{n} {'activity' if n == 1 else 'activities'}",
            remedy="Add activities",
        )
    if opponents is not None and opponents < 2:
        raise SettingsError("Each activity needs at least 2 opponents", found=str(opponents))
    asked = count_comparisons(n, opponents)
    if asked > MOST_COMPARISONS:
        most = MOST_COMPARISONS // n // 2 * 2
        choice = (
            f"Let each activity meet a sample of at most {most} opponents ({n * most:,} questions), or shorten the list"
            if most >= 2
            else "Shorten the list"
        )
        raise SettingsError(
            "That makes too many questions",
            where=f"{n:,} activities, " + ("every pair" if opponents is None else f"{opponents} opponents each"),
            expected=f"at most {MOST_COMPARISONS:,} questions in a run",
            found=f"{asked:,} questions in both orders",
            remedy=choice,
        )


def plan_pairs(n: int, opponents: int | None = None, seed: int = 0) -> Pairs:
    """Unordered pairs, int64 [pairs, 2], the smaller index first.

    A sample is a circle in random order, in which each activity meets those at some fixed distances, 1 among them: all
    have equally many opponents, and every two are connected, so that scores can be fitted.

    Args:
        n: Activities.
        opponents: For each; None for all.
        seed: Of the sample.

    Raises:
        SettingsError: As `check_count`.
    """
    check_count(n, opponents)
    if opponents is None or even(opponents) >= n - 1:
        return np.array([(a, b) for a in range(n) for b in range(a + 1, n)], dtype=np.int64)
    rng = np.random.default_rng([seed, 0xBA])
    order = rng.permutation(n)
    # A distance of n / 2 would give one opponent instead of two.
    further = rng.permutation(np.arange(2, (n + 1) // 2))[: even(opponents) // 2 - 1]
    pairs = [np.stack([order, np.roll(order, -int(d))], axis=1) for d in (1, *further)]
    return np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0)


def halves(kinds: tuple[str, ...], seed: int = 0) -> npt.NDArray[np.bool_]:
    """A random half of the activities, equally many of each kind as far as that goes, bool [activities]."""
    rng = np.random.default_rng([seed, 0x2A])
    order = rng.permutation(len(kinds))
    ordered = sorted(order, key=lambda i: kinds[i])  # stable: random inside a kind
    chosen = np.zeros(len(kinds), dtype=bool)
    chosen[ordered[int(rng.integers(2)) :: 2]] = True
    return chosen
