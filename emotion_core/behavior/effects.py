"""What steering does to rates: changes in log-odds beside random directions, by strength and as a matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.behavior.behaviors import Behaviors
from emotion_core.behavior.correlation import adjusted
from emotion_core.behavior.nulls import against_controls
from emotion_core.behavior.rates import as_rate, no_room
from emotion_core.numbers import finite
from emotion_core.reading.intervals import wilson
from emotion_core.steering.band import null_band

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RateRow:
    """One point of a curve.

    Attributes:
        scenario: Its name.
        emotion: Whose vector, or what stands in words; empty for a random direction.
        direction: `emotion`, `control-K`, or `prompt` for the emotion in words without steering.
        strength: In fractions of the mean residual norm; 0 for `prompt`.
        rate: Share of drawn answers, or of texts, that count; None where there are none.
        low: Lower end of its Wilson interval.
        high: Upper end.
        n: Answers drawn, or texts.
        probability: Of the behaviour among the options, exactly; None with a pattern.
        null_low: Where 95 % of random directions of the same norm fall, as a rate; None below 3 of them.
        null_high: The other end.
        coherent: Whether the model's texts still make sense there.
        evidence: Outside of the band that all strengths keep together with 95 % probability, and coherent.
    """

    scenario: str
    emotion: str
    direction: str
    strength: float
    rate: float | None
    low: float | None
    high: float | None
    n: int
    probability: float | None
    null_low: float | None
    null_high: float | None
    coherent: bool
    evidence: bool


def rate_rows(found: Behaviors, *, controls: bool = True) -> list[RateRow]:
    """All points: emotions by strength, the emotion in words, and where wanted every random direction."""
    rows = []
    for s in range(len(found.settings.scenes)):
        for e in range(len(found.settings.emotions)):
            rows += emotion_rows(found, s, e)
        if controls:
            rows += [
                _plain_row(found, s, f"control-{k + 1}", t, found.control_hits[s, k, t], found.control_n[s, k, t])
                for k in range(found.settings.controls)
                for t, strength in enumerate(found.settings.strengths)
                if strength
            ]
    return rows


def emotion_rows(found: Behaviors, scene: int, emotion: int) -> list[RateRow]:
    """The points of one curve: an emotion by strength, and in words."""
    rows = [_emotion_row(found, scene, emotion, t) for t in range(len(found.settings.strengths))]
    return [*rows, _words_row(found, scene, emotion)] if found.words_n[scene, emotion] else rows


def changes(found: Behaviors) -> tuple[Array, Array]:
    """Change of the log-odds against no steering: of emotions and of random directions.

    Returns:
        float64 [scenes, emotions, strengths] and [scenes, controls, strengths].
    """
    zero = found.nats[:, :1, [found.zero]]
    return found.nats - zero, found.control_nats - zero


@dataclass(frozen=True)
class EffectMatrix:
    """Emotions by scenarios at one strength.

    Attributes:
        strength: The strength.
        emotions: Rows.
        scenarios: Columns: scenarios, then groups of them (whose effect is the mean of their scenarios').
        effect: float64 [emotions, columns], change of the log-odds against no steering.
        low: float64 [columns], where 95 % of random directions fall; nan below 3.
        high: float64 [columns].
        p_value: float64 [emotions, columns], two-sided, against random directions.
        q_value: float64 [emotions, columns], corrected over the whole matrix (Benjamini and Hochberg 1995); groups
            apart from single scenarios, since they hold the same data again.
        coherent: bool [emotions].
        room: For each column, which way it cannot move from its unsteered rate; empty where it can both ways.
    """

    strength: float
    emotions: tuple[str, ...]
    scenarios: tuple[str, ...]
    effect: Array
    low: Array
    high: Array
    p_value: Array
    q_value: Array
    coherent: npt.NDArray[np.bool_]
    room: tuple[str, ...]

    def evidence(self, e: int, column: int) -> bool:
        """Whether an emotion moves a scenario beyond random directions, corrected over the matrix, and coherently."""
        q = self.q_value[e, column]
        return bool(np.isfinite(q) and q < 0.05 and self.coherent[e])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "strength": self.strength,
            "cells": [
                {
                    "emotion": emotion,
                    "scenario": scenario,
                    "effect": finite(self.effect[e, c]),
                    "null_low": finite(self.low[c]),
                    "null_high": finite(self.high[c]),
                    "p_value": finite(self.p_value[e, c]),
                    "q_value": finite(self.q_value[e, c]),
                    "coherent": bool(self.coherent[e]),
                    "evidence": self.evidence(e, c),
                    "note": self.room[c],
                }
                for e, emotion in enumerate(self.emotions)
                for c, scenario in enumerate(self.scenarios)
            ],
        }


def effect_matrix(found: Behaviors, strength: float) -> EffectMatrix:
    """The matrix at one of the strengths, which is not 0."""
    t = found.settings.strengths.index(strength)
    own, random = changes(found)
    scenes = found.settings.scenes
    groups = [g for g in dict.fromkeys(s.group for s in scenes if s.group) if sum(s.group == g for s in scenes) > 1]
    members = [[i] for i in range(len(scenes))] + [[i for i, s in enumerate(scenes) if s.group == g] for g in groups]
    effect = np.stack([own[one, :, t].mean(axis=0) for one in members], axis=1)  # (emotions, columns)
    controls = np.stack([random[one, :, t].mean(axis=0) for one in members], axis=1)  # (controls, columns)
    p_value = np.stack([against_controls(effect[:, c], controls[:, c]) for c in range(len(members))], axis=1)
    q_value = np.concatenate([adjusted(p_value[:, : len(scenes)]), adjusted(p_value[:, len(scenes) :])], axis=1)
    bands = [_band(controls[:, c]) or (np.nan, np.nan) for c in range(len(members))]
    rates = [float(np.mean([found.unsteered(i) for i in one])) for one in members]
    return EffectMatrix(
        strength=strength,
        emotions=found.settings.emotions,
        scenarios=(*(s.name for s in scenes), *(f"{g} (all)" for g in groups)),
        effect=effect,
        low=np.array([low for low, _ in bands]),
        high=np.array([high for _, high in bands]),
        p_value=p_value,
        q_value=q_value,
        coherent=found.coherence.coherent[:, t],
        room=tuple(no_room(rate) for rate in rates),
    )


def _emotion_row(found: Behaviors, s: int, e: int, t: int) -> RateRow:
    strength = found.settings.strengths[t]
    row = _plain_row(found, s, "emotion", t, found.hits[s, e, t], found.n[s, e, t])
    zero = float(found.nats[s, 0, found.zero])
    random = found.control_nats[s, :, t] - zero
    effect = float(found.nats[s, e, t]) - zero
    band = _band(random) if strength else None
    wide = _band(random, len(found.settings.steered_strengths)) if strength else None
    coherent = bool(found.coherence.coherent[e, t])
    return RateRow(
        **{
            **vars(row),
            "emotion": found.settings.emotions[e],
            "probability": finite(as_rate(found.nats[s, e, t])) if found.settings.scenes[s].options else None,
            "null_low": None if band is None else float(as_rate(zero + band[0])),
            "null_high": None if band is None else float(as_rate(zero + band[1])),
            "coherent": coherent,
            "evidence": bool(wide and coherent and np.isfinite(effect) and not wide[0] <= effect <= wide[1]),
        }
    )


def _words_row(found: Behaviors, s: int, e: int) -> RateRow:
    row = _plain_row(found, s, "prompt", found.zero, found.words_hits[s, e], found.words_n[s, e])
    probability = finite(as_rate(found.words_nats[s, e])) if found.settings.scenes[s].options else None
    return RateRow(**{**vars(row), "emotion": found.settings.emotions[e], "probability": probability})


def _plain_row(found: Behaviors, s: int, direction: str, t: int, hits: np.int64, n: np.int64) -> RateRow:
    low, high = wilson(int(hits), int(n))
    probability = None
    if direction.startswith("control-") and found.settings.scenes[s].options:
        probability = finite(as_rate(found.control_nats[s, int(direction[8:]) - 1, t]))
    return RateRow(
        scenario=found.settings.scenes[s].name,
        emotion="",
        direction=direction,
        strength=found.settings.strengths[t],
        rate=int(hits) / int(n) if n else None,
        low=finite(low),
        high=finite(high),
        n=int(n),
        probability=probability,
        null_low=None,
        null_high=None,
        coherent=True,
        evidence=False,
    )


def _band(controls: Array, comparisons: int = 1) -> tuple[float, float] | None:
    known = [float(one) for one in controls[np.isfinite(controls)]]
    return null_band(known, len(known), comparisons)
