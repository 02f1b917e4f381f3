"""Early warning: does an emotion's reading just before the decision tell what is decided?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import ActivationCache
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.behaviors import UNSTEERED, ask_scenes
from emotion_core.behavior.nulls import LEVEL, AgainstControls, by_rank, draw
from emotion_core.behavior.preferences import mean_streams, read_layer
from emotion_core.behavior.rates import as_rate
from emotion_core.evaluation.controls import Controls, controls_needed, rank_p
from emotion_core.models.loaded import LoadedModel
from emotion_core.stats.intervals import adjusted, pearson
from emotion_core.steering.directions import Directions
from emotion_core.steering.generate import generation_ids
from emotion_core.vectors.emotion_vectors import EmotionVectors

# Early warning: does an emotion's reading just before the decision tell what is decided?
#
# The same scenarios are put after many different texts. The reading is taken at the last token before the decision, the
# decision is drawn from the model's own probability of the behaviour, without any steering. Both are compared with
# their scenario's mean, since scenarios differ in both.

Array = npt.NDArray[np.float64]
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
        against: The AUROC beside that of the control directions, by kind.
        p_permuted: float64 [emotions], of the AUROC, where the decisions after one text before are exchanged with those
            after another, in all scenarios together: what follows one text is one case, however many scenarios.
        r: float64 [emotions], correlation of the readings with the log-odds, both less their scenario's mean.
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
    against: AgainstControls
    p_permuted: Array
    r: Array

    @property
    def p_value(self) -> Array:
        """float64 [emotions], the larger of that against control directions and that of exchanged texts."""
        return np.maximum(self.against.p_value, self.p_permuted)

    @property
    def q_value(self) -> Array:
        """float64 [emotions], `p_value` corrected for the number of emotions (Benjamini and Hochberg 1995)."""
        return adjusted(self.p_value)

    @property
    def null_low(self) -> float:
        """Lower end of where 95 % of the controls fall, of the kind that reaches furthest; nan without any."""
        return float(np.nanmin(self.against.low)) if np.isfinite(self.against.low).any() else np.nan

    @property
    def null_high(self) -> float:
        """The other end."""
        return float(np.nanmax(self.against.high)) if np.isfinite(self.against.high).any() else np.nan

    def evidence(self, e: int) -> bool:
        """Whether an emotion tells the decision beyond chance and control directions, corrected for all emotions."""
        q = self.q_value[e]
        return bool(np.isfinite(q) and q < LEVEL)

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
                    "r": finite(self.r[e]),
                    "p_value": finite(self.p_value[e]),
                    "q_value": finite(self.q_value[e]),
                    "controls": self.against.to_json(e),
                    "evidence": self.evidence(e),
                }
                for e, emotion in enumerate(self.emotions)
            ],
        }


def early_warning(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: BehaviorSettings,
    warning: WarningSettings,
    cache: ActivationCache | None = None,
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
    answers = yield from ask_after(model, settings, warning.leads, layer)
    return (yield from relate(model, vectors, settings, warning, answers, cache))


def ask_after(
    model: LoadedModel, settings: BehaviorSettings, leads: Sequence[str], layer: int
) -> Job[tuple[Array, npt.NDArray[np.float32]]]:
    """Puts the scenarios with options after every text, without any steering, as a job.

    Returns:
        Log-odds of the behaviour, float64 [scenes, leads], and the stream at the last token before the decision,
        float32 [scenes, leads, width].
    """
    scenes = [scene for scene in settings.scenes if scene.options]
    texts = [(scene, f"{lead.strip()} {scene.text}") for scene in scenes for lead in leads]
    # The unsteered condition points to a direction all the same.
    nothing = Directions((layer,), np.zeros((1, 1, model.info.width), np.float32), np.ones(1, np.float32))
    odds = yield from ask_scenes(model, settings, texts, [[UNSTEERED]] * len(texts), nothing)
    nats = np.array([float(conditions[0]) for conditions in odds]).reshape(len(scenes), -1)
    ids = [generation_ids(model, text, chat=settings.chat) for _, text in texts]
    streams = yield from mean_streams(model, ids, [(len(text) - 1, len(text)) for text in ids], layer)
    return nats, streams.reshape(*nats.shape, -1)


def relate(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: BehaviorSettings,
    warning: WarningSettings,
    answers: tuple[Array, npt.NDArray[np.float32]],
    cache: ActivationCache | None = None,
) -> Job[EarlyWarning]:
    """Reads along emotions and controls what `ask_after` gave at the same layer, and draws the decisions, as a job."""
    layer, (nats, streams) = read_layer(vectors, settings.layer), answers
    controls = yield from draw(
        model,
        vectors,
        (layer,),
        emotions=settings.emotions,
        count=controls_needed(len(settings.emotions)),
        seed=warning.seed,
        cache=cache,
    )
    units = vectors.units[[vectors.index(emotion) for emotion in settings.emotions], layer]
    directions = np.concatenate([units, controls.units[:, 0]])
    last = np.moveaxis(streams @ directions.T, -1, 0)  # (directions, scenes, leads)
    dice = np.random.default_rng([warning.seed, 0xEA]).random(nats.shape)
    return summarise(settings, warning, layer, last, controls, nats, dice < as_rate(nats))


def summarise(
    settings: BehaviorSettings,
    warning: WarningSettings,
    layer: int,
    last: npt.NDArray[np.float32],
    controls: Controls,
    nats: Array,
    decided: npt.NDArray[np.bool_],
) -> EarlyWarning:
    """Figures of readings and decisions.

    Args:
        settings: Of the run.
        warning: Of the early warning.
        layer: Layer read.
        last: float32 [emotions + controls, scenes, leads], readings before the decision.
        controls: The control directions among them.
        nats: float64 [scenes, leads].
        decided: bool [scenes, leads].
    """
    emotions = len(settings.emotions)
    centred = last - last.mean(axis=2, keepdims=True)
    areas = within(centred, decided)
    rng = np.random.default_rng([warning.seed, 0xEB])
    drawn = rng.integers(nats.shape[1], size=(RESAMPLES, nats.shape[1]))
    times = (drawn[:, :, None] == np.arange(nats.shape[1])).sum(axis=1)  # (resamples, leads)
    boot = within(centred[:emotions], np.broadcast_to(decided, (RESAMPLES, *decided.shape)), times.astype(np.float64))
    known = np.isfinite(areas[:emotions])
    low, high = np.full(emotions, np.nan), np.full(emotions, np.nan)
    if known.any():
        low[known], high[known] = np.nanquantile(boot[:, known], (0.025, 0.975), axis=0)
    draws = controls_needed(emotions)
    orders = rng.permuted(np.broadcast_to(np.arange(nats.shape[1]), (draws, nats.shape[1])), axis=1)
    exchanged = within(centred[:emotions], np.moveaxis(decided[:, orders], 0, 1))
    p_permuted = rank_p(areas[:emotions] - 0.5, exchanged - 0.5, "two-sided")
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
        against=by_rank(settings.emotions, areas[:emotions], controls, areas[emotions:], 0.5),
        p_permuted=p_permuted,
        r=pearson(flat, centred[:emotions].reshape(emotions, -1).T),
    )


def within(
    readings: npt.NDArray[np.floating[Any]], decided: npt.NDArray[np.bool_], weights: Array | None = None
) -> Array:
    """AUROC over pairs of cases of the same scenario, float64 [..., directions].

    Args:
        readings: float [directions, scenes, leads].
        decided: bool [..., scenes, leads].
        weights: float64 [..., leads], how often a lead counts, as in a resample; by default once.
    """
    counted = np.ones(1) if weights is None else weights
    yes, no = (side * counted[..., None, :] for side in (decided, ~decided))
    wins = np.zeros((*yes.shape[:-2], len(readings)))
    pairs = yes.sum(axis=-1) * no.sum(axis=-1)  # (..., scenes)
    for s in range(readings.shape[1]):
        own = readings[:, s].astype(np.float64)
        beats = (own[:, :, None] > own[:, None, :]) + 0.5 * (own[:, :, None] == own[:, None, :])
        beats[np.isnan(own).any(axis=1)] = np.nan
        used = pairs[..., s] > 0
        wins[used] += np.stack([((yes[used, s] @ one) * no[used, s]).sum(axis=-1) for one in beats], axis=-1)
    total = pairs.sum(axis=-1, keepdims=True)
    result: Array = np.divide(wins, total, out=np.full(wins.shape, np.nan), where=total > 0)
    return result


# Texts to put before scenarios: the held-out texts of the prompt sets that the vectors come from.

MOST_LEADS = 60


def lead_texts(vectors: EmotionVectors, most: int = MOST_LEADS, seed: int = 0) -> tuple[str, ...]:
    """Held-out texts, shuffled, at most `most`; empty where the vectors' prompt sets are not known.

    Held-out ones, so that no vector was built from a text that it is read after.
    """
    texts = [text.text for one in vectors.prompt_sets for text in one.texts if text.split == "heldout"]
    unique = list(dict.fromkeys(texts))
    order = np.random.default_rng([seed, 0x1E]).permutation(len(unique))
    return tuple(unique[i] for i in order[:most])
