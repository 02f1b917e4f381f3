"""Runs that steer: a sweep, a cross-talk matrix, a dose-response at the next token."""

from __future__ import annotations

from emotion_core.base.numbers import counted
from emotion_core.experiments.experiment import Experiment, Size
from emotion_core.steering.crosstalk import CrossTalk, crosstalk, n_matrix_texts, require_two
from emotion_core.steering.factorial import Factorial, FactorialSettings, factorial, n_factorial_texts
from emotion_core.steering.generate import n_texts
from emotion_core.steering.next_token import NextTokenDose, next_token_dose, next_token_size
from emotion_core.steering.settings import CrossTalkSettings, SweepSettings, WritingSettings
from emotion_core.steering.sweep import Sweep, sweep
from emotion_core.vectors.emotion_vectors import EmotionVectors


def _sweep_label(settings: SweepSettings, vectors: EmotionVectors) -> str:
    prompts, strengths = counted(len(settings.prompts), "prompt"), counted(len(settings.strengths), "strength")
    return f"{settings.emotion}, {prompts}, {strengths}"


def _texts(settings: WritingSettings) -> tuple[str, ...]:
    """Everything that is continued: prompts, and what was said before them."""
    return (*settings.prompts, *(turn.content for turns in settings.before for turn in turns))


def _sweep_size(settings: SweepSettings, vectors: EmotionVectors) -> Size:
    return Size(prompts=_texts(settings), written=n_texts(settings), new_tokens=settings.max_new_tokens)


def _matrix_size(settings: CrossTalkSettings, vectors: EmotionVectors) -> Size:
    texts = n_matrix_texts(settings, len(settings.emotions or vectors.emotions))
    return Size(prompts=_texts(settings), written=texts, new_tokens=settings.max_new_tokens)


def _next_size(settings: SweepSettings, vectors: EmotionVectors) -> Size:
    written, new_tokens = next_token_size(settings)
    return Size(prompts=_texts(settings), written=written, new_tokens=new_tokens)


def _revised(settings: WritingSettings) -> int:
    """Greedy texts were held to the limits of sampled ones; what steering takes away was tested for a rise."""
    return int(settings.decoding == "greedy" or settings.sign < 0)


SWEEP = Experiment(
    kind="sweep",
    asks=SweepSettings,
    gives=Sweep,
    job=lambda bench, settings: sweep(bench.model, bench.vectors, settings, bench.cache, bench.stopped),
    label=_sweep_label,
    size=_sweep_size,
    partial=True,
    revised=_revised,
)
CROSSTALK = Experiment(
    kind="crosstalk",
    asks=CrossTalkSettings,
    gives=CrossTalk,
    job=lambda bench, settings: crosstalk(bench.model, bench.vectors, settings, bench.stopped, bench.cache),
    label=lambda settings, vectors: f"{len(settings.emotions or vectors.emotions)} emotions at {settings.strength:+g}",
    size=_matrix_size,
    check=require_two,
    partial=True,
    revised=_revised,
)
FACTORIAL = Experiment(
    kind="factorial",
    asks=FactorialSettings,
    gives=Factorial,
    job=lambda bench, settings: factorial(bench.model, bench.vectors, settings, bench.stopped, bench.cache),
    label=lambda settings, vectors: f"{settings.first} and {settings.second}, alone and together",
    size=lambda settings, vectors: Size(
        prompts=_texts(settings), written=n_factorial_texts(settings), new_tokens=settings.max_new_tokens
    ),
    partial=True,
    revised=_revised,
)
NEXT_TOKEN = Experiment(
    kind="next-token",
    asks=SweepSettings,
    gives=NextTokenDose,
    job=lambda bench, settings: next_token_dose(bench.model, bench.vectors, settings, bench.cache),
    label=lambda settings, vectors: f"{settings.emotion}, next token, {len(settings.strengths)} strengths",
    size=_next_size,
    revised=_revised,
)
