"""Whether the main axes of the map go with ratings of valence and arousal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import pearsonr

from emotion_core.base.errors import SettingsError
from emotion_core.geometry.norms import Norms
from emotion_core.geometry.pca import correlation
from emotion_core.stats.auroc import Array

# Two good sets of human ratings agree with each other to this degree.
CEILING_VALENCE = 0.95
CEILING_AROUSAL = 0.76


@dataclass(frozen=True)
class Correlation:
    """Pearson's r with a 95 % interval (Fisher) and a two-sided p-value; nan where there is too little.

    A component's sign is arbitrary and was fixed by the same norms, so only the size of r says anything; the p-value is
    two-sided and so does not mind.
    """

    r: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True)
class HumanAgreement:
    """Components against ratings: people's where these were uploaded, else this project's own (`words.rated`).

    Attributes:
        name: Of the norms.
        n: Rated emotions among the mapped ones.
        valence: PC1 with valence.
        arousal: PC2 with arousal.
        arousal_pc3: PC3 with arousal.
        borrowed: Emotions that took the rating of their other form, each with that form ("fear" that of "afraid").
    """

    name: str
    n: int
    valence: Correlation
    arousal: Correlation
    arousal_pc3: Correlation
    borrowed: tuple[tuple[str, str], ...] = ()


def human_agreement(coordinates: Array, emotions: tuple[str, ...], norms: Norms, *, required: bool) -> HumanAgreement:
    """Correlates components with ratings on the shared words.

    Args:
        coordinates: float64 [emotions, components].
        emotions: Their names.
        norms: The ratings.
        required: Whether norms without three shared words are an error (an upload) or give nan (the built-in ones).

    Raises:
        SettingsError: Fewer than three shared words, and they are required.
    """
    valence, arousal = norms.of(emotions)
    n = int((np.isfinite(valence) | np.isfinite(arousal)).sum())
    if required and n < 3:
        raise SettingsError(
            "The norms rate too few of these emotions",
            where=norms.name,
            expected=f"at least 3 of {', '.join(emotions[:8])}",
            found=f"{n} shared words",
            remedy="Use norms in the same language, with the emotions as single words",
        )
    found = [
        correlate(coordinates[:, c], rating) if coordinates.shape[1] > c else _NOTHING
        for c, rating in ((0, valence), (1, arousal), (2, arousal))
    ]
    return HumanAgreement(norms.name, n, found[0], found[1], found[2], norms.borrowed(emotions))


def norms_agree(first: Norms, second: Norms, emotions: tuple[str, ...]) -> tuple[Correlation, Correlation]:
    """How well two sets of ratings agree on these emotions, valence and arousal: the most a map can reach."""
    (valence, arousal), (other_valence, other_arousal) = first.of(emotions), second.of(emotions)
    return correlate(valence, other_valence), correlate(arousal, other_arousal)


def correlate(first: Array, second: Array) -> Correlation:
    """Pearson's r of two lists where both are known."""
    r, n = correlation(first, second)
    if not np.isfinite(r):
        return _NOTHING
    known = np.isfinite(first) & np.isfinite(second)
    result = pearsonr(first[known], second[known])
    low, high = result.confidence_interval(0.95) if n > 3 else (np.nan, np.nan)
    return Correlation(float(result.statistic), float(low), float(high), float(result.pvalue))


_NOTHING = Correlation(float("nan"), float("nan"), float("nan"), float("nan"))
