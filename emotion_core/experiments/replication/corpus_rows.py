"""Row 3: do the passages of a corpus that read highest show the emotion?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job
from emotion_core.charts.replication import marks
from emotion_core.evaluation.controls import neutral_units, relabelled
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.replication.core import story_words
from emotion_core.experiments.replication.finding import Finding, found, not_testable
from emotion_core.experiments.replication.rule import DOES_NOT, UNTOLD, Array, band, condition, over_units
from emotion_core.geometry.word_forms import known_form
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.library import load_marked_passages, load_neutral_dialogues
from emotion_core.tracing.record import project_tokens, record
from emotion_core.vectors.build import NEUTRAL_SET, neutral_texts, training
from emotion_core.vectors.estimate import LabelledRows

WINDOW = 10  # tokens whose mean reading stands for a passage: the best ones
BEST = 10  # passages of a register that are looked at: 20 in both
PIECE = 27  # words of a piece of a neutral dialogue, as many as the other passages have
SHUFFLED, MIXES = 64, 32

Register = Literal["prose", "messages"]


class Passage(NamedTuple):
    """A text of the corpus; `emotion` is empty for a neutral one."""

    text: str
    register: Register
    emotion: str = ""


def corpus() -> tuple[Passage, ...]:
    """Marked passages among neutral ones of the same two registers and about the same length."""
    marked = [
        Passage(one.text, "prose" if one.kind in ("encyclopedia", "news") else "messages", one.emotion)
        for one in load_marked_passages()
    ]
    prose = [Passage(t.text, "prose") for t in load_prompts(NEUTRAL_SET).texts]
    messages = []
    for dialogue in load_neutral_dialogues():
        piece: list[str] = []
        for turn in dialogue.turns:
            piece.append(turn.content)
            if len(" ".join(piece).split()) >= PIECE:
                messages.append(Passage(" ".join(piece), "messages"))
                piece = []
    return (*marked, *prose, *messages)


def strongest(bench: Bench) -> Job[Finding]:
    """Row 3: of the 20 passages that read highest on an emotion, how many were written to show it?"""
    vectors, model, layer = bench.vectors, bench.model, bench.vectors.selected_layer
    passages = [one for one in corpus() if not one.emotion or known_form(one.emotion, vectors.emotions)]
    named = list(dict.fromkeys(one.emotion for one in passages if one.emotion))
    material = yield from training(model, vectors, bench.cache)
    block = next((one for one in material.blocks if isinstance(one, LabelledRows)), None)
    if len(named) < 8 or block is None:
        return not_testable(3, f"the vectors have {len(named)} of the twelve emotions")
    own_names = [str(known_form(emotion, vectors.emotions)) for emotion in named]
    columns = [vectors.index(emotion) for emotion in own_names]
    rng, n = np.random.default_rng(0), len(named)
    values = np.ascontiguousarray(material.values[:, [layer]])
    shuffled = [material.estimate([one], values=values)[columns, 0] for one in relabelled(block, SHUFFLED, rng)]
    neutral = yield from record(model, neutral_texts(model, vectors.reading), vectors.reading, bench.cache)
    mixes = neutral_units(neutral.values[:, [layer]], MIXES * n, rng)[:, 0]
    directions = np.concatenate([vectors.units[columns, layer], *shuffled, mixes]).astype(np.float32)
    encodings = [model.encode(one.text, chat=False) for one in passages]
    read = yield from project_tokens(model, encodings, layer, directions)
    content = [[i for i, inside in enumerate(e.content) if inside and i] for e in encodings]
    scores = np.stack([best_window(one[own]) for one, own in zip(read, content, strict=True)])  # (passages, directions)
    truth = np.array([named.index(one.emotion) if one.emotion else -1 for one in passages])
    groups = [np.flatnonzero([one.register == register for one in passages]) for register in ("prose", "messages")]
    sets = scores.reshape(len(passages), -1, n)  # (passages, sets, emotions)
    precision = np.stack([precision_of(sets[:, k], truth, groups) for k in range(sets.shape[1])])  # (sets, emotions)
    counted = precision_of(story_words(bench, [one.text for one in passages], own_names), truth, groups)
    means = precision.mean(axis=1)
    one, mixed = over_units(precision[0], means[1 : 1 + SHUFFLED]), over_units(precision[0], means[1 + SHUFFLED :])
    holds = one.low > max(one.null_high, mixed.null_high) and one.value >= 0.5
    rival = float(counted.mean())
    share = f"{one.value:.0%} of the strongest 20 were written to show it, half is asked"
    short = share if one.value < 0.5 else "not beyond directions without a meaning"
    judged = condition(
        holds,
        max(one.against_null(), mixed.against_null()),
        "beyond shuffled directions, and at least half of the 20",
        DOES_NOT if one.high < rival else UNTOLD,
        f"below a count of words ({rival:.2f})" if one.high < rival else short,
    )
    top = [passages[int(sets[:, 0, e].argmax())] for e in range(n)]
    facts = [
        ("a count of words that the stories use", f"{rival:.2f}"),
        ("mixes of neutral texts", f"{means[1 + SHUFFLED :].mean():.2f}, up to {means[1 + SHUFFLED :].max():.2f}"),
        (
            "passages",
            f"{len(passages)}, {int((truth >= 0).sum())} of them marked, in two registers",
        ),
        *(
            (f"reads highest on {emotion}", f"{one_top.text} ({one_top.emotion or 'neutral'})")
            for emotion, one_top in zip(named, top, strict=True)
        ),
        ("layer", str(layer)),
    ]
    chart = marks(
        "points",
        "Share of the 20 passages that read highest which were written to show the emotion",
        ("precision at 20", ""),
        [(e, "vectors", float(precision[0, i]), 0.0) for i, e in enumerate(named)]
        + [(e, "count of words", float(counted[i]), 0.0) for i, e in enumerate(named)],
        null=band(precision[1 : 1 + SHUFFLED]),  # of single emotions, as the points are
    )
    return found(3, "precision at 20, mean over emotions", one, judged, n, facts, [chart])


def best_window(readings: FloatArray) -> Array:
    """Highest mean reading over ten tokens in a row, float64 [directions], of float32 [tokens, directions]."""
    rows = np.asarray(readings, np.float64)
    if len(rows) <= WINDOW:
        return np.asarray(rows.mean(axis=0), np.float64)
    sums = np.cumsum(np.concatenate([np.zeros((1, rows.shape[1])), rows]), axis=0)
    result: Array = ((sums[WINDOW:] - sums[:-WINDOW]) / WINDOW).max(axis=0)
    return result


def precision_of(scores: Array, truth: np.ndarray, groups: Sequence[np.ndarray]) -> Array:
    """Share of the ten highest passages of each register that are the emotion's own, float64 [emotions].

    Args:
        scores: float64 [passages, emotions].
        truth: int64 [passages], -1 for neutral ones.
        groups: Passages of each register.
    """
    hits = np.zeros(scores.shape[1])
    for own in groups:
        highest = own[np.argsort(-scores[own], axis=0, kind="stable")[:BEST]]  # (ten, emotions)
        hits += (truth[highest] == np.arange(scores.shape[1])).sum(axis=0)
    result: Array = hits / (BEST * len(groups))
    return result
