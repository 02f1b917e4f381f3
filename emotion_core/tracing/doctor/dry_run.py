"""Sends the traces of build, read, sweep and behave through nnsight's serialiser, as NDIF gets them, and runs them.

Meanwhile every module that the service does not have is hidden from the whole process, so this belongs into a process
of its own: the command line or a test, never a server with other threads.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import Job, Progress, run_to_end
from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.decode import TokensSoFar, ahead, prefill, spread, step
from emotion_core.tracing.doctor.check import Check, rounding, verdict
from emotion_core.tracing.doctor.probe import probe_ids, probes
from emotion_core.tracing.envoy import Remote
from emotion_core.tracing.options import Asked, score_options
from emotion_core.tracing.record import Places, project_sums, project_tokens, record
from emotion_core.tracing.steer import Intervention

_REMEDY = "Do not send it: report the message with the versions of nnsight and transformers"


def dry_run(model: LoadedModel) -> Job[tuple[Check, ...]]:
    """One check for each kind of trace: does it survive the serialiser, and give the same numbers as here?"""
    away = replace(model, remote=Remote("dry run"))
    traces: tuple[tuple[str, Callable[[LoadedModel], Any]], ...] = (
        ("build", _build),
        ("read", _read),
        ("sweep", _sweep),
        ("behave", _behave),
    )
    found = []
    for number, (name, trace) in enumerate(traces):
        found.append(_compared(name, trace, model, away))
        yield Progress(number + 1, len(traces), "dry run of the traces")
    return tuple(found)


def _compared(name: str, trace: Callable[[LoadedModel], Any], here: LoadedModel, away: LoadedModel) -> Check:
    title = f"dry run: {name}"
    expected = np.asarray(trace(here), dtype=np.float64)
    try:
        got = np.asarray(trace(away), dtype=np.float64)
    # What a serialiser cannot take shows itself in any kind of error.
    except Exception as error:  # noqa: BLE001
        lines = str(error).strip().splitlines() or ["no message"]
        return Check(title, False, f"The trace does not survive: {type(error).__name__}: {lines[-1][:300]}.", _REMEDY)
    apart = float(np.abs(got - expected).max() / max(np.abs(expected).max(), 1e-12))
    detail = f"{got.size:,} numbers come back and differ by at most {apart:.1e} of the largest from those traced here."
    return verdict(title, apart <= rounding(here), detail, _REMEDY)


def _build(model: LoadedModel) -> Any:
    return run_to_end(record(model, probes(model), ReadingPosition(first_token=True))).values


def _read(model: LoadedModel) -> Any:
    encodings = [model.encode(text) for text in probes(model)]
    layer, matrix = model.info.layers // 2, np.eye(2, model.info.width, dtype=np.float32)
    tokens = np.concatenate(run_to_end(project_tokens(model, encodings, layer, matrix)))
    if model.remote is None:
        return np.concatenate([tokens, tokens.mean(0, keepdims=True)])
    weights = np.full((max(map(len, encodings)), 1), 1 / len(tokens))
    places: list[Places] = [(list(range(len(one))), []) for one in encodings]
    sums = run_to_end(project_sums(model, encodings, {layer: matrix}, places, weights))
    return np.concatenate([tokens, sums.weighted[:, 0]])


@dataclass(frozen=True)
class _Next:
    """Goes on with a given token whatever the logits are, so that rounding chooses no other one."""

    token: int

    def __call__(self, logits: torch.Tensor, _: int) -> tuple[torch.Tensor, ...]:
        return torch.full((len(logits),), self.token), logits.clone()


def _sweep(model: LoadedModel) -> Any:
    ids = probe_ids(model)[0].tolist()
    rows, layer = 16, model.info.layers // 2
    directions = torch.nn.functional.normalize(torch.ones(rows, model.info.width), dim=-1)
    edit = Intervention(layer, "add", directions, torch.linspace(0, 2, rows))
    if model.remote is not None:
        so_far = TokensSoFar().then(torch.tensor([ids[:-2]] * rows), ()) if len(ids) > 2 else TokensSoFar()
        so_far = so_far.then(torch.tensor([ids[-2:-1]] * rows), [edit])
        (_, written), _ = ahead(model, so_far, [[edit]], _Next(ids[-1]))
        return written.transpose(0, 1).numpy()  # (steps, rows, vocabulary)
    cache = spread(prefill(model, [ids[:-2]]), [0] * rows) if len(ids) > 2 else None
    logits = []
    for token in ids[-2:]:
        cache, one = step(model, torch.full((rows,), token, device=model.info.device), cache, [edit])
        logits.append(one)
    return torch.stack(logits).cpu().numpy()


def _behave(model: LoadedModel) -> Any:
    ids = tuple(probe_ids(model)[0].tolist())
    options = ((ids[0],), (ids[-1],))
    asked = [Asked(ids, options, shared=1, amount=1.0, spans=((0, len(ids)),)), Asked(ids[:-1], options, shared=1)]
    direction = np.eye(1, model.info.width, dtype=np.float32)
    return np.stack(run_to_end(score_options(model, asked, model.info.layers // 2, direction)))
