"""Where the time of a build goes: `python -m benchmarks --profile`. Processor time of one thread, and page faults.

Processor time does not count what others do on the machine meanwhile; steps take turns and medians are printed.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nnsight
import numpy as np
import torch

from benchmarks.floor import bare_forward, length_sorted_batches
from benchmarks.shapes import pairs
from emotion_core.base.activations import ActivationCache, ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.envoy import blocks_of, envoy_of, stream
from emotion_core.tracing.record import length_sorted, pad_right, record
from emotion_core.vectors.build import build, neutral_texts, training_texts, vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings

READING = ReadingPosition()


def measure(model: LoadedModel, bare: LoadedModel, count: int, rounds: int) -> dict[str, Any]:
    """Processor seconds and page faults of a build of `count` pairs and of what it is made of.

    Returns:
        `tokens`: what the texts have, and with the padding of the floor and of this project.
        `steps`: {name: {seconds, share of the build, page_faults}}, medians over rounds.
    """
    one = pairs(count)
    training = training_texts([one])
    texts = tuple(dict.fromkeys((*training, *neutral_texts(model, READING))))
    encodings = [model.encode(text) for text in texts]
    lengths = [len(e) for e in encodings]
    split = length_sorted(lengths)
    batches = [pad_right([encodings[i] for i in b], 0, model.info.device, model.info.context) for b in split]
    acts = run_to_end(record(model, texts, READING))
    both = (acts.between(0, len(training)), acts.between(len(training), len(texts)))
    turn = iter(range(10**6))
    with tempfile.TemporaryDirectory() as folder:

        def cached() -> None:
            run_to_end(record(model, texts, READING, ActivationCache(Path(folder) / f"{next(turn)}.sqlite")))

        times, faults = _measured(
            {
                "floor": lambda: bare_forward(bare, texts),
                "build": lambda: run_to_end(build(model, [one], BuildSettings())),
                "tokens": lambda: [model.encode(t) for t in (*texts, *neutral_texts(model, READING))],
                "forward": lambda: _forward(model, batches),
                "traced": lambda: _traced(model, batches),
                "recorded": lambda: run_to_end(record(model, texts, READING)),
                "cached": cached,
                "chosen": lambda: vectors_from([one], *both, BuildSettings()),
            },
            rounds,
        )
    names = {
        "the floor: bare forward, tokenizing included": times["floor"],
        "build": times["build"],
        "of it: forward, as padded": times["forward"],
        "of it: nnsight around the forward": times["traced"] - times["forward"],
        "of it: pooling every layer, norms": times["recorded"] - times["traced"] - times["tokens"],
        "of it: tokenizing, sizes of the neutral texts": times["tokens"],
        "of it: vectors, choice of the layer by cross-validation": times["chosen"],
        "beside it: keys and writes of the activation cache": times["cached"] - times["recorded"],
    }
    whole = times["build"]
    return {
        "pairs": count,
        "tokens": {
            "of the texts": sum(lengths),
            "padded by the floor": sum(len(b) * max(lengths[i] for i in b) for b in length_sorted_batches(lengths)),
            "padded here": sum(batch.numel() for batch in batches),
            "batches": len(batches),
        },
        "steps": {
            name: {"seconds": float(np.median(t)), "share": float(np.median(t / whole))} for name, t in names.items()
        },
        "page_faults": {name: int(np.median(faults[name])) for name in ("floor", "build")},
        "build_over_floor_processor_time": float(np.median(whole / times["floor"])),
    }


def markdown(found: dict[str, Any]) -> str:
    """The profile as a table."""
    tokens = ", ".join(f"{name} {n:,}" for name, n in found["tokens"].items())
    faults = ", ".join(f"{name} {n:,}" for name, n in found["page_faults"].items())
    lines = [f"{found['pairs']} pairs; tokens: {tokens}; page faults: {faults}.", ""]
    lines += ["| step | processor seconds | share of the build |", "|---|---:|---:|"]
    lines += [f"| {name} | {one['seconds']:.3f} | {one['share']:.1%} |" for name, one in found["steps"].items()]
    return "\n".join(
        [*lines, "", f"- `build_over_floor`, processor time: {found['build_over_floor_processor_time']:.3f}"]
    )


def _measured(
    steps: dict[str, Callable[[], object]], rounds: int
) -> tuple[dict[str, np.ndarray], dict[str, list[int]]]:
    """Seconds of processor time and page faults of each step, one number a round; the first round is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in steps}
    faults: dict[str, list[int]] = {name: [] for name in steps}
    for number in range(rounds + 1):
        for name, step in steps.items():
            before = resource.getrusage(resource.RUSAGE_SELF)
            step()
            after = resource.getrusage(resource.RUSAGE_SELF)
            if number:
                seconds[name].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
                faults[name].append(after.ru_minflt - before.ru_minflt)
    return {name: np.array(one) for name, one in seconds.items()}, faults


def _forward(model: LoadedModel, batches: Sequence[torch.Tensor]) -> None:
    base: Any = model.module.base_model
    with torch.inference_mode():
        for batch in batches:
            base(input_ids=batch, use_cache=False)


def _traced(model: LoadedModel, batches: Sequence[torch.Tensor]) -> None:
    for batch in batches:
        _trace(model, batch)


def _trace(model: LoadedModel, batch: torch.Tensor) -> None:
    envoy, blocks, copy = envoy_of(model), blocks_of(model), model.copy
    last = model.info.layers - 1
    with torch.inference_mode(), envoy.trace({"input_ids": batch, "use_cache": False}) as tracer:
        kept = nnsight.save([])
        kept.append(stream(blocks[last].output, copy)[0, 0])
        tracer.stop()
