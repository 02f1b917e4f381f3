"""What steering does to rates: changes in log-odds beside control directions, by strength, as a matrix, and in all.

Every mark of evidence on curves, matrices and in the headline comes from one table of corrected p-values, so that none
of them can contradict another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.base.numbers import finite
from emotion_core.behavior.behaviors import Behaviors
from emotion_core.behavior.nulls import LEVEL, hardest_beside, hardest_over_cells
from emotion_core.behavior.rates import ROOM, as_rate, no_room
from emotion_core.stats.intervals import adjusted, p_words, wilson

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class RateRow:
    """One point of a curve.

    Attributes:
        scenario: Its name.
        emotion: Whose vector, or what stands in words; empty for a random direction.
        direction: `emotion`, `control-K` (of any kind), or `prompt` for the emotion in words without steering.
        strength: In fractions of the mean residual norm; 0 for `prompt`.
        rate: Share of drawn answers, or of texts, that count; None where there are none.
        low: Lower end of its Wilson interval.
        high: Upper end.
        n: Answers drawn, or texts.
        probability: Of the behaviour among the options, exactly; None with a pattern.
        null_low: Where 95 % of control directions of the same norm fall, as a rate, of the kind that reaches furthest;
            None below 3 of a kind.
        null_high: The other end.
        coherent: Whether the model's texts still make sense there.
        evidence: `q_value` below .05, and coherent.
        q_value: Corrected p-value (`Effects`); None where the scenario is left out, and for other directions.
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
    q_value: float | None = None


@dataclass(frozen=True)
class Effects:
    """Changes of the log-odds by every emotion at every strength other than 0, and what they are beside controls.

    The columns are the scenarios, then groups of them, whose effect is the mean of their scenarios'.

    Attributes:
        columns: Names.
        n_scenes: How many of them are scenarios.
        effect: float64 [columns, emotions, strengths].
        low: float64 [columns, emotions, strengths], where 95 % of the controls fall, of the kind that reaches furthest;
            nan below 3 of a kind.
        high: float64 [columns, emotions, strengths].
        p_value: float64 [columns, emotions, strengths], two-sided, against the kind of controls that an effect stands
            out least from; nan below 3 of a kind.
        q_value: float64 [columns, emotions, strengths], corrected over all columns and strengths of an emotion by the
            largest effect of whole control directions (`over_cells`), times 2 where there are groups, which are a
            family of their own, then over the emotions (Benjamini and Hochberg 1995); nan where a column is not
            testable.
        testable: bool [columns], whether the unsteered rate lies between 10 % and 90 %, and so can move both ways.
        evidence: bool [columns, emotions, strengths], q below .05 and coherent.
    """

    columns: tuple[str, ...]
    n_scenes: int
    effect: Array
    low: Array
    high: Array
    p_value: Array
    q_value: Array
    testable: npt.NDArray[np.bool_]
    evidence: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Headline:
    """Whether an emotion moves any scenario, over all strengths and scenarios.

    Attributes:
        emotion: Its name.
        evidence: Whether any of them moves: `p_value` below .05.
        p_value: Smallest corrected p-value of its coherent points; None where there are none, or too few controls.
        moved: Names of the scenarios and groups that move.
        n_testable: Scenarios that were looked at.
        left_out: Scenarios whose unsteered rate is below 10 % or above 90 %.
    """

    emotion: str
    evidence: bool
    p_value: float | None
    moved: tuple[str, ...]
    n_testable: int
    left_out: tuple[str, ...]

    @property
    def mark(self) -> str:
        """`evidence`, `no evidence`, or `not testable here` where no scenario can move both ways."""
        return "evidence" if self.evidence else "no evidence" if self.n_testable else "not testable here"

    def sentence(self) -> str:
        """What is said of it, with the scenarios that were left out."""
        left = f" Left out: {', '.join(self.left_out)}, whose unsteered rate is below 10 % or above 90 %."
        left = left if self.left_out else ""
        if not self.n_testable:
            return f"No scenario can tell whether {self.emotion} moves it.{left}"
        count = f"{self.n_testable} scenario{'' if self.n_testable == 1 else 's'}"
        if not self.evidence:
            return (
                f"Steering with {self.emotion} moves none of {count} beyond control directions of the same size.{left}"
            )
        p = "" if self.p_value is None else f" (corrected {p_words(self.p_value)})"
        names = ", ".join(self.moved)
        return f"Steering with {self.emotion}, looked at in {count}, moves {names} beyond control directions{p}.{left}"


def rate_rows(found: Behaviors, *, controls: bool = True) -> list[RateRow]:
    """All points: emotions by strength, the emotion in words, and where wanted every control direction."""
    rows, table = [], effects(found)
    for s in range(len(found.settings.scenes)):
        for e in range(len(found.settings.emotions)):
            rows += emotion_rows(found, s, e, table)
        if controls:
            rows += [
                _plain_row(found, s, f"control-{k + 1}", t, found.control_hits[s, k, t], found.control_n[s, k, t])
                for k in range(len(found.control_kinds))
                for t, strength in enumerate(found.settings.strengths)
                if strength
            ]
    return rows


def emotion_rows(found: Behaviors, scene: int, emotion: int, table: Effects | None = None) -> list[RateRow]:
    """The points of one curve: an emotion by strength, and in words."""
    table = effects(found) if table is None else table
    rows = [_emotion_row(found, scene, emotion, t, table) for t in range(len(found.settings.strengths))]
    return [*rows, _words_row(found, scene, emotion)] if found.words_n[scene, emotion] else rows


def changes(found: Behaviors) -> tuple[Array, Array]:
    """Change of the log-odds against no steering: of emotions and of control directions.

    Returns:
        float64 [scenes, emotions, strengths] and [scenes, controls, strengths].
    """
    zero = found.nats[:, :1, [found.zero]]
    return found.nats - zero, found.control_nats - zero


def effects(found: Behaviors) -> Effects:
    """All effects of a run with their corrected p-values."""
    scenes, emotions = found.settings.scenes, found.settings.emotions
    at = [t for t, strength in enumerate(found.settings.strengths) if strength]
    own, random = (table[:, :, at] for table in changes(found))
    room = np.array([ROOM[0] <= found.unsteered(i) <= ROOM[1] for i in range(len(scenes))], dtype=bool)
    groups = [g for g in dict.fromkeys(s.group for s in scenes if s.group) if sum(s.group == g for s in scenes) > 1]
    members = [[i] for i in range(len(scenes))]
    for group in groups:
        inside = [i for i, scene in enumerate(scenes) if scene.group == group]
        # Scenarios that cannot move would thin the mean out; where none can, it is still shown.
        members.append([i for i in inside if room[i]] or inside)
    effect = np.stack([own[rows].mean(axis=0) for rows in members])  # (columns, emotions, strengths)
    null = np.stack([random[rows].mean(axis=0) for rows in members])  # (columns, controls, strengths)
    p_value, low, high = (np.full(effect.shape, np.nan) for _ in range(3))
    for e, emotion in enumerate(emotions):
        by_kind = [null[:, places].transpose(0, 2, 1) for places in found.places(emotion).values()]
        p_value[:, e], low[:, e], high[:, e] = hardest_beside(effect[:, e], by_kind)  # (columns, strengths)
    testable = np.array([bool(room[rows].any()) for rows in members])
    corrected = np.full(effect.shape, np.nan)
    is_scene = np.arange(len(members)) < len(scenes)
    for family in (is_scene & testable, ~is_scene & testable):
        for e, emotion in enumerate(emotions):
            kinds = [null[family][:, places].transpose(1, 0, 2) for places in found.places(emotion).values()]
            by_kind = [kind.reshape(kind.shape[0], -1) for kind in kinds]  # (controls, columns x strengths)
            p_family = hardest_over_cells(effect[family, e].ravel(), by_kind)
            corrected[family, e] = np.minimum(1.0, p_family * (2 if groups else 1)).reshape(-1, len(at))
    q_value = _over_emotions(corrected)
    coherent = found.coherence.coherent[:, at]
    return Effects(
        columns=(*(scene.name for scene in scenes), *(f"{group} (all)" for group in groups)),
        n_scenes=len(scenes),
        effect=effect,
        low=low,
        high=high,
        p_value=p_value,
        q_value=q_value,
        testable=testable,
        evidence=(np.nan_to_num(q_value, nan=1.0) < LEVEL) & coherent,
    )


def _over_emotions(p_value: Array) -> Array:
    """p-values of cells with the correction for several emotions, float64 [columns, emotions, strengths].

    An emotion stands for its smallest one; all its cells are multiplied by what that one is multiplied by.
    """
    known = np.isfinite(p_value)
    smallest = np.where(known, p_value, np.inf).min(axis=(0, 2), initial=np.inf)  # (emotions,)
    smallest = np.where(np.isfinite(smallest), smallest, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where(smallest > 0, adjusted(smallest) / smallest, 1.0)
    result: Array = np.minimum(1.0, p_value * factor[None, :, None])
    return result


def headline(found: Behaviors, emotion: int, table: Effects | None = None) -> Headline:
    """What a run says about one emotion, over all strengths and scenarios."""
    table = effects(found) if table is None else table
    at = [t for t, strength in enumerate(found.settings.strengths) if strength]
    coherent = found.coherence.coherent[emotion, at]
    q = table.q_value[:, emotion][:, coherent]
    known = q[np.isfinite(q)]
    moved = table.evidence[:, emotion].any(axis=1)
    names = np.array(table.columns, dtype=object)
    return Headline(
        emotion=found.settings.emotions[emotion],
        evidence=bool(moved.any()),
        p_value=float(known.min()) if len(known) else None,
        moved=tuple(names[moved]),
        n_testable=int(table.testable[: table.n_scenes].sum()),
        left_out=tuple(names[: table.n_scenes][~table.testable[: table.n_scenes]]),
    )


def headline_json(found: Behaviors) -> dict[str, Any]:
    """The headline of the whole run, and of each emotion; corrected over all of them."""
    table = effects(found)
    each = [headline(found, e, table) for e in range(len(found.settings.emotions))]
    return {
        "evidence": any(one.evidence for one in each),
        "p_value": min((one.p_value for one in each if one.p_value is not None), default=None),
        "left_out": list(each[0].left_out),
        "emotions": [
            {"emotion": one.emotion, "evidence": one.evidence, "p_value": one.p_value, "moved": list(one.moved)}
            for one in each
        ],
    }


@dataclass(frozen=True)
class EffectMatrix:
    """Emotions by scenarios at one strength.

    Attributes:
        strength: The strength.
        emotions: Rows.
        scenarios: Columns: scenarios, then groups of them (whose effect is the mean of their scenarios').
        effect: float64 [emotions, columns], change of the log-odds against no steering.
        low: float64 [emotions, columns], where 95 % of control directions fall; nan below 3 of a kind.
        high: float64 [emotions, columns].
        p_value: float64 [emotions, columns], two-sided, against control directions.
        q_value: float64 [emotions, columns], corrected over the whole run (`Effects`); nan where a column is left out.
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
        """Whether an emotion moves a scenario beyond control directions, corrected over the run, and coherently."""
        q = self.q_value[e, column]
        return bool(np.isfinite(q) and q < LEVEL and self.coherent[e])

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "strength": self.strength,
            "cells": [
                {
                    "emotion": emotion,
                    "scenario": scenario,
                    "effect": finite(self.effect[e, c]),
                    "null_low": finite(self.low[e, c]),
                    "null_high": finite(self.high[e, c]),
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
    table = effects(found)
    t = found.settings.steered_strengths.index(strength)
    scenes = found.settings.scenes
    inside = [[i for i, scene in enumerate(scenes) if f"{scene.group} (all)" == name] for name in table.columns]
    rates = [
        found.unsteered(c) if c < len(scenes) else float(np.mean([found.unsteered(i) for i in inside[c]]))
        for c in range(len(table.columns))
    ]
    return EffectMatrix(
        strength=strength,
        emotions=found.settings.emotions,
        scenarios=table.columns,
        effect=table.effect[:, :, t].T,
        low=table.low[:, :, t].T,
        high=table.high[:, :, t].T,
        p_value=table.p_value[:, :, t].T,
        q_value=table.q_value[:, :, t].T,
        coherent=found.coherence.coherent[:, found.settings.strengths.index(strength)],
        room=tuple(no_room(rate) for rate in rates),
    )


def _emotion_row(found: Behaviors, s: int, e: int, t: int, table: Effects) -> RateRow:
    strength = found.settings.strengths[t]
    row = _plain_row(found, s, "emotion", t, found.hits[s, e, t], found.n[s, e, t])
    known: dict[str, Any] = {}
    if strength:
        at = (s, e, found.settings.steered_strengths.index(strength))
        zero = float(found.nats[s, 0, found.zero])
        known = {
            "null_low": finite(as_rate(zero + table.low[at])),
            "null_high": finite(as_rate(zero + table.high[at])),
            "evidence": bool(table.evidence[at]),
            "q_value": finite(table.q_value[at]),
        }
    return RateRow(
        **{
            **vars(row),
            "emotion": found.settings.emotions[e],
            "probability": finite(as_rate(found.nats[s, e, t])) if found.settings.scenes[s].options else None,
            "coherent": bool(found.coherence.coherent[e, t]),
            **known,
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
