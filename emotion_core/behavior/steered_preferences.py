"""Do preferences follow an emotion? Half of the activities is steered, the other half stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy

from emotion_core.base.activations import ActivationCache, FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.behavior.nulls import LEVEL, draw, hardest_beside, hardest_over_cells
from emotion_core.behavior.preference_settings import MOST_COMPARISONS, Pairs, SteeredSettings, halves, tokenize_pairs
from emotion_core.behavior.preferences import Preferences, log_odds, read_activities
from emotion_core.behavior.scale import ELO_PER_NAT
from emotion_core.evaluation.controls import KIND_WORDS, KINDS, Controls, Kind, hardest, rank_p
from emotion_core.models.loaded import LoadedModel
from emotion_core.stats.intervals import adjusted, fisher_interval, pearson
from emotion_core.steering.directions import emotion_units, residual_norm
from emotion_core.tracing.options import Asked, score_options
from emotion_core.vectors.emotion_vectors import EmotionVectors

# The questions in which one activity is steered and the other is not.

Array = npt.NDArray[np.float64]


def opposing(steered: npt.NDArray[np.bool_], opponents: int, seed: int) -> Pairs:
    """Pairs of a steered with an unsteered activity, int64 [pairs, 2], every activity about equally often."""
    own, other = np.flatnonzero(steered), np.flatnonzero(~steered)
    rng = np.random.default_rng([seed, 0x0B])
    own, other = rng.permutation(own), rng.permutation(other)
    count = min(opponents, len(other))
    # Opponents that stand at even distances on a circle: each unsteered activity is met about equally often.
    steps = np.round(np.arange(count) * len(other) / count).astype(np.int64)
    return np.array([(a, other[(i + step) % len(other)]) for i, a in enumerate(own) for step in steps], dtype=np.int64)


def ask_all(
    model: LoadedModel, base: Preferences, pairs: Pairs, layer: int, units: FloatArray, amount: float
) -> Job[Array]:
    """Log-odds of the activity named first, float64 [1 + directions, questions]: unsteered, then steered with each.

    All directions in one call, so that questions that begin alike share a batch whatever they are steered with.
    """
    ordered = np.concatenate([pairs, pairs[:, ::-1]])
    names = base.settings.activities
    questions = tokenize_pairs(model, base.settings.wording, [(names[a], names[b]) for a, b in ordered])
    conditions = [(0, 0.0), *((k, amount) for k in range(len(units)))]
    asked = [
        Asked(
            one.tokens.ids,
            one.tokens.options,
            shared=one.first[1],
            direction=direction,
            amount=size,
            spans=(one.first if i < len(pairs) else one.second,),
        )
        for direction, size in conditions
        for i, one in enumerate(questions)
    ]
    scores = yield from score_options(model, asked, layer, units)
    found = log_odds(scores, questions * len(conditions), base.settings.scoring)
    return found.reshape(len(conditions), len(ordered))


def by_activity(n: int, pairs: Pairs, change: Array) -> Array:
    """Mean change of each steered activity, float64 [activities]; nan for the others."""
    forth, back = change[: len(pairs)], change[len(pairs) :]
    gained = (forth - back) / 2  # the steered activity is named first in `forth` and second in `back`
    with np.errstate(invalid="ignore"):
        result: Array = np.bincount(pairs[:, 0], gained, n) / np.bincount(pairs[:, 0], minlength=n)
    return result


# Do preferences follow an emotion? Half of the activities is steered, the other half stays as it is.
#
# Each steered activity meets unsteered ones in both orders, with the direction added at the tokens of the steered
# activity and nowhere else. What changes is compared with the same questions without steering and with random
# directions.

FEWEST_EMOTIONS = 4
_SHUFFLES = 4000


@dataclass(frozen=True)
class Follows:
    """Whether emotions that go with preference are those that raise it, more than control directions do the same.

    The answer of a model to a small push is nearly linear in the push, so that for *any* directions those that read
    high on preferred activities also raise preference. Only what emotions do beyond that is about emotions.

    Attributes:
        r: Correlation of shift and unsteered correlation over the emotions.
        low: Lower end of its 95 % interval, as if the emotions were independent.
        high: Upper end.
        kinds: Kinds of control directions, of each at least 4.
        control_r: float64 [kinds], the same correlation over the controls of a kind.
        p_by_kind: float64 [kinds], one-sided: how often a random part of emotions and controls together, as many as
            there are emotions, lies as far above the rest; (k + 1) / (n + 1).
        p_value: Of the kind that the emotions stand out least from; nan without controls.
        evidence: p < .05, r above 0 and above that of every kind, and the preferences are testable.
    """

    r: float
    low: float
    high: float
    kinds: tuple[Kind, ...]
    control_r: Array
    p_by_kind: Array
    p_value: float
    evidence: bool

    @property
    def beside(self) -> str:
        """The same r over control directions, in words; empty without controls."""
        shown = [f"{KIND_WORDS[kind]} {r:+.2f}" for kind, r in zip(self.kinds, self.control_r, strict=True)]
        return ", ".join(shown)

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "r": finite(self.r),
            "low": finite(self.low),
            "high": finite(self.high),
            "p_value": finite(self.p_value),
            "evidence": self.evidence,
            "controls": {
                kind: {"r": finite(r), "p_value": finite(p)}
                for kind, r, p in zip(self.kinds, self.control_r, self.p_by_kind, strict=True)
            },
        }


@dataclass(frozen=True)
class SteeredPreferences:
    """What steering half of the activities does to their preference.

    Attributes:
        settings: What was asked for.
        layer: Steered layer.
        scale: Length of strength 1 in the residual stream.
        steered: bool [activities], the steered half.
        shifts: float64 [emotions, activities], change of each steered activity's log-odds against its unsteered
            opponents, both orders averaged; nan for the unsteered half.
        shift: float64 [emotions], mean over the steered half: how far it moves against the other half, nats.
        low: float64 [emotions], lower end of the 95 % interval over steered activities (Student's t).
        high: float64 [emotions].
        controls: float64 [controls], the same of control directions.
        control_kinds: Kind of each.
        band_low: Where 95 % of the control directions fall, of the kind that reaches furthest; None below 3 of a kind.
        band_high: The other end.
        p_value: float64 [emotions], two-sided, against the kind that an emotion stands out least from; nan below 3.
        q_value: float64 [emotions], corrected for the number of emotions.
        r: float64 [emotions], correlation of preference with the reading, without steering.
        follows: Correlation of `shift` with `r` over the emotions, beside control directions; None below 4 emotions.
    """

    settings: SteeredSettings
    layer: int
    scale: float
    steered: npt.NDArray[np.bool_]
    shifts: Array
    shift: Array
    low: Array
    high: Array
    controls: Array
    control_kinds: tuple[Kind, ...]
    band_low: float | None
    band_high: float | None
    p_value: Array
    q_value: Array
    r: Array
    follows: Follows | None

    def evidence(self, k: int) -> bool:
        """Whether an emotion moves the steered half beyond control directions, corrected for the number of emotions."""
        return bool(np.isfinite(self.q_value[k]) and self.q_value[k] < LEVEL)

    def to_json(self) -> dict[str, Any]:
        """The steering part of the document: the first emotion on top, all of them in a list.

        Scores are centred over all activities, so the steered half gains what the other half loses; `low` and `high`
        are the interval of the difference between the two halves.
        """
        rows = [
            {
                "emotion": emotion,
                "strength": self.settings.strength,
                "shift_steered": finite(self.shift[k] * (1 - self.steered.mean())),
                "shift_unsteered": finite(-self.shift[k] * self.steered.mean()),
                "shift": finite(self.shift[k]),
                "low": finite(self.low[k]),
                "high": finite(self.high[k]),
                "shift_elo": finite(self.shift[k] * ELO_PER_NAT),
                "null_low": self.band_low,
                "null_high": self.band_high,
                "p_value": finite(self.p_value[k]),
                "q_value": finite(self.q_value[k]),
                "r": finite(self.r[k]),
                "evidence": self.evidence(k),
            }
            for k, emotion in enumerate(self.settings.emotions)
        ]
        follows = None if self.follows is None else self.follows.to_json()
        return {**rows[0], "layer": self.layer, "emotions": rows, "follows": follows}


def steer_preferences(
    model: LoadedModel,
    vectors: EmotionVectors,
    base: Preferences,
    settings: SteeredSettings,
    cache: ActivationCache | None = None,
) -> Job[SteeredPreferences]:
    """Steers half of the activities with each emotion and with control directions, as a job.

    Args:
        model: The model.
        vectors: What to steer with.
        base: The preferences without steering.
        settings: How.
        cache: Activations read before, for control directions.

    Raises:
        VectorFileError: The vectors have no such emotion.
        SettingsError: Fewer than 4 activities, too many questions, or a vector without length.
    """
    n = len(base.settings.activities)
    if n < 4:
        raise SettingsError("Steering half of the activities needs at least 4", found=str(n))
    layer = steered_layer(vectors.n_layers, base.layer, settings.layer)
    own = emotion_units(vectors, settings.emotions, (layer,))[:, 0]  # (emotions, width)
    controls = yield from draw(
        model,
        vectors,
        (layer, base.layer),
        emotions=settings.emotions,
        count=settings.controls,
        seed=settings.seed,
        cache=cache,
    )
    units = np.concatenate([own, controls.units[:, 0]])
    scale = residual_norm(vectors, layer)
    steered = halves(base.settings.kinds or ("",) * n, settings.seed)
    pairs = opposing(steered, settings.opponents, settings.seed)
    _check_size(len(units), len(pairs))
    found = yield from ask_all(model, base, pairs, layer, units, settings.strength * scale)
    shifts = np.stack([by_activity(n, pairs, one - found[0]) for one in found[1:]])
    streams, _ = yield from read_activities(model, base.settings, base.layer)
    control_r = pearson(base.scores.score, streams @ controls.units[:, 1].T)
    return _summary(base, settings, layer, scale, steered, shifts, controls, control_r)


def steered_layer(n_layers: int, read: int, asked: int | None) -> int:
    """The layer that is steered.

    Raises:
        SettingsError: There is no such layer, or what is added there cannot reach the answer.
    """
    layer = min(read, n_layers - 2) if asked is None else asked
    if not 0 <= layer < n_layers - 1:
        raise SettingsError(
            "Steering the words of an activity at this layer cannot reach the answer",
            where=f"layer {layer} of {n_layers}",
            expected="a layer before the last one",
            found="the last layer" if layer == n_layers - 1 else "no such layer",
            remedy="Choose an earlier layer",
        )
    return layer


def _check_size(directions: int, pairs: int) -> None:
    asked = 2 * pairs * (directions + 1)
    if asked > 4 * MOST_COMPARISONS:
        raise SettingsError(
            "Steering that much makes too many questions",
            expected=f"at most {4 * MOST_COMPARISONS:,}",
            found=f"{asked:,}",
            remedy="Take fewer emotions, opponents or control directions",
        )


def _summary(
    base: Preferences,
    settings: SteeredSettings,
    layer: int,
    scale: float,
    steered: npt.NDArray[np.bool_],
    shifts: Array,
    controls: Controls,
    control_r: Array,
) -> SteeredPreferences:
    emotions = len(settings.emotions)
    means = shifts[:, steered].mean(axis=1)
    own, null = shifts[:emotions, steered], means[emotions:]
    count = own.shape[1]
    half = scipy.stats.t.ppf(0.975, count - 1) * own.std(axis=1, ddof=1) / np.sqrt(count)
    beside = [
        hardest_beside(means[e], [null[places] for places in controls.places(emotion).values()])
        for e, emotion in enumerate(settings.emotions)
    ]
    p_value = np.array(
        [
            hardest_over_cells(means[[e]], [null[places][:, None] for places in controls.places(emotion).values()])[0]
            for e, emotion in enumerate(settings.emotions)
        ]
    )
    low, high = (
        np.array([float(end) for end in ends]) for ends in zip(*((b.low, b.high) for b in beside), strict=True)
    )
    r = np.array([base.correlation.r[base.emotions.index(emotion)] for emotion in settings.emotions])
    follows = None
    if emotions >= FEWEST_EMOTIONS:
        points = {
            kind: (control_r[places], null[places])
            for kind in KINDS
            if len(places := np.flatnonzero(np.array(controls.kinds) == kind)) >= FEWEST_EMOTIONS
        }
        follows = follow(r, means[:emotions], points, base.orders.testable, settings.seed)
    return SteeredPreferences(
        settings=settings,
        layer=layer,
        scale=scale,
        steered=steered,
        shifts=shifts[:emotions],
        shift=means[:emotions],
        low=means[:emotions] - half,
        high=means[:emotions] + half,
        controls=null,
        control_kinds=controls.kinds,
        band_low=finite(low.min()),
        band_high=finite(high.max()),
        p_value=p_value,
        q_value=adjusted(p_value),
        r=r,
        follows=follows,
    )


def follow(
    r: Array, shift: Array, controls: Mapping[Kind, tuple[Array, Array]], testable: bool, seed: int = 0
) -> Follows:
    """Compares the correlation of shift with `r` over emotions with that over the controls of each kind.

    Under the null, emotions are a random part of emotions and controls together: parts of that size are drawn, and
    the difference of Fisher's z between a part and the rest is compared (a permutation test of the two correlations).

    Args:
        r: float64 [emotions], correlation of preference with the reading, without steering.
        shift: float64 [emotions], what steering does.
        controls: For each kind `r` and `shift` of its controls.
        testable: Whether the preferences are.
        seed: Of the permutations.
    """
    own = float(pearson(shift, r[:, None])[0])
    low, high = fisher_interval(np.array([own]), len(r))
    rng = np.random.default_rng([seed, 0xF0])
    control_r, p_by_kind = [], []
    for other_r, other_shift in controls.values():
        control_r.append(float(pearson(other_shift, other_r[:, None])[0]))
        both = np.stack([np.concatenate([r, other_r]), np.concatenate([shift, other_shift])], axis=1)
        both = both[np.isfinite(both).all(axis=1)]
        orders = rng.permuted(np.broadcast_to(np.arange(len(both)), (_SHUFFLES, len(both))), axis=1)
        observed = _z_gap(both[None, np.arange(len(both))], len(r))
        usable = np.isfinite(own) and np.isfinite(control_r[-1])
        p_by_kind.append(float(rank_p(observed, _z_gap(both[orders], len(r))[:, None])[0]) if usable else np.nan)
    p_value = hardest(dict(zip(controls, p_by_kind, strict=True)))[1] if controls else np.nan
    above = all(own > other for other in control_r)
    return Follows(
        r=own,
        low=float(low[0]),
        high=float(high[0]),
        kinds=tuple(controls),
        control_r=np.array(control_r),
        p_by_kind=np.array(p_by_kind),
        p_value=float(p_value),
        evidence=bool(testable and own > 0 and above and p_value < LEVEL),
    )


def _z_gap(points: Array, own: int) -> Array:
    """Fisher's z over the first `own` points less that over the others, float64 [draws], of [draws, points, 2]."""
    parts = []
    for part in (points[:, :own], points[:, own:]):
        centred = part - part.mean(axis=1, keepdims=True)
        lengths = np.sqrt((centred**2).sum(axis=1)).prod(axis=1)
        r = np.divide(centred.prod(axis=2).sum(axis=1), lengths, out=np.zeros(len(part)), where=lengths > 0)
        parts.append(np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12)))
    gap: Array = parts[0] - parts[1]
    return gap
