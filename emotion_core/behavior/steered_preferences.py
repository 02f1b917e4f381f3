"""Do preferences follow an emotion? Half of the activities is steered, the other half stays as it is.

Each steered activity meets unsteered ones in both orders, with the direction added at the tokens of the steered
activity and nowhere else. What changes is compared with the same questions without steering and with random directions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from emotion_core.behavior.bradley_terry import ELO_PER_NAT
from emotion_core.behavior.correlation import Correlation, adjusted, correlate
from emotion_core.behavior.nulls import against_controls
from emotion_core.behavior.opposing import ask_all, by_activity, opposing
from emotion_core.behavior.pairs import MOST_COMPARISONS, halves
from emotion_core.behavior.preference_settings import SteeredSettings
from emotion_core.behavior.preferences import Preferences
from emotion_core.errors import SettingsError
from emotion_core.evaluation.controls import random_units
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.runs.progress import Job
from emotion_core.steering.band import null_band
from emotion_core.steering.directions import emotion_units, residual_norm
from emotion_core.vectors.emotion_vectors import EmotionVectors

Array = npt.NDArray[np.float64]


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
        controls: float64 [controls], the same of random directions.
        band_low: Where 95 % of random directions fall; None below 3.
        band_high: The other end.
        p_value: float64 [emotions], two-sided, against the random directions; nan below 3.
        q_value: float64 [emotions], corrected for the number of emotions.
        r: float64 [emotions], correlation of preference with the reading, without steering.
        follows: Correlation of `shift` with `r` over the emotions; None below 4 emotions.
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
    band_low: float | None
    band_high: float | None
    p_value: Array
    q_value: Array
    r: Array
    follows: Correlation | None

    def evidence(self, k: int) -> bool:
        """Whether an emotion moves the steered half beyond random directions, corrected for the number of emotions."""
        return bool(np.isfinite(self.q_value[k]) and self.q_value[k] < 0.05)

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
            }
            for k, emotion in enumerate(self.settings.emotions)
        ]
        follows = None
        if self.follows is not None:
            one = self.follows
            follows = {
                "r": finite(one.r[0]),
                "low": finite(one.low[0]),
                "high": finite(one.high[0]),
                "p_value": finite(one.p_value[0]),
            }
        return {**rows[0], "layer": self.layer, "emotions": rows, "follows": follows}


def steer_preferences(
    model: LoadedModel, vectors: EmotionVectors, base: Preferences, settings: SteeredSettings
) -> Job[SteeredPreferences]:
    """Steers half of the activities with each emotion and with random directions, as a job.

    Args:
        model: The model.
        vectors: What to steer with.
        base: The preferences without steering.
        settings: How.

    Raises:
        VectorFileError: The vectors have no such emotion.
        SettingsError: Fewer than 4 activities, too many questions, or a vector without length.
    """
    n = len(base.settings.activities)
    if n < 4:
        raise SettingsError("Steering half of the activities needs at least 4", found=str(n))
    layer = steered_layer(vectors.n_layers, base.layer, settings.layer)
    own = emotion_units(vectors, settings.emotions, (layer,))[:, 0]  # (emotions, width)
    units = np.concatenate(
        [own, random_units(model.info.width, settings.controls, np.random.default_rng([settings.seed, 0xC0]))]
    )
    scale = residual_norm(vectors, layer)
    steered = halves(base.settings.kinds or ("",) * n, settings.seed)
    pairs = opposing(steered, settings.opponents, settings.seed)
    _check_size(len(units), len(pairs))
    found = yield from ask_all(model, base, pairs, layer, units, settings.strength * scale)
    shifts = np.stack([by_activity(n, pairs, one - found[0]) for one in found[1:]])
    return _summary(base, settings, layer, scale, steered, shifts)


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
) -> SteeredPreferences:
    emotions = len(settings.emotions)
    means = shifts[:, steered].mean(axis=1)
    own, controls = shifts[:emotions, steered], means[emotions:]
    count = own.shape[1]
    half = stats.t.ppf(0.975, count - 1) * own.std(axis=1, ddof=1) / np.sqrt(count)
    usable = controls[np.isfinite(controls)]
    band = null_band([float(one) for one in usable], len(usable))
    p_value = against_controls(means[:emotions], usable)
    r = np.array([base.correlation.r[base.emotions.index(one)] for one in settings.emotions])
    return SteeredPreferences(
        settings=settings,
        layer=layer,
        scale=scale,
        steered=steered,
        shifts=shifts[:emotions],
        shift=means[:emotions],
        low=means[:emotions] - half,
        high=means[:emotions] + half,
        controls=controls,
        band_low=None if band is None else band[0],
        band_high=None if band is None else band[1],
        p_value=p_value,
        q_value=adjusted(p_value),
        r=r,
        follows=correlate(means[:emotions], r[:, None], settings.seed) if emotions >= 4 else None,
    )
