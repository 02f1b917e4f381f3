"""What the map claims about ratings and about the paper, and which claims are evidence after so many looks.

Every map is looked at in six ways: PC1 with valence, PC2 and PC3 with arousal, the clusters with the paper's, and the
cross-validated readings of valence and arousal. At .05 each, a map of nothing would claim something every fourth time.
So the family is corrected together (Holm 1979), at a level that leaves one false claim in forty maps. What is more than
chance is then held against maps without a trained model (`geometry/rivals.py`): a claim is evidence only where it is
larger than on those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import factorial, prod
from typing import Any

import numpy as np

from emotion_core.base.numbers import finite
from emotion_core.geometry.clusters import adjusted_rand, k_means, paper_labels
from emotion_core.geometry.emotion_map import EmotionMap, closeness, rated
from emotion_core.geometry.rivals import TOO_FEW, TWIN, RivalFigure, against, mark_of
from emotion_core.geometry.similarity import correlation, principal_components
from emotion_core.geometry.supervised import Reading, left_out_predictions
from emotion_core.stats.intervals import p_words
from emotion_core.stats.separation import Array
from emotion_core.vectors.estimate import IntArray

LEVEL = 0.025
CLUSTERS = "The clusters match the paper's ten"  # name of the claim
_COMPONENTS = 3  # of a rival, on any of which it may show what the model shows on one


@dataclass(frozen=True)
class Claim:
    """One way of looking at the map.

    Attributes:
        what: The claim that was tested, such as "Component 1 follows valence", whatever came of it.
        statement: What came of it, in a word that is no larger than the size and with whose ratings these are, such as
            "Component 1 follows human valence weakly".
        measure: Of `value`: r, or the adjusted Rand index.
        value: The size; nan where there is nothing to compare. The sign of a component was turned by the ratings, so
            its r is never negative.
        p_value: On its own.
        p_corrected: Among all claims of the map (Holm).
        n: Emotions compared.
        stands: Whether the corrected p-value is at most `LEVEL`: it is more than chance, whatever explains it.
        rivals: The same on maps without a trained model.
        mark: "evidence", "no evidence", "explained by vocabulary", ...; see `rivals.mark_of`. `TOO_FEW` where even a
            perfect agreement would be no more than chance.
    """

    what: str
    statement: str
    measure: str
    value: float
    p_value: float
    p_corrected: float
    n: int
    stands: bool
    rivals: tuple[RivalFigure, ...]
    mark: str

    @property
    def sentence(self) -> str:
        """The statement, its figures, and those of the rivals."""
        measure = "|r|" if self.what.startswith("Component") else self.measure
        figures = f"{self.statement}: {measure} = {self.value:.2f}, n = {self.n}, corrected {p_words(self.p_corrected)}"
        if not self.rivals:
            return f"{figures}. The training texts are not known, so their words cannot be compared"
        beside = "; ".join(one.sentence() for one in self.rivals)
        missing = "" if TWIN in {one.name for one in self.rivals} else "; an untrained twin was not read"
        return f"{figures}. Beside it {beside}{missing}"

    def to_json(self) -> dict[str, Any]:
        """Part of the document of `geometry --json`."""
        return {
            "claim": self.what,
            "statement": self.statement,
            "measure": self.measure,
            "size": finite(self.value),
            "p_value": finite(self.p_value),
            "p_corrected": finite(self.p_corrected),
            "n": self.n,
            "mark": self.mark,
            "rival": {one.name: finite(one.size) for one in self.rivals},
            "against": {one.name: one.to_json() for one in self.rivals},
        }


def claims(
    found: EmotionMap, readings: tuple[Reading, ...] = (), rivals: Mapping[str, Array] | None = None
) -> tuple[Claim, ...]:
    """All claims of a map, in a fixed order.

    Args:
        found: The map.
        readings: Supervised readings of the same vectors.
        rivals: float64 [emotions, width] by name, from `rival_rows`; without them no claim is evidence.
    """
    human, rand = found.human, found.rand
    axes = ((1, "valence", human.valence), (2, "arousal", human.arousal), (3, "arousal", human.arousal_pc3))
    looked: list[tuple[tuple[str, str, str], str, float, float, int, float, Compare]] = [
        (
            (f"Component {c}", f"follow {target}", rated(target, human.name, found.model.name)),
            "r",
            abs(seen.r),
            seen.p_value,
            human.n,
            2 * _alike({"valence": found.valence, "arousal": found.arousal}[target]),
            _component(found, c - 1, {"valence": found.valence, "arousal": found.arousal}[target]),
        )
        for c, target, seen in axes
    ]
    clusters = ("The clusters", "match the paper's ten", "")
    looked.append((clusters, "adjusted Rand index", rand.value, rand.p_value, rand.n, _least(found), _clusters(found)))
    for reading in readings:
        names = ("The vectors", f"predict {reading.target}", rated(reading.target, human.name, found.model.name))
        least = _alike({"valence": found.valence, "arousal": found.arousal}[reading.target])
        looked.append((names, "r", reading.r, reading.p_value, reading.n, least, _reading(found, reading)))
    corrected = holm(np.array([row[3] for row in looked]))
    # Of what agrees perfectly; what has no figure takes nothing from the others.
    at_best = holm(np.array([row[5] if np.isfinite(row[2]) else np.nan for row in looked]))
    made = []
    for (names, measure, value, p, n, _, compare), after, best in zip(looked, corrected, at_best, strict=True):
        stands = bool(after <= LEVEL)
        named = (rivals or {}).items() if np.isfinite(value) else ()
        figures = tuple(compare(name, rows, len(looked)) for name, rows in named)
        few = n < _COMPONENTS if np.isnan(best) else best > LEVEL
        mark = TOO_FEW if few else mark_of(figures, beyond_chance=stands)
        what, statement = _worded(names, closeness(value, measure) if stands else "", n if mark == TOO_FEW else 0)
        made.append(Claim(what, statement, measure, value, p, float(after), n, stands, figures, mark))
    return tuple(made)


def map_title(found: EmotionMap, claimed: tuple[Claim, ...] = ()) -> str:
    """What the first component is, such as "The main axis follows planted valence weakly (r = 0.26)".

    Args:
        found: The map.
        claimed: Its claims, by whose corrected p-value the title speaks; without them it claims nothing.
    """
    valence = next((one for one in claimed if one.what == "Component 1 follows valence"), None)
    if valence is None or not np.isfinite(valence.value):
        return "Emotions by their two main components"
    target = rated("valence", found.human.name, found.model.name)
    if valence.mark == TOO_FEW:
        return f"{valence.n} emotions are too few to tell whether the main axis follows {target}"
    if not valence.stands:
        return f"The main axis does not follow {target} beyond chance (r = {valence.value:.2f})"
    explained = "" if valence.mark == "evidence" else f"; {valence.mark}"
    return f"The main axis follows {target} {closeness(valence.value)} (r = {valence.value:.2f}{explained})"


def _alike(ratings: Array) -> float:
    """Share of exchanges of ratings that leave all of them where they are: equal ones may take each other's place."""
    known = ratings[np.isfinite(ratings)]
    counts = np.unique(known, return_counts=True)[1]
    return prod(factorial(int(count)) for count in counts) / factorial(len(known))


def _least(found: EmotionMap) -> float:
    """The smallest p-value that clusters could have: exchanged references that make the very same groups."""
    sizes = np.unique(paper_labels(found.emotions)[1], return_counts=True)[1]
    alike = np.unique(sizes, return_counts=True)[1]  # groups of a size may take each other's place
    same = prod(factorial(int(size)) for size in sizes) * prod(factorial(int(count)) for count in alike)
    return same / factorial(int(sizes.sum()))


def _worded(names: tuple[str, str, str], how: str, too_few: int) -> tuple[str, str]:
    """The claim by its name, and what came of it.

    Args:
        names: Subject, predicate, and whose ratings these are.
        how: How closely; empty where it is no more than chance.
        too_few: Emotions where those are too few to tell, else 0.
    """
    subject, predicate, whose = names
    verb, _, target = predicate.partition(" ")
    many = subject.startswith("The")
    said = whose or target
    happens = f"{subject} {verb if many else verb + 's'}"
    if too_few:
        lower = f"{subject[0].lower()}{subject[1:]}"
        return f"{happens} {target}", (
            f"{too_few} emotions are too few to tell whether {lower} {verb if many else verb + 's'} {said}"
        )
    statement = (
        f"{happens} {said} {how}" if how else f"{subject} {'do' if many else 'does'} not {verb} {said} beyond chance"
    )
    return f"{happens} {target}", statement


Compare = Callable[[str, Array, int], RivalFigure]


def _component(found: EmotionMap, component: int, rating: Array) -> Compare:
    """The model's component beside the rival's best of three: in which order components come is not the claim."""

    def compare(name: str, rows: Array, looks: int) -> RivalFigure:
        known = np.flatnonzero(np.isfinite(rating))
        other = principal_components(rows, found.valence, found.arousal).coordinates[known, :_COMPONENTS]
        sizes = [np.nan_to_num(abs(correlation(other[:, c], rating[known])[0])) for c in range(other.shape[1])]
        best = int(np.argmax(sizes))
        places = [
            _turned(side, rating[known]) for side in (found.components.coordinates[known, component], other[:, best])
        ]

        def statistics(kept: IntArray) -> tuple[float, float]:
            one, two = (correlation(side[kept], rating[known][kept])[0] for side in places)
            return one, float(np.nan_to_num(two))

        return against(name, statistics, len(known), looks, f"on its component {best + 1}")

    return compare


def _turned(places: Array, rating: Array) -> Array:
    """A component turned to grow with the rating."""
    return -places if correlation(places, rating)[0] < 0 else places


def _clusters(found: EmotionMap) -> Compare:
    def compare(name: str, rows: Array, looks: int) -> RivalFigure:
        shared, reference = paper_labels(found.emotions)
        sides = (found.clusters[shared], k_means(rows, found.n_clusters, found.seed)[shared])

        def statistics(kept: IntArray) -> tuple[float, float]:
            one, two = (float(adjusted_rand(side[kept], reference[kept][None])[0]) for side in sides)
            return one, two

        return against(name, statistics, len(shared), looks)

    return compare


def _reading(found: EmotionMap, reading: Reading) -> Compare:
    def compare(name: str, rows: Array, looks: int) -> RivalFigure:
        rating = {"valence": found.valence, "arousal": found.arousal}[reading.target]
        known = np.flatnonzero(np.isfinite(rating))
        sides = (reading.predicted[known], left_out_predictions(rows[known], rating[known], reading.seed))

        def statistics(kept: IntArray) -> tuple[float, float]:
            one, two = (float(np.nan_to_num(correlation(side[kept], rating[known][kept])[0])) for side in sides)
            return one, two

        return against(name, statistics, len(known), looks)

    return compare


def holm(p_values: Array) -> Array:
    """Holm's step-down correction, float64 like the input; nan is left out of the family and stays nan.

    Example:
        >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
        [0.03, 0.06, 0.06]
    """
    result: Array = np.full(len(p_values), np.nan)
    known = np.flatnonzero(np.isfinite(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    result[order] = np.minimum(1.0, np.maximum.accumulate(p_values[order] * factors))
    return result
