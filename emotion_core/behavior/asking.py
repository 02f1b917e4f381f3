"""Scenarios with options, asked without steering, steered, and with the emotion in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import logsumexp

from emotion_core.base.jobs import Job
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.options import PromptTokens, Scoring, tokenize
from emotion_core.behavior.scenes import Scene
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.directions import Directions
from emotion_core.tracing.options import Asked, score_options
from emotion_core.tracing.steer import SHARES, OpenWhen

Array = npt.NDArray[np.float64]
Condition = tuple[int, float]  # direction, strength; (0, 0) is unsteered
UNSTEERED: Condition = (0, 0.0)


@dataclass(frozen=True)
class Posed:
    """One way to put a scenario.

    Attributes:
        prompt: The text before the answer.
        answers: The texts that are scored.
        counts: For each, whether it is the behaviour.
    """

    prompt: str
    answers: tuple[str, ...]
    counts: tuple[bool, ...]


def pose(scene: Scene, settings: BehaviorSettings, text: str | None = None) -> list[Posed]:
    """The ways in which a scenario is put; their log-odds are averaged.

    Args:
        scene: With options.
        settings: Whose `form` and `chat` are used.
        text: Instead of the scenario's own.
    """
    text = scene.text if text is None else text
    if settings.form == "text":
        gap = "" if settings.chat or text[-1:].isspace() else " "
        return [Posed(text, tuple(gap + option for option in scene.options), scene.counts)]
    return [_listed(text, scene, order, settings.chat) for order in (1, -1)]


def _listed(text: str, scene: Scene, order: int, chat: bool) -> Posed:
    """Options listed under letters, forwards or backwards, so that a liking for (A) cancels."""
    options, counts = scene.options[::order], scene.counts[::order]
    letters = [chr(ord("A") + i) for i in range(len(options))]
    lines = "".join(f"\n({letter}) {option}" for letter, option in zip(letters, options, strict=True))
    if chat:
        return Posed(text + lines, tuple(f"({letter}" for letter in letters), counts)
    return Posed(f"{text}{lines}\nAnswer: (", tuple(letters), counts)


def ask_scenes(
    model: LoadedModel,
    settings: BehaviorSettings,
    texts: Sequence[tuple[Scene, str]],
    conditions: Sequence[Sequence[Condition]],
    at: Directions,
) -> Job[list[Array]]:
    """Log-odds of the behaviour among the options, as a job that yields after each batch.

    Args:
        model: The model.
        settings: How to ask and what to steer.
        texts: Scenarios with the text that is read before the answer.
        conditions: For each of them, what it is asked under.
        at: What is steered with, at one layer.

    Returns:
        For each text float64 [conditions]; nan where the model broke.

    Raises:
        TextTooLongError: A scenario with its longest option does not fit into the context.
    """
    posed = [pose(scene, settings, text) for scene, text in texts]
    flat = [(i, way) for i, ways in enumerate(posed) for way in ways]
    tokens = tokenize(model, [w.prompt for _, w in flat], [w.answers for _, w in flat], chat=settings.chat)
    asked, owners = [], []
    for k, (i, _) in enumerate(flat):
        for c, condition in enumerate(conditions[i]):
            asked.append(_asked(tokens[k], settings, condition, float(at.scales[0])))
            owners.append((i, c, k))
    gate = None
    if settings.gate is not None and at.gates is not None and at.opens_at is not None:
        looked, opens_at = torch.tensor(at.gates[:, 0]), torch.tensor(at.opens_at[:, 0])
        gate = OpenWhen(looked, opens_at, settings.gate.below)
    bounds = None if at.bounds is None else at.bounds[:, 0]
    scores = yield from score_options(model, asked, at.layers[0], at.values[:, 0], settings.operation, bounds, gate)
    result = [np.zeros(len(own)) for own in conditions]
    for (i, c, k), nats in zip(owners, scores, strict=True):
        result[i][c] += option_log_odds(nats, tokens[k], flat[k][1].counts, settings.scoring) / len(posed[i])
    return result


def _asked(tokens: PromptTokens, settings: BehaviorSettings, condition: Condition, scale: float) -> Asked:
    direction, strength = condition
    n = len(tokens.ids)
    spans = {"both": ((0, n),), "prompt": ((0, n),), "generated": ((n - 1, n),)}[settings.scope]
    longest = max(len(option) for option in tokens.options)
    weights = [settings.schedule.weight(k) if settings.scope != "prompt" else 0.0 for k in range(longest + 1)]
    return Asked(
        tokens.ids,
        tokens.options,
        shared=n - 1,
        direction=direction,
        amount=strength if settings.operation in SHARES else strength * scale,
        spans=spans,
        option_weights=tuple(weights[1:]),
        last_weight=1.0 if settings.scope == "prompt" else weights[0],
    )


def option_log_odds(nats: Array, tokens: PromptTokens, counts: Sequence[bool], scoring: Scoring) -> float:
    """Log-odds of the options that count, given that one of the options is chosen.

    Args:
        nats: float64 [options], sums of log-probabilities.
        tokens: Of the options.
        counts: Which of them count.
        scoring: `sum`, or `mean` per token.
    """
    per = nats / [len(option) for option in tokens.options] if scoring == "mean" else nats
    which = np.array(counts)
    return float(logsumexp(per[which]) - logsumexp(per[~which]))


def draw(probability: Array, answers: int, key: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """How many of the drawn answers count, int64 as `probability`; -1 where there is no probability.

    The same dice for all conditions of one key: the difference between two conditions is not luck.

    Args:
        probability: float64 of any shape.
        answers: Number of answers.
        key: Seed of the dice.
    """
    dice = np.sort(np.random.default_rng([*key, 0xD1]).random(answers))
    found: npt.NDArray[np.int64] = np.searchsorted(dice, np.nan_to_num(probability, nan=0.0)).astype(np.int64)
    return np.where(np.isfinite(probability), found, -1)
