"""The cheapest dose-response: what steering does to the next token, before any text is sampled.

All strengths are rows of one decoding step at the prompt's last token. The measure is the log-probability of the tokens
that the direction itself points at through the unembedding (its logit lens). Any direction raises its own tokens, so
every control is measured on *its* own ones: an emotion counts where it raises its tokens more than directions that mean
nothing raise theirs. A second measure needs no lens: what each emotion does to the emotions' own words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from emotion_core.base.activations import ActivationCache, FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.later import torch
from emotion_core.base.numbers import finite
from emotion_core.evaluation.controls import KINDS, Kind, hardest, rank_p
from emotion_core.models.loaded import LoadedModel
from emotion_core.stats.intervals import adjusted
from emotion_core.steering.directions import (
    Directions,
    control_pushes,
    emotion_units,
    layer_scales,
    read_layer,
    read_material,
    steered_layers,
    steered_vector,
    with_thresholds,
)
from emotion_core.steering.generate import first_logits
from emotion_core.steering.settings import PlannedRow, SweepSettings
from emotion_core.steering.summary import mostly_alike
from emotion_core.tracing.logit_lens import unembedded
from emotion_core.tracing.options import Asked, score_options
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model

# Words that were given beforehand: how much a direction changes their probability as the next word of a reply.
#
# A direction's own lens tokens are found with the direction, so that it raises them is no news. These words are not.

Array = npt.NDArray[np.float64]


def word_changes(
    model: LoadedModel,
    begun: Sequence[tuple[tuple[int, ...], int]],
    words: Sequence[Sequence[int]],
    layer: int,
    directions: FloatArray,
    amount: float,
) -> Job[Array]:
    """Change of the log of the summed probability of each word's forms, in nats, as a job.

    The direction is added from the last token of the header to the end of the reply that was begun.

    Args:
        model: The model.
        begun: Tokens of each prompt with the reply that was begun, and the place of the header's last one.
        words: For each word the first token of each of its forms.
        layer: Steered layer.
        directions: float32 [directions, width], unit length.
        amount: Length that is added, in the units of the residual stream.

    Returns:
        float64 [prompts, directions, words].
    """
    tokens = list(dict.fromkeys(token for forms in words for token in forms))
    options = tuple((token,) for token in tokens)
    asked = []
    for ids, header in begun:
        span = ((header, len(ids)),)
        asked.append(Asked(ids, options, shared=header))
        asked += [
            Asked(ids, options, shared=header, direction=d, amount=amount, spans=span) for d in range(len(directions))
        ]
    scores = yield from score_options(model, asked, layer, directions)
    table = np.stack(scores).reshape(len(begun), 1 + len(directions), len(tokens))
    columns = [[tokens.index(token) for token in dict.fromkeys(forms)] for forms in words]
    logs = np.stack([logsumexp(table[:, :, own], axis=2) for own in columns], axis=2)
    result: Array = logs[:, 1:] - logs[:, :1]
    return result


def first_tokens(model: LoadedModel, words: Sequence[str]) -> torch.Tensor:
    """First token of each word inside a sentence, int64 [words]."""
    ids = [model.tokenizer(f" {word}", add_special_tokens=False)["input_ids"] for word in words]
    blank = model.tokenizer(" ", add_special_tokens=False)["input_ids"]
    # Some tokenizers spell the blank as a token of its own, which says nothing about the word.
    firsts = [one[1] if len(one) > 1 and one[:1] == blank else one[0] for one in ids]
    return torch.tensor(firsts)


Floats = npt.NDArray[np.floating[Any]]

# Tokens that stand for a direction.
LENS_TOKENS = 20
# Controls of each kind: a step is cheap, and p can then go down to 1 / 101.
CONTROLS_A_KIND = 100
# Emotions whose words are compared with each other.
MOST_WORDS = 12
# Controls of a kind with which the spread of what they do to a word is known.
FEWEST_CONTROLS = 8
# Rows of a forward pass: logits are float32 [rows, vocabulary].
_ROWS = 256


@dataclass(frozen=True)
class NextTokenDose:
    """Change at the next token, strength by strength.

    Attributes:
        settings: What was asked for.
        layer: Steered layer.
        tokens: The tokens that the direction points at most, the strongest first.
        strengths: Ascending, 0 among them.
        change: float32 [strengths], mean change of their log-probability in nats over tokens and prompts; nan where
            the model broke.
        band: float32 [strengths, 2], what 95 % of the controls of the hardest kind do to their own tokens, straight
            lines between the strengths that controls are steered at; nan beyond those and without controls.
        divergence: float32 [strengths], nats (Kullback-Leibler) from the unsteered next-token distribution.
        tested: Strengths that controls are steered at, and that the slopes go through.
        slope: Of the change through 0 at the tested strengths, nats a unit of strength; nan where there are none.
        kinds: Kind of each control that could be read.
        control_slopes: float32 [controls], the same of each control on its own tokens.
        p_value: Share of the controls of the hardest kind that do at least as much, by rank; nan without controls.
        hardest: The kind of control that the emotion stands out least from; empty without controls.
        word_strength: Strength at which the words are looked at.
        words: The emotions whose words are looked at.
        word_changes: float32 [steered, words], change of the log-probability of the first token of an emotion's word.
        word_band: float32 [words, 2], what 95 % of the controls do to a word.
        word_p: float64 [words], p of each emotion's change of its own word, corrected for all of them (Benjamini and
            Hochberg).
    """

    settings: SweepSettings
    layer: int
    tokens: tuple[str, ...]
    strengths: tuple[float, ...]
    change: FloatArray
    band: FloatArray
    divergence: FloatArray
    tested: tuple[float, ...] = ()
    slope: float = float("nan")
    kinds: tuple[str, ...] = ()
    control_slopes: FloatArray | None = None
    p_value: float = float("nan")
    hardest: str = ""
    word_strength: float = 0.0
    words: tuple[str, ...] = ()
    word_changes: FloatArray | None = None
    word_band: FloatArray | None = None
    word_p: FloatArray | None = None

    @property
    def evidence(self) -> bool:
        """Whether the emotion moves its own tokens beyond what controls do to theirs: one test for all strengths.

        Up, or down where steering takes away (project out).
        """
        return bool(self.p_value <= 0.05)

    def to_json(self) -> dict[str, Any]:
        """As a JSON object; what cannot be had is None."""
        rows = zip(self.strengths, self.change, self.band, self.divergence, strict=True)
        own = {} if self.word_changes is None else dict(zip(self.words, np.diagonal(self.word_changes), strict=True))
        return {
            "layer": self.layer,
            "tokens": list(self.tokens),
            "rows": [
                {
                    "strength": strength,
                    "change": finite(change),
                    "null_low": finite(low),
                    "null_high": finite(high),
                    "divergence": finite(nats),
                }
                for strength, change, (low, high), nats in rows
            ],
            "evidence": self.evidence,
            "p_value": finite(self.p_value),
            "slope": finite(self.slope),
            "tested_strengths": list(self.tested),
            "controls": {kind: self.kinds.count(kind) for kind in KINDS if kind in self.kinds},
            "hardest_controls": self.hardest or None,
            "word_strength": self.word_strength,
            "own_words": {word: finite(change) for word, change in own.items()},
            "words": [
                {
                    "word": word,
                    "changes": {e: finite(c) for e, c in zip(self.words, self.word_changes[:, j], strict=True)},
                    "null_low": finite(self.word_band[j, 0]),
                    "null_high": finite(self.word_band[j, 1]),
                    "own_p_value": finite(self.word_p[j]),
                }
                for j, word in enumerate(self.words)
                if self.word_changes is not None and self.word_band is not None and self.word_p is not None
            ],
        }


def next_token_dose(
    model: LoadedModel, vectors: EmotionVectors, settings: SweepSettings, cache: ActivationCache | None = None
) -> Job[NextTokenDose]:
    """Steers the next token of every prompt at all strengths, as a job that yields after each pass.

    Args:
        model: The model.
        vectors: What to steer with.
        settings: As of a sweep; samples, decoding, the number of tokens and of controls play no part.
        cache: Activations of neutral and training texts that were read before.

    Raises:
        VectorFileError: The vectors belong to another model, or have no such emotion.
        SettingsError: The layer does not exist, or the vector there has no length.
        TextTooLongError: A prompt leaves no room for a token.
    """
    require_model(vectors, model.info)
    settings = replace(settings, max_new_tokens=1, shuffles=0, others=(), words="")
    layer = read_layer(settings, vectors, vectors.layer_of(settings.emotion))
    layers = steered_layers(settings, layer)
    steered = steered_vector(settings, vectors, settings.emotion, layers)
    words = (settings.emotion, *(e for e in vectors.emotions if e != settings.emotion))[:MOST_WORDS]
    units = emotion_units(vectors, words, layers)
    scales = layer_scales(settings, vectors, layers)
    material = yield from read_material(model, vectors, cache)
    total = CONTROLS_A_KIND * len(KINDS)
    pushes = control_pushes(vectors, (settings.emotion,), total, settings, layer, material, most=CONTROLS_A_KIND)
    index = list(range(len(pushes.kinds)))
    at = Directions(layers, np.concatenate([steered[None], pushes.values[index], units]), scales)
    at = yield from with_thresholds(model, vectors, settings, at)
    lens = unembedded(model, np.concatenate([steered[None], pushes.values[index]]).sum(axis=1), LENS_TOKENS)
    spelled = first_tokens(model, words)
    # The emotion at every strength; then the controls where the emotion's numbers are finite, at a few of them.
    own, divergence, _ = yield from _changes(
        model, settings, at, [(0, s) for s in settings.strengths], [lens[0]] * len(settings.strengths), spelled
    )
    whole = [s for s, c in zip(settings.strengths, own, strict=True) if np.isfinite(c)]
    tested = tested_strengths(whole)
    n = len(index)
    cells = [(1 + k, s) for s in tested for k in range(n)]
    flat, _, theirs = yield from _changes(model, settings, at, cells, [lens[d] for d, _ in cells], spelled)
    controls = flat.reshape(len(tested), n)  # (tested, controls)
    readable: npt.NDArray[np.bool_] = np.atleast_1d(np.isfinite(controls).all(axis=0))
    kinds = tuple(pushes.kinds[i] for i, known in zip(index, readable, strict=True) if known)
    controls = controls[:, readable]
    doses = np.array(tested)
    squares = float((doses**2).sum())
    change = np.array([own[settings.strengths.index(s)] for s in tested])
    slope = float(doses @ change / squares) if tested else float("nan")
    slopes = doses @ controls / squares if tested else np.zeros(0)
    sign = settings.sign
    kind, p = _by_kind(sign * slope, sign * slopes, kinds)
    strength = min((s for s in tested if s > 0), default=min(tested, key=abs, default=0.0))
    _, _, by_word = yield from _changes(
        model, settings, at, [(1 + n + e, strength) for e in range(len(words))], [lens[0]] * len(words), spelled
    )
    place = tested.index(strength) if tested else 0
    word_null = theirs.reshape(len(tested), n, len(words))[place][readable] if tested else np.zeros((0, len(words)))
    return NextTokenDose(
        settings=settings,
        layer=layer,
        tokens=tuple(model.decode([i]) for i in lens[0].tolist()),
        strengths=settings.strengths,
        change=own.astype(np.float32),
        band=_band(settings.strengths, tested, controls[:, [k == kind for k in kinds]]),
        divergence=divergence.astype(np.float32),
        tested=tested,
        slope=slope,
        kinds=kinds,
        control_slopes=slopes.astype(np.float32),
        p_value=p,
        hardest=kind,
        word_strength=strength,
        words=words,
        word_changes=by_word.astype(np.float32),
        word_band=_quantiles(word_null),
        word_p=_own_words(sign * by_word, sign * word_null, kinds).astype(np.float32),
    )


def tested_strengths(strengths: Sequence[float]) -> tuple[float, ...]:
    """Strengths that controls are steered at: the outermost of each sign, and the one nearest to half of it."""
    chosen: set[float] = set()
    for side in (-1, 1):
        own = [s for s in strengths if s * side > 0]
        if own:
            outer = max(own, key=abs)
            chosen |= {outer, min(own, key=lambda s: (abs(s - outer / 2), abs(s)))}
    return tuple(sorted(chosen))


def next_token_size(settings: SweepSettings) -> tuple[int, int]:
    """Texts, and tokens each, that a dose-response is as large as: controls are rows of one step, not texts."""
    texts = len(settings.prompts) * len(settings.strengths)
    rows = len(tested_strengths(settings.strengths)) * CONTROLS_A_KIND * len(KINDS) + MOST_WORDS
    return texts, 1 + -(-rows // len(settings.strengths))


def lens_tokens(model: LoadedModel, unit: FloatArray) -> torch.Tensor:
    """Tokens whose unembedding lies most along a direction beyond the mean of all tokens, int64 [LENS_TOKENS]."""
    return unembedded(model, unit[None], LENS_TOKENS)[0]


def _changes(
    model: LoadedModel,
    settings: SweepSettings,
    at: Directions,
    cells: Sequence[tuple[int, float]],
    lens: Sequence[torch.Tensor],
    spelled: torch.Tensor,
) -> Job[tuple[Floats, Floats, Floats]]:
    """Of each (direction, strength): change of its tokens, divergence, change of the words; means over the prompts."""
    changes, divergences, words = [], [], []
    parts = [range(i, min(i + _ROWS, len(cells))) for i in range(0, len(cells), _ROWS)]
    for prompt in range(len(settings.prompts)):
        for part in parts:
            rows = [PlannedRow(prompt, 0, 0, 0.0), *(PlannedRow(prompt, 0, *cells[i]) for i in part)]
            wanted = AgainstUnsteered(torch.stack([lens[0], *(lens[i] for i in part)]), spelled)
            found = first_logits(model, settings, rows, at, wanted)[1:].cpu().numpy()
            changes.append(found[:, 0])
            divergences.append(found[:, 1])
            words.append(found[:, 2:])
            yield Progress(prompt + 1, len(settings.prompts), "next tokens")
    n = len(settings.prompts)

    def mean(parts: list[Floats]) -> Floats:
        if not parts:
            return np.zeros(0)
        averaged: Floats = np.concatenate(parts).reshape(n, len(cells), *parts[0].shape[1:]).mean(axis=0)
        return averaged

    return mean(changes), mean(divergences), mean(words)


@dataclass(frozen=True)
class AgainstUnsteered:
    """What steering does to the next token, beside row 0. It is sent along to where a model runs (`decode.Keep`).

    Attributes:
        lens: int64 [rows, tokens], tokens of each row; what is there beyond them is not looked at.
        words: int64 [words], tokens that are looked at in every row.
    """

    lens: torch.Tensor
    words: torch.Tensor

    def __call__(self, logits: torch.Tensor) -> torch.Tensor:
        """Of float32 [rows or more, vocabulary] the figures of each row, float32 [rows, 2 + words].

        They are the change of the mean log-probability of its tokens, the divergence, both nan in a row with a number
        that is not finite, and the change of the log-probability of each word, nan where that is not finite.
        """
        logits = logits[: len(self.lens)]
        broken = ~torch.isfinite(logits).all(-1)
        nats = torch.nan_to_num(logits).log_softmax(-1)
        own = self.lens.to(nats.device)
        change = (nats.gather(1, own) - nats[0].expand_as(nats).gather(1, own)).mean(-1)
        divergence = (nats.exp() * (nats - nats[0])).sum(-1)
        figures = torch.stack([change, divergence], dim=1).masked_fill(broken[:, None], torch.nan)
        named = logits.log_softmax(-1)[:, self.words.to(logits.device)]
        changed = named - named[0]
        return torch.cat([figures, changed.masked_fill(~torch.isfinite(changed), torch.nan)], dim=1)


def _by_kind(slope: float, slopes: Floats, kinds: Sequence[str]) -> tuple[Kind | Any, float]:
    """The kind of control that the slope stands out least from, and its p by rank."""
    own = np.array(kinds)
    if len(slopes) and mostly_alike(slopes):
        return "", float("nan")
    p_values = {kind: float(rank_p(slope, slopes[own == kind])) for kind in KINDS if kind in kinds}
    return hardest(p_values) if p_values else ("", float("nan"))


def _own_words(changes: Floats, null: Floats, kinds: Sequence[str]) -> Floats:
    """The p-value of each emotion's change of its own word, corrected for all of them, float64 [words].

    By rank among what the controls of a kind do to any of the words, each in standard deviations of the other controls
    over the mean of what they do to that word. Among the controls on its own word alone p could not go below 1 / 101,
    and nothing would be left of it after the correction for a dozen words.
    """
    own, by_kind = np.array(kinds), []
    for kind in KINDS:
        some = null[own == kind]
        known = np.isfinite(some).all(axis=0)  # a word that the model never writes has no p, and takes none away
        if len(some) >= FEWEST_CONTROLS and known.any():
            beside = np.stack([_standardised(np.delete(some, i, axis=0), row)[known] for i, row in enumerate(some)])
            p_values = rank_p(_standardised(some, np.diagonal(changes)), beside.reshape(-1, 1))
            by_kind.append(np.where(known, p_values, np.nan))
    return adjusted(np.max(by_kind, axis=0)) if by_kind else np.full(len(changes), np.nan)


def _standardised(controls: Floats, change: Floats) -> Floats:
    """Changes of words, float64 [words], in standard deviations of controls [controls, words] over their mean."""
    spread = controls.std(axis=0, ddof=1)
    result: Floats = np.divide(change - controls.mean(axis=0), spread, out=np.zeros(len(spread)), where=spread > 0)
    return result


def _band(strengths: Sequence[float], tested: Sequence[float], controls: Floats) -> Floats:
    """What 95 % of controls do at each strength, float32 [strengths, 2]; nan beyond the tested ones.

    Args:
        strengths: Ascending.
        tested: Strengths that controls were steered at.
        controls: float32 [tested, controls].
    """
    if not len(tested) or not controls.shape[1]:
        return np.full((len(strengths), 2), np.nan, dtype=np.float32)
    known = {0.0: (0.0, 0.0)} | dict(zip(tested, _quantiles(controls.T), strict=True))
    at = sorted(known)
    ends = np.array([known[s] for s in at])
    lines = [np.interp(strengths, at, ends[:, k], left=np.nan, right=np.nan) for k in (0, 1)]
    return np.stack(lines, axis=1).astype(np.float32)


def _quantiles(controls: Floats) -> Floats:
    """Ends of the middle 95 % of controls, float32 [columns, 2] from [controls, columns]; nan without controls."""
    if not len(controls):
        return np.full((controls.shape[1], 2), np.nan, dtype=np.float32)
    return np.nanquantile(controls, (0.025, 0.975), axis=0).T.astype(np.float32)
