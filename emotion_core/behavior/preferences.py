"""Preferences over activities: every pair in both orders, a fitted scale, and the emotions that go with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import ActivationCache, FloatArray, ModelInfo
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.numbers import finite
from emotion_core.behavior.nulls import LEVEL, AgainstControls, by_rank, draw
from emotion_core.behavior.options import Scoring
from emotion_core.behavior.preference_settings import Pairs, PairTokens, PreferenceSettings, plan_pairs, tokenize_pairs
from emotion_core.behavior.scale import BothOrders, Scores, both_orders, elo, fit
from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.stats.intervals import Correlation, fisher_interval, pearson
from emotion_core.tracing.options import Asked, score_options
from emotion_core.tracing.record import project_tokens
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model

Array = npt.NDArray[np.float64]
_TEXTS_AT_ONCE = 64  # whose streams are in memory together


@dataclass(frozen=True)
class Preferences:
    """Result of `preferences`.

    Attributes:
        settings: What was asked for.
        model: The model.
        layer: Layer read.
        emotions: Columns of `readings`.
        pairs: int64 [pairs, 2], activities that met.
        forth: float64 [pairs], log-odds of the pair's first activity when it is named first, nats.
        back: float64 [pairs], log-odds of the pair's second activity when that one is named first.
        scores: The fitted scale.
        readings: float32 [activities, emotions], mean projection of the activity's tokens where it is named first, in
            standard deviations over the activities.
        correlation: Of the scores with each emotion's readings; its p-values are against control directions, because
            activities of one kind are alike: over them a quarter of meaningless directions would correlate at p < .05.
        against: The correlations beside those of the control directions, by kind.
        orders: Whether the choice depends on the activities or on their order only.
        length_r: Correlation of the scores with the number of tokens: what wording alone might do.
    """

    settings: PreferenceSettings
    model: ModelInfo
    layer: int
    emotions: tuple[str, ...]
    pairs: Pairs
    forth: Array
    back: Array
    scores: Scores
    readings: FloatArray
    correlation: Correlation
    against: AgainstControls
    orders: BothOrders
    length_r: float

    @property
    def share_first(self) -> float:
        """Share of questions answered with the activity named first."""
        return float(np.mean(np.concatenate([self.forth, self.back]) > 0))

    @property
    def consistent(self) -> float:
        """Share of pairs in which the same activity is chosen in both orders."""
        return float(np.mean((self.forth > 0) == (self.back < 0)))

    def evidence(self, emotion: int) -> bool:
        """Whether an emotion goes with or against preference beyond control directions, corrected for all emotions.

        Never where the choice does not depend on the activities (`orders.testable`).
        """
        q = self.correlation.q_value[emotion]
        return bool(self.orders.testable and np.isfinite(q) and q < LEVEL)

    def met(self, activity: int) -> list[tuple[int, float]]:
        """The opponents of an activity with its lead over them in nats, order cancelled, the largest lead first."""
        a, b = self.pairs[:, 0], self.pairs[:, 1]
        lead = (self.forth - self.back) / 2
        own = [(int(b[p]), float(lead[p])) for p in np.flatnonzero(a == activity)]
        own += [(int(a[p]), -float(lead[p])) for p in np.flatnonzero(b == activity)]
        return sorted(own, key=lambda one: -one[1])

    def highest(self, activity: int, count: int) -> list[tuple[str, float]]:
        """Emotions that read highest on an activity, in standard deviations over the activities."""
        order = np.argsort(-self.readings[activity], kind="stable")[:count]
        return [(self.emotions[k], float(self.readings[activity, k])) for k in order]

    def to_json(self) -> dict[str, Any]:
        """The document of the command line, without the steering part."""
        kinds = self.settings.kinds or ("",) * len(self.settings.activities)
        found = self.correlation
        return {
            "model": {"name": self.model.name, "fingerprint": self.model.fingerprint},
            "layer": self.layer,
            "comparisons": 2 * len(self.pairs),
            "order_bias": {
                "nats": finite(self.scores.bias),
                "low": finite(self.scores.bias_low),
                "high": finite(self.scores.bias_high),
                "share_first": self.share_first,
                "consistent": self.consistent,
                "reliability": finite(self.orders.r),
                "reliability_p_value": finite(self.orders.p_value),
            },
            "testable": self.orders.testable,
            "length_r": finite(self.length_r),
            "activities": [
                {
                    "activity": activity,
                    "kind": kinds[i],
                    "score": finite(self.scores.score[i]),
                    "low": finite(self.scores.low[i]),
                    "high": finite(self.scores.high[i]),
                    "elo": finite(elo(float(self.scores.score[i]))),
                    "readings": {e: finite(self.readings[i, k]) for k, e in enumerate(self.emotions)},
                }
                for i, activity in enumerate(self.settings.activities)
            ],
            "emotions": [
                {
                    "emotion": emotion,
                    "r": finite(found.r[k]),
                    "r_low": finite(found.low[k]),
                    "r_high": finite(found.high[k]),
                    "p_value": finite(found.p_value[k]),
                    "q_value": finite(found.q_value[k]),
                    "evidence": self.evidence(k),
                    "hardest": self.against.hardest(k),
                    "controls": self.against.to_json(k),
                }
                for k, emotion in enumerate(self.emotions)
            ],
            "steering": None,
        }


def preferences(
    model: LoadedModel, vectors: EmotionVectors, settings: PreferenceSettings, cache: ActivationCache | None = None
) -> Job[Preferences]:
    """Asks every pair in both orders and relates the scale to the emotions, as a job that yields after each batch.

    Args:
        model: The model.
        vectors: Whose readings are related to the scale.
        settings: The activities and the question.
        cache: Activations read before, for control directions.

    Raises:
        VectorFileError: The vectors belong to another model.
        SettingsError: There is no such layer.
        TextTooLongError: A question does not fit into the context.
    """
    require_model(vectors, model.info)
    read_layer(vectors, settings.layer)
    asked = yield from ask_pairs(model, settings)
    return (yield from relate(model, vectors, settings, asked, cache))


class PairAnswers(NamedTuple):
    """What was answered; the same for all vectors."""

    pairs: Pairs  # int64 [pairs, 2]
    forth: Array  # float64 [pairs]
    back: Array  # float64 [pairs]


def ask_pairs(model: LoadedModel, settings: PreferenceSettings) -> Job[PairAnswers]:
    """Asks every pair in both orders, as a job.

    Raises:
        TextTooLongError: A question does not fit into the context.
        SettingsError: An answer is not a finite number.
    """
    pairs = plan_pairs(len(settings.activities), settings.opponents, settings.seed)
    yield Progress(0, 2 * len(pairs), "asking")
    both = np.concatenate([pairs, pairs[:, ::-1]])
    log_odds = yield from ask(model, settings, both)
    _require_answers(log_odds)
    return PairAnswers(pairs, log_odds[: len(pairs)], log_odds[len(pairs) :])


def relate(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: PreferenceSettings,
    asked: PairAnswers,
    cache: ActivationCache | None = None,
) -> Job[Preferences]:
    """Relates answers to the emotions of a vector set, as a job.

    Args:
        model: The model.
        vectors: Whose readings are related to the scale.
        settings: Those of the answers.
        asked: The answers.
        cache: Activations read before, for control directions.
    """
    layer = read_layer(vectors, settings.layer)
    pairs, forth, back = asked
    n = len(settings.activities)
    scores = fit(n, pairs, forth, back)
    orders = both_orders(n, pairs, forth, back, settings.seed)
    controls = yield from draw(model, vectors, (layer,), seed=settings.seed, cache=cache)
    streams, lengths = yield from read_activities(model, settings, layer)
    raw = streams @ vectors.units[:, layer].T  # (activities, emotions)
    r = pearson(scores.score, raw)
    against = by_rank(vectors.emotions, r, controls, pearson(scores.score, streams @ controls.units[:, 0].T))
    spread = raw.std(axis=0, ddof=1)
    readings = np.divide(raw - raw.mean(axis=0), spread, out=np.zeros_like(raw), where=spread > 0)
    return Preferences(
        settings=settings,
        model=model.info,
        layer=layer,
        emotions=vectors.emotions,
        pairs=pairs,
        forth=forth,
        back=back,
        scores=scores,
        readings=readings.astype(np.float32),
        correlation=Correlation(r, *fisher_interval(r, n), against.p_value, against.q_value),
        against=against,
        orders=orders,
        length_r=float(pearson(scores.score, lengths[:, None])[0]),
    )


def read_layer(vectors: EmotionVectors, layer: int | None) -> int:
    """The layer that is read and steered.

    Raises:
        SettingsError: There is no such layer.
    """
    chosen = vectors.selected_layer if layer is None else layer
    if not 0 <= chosen < vectors.n_layers:
        raise SettingsError("There is no such layer", expected=f"0 to {vectors.n_layers - 1}", found=str(chosen))
    return chosen


def ask(model: LoadedModel, settings: PreferenceSettings, ordered: Pairs) -> Job[Array]:
    """Log-odds of the activity named first, float64 [questions], of int64 [questions, 2] (first, second)."""
    order = np.lexsort((ordered[:, 1], ordered[:, 0]))  # questions that begin alike stand together
    names = settings.activities
    questions = tokenize_pairs(model, settings.wording, [(names[a], names[b]) for a, b in ordered[order]])
    asked = [Asked(one.tokens.ids, one.tokens.options, one.first[1]) for one in questions]
    scores = yield from score_options(model, asked)
    result = np.empty(len(ordered))
    result[order] = log_odds(scores, questions, settings.scoring)
    return result


def log_odds(scores: Sequence[Array], questions: Sequence[PairTokens], scoring: Scoring) -> Array:
    """Log-odds of the first answer against the second, float64 [questions]."""
    if scoring == "sum":
        return np.array([one[0] - one[1] for one in scores])
    lengths = [[len(option) for option in one.tokens.options] for one in questions]
    return np.array([one[0] / a - one[1] / b for one, (a, b) in zip(scores, lengths, strict=True)])


def read_activities(model: LoadedModel, settings: PreferenceSettings, layer: int) -> Job[tuple[FloatArray, Array]]:
    """Mean stream of each activity's tokens, float32 [activities, width], and numbers of tokens float64 [activities].

    An activity is read where it is named first, so that nothing about the other one is known there.
    """
    names = settings.activities
    questions = tokenize_pairs(model, settings.wording, [(name, names[i - 1]) for i, name in enumerate(names)])
    spans = [question.first for question in questions]
    begun = [question.tokens.ids[: question.first[1]] for question in questions]
    streams = yield from mean_streams(model, begun, spans, layer)
    return streams, np.array([float(b - a) for a, b in spans])


def mean_streams(
    model: LoadedModel, ids: Sequence[tuple[int, ...]], spans: Sequence[tuple[int, int]], layer: int
) -> Job[FloatArray]:
    """Mean of the residual stream over a span of each text, float32 [texts, width], as a job.

    The stream itself, not its projections: then thousands of control directions cost nothing.

    Args:
        model: The model.
        ids: Tokens of each text.
        spans: Tokens that are averaged, as [start, end).
        layer: Layer read.
    """
    every = np.eye(model.info.width, dtype=np.float32)
    means: list[FloatArray] = []
    for start in range(0, len(ids), _TEXTS_AT_ONCE):
        part = ids[start : start + _TEXTS_AT_ONCE]
        encodings = [Encoding(text, (True,) * len(text)) for text in part]
        streams = yield from project_tokens(model, encodings, layer, every)
        ends = spans[start : start + _TEXTS_AT_ONCE]
        means += [stream[a:b].mean(axis=0) for stream, (a, b) in zip(streams, ends, strict=True)]
    return np.stack(means)


def _require_answers(log_odds: Array) -> None:
    broken = int((~np.isfinite(log_odds)).sum())
    if broken:
        raise SettingsError(
            "The model's answers are not finite numbers",
            found=f"{broken} of {len(log_odds)} questions",
            remedy="Choose a smaller strength, another layer or another number format",
        )
