"""Early warning: does an emotion's reading just before the decision tell what is decided?

The same scenarios are put after many different texts. The reading is taken at the last token before the decision, the
decision is drawn from the model's own probability of the behaviour, without any steering. Both are compared with their
scenario's mean, since scenarios differ in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.behavior.asking import UNSTEERED, ask_scenes
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.correlation import Correlation, correlate
from emotion_core.behavior.preferences import read_layer
from emotion_core.behavior.rates import as_rate
from emotion_core.errors import SettingsError
from emotion_core.evaluation.auroc import auroc
from emotion_core.evaluation.controls import random_units
from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.runs.progress import Job
from emotion_core.steering.prompt_tokens import generation_ids
from emotion_core.tracing.tokens import project_tokens
from emotion_core.vectors.emotion_vectors import EmotionVectors

Array = npt.NDArray[np.float64]
RANDOM = 200
RESAMPLES = 1000
MOST_CASES = 5000


@dataclass(frozen=True)
class WarningSettings:
    """What stands before the scenarios.

    Attributes:
        leads: Texts, each put before each scenario with options.
        seed: Of the drawn decisions, the random directions and the resampling.
    """

    leads: tuple[str, ...]
    seed: int = 0

    def __post_init__(self) -> None:
        if len(set(self.leads)) < 8 or not all(lead.strip() for lead in self.leads):
            raise SettingsError(
                "The early warning needs different texts before the scenarios",
                expected="at least 8 texts that are not empty",
                found=f"{len(set(self.leads))} different texts",
                remedy="Add texts, or leave the early warning out",
            )


@dataclass(frozen=True)
class EarlyWarning:
    """How well readings before the decision tell the decision.

    Attributes:
        scenarios: Those with options, in order.
        leads: The texts before them.
        emotions: Whose readings.
        layer: Layer read.
        readings: float32 [emotions, scenes, leads], projection at the last token before the decision, less the mean of
            the scenario.
        nats: float64 [scenes, leads], log-odds of the behaviour.
        decided: bool [scenes, leads], the drawn decision.
        auroc: float64 [emotions], chance that the reading before a behaviour lies above that before none, over pairs of
            cases of one scenario; nan where a scenario never goes both ways.
        low: float64 [emotions], lower end of its 95 % interval (bootstrap over the texts before).
        high: float64 [emotions].
        null_low: 2.5 % quantile of the same over random directions.
        null_high: 97.5 % quantile.
        link: Correlation of the readings with the log-odds, both less their scenario's mean.
    """

    scenarios: tuple[str, ...]
    leads: tuple[str, ...]
    emotions: tuple[str, ...]
    layer: int
    readings: npt.NDArray[np.float32]
    nats: Array
    decided: npt.NDArray[np.bool_]
    auroc: Array
    low: Array
    high: Array
    null_low: float
    null_high: float
    link: Correlation

    def evidence(self, e: int) -> bool:
        """Whether an emotion tells the decision better or worse than chance and than random directions."""
        value = self.auroc[e]
        if not np.isfinite([value, self.low[e], self.high[e]]).all():
            return False
        beyond = not self.low[e] <= 0.5 <= self.high[e]
        return bool(beyond and not self.null_low <= value <= self.null_high)

    def curve(self, e: int) -> tuple[Array, Array]:
        """False and true positive rates over all cuts of the centred reading, all scenarios together, ascending."""
        scores, labels = self.readings[e].ravel(), self.decided.ravel()
        order = np.argsort(-scores, kind="stable")
        last = np.append(np.diff(scores[order]) != 0, True)  # cases with one score are cut off together
        true = np.cumsum(labels[order])[last] / max(1, labels.sum())
        false = np.cumsum(~labels[order])[last] / max(1, (~labels).sum())
        return np.concatenate([[0.0], false]), np.concatenate([[0.0], true])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "layer": self.layer,
            "n": int(self.decided.size),
            "null_auroc": [finite(self.null_low), finite(self.null_high)],
            "emotions": [
                {
                    "emotion": emotion,
                    "auroc": finite(self.auroc[e]),
                    "low": finite(self.low[e]),
                    "high": finite(self.high[e]),
                    "r": finite(self.link.r[e]),
                    "evidence": self.evidence(e),
                }
                for e, emotion in enumerate(self.emotions)
            ],
        }


def early_warning(
    model: LoadedModel, vectors: EmotionVectors, settings: BehaviorSettings, warning: WarningSettings
) -> Job[EarlyWarning]:
    """Puts the scenarios after every text and reads before the decision, as a job.

    Raises:
        SettingsError: No scenario has options, or there are too many cases.
        TextTooLongError: A text with a scenario does not fit into the context.
    """
    scenes = [scene for scene in settings.scenes if scene.options]
    cases = len(scenes) * len(warning.leads)
    if not scenes or cases > MOST_CASES:
        raise SettingsError(
            "The early warning cannot be had",
            expected=f"scenarios with options, at most {MOST_CASES:,} cases",
            found=f"{cases:,} cases",
            remedy="Take fewer scenarios or texts",
        )
    layer = read_layer(vectors, settings.layer)
    random = random_units(model.info.width, RANDOM, np.random.default_rng([warning.seed, 0xC0]))
    units = vectors.units[[vectors.index(one) for one in settings.emotions], layer]
    directions = np.concatenate([units, random])
    texts = [(scene, f"{lead.strip()} {scene.text}") for scene in scenes for lead in warning.leads]
    odds = yield from ask_scenes(model, settings, texts, [[UNSTEERED]] * cases, layer, directions, 1.0)
    nats = np.array([float(one[0]) for one in odds]).reshape(len(scenes), -1)
    ids = [generation_ids(model, text, chat=settings.chat) for _, text in texts]
    found = yield from project_tokens(model, [Encoding(i, (True,) * len(i)) for i in ids], layer, directions)
    last = np.stack([one[-1] for one in found]).reshape(*nats.shape, -1).transpose(2, 0, 1)  # (directions, ...)
    dice = np.random.default_rng([warning.seed, 0xEA]).random(nats.shape)
    return summarise(settings, warning, layer, last, nats, dice < as_rate(nats))


def summarise(
    settings: BehaviorSettings,
    warning: WarningSettings,
    layer: int,
    last: npt.NDArray[np.float32],
    nats: Array,
    decided: npt.NDArray[np.bool_],
) -> EarlyWarning:
    """Figures of readings and decisions.

    Args:
        settings: Of the run.
        warning: Of the early warning.
        layer: Layer read.
        last: float32 [emotions + random directions, scenes, leads], readings before the decision.
        nats: float64 [scenes, leads].
        decided: bool [scenes, leads].
    """
    emotions = len(settings.emotions)
    centred = last - last.mean(axis=2, keepdims=True)
    areas = within(centred, decided)
    rng = np.random.default_rng([warning.seed, 0xEB])
    drawn = rng.integers(nats.shape[1], size=(RESAMPLES, nats.shape[1]))
    boot = np.stack([within(centred[:emotions][:, :, index], decided[:, index]) for index in drawn])
    known = np.isfinite(areas[:emotions])
    low, high = np.full(emotions, np.nan), np.full(emotions, np.nan)
    if known.any():
        low[known], high[known] = np.nanquantile(boot[:, known], (0.025, 0.975), axis=0)
    null = areas[emotions:]
    null_low, null_high = np.quantile(null, (0.025, 0.975)) if np.isfinite(null).all() else (np.nan, np.nan)
    flat = (nats - nats.mean(axis=1, keepdims=True)).ravel()
    return EarlyWarning(
        scenarios=tuple(scene.name for scene in settings.scenes if scene.options),
        leads=warning.leads,
        emotions=settings.emotions,
        layer=layer,
        readings=centred[:emotions].astype(np.float32),
        nats=nats,
        decided=decided,
        auroc=areas[:emotions],
        low=low,
        high=high,
        null_low=float(null_low),
        null_high=float(null_high),
        link=correlate(flat, centred[:emotions].reshape(emotions, -1).T, warning.seed),
    )


def within(readings: npt.NDArray[np.floating[Any]], decided: npt.NDArray[np.bool_]) -> Array:
    """AUROC over pairs of cases of the same scenario, float64 [directions].

    Args:
        readings: float [directions, scenes, leads].
        decided: bool [scenes, leads].
    """
    wins, pairs = np.zeros(len(readings)), 0
    for s, labels in enumerate(decided):
        count = int(labels.sum()) * int((~labels).sum())
        if count:
            wins += count * auroc(readings[:, s, labels], readings[:, s, ~labels])
            pairs += count
    return wins / pairs if pairs else np.full(len(readings), np.nan)
