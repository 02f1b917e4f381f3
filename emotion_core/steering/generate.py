"""Writes the texts of a sweep: all strengths, controls and samples of a prompt decode together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from emotion_core.models.loaded import LoadedModel
from emotion_core.runs.progress import Job, Progress
from emotion_core.steering.noise import choose, gumbel
from emotion_core.steering.plan import PlannedRow, blocks, plan_rows
from emotion_core.steering.prompt_tokens import prompt_ids
from emotion_core.steering.settings import SweepSettings
from emotion_core.tracing.activations import FloatArray
from emotion_core.tracing.decode import ROW_MULTIPLE, prefill, spread, step
from emotion_core.tracing.steer import Intervention


@dataclass(frozen=True)
class Written:
    """One generated text.

    Attributes:
        row: What it was asked for.
        prompt_ids: Tokens of the prompt.
        ids: Generated tokens, without the one that ended the text.
        broken: Whether the model produced numbers that are not finite, which ends a text.
    """

    row: PlannedRow
    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    broken: bool


def generate(
    model: LoadedModel,
    settings: SweepSettings,
    layer: int,
    directions: FloatArray,
    scale: float,
    plans: Sequence[list[PlannedRow]] | None = None,
) -> Job[list[Written]]:
    """Generates every row of a sweep, as a job that yields after each decoding step.

    Args:
        model: The model.
        settings: The sweep.
        layer: Steered layer.
        directions: float32 [directions, width], unit length; in a sweep row 0 is the emotion.
        scale: Length of strength 1 in the residual stream.
        plans: Rows of each prompt; those of a sweep where not given.

    Raises:
        TextTooLongError: A prompt leaves no room for the new tokens.
    """
    prompts = [prompt_ids(model, prompt, settings) for prompt in settings.prompts]
    plans = plans or [plan_rows(settings, prompt) for prompt in range(len(prompts))]
    split = [
        (ids, block)
        for ids, rows in zip(prompts, plans, strict=True)
        for block in blocks(rows, _bytes_per_row(model, len(ids) + settings.max_new_tokens))
    ]
    total = settings.max_new_tokens * len(split)
    written: list[Written] = []
    for number, (ids, block) in enumerate(split):
        writing = _write_block(model, settings, ids, block, layer, directions, scale)
        while True:
            try:
                steps = next(writing)
            except StopIteration as stop:
                written += stop.value
                break
            yield Progress(number * settings.max_new_tokens + steps.done, total, "writing texts")
    return written


def first_logits(
    model: LoadedModel,
    settings: SweepSettings,
    rows: Sequence[PlannedRow],
    layer: int,
    directions: FloatArray,
    scale: float,
) -> torch.Tensor:
    """Logits of the first generated token in rows of one prompt, float32 [rows, vocabulary], in one forward pass.

    Raises:
        TextTooLongError: The prompt leaves no room for the new tokens.
    """
    ids = prompt_ids(model, settings.prompts[rows[0].prompt], settings)
    filled = [*rows, *[rows[0]] * (-len(rows) % ROW_MULTIPLE)]
    cache = _steered_prompt(model, settings, ids, filled, layer, directions, scale)
    tokens = torch.full((len(filled),), ids[-1], device=model.info.device)
    _, logits = step(model, tokens, cache, [_intervention(settings, filled, layer, directions, scale)])
    return logits[: len(rows)]


def _write_block(
    model: LoadedModel,
    settings: SweepSettings,
    ids: tuple[int, ...],
    block: Sequence[PlannedRow],
    layer: int,
    directions: FloatArray,
    scale: float,
) -> Job[list[Written]]:
    filler = [block[0]] * (-len(block) % ROW_MULTIPLE)
    rows = [*block, *filler]
    edit = _intervention(settings, rows, layer, directions, scale)
    cache = _steered_prompt(model, settings, ids, rows, layer, directions, scale)
    tokens = torch.full((len(rows),), ids[-1], device=model.info.device)  # (rows,)
    stop_ids = torch.tensor(sorted(model.stop_ids), device=model.info.device)
    running = torch.tensor([i < len(block) for i in range(len(rows))], device=model.info.device)
    broken = torch.zeros_like(running)
    emitted: list[list[int]] = [[] for _ in rows]
    for t in range(settings.max_new_tokens):
        steering = [edit] if settings.scope != "prompt" or t == 0 else []
        cache, logits = step(model, tokens, cache, steering)
        broken |= running & ~torch.isfinite(logits).all(-1)
        noise = _noise(settings, rows, t, logits.shape[-1])
        tokens = choose(torch.nan_to_num(logits), noise, settings.temperature, settings.top_p)
        running &= ~broken & ~torch.isin(tokens, stop_ids)
        for i in running.nonzero().flatten().tolist():
            emitted[i].append(int(tokens[i]))
        yield Progress(t + 1, settings.max_new_tokens, "writing texts")
        if not running.any():
            break
    flags = broken.tolist()
    return [Written(row, ids, tuple(emitted[i]), flags[i]) for i, row in enumerate(block)]


def _steered_prompt(
    model: LoadedModel,
    settings: SweepSettings,
    ids: tuple[int, ...],
    rows: Sequence[PlannedRow],
    layer: int,
    directions: FloatArray,
    scale: float,
) -> object:
    """Cache of the prompt without its last token, a row each; None for a prompt of one token."""
    if len(ids) == 1:
        return None
    if settings.scope == "generated":
        return spread(prefill(model, ids[:-1]), [0] * len(rows))
    first = {row.condition: row for row in reversed(rows)}  # one row a condition, whatever the sample
    conditions = list(first)
    distinct = [first[c] for c in conditions]
    distinct += [distinct[0]] * (-len(distinct) % ROW_MULTIPLE)
    edit = _intervention(settings, distinct, layer, directions, scale)
    cache = prefill(model, ids[:-1], [edit], rows=len(distinct))
    return spread(cache, [conditions.index(row.condition) for row in rows])


def _intervention(
    settings: SweepSettings, rows: Sequence[PlannedRow], layer: int, directions: FloatArray, scale: float
) -> Intervention:
    amounts = np.array([row.strength for row in rows], dtype=np.float32)
    if settings.operation != "project_out":
        amounts = amounts * np.float32(scale)
    chosen = directions[[row.direction for row in rows]]  # (rows, width)
    return Intervention(layer, settings.operation, torch.from_numpy(chosen), torch.from_numpy(amounts))


def _noise(settings: SweepSettings, rows: Sequence[PlannedRow], t: int, vocabulary: int) -> torch.Tensor | None:
    """Noise of every row, float32 [rows, vocabulary]; zero in greedy rows; None where all are greedy."""
    if all(row.greedy for row in rows):
        return None
    prompt = settings.prompts[rows[0].prompt]
    streams = sorted({row.sample for row in rows if not row.greedy})
    drawn = torch.stack([gumbel(settings.seed, prompt, s, t, vocabulary) for s in streams])
    place = {s: i for i, s in enumerate(streams)}
    noise = drawn[[place.get(row.sample, 0) for row in rows]]
    noise[[row.greedy for row in rows]] = 0.0
    return noise


def _bytes_per_row(model: LoadedModel, tokens: int) -> int:
    itemsize = 4 if model.info.dtype == "float32" else 2
    return 2 * model.info.layers * model.info.width * tokens * itemsize
