"""A steering sweep from settings to result: write the texts, read them without steering, compare with controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emotion_core.base.activations import ActivationCache, FloatArray, ModelInfo
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.evaluation.controls import shuffled_units
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.directions import (
    Directions,
    GatesOf,
    Pushes,
    Yardsticks,
    control_pushes,
    read_layer,
    read_material,
    steered_layers,
    sweep_directions,
    with_thresholds,
    yardsticks,
)
from emotion_core.steering.generate import CONTROLS, Written, generate, never, plan_controls, plan_rows
from emotion_core.steering.settings import SweepSettings, is_control
from emotion_core.steering.summary import (
    Comparison,
    Role,
    SlopeTest,
    StrengthSummary,
    SweepSummary,
    first_difference,
    interval_words,
    longest_loop,
    outer_strengths,
    repetition,
    summarise,
    window_of,
)
from emotion_core.tracing.score import Continuation, Scores, score
from emotion_core.vectors.build import unknown_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model

# Generated texts token by token: how surprising each token is without steering, and how it reads.


@dataclass(frozen=True)
class TokenValues:
    """Tokens of texts, one after the other.

    Attributes:
        pieces: For each text its tokens as they are spelled.
        surprise: float32 [all tokens], nats under the unsteered model.
        readings: float32 [all tokens], reading of the emotion in standard deviations of the unsteered texts' tokens;
            0 where these do not vary.
        usual: Mean and standard deviation of the surprise of the unsteered texts' tokens.
    """

    pieces: tuple[tuple[str, ...], ...]
    surprise: FloatArray
    readings: FloatArray
    usual: tuple[float, float]

    def of(self, text: int) -> tuple[tuple[str, ...], FloatArray, FloatArray]:
        """Tokens, surprise and readings of one text."""
        start = sum(len(one) for one in self.pieces[:text])
        end = start + len(self.pieces[text])
        return self.pieces[text], self.surprise[start:end], self.readings[start:end]


def token_values(
    model: LoadedModel, written: Sequence[Written], scores: Scores, along: int, kept: Sequence[int]
) -> TokenValues:
    """Values of the tokens of some texts.

    Args:
        model: The model.
        written: All texts.
        scores: Of all texts, with the projections of their tokens.
        along: Direction of the scores that the tokens are read along.
        kept: Texts that are wanted.
    """
    baseline = [i for i, w in enumerate(written) if w.row.unsteered and not w.broken]
    nats, usual = (
        _joined([scores.surprise[i] for i in baseline]),
        _joined([scores.tokens[i][:, along] for i in baseline]),
    )
    mean, spread = (float(usual.mean()), float(usual.std())) if len(usual) > 1 else (0.0, 0.0)
    along_tokens = _joined([scores.tokens[i][:, along] for i in kept])
    readings = (along_tokens - mean) / spread if spread > 0 else np.zeros_like(along_tokens)
    return TokenValues(
        pieces=tuple(tuple(model.pieces(list(written[i].ids))) for i in kept),
        surprise=_joined([scores.surprise[i] for i in kept]),
        readings=readings.astype(np.float32),
        usual=(float(nats.mean()), float(nats.std())) if len(nats) > 1 else (0.0, 1.0),
    )


def _joined(parts: Sequence[FloatArray]) -> FloatArray:
    whole: FloatArray = np.concatenate([np.zeros(0, np.float32), *parts]).astype(np.float32)
    return whole


@dataclass(frozen=True)
class SweepRow:
    """One generated text with its measures.

    Attributes:
        direction: `emotion`, `control-K`, `far-K`, `shuffled-K`, another emotion, or `in words` (prompt-only rival).
        strength: In the units of the settings.
        prompt: The prompt.
        sample: Number of the noise stream it shares with the other strengths.
        text: The continuation.
        emotion_score: Reading of the emotion on the generated tokens by the unsteered model, in standard deviations
            of the unsteered texts of the same prompt; None where nothing was generated.
        surprise: Mean nats a generated token under the unsteered model; None where nothing was generated.
        repetition: Share of 4-grams that stood in the text before.
        loop: Tokens in the longest stretch that repeats itself.
        differs_at: First token that differs from the unsteered text of the same prompt and sample; None if none does.
        broken: The model produced numbers that are not finite.
        own_score: Reading along the direction that the text was steered along, in the same way.
    """

    direction: str
    strength: float
    prompt: str
    sample: int
    text: str
    emotion_score: float | None
    surprise: float | None
    repetition: float
    loop: int
    differs_at: int | None
    broken: bool
    own_score: float | None = None


@dataclass(frozen=True)
class Sweep:
    """Result of a sweep.

    Attributes:
        settings: What was asked for.
        model: The model.
        layer: The read layer, which is also the steered one unless `layers` says otherwise.
        scale: Length of strength 1 in the residual stream; over several layers the sum of their shares.
        emotions: Names of the last axis of `readings`.
        rows: All reported texts but the rival's, in order of prompt, strength, direction, sample.
        readings: float32 [rows, emotions], standardised like `emotion_score`.
        strengths: One summary a strength.
        usable_window: Lowest and highest strength of the coherent stretch around 0.
        limits: Highest surprise and repetition that count as coherent.
        layers: The steered layers.
        comparisons: Named controls: label-shuffled vectors, other emotions, the prompt-only rival.
        in_words: Texts of the prompt-only rival, in order of prompt and sample.
        partial: What is missing because the sweep was stopped; empty where nothing is.
        tokens: Of the rows and, after them, of the rival's texts.
        control_kinds: Kind of each control and far control; they are written at the two ends of the usable window.
        test: The verdict in figures; None where nothing could be tested.
        natural_sd: Standard deviations of neutral texts along the direction that strength 1 is; None if not known.
        side_differences: Differences between the two sides of the training texts that strength 1 is, in the same way.
        least_surprise: Lowest surprise that counts as coherent.
    """

    settings: SweepSettings
    model: ModelInfo
    layer: int
    scale: float
    emotions: tuple[str, ...]
    rows: tuple[SweepRow, ...]
    readings: FloatArray
    strengths: tuple[StrengthSummary, ...]
    usable_window: tuple[float, float]
    limits: tuple[float, float]
    layers: tuple[int, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    in_words: tuple[SweepRow, ...] = ()
    partial: str = ""
    tokens: TokenValues | None = None
    control_kinds: tuple[str, ...] = ()
    test: SlopeTest | None = None
    natural_sd: float | None = None
    side_differences: float | None = None
    least_surprise: float = float("-inf")

    @property
    def evidence(self) -> bool:
        """Whether the emotion's line is steeper than those of every kind of control."""
        return self.test is not None and self.test.evidence

    @property
    def n_prompts(self) -> int:
        """Prompts that texts were written for: all, unless it was stopped."""
        return len({row.prompt for row in self.rows})

    @property
    def n_controls(self) -> int:
        """Control directions that texts were written with: none where it was stopped before, or nothing was usable."""
        return len({row.direction for row in self.rows if row.direction.startswith("control-")})

    def to_json(self) -> dict[str, Any]:
        """The document of the command line; what cannot be had is None."""
        return {
            "model": {"name": self.model.name, "fingerprint": self.model.fingerprint},
            "emotion": self.settings.emotion,
            "layer": self.layer,
            "unit": self.settings.unit,
            "scale": finite(self.scale),
            "rows": [vars(row) for row in self.rows],
            "summary": [one.to_json() for one in self.strengths],
            "usable_window": list(self.usable_window),
            "limits": {
                "surprise": finite(self.limits[0]),
                "repetition": finite(self.limits[1]),
                "least_surprise": finite(self.least_surprise),
            },
            "test": None if self.test is None else self.test.to_json(),
            "evidence": self.evidence,
            "p_value": None if self.test is None else self.test.controls.p_value,
            "control_kinds": list(self.control_kinds),
            "natural_sd": self.natural_sd,
            "side_differences": self.side_differences,
            "intervals": interval_words(self.n_prompts),
            "layers": list(self.layers),
            "mix": dict(self.settings.mix),
            "comparisons": [one.to_json() for one in self.comparisons],
            "in_words": {"words": self.settings.in_words, "rows": [vars(row) for row in self.in_words]},
            "partial": self.partial or None,
        }


def sweep(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: SweepSettings,
    cache: ActivationCache | None = None,
    stop: Callable[[], bool] = never,
) -> Job[Sweep]:
    """Runs a sweep, as a job that yields after each decoding step.

    Args:
        model: The model.
        vectors: What to steer with.
        settings: How.
        cache: Activations of neutral and training texts that were read before.
        stop: Asked after each decoding step; from then on nothing more is written, and what is there is summarised.

    Raises:
        VectorFileError: The vectors belong to another model, or have no such emotion.
        SettingsError: The layer does not exist, or a vector there has no length.
        TextTooLongError: A prompt leaves no room for the new tokens.
        JobCancelled: It was stopped before the first token.
    """
    require_model(vectors, model.info)
    emotion = vectors.index(settings.emotion)
    layer = read_layer(settings, vectors, vectors.layer_of(settings.emotion))
    layers = steered_layers(settings, layer)
    sweep_directions(replace(settings, shuffles=0), vectors, layer)  # refuses before anything is read
    material = yield from read_material(model, vectors, cache)
    pushes = control_pushes(
        vectors, (settings.emotion,), settings.controls, settings, layer, material, settings.far, gates=settings.gates
    )
    shuffled, named = None, vectors.units[:0, layer]
    if settings.shuffles:
        if material.training is None:
            raise unknown_texts(settings.emotion)
        block, rng = material.training.block_of(settings.emotion), np.random.default_rng([settings.seed, 0x5F])
        drawn = shuffled_units(material.training, block, (*layers, layer), settings.shuffles, rng, settings.emotion)
        shuffled, named = drawn[:, :-1], drawn[:, -1]
    directions = sweep_directions(settings, vectors, layer, pushes.values, shuffled)
    behind = tuple(d for d, name in enumerate(settings.directions) if name.startswith("gate-"))
    gates = GatesOf(behind, pushes.gates) if behind else None
    directions = yield from with_thresholds(model, vectors, settings, directions, gates)
    # Everything is read along the emotions, and every direction that means nothing along itself.
    read = np.concatenate([vectors.units[:, layer], pushes.read, named])
    roles = _roles(settings, vectors, pushes)
    plans = [plan_rows(settings, prompt) for prompt in range(len(settings.prompts))]
    generated = yield from generate(model, settings, directions, plans, settings.in_words, stop)
    measured = yield from _measure(model, generated.written, layer, read, emotion)
    partial = generated.partial
    if partial and settings.controls:
        partial += ", before any text of its controls"
    if not partial and settings.controls + settings.far + settings.gates:
        rows, broken = [w.row for w in measured.written], [w.broken for w in measured.written]
        window = window_of(rows, measured.surprise, measured.repeated, broken)[2]
        outer = outer_strengths(window)
        plans = [plan_controls(settings, prompt, outer) for prompt in range(len(settings.prompts))]
        generated = yield from generate(model, settings, directions, plans, stop=stop, what=CONTROLS, whole=True)
        measured = measured.joined((yield from _measure(model, generated.written, layer, read, emotion)))
        partial = generated.partial
    outcome = summarise(
        [w.row for w in measured.written],
        measured.scores.readings,
        measured.surprise,
        measured.repeated,
        [w.broken for w in measured.written],
        roles,
        falls=settings.sign < 0,
    )
    length = float(directions.scales.sum())
    natural = yardsticks(vectors, settings.emotion, layer, length, material)
    return _result(model, vectors, settings, layer, directions, measured, outcome, roles, natural, partial)


def _roles(settings: SweepSettings, vectors: EmotionVectors, pushes: Pushes) -> list[Role]:
    """What each steered direction is for, and which reading is its own."""
    first = len(vectors.emotions)
    roles = []
    for d, name in enumerate(settings.directions):
        if d == 0:
            roles.append(Role(name, "", vectors.index(settings.emotion)))
        elif is_control(name):
            roles.append(Role(name, pushes.kinds[d - 1], first + d - 1))
        elif name.startswith("shuffled-"):
            roles.append(Role(name, "shuffled", first + d - 1))
        else:
            roles.append(Role(name, "", vectors.index(name)))
    return roles


def _measure(model: LoadedModel, written: list[Written], layer: int, read: FloatArray, emotion: int) -> Job[_Measured]:
    texts = [Continuation((*w.prompt_ids, *w.ids), len(w.prompt_ids)) for w in written]
    scores = yield from score(model, texts, layer, read, every_token=[emotion])
    surprise = np.array([s.mean() if len(s) else np.nan for s in scores.surprise], dtype=np.float64)
    return _Measured(written, scores, surprise, np.array([repetition(w.ids) for w in written], dtype=np.float64))


@dataclass(frozen=True)
class _Measured:
    written: list[Written]
    scores: Scores
    surprise: np.ndarray[Any, Any]
    repeated: np.ndarray[Any, Any]

    def joined(self, more: _Measured) -> _Measured:
        """These texts and more of them."""
        scores = Scores(
            (*self.scores.surprise, *more.scores.surprise),
            np.concatenate([self.scores.readings, more.scores.readings]),
            (*self.scores.tokens, *more.scores.tokens),
        )
        return _Measured(
            [*self.written, *more.written],
            scores,
            np.concatenate([self.surprise, more.surprise]),
            np.concatenate([self.repeated, more.repeated]),
        )


def _result(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: SweepSettings,
    layer: int,
    directions: Directions,
    measured: _Measured,
    outcome: SweepSummary,
    roles: Sequence[Role],
    natural: Yardsticks,
    partial: str,
) -> Sweep:
    emotion, written = vectors.index(settings.emotion), measured.written
    unsteered = {(w.row.prompt, w.row.sample): w.ids for w in written if w.row.unsteered and w.row.reported}
    reported = [i for i, w in enumerate(written) if w.row.reported]
    reported.sort(key=lambda i: (written[i].row.prompt, written[i].row.strength, written[i].row.direction))

    def row(i: int) -> SweepRow:
        one = written[i]
        return SweepRow(
            direction="in words" if one.row.in_words else settings.directions[one.row.direction],
            strength=one.row.strength,
            prompt=settings.prompts[one.row.prompt],
            sample=one.row.sample,
            text=model.decode(list(one.ids)),
            emotion_score=finite(outcome.readings[i, emotion]),
            surprise=finite(measured.surprise[i]),
            repetition=float(measured.repeated[i]),
            loop=longest_loop(one.ids),
            differs_at=first_difference(one.ids, unsteered[one.row.prompt, one.row.sample]),
            broken=one.broken,
            own_score=None if one.row.in_words else finite(outcome.readings[i, roles[one.row.direction].column]),
        )

    rows = [i for i in reported if not written[i].row.in_words]
    in_words = [i for i in reported if written[i].row.in_words]
    return Sweep(
        settings=settings,
        model=model.info,
        layer=layer,
        scale=float(directions.scales.sum()),
        emotions=vectors.emotions,
        rows=tuple(row(i) for i in rows),
        readings=outcome.readings[rows][:, : len(vectors.emotions)],
        strengths=outcome.strengths,
        usable_window=outcome.usable_window,
        limits=outcome.limits[:2],
        layers=directions.layers,
        comparisons=outcome.comparisons,
        in_words=tuple(row(i) for i in in_words),
        tokens=token_values(model, written, measured.scores, 0, [*rows, *in_words]),
        partial=partial,
        control_kinds=tuple(role.kind for role in roles if is_control(role.name)),
        test=outcome.test,
        natural_sd=natural.natural_sd,
        side_differences=natural.side_differences,
        least_surprise=outcome.limits.least_surprise,
    )
