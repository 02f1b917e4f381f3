"""Preferences over activities: every pair in both orders, a fitted scale, and the emotions that go with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.behavior.bradley_terry import Scores, elo, fit
from emotion_core.behavior.correlation import Correlation, correlate
from emotion_core.behavior.options import Scoring
from emotion_core.behavior.pairs import Pairs, plan_pairs
from emotion_core.behavior.preference_settings import PreferenceSettings
from emotion_core.behavior.question import PairTokens, tokenize_pairs
from emotion_core.errors import SettingsError
from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.runs.progress import Job, Progress
from emotion_core.tracing.activations import FloatArray, ModelInfo
from emotion_core.tracing.options import Asked, score_options
from emotion_core.tracing.tokens import project_tokens
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model

Array = npt.NDArray[np.float64]


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
        correlation: Of the scores with each emotion's readings.
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
        """Whether an emotion goes with or against preference beyond chance, corrected for the number of emotions."""
        q = self.correlation.q_value[emotion]
        return bool(np.isfinite(q) and q < 0.05)

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
            },
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
                }
                for k, emotion in enumerate(self.emotions)
            ],
            "steering": None,
        }


def preferences(model: LoadedModel, vectors: EmotionVectors, settings: PreferenceSettings) -> Job[Preferences]:
    """Asks every pair in both orders and relates the scale to the emotions, as a job that yields after each batch.

    Raises:
        VectorFileError: The vectors belong to another model.
        SettingsError: There is no such layer.
        TextTooLongError: A question does not fit into the context.
    """
    require_model(vectors, model.info)
    layer = read_layer(vectors, settings.layer)
    pairs = plan_pairs(len(settings.activities), settings.opponents, settings.seed)
    yield Progress(0, 2 * len(pairs), "asking")
    both = np.concatenate([pairs, pairs[:, ::-1]])
    log_odds = yield from ask(model, settings, both)
    forth, back = log_odds[: len(pairs)], log_odds[len(pairs) :]
    _require_answers(log_odds)
    scores = fit(len(settings.activities), pairs, forth, back)
    readings, lengths = yield from _read(model, vectors, settings, layer)
    return Preferences(
        settings=settings,
        model=model.info,
        layer=layer,
        emotions=vectors.emotions,
        pairs=pairs,
        forth=forth,
        back=back,
        scores=scores,
        readings=readings,
        correlation=correlate(scores.score, readings, settings.seed),
        length_r=float(correlate(scores.score, lengths[:, None]).r[0]),
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


def _read(
    model: LoadedModel, vectors: EmotionVectors, settings: PreferenceSettings, layer: int
) -> Job[tuple[FloatArray, Array]]:
    """Readings float32 [activities, emotions] in standard deviations, and numbers of tokens float64 [activities].

    An activity is read where it is named first, so that nothing about the other one is known there.
    """
    names = settings.activities
    questions = tokenize_pairs(model, settings.wording, [(one, names[i - 1]) for i, one in enumerate(names)])
    spans = [one.first for one in questions]
    begun = [one.tokens.ids[: one.first[1]] for one in questions]
    encodings = [Encoding(ids, (True,) * len(ids)) for ids in begun]
    found = yield from project_tokens(model, encodings, layer, vectors.units[:, layer])
    raw = np.stack([one[a:b].mean(axis=0) for one, (a, b) in zip(found, spans, strict=True)])
    spread = raw.std(axis=0, ddof=1)
    readings = np.divide(raw - raw.mean(axis=0), spread, out=np.zeros_like(raw), where=spread > 0)
    return readings.astype(np.float32), np.array([float(b - a) for a, b in spans])


def _require_answers(log_odds: Array) -> None:
    broken = int((~np.isfinite(log_odds)).sum())
    if broken:
        raise SettingsError(
            "The model's answers are not finite numbers",
            found=f"{broken} of {len(log_odds)} questions",
            remedy="Choose a smaller strength, another layer or another number format",
        )
