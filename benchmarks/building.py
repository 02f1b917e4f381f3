"""Times of building: against the floor, against other tools, and again after one pair has changed."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.floor import bare_forward
from benchmarks.rounds import Times, interleaved, ratio
from benchmarks.shapes import pairs
from emotion_core.base.activations import ActivationCache, ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import PromptText
from emotion_core.tracing.record import cache_key, record
from emotion_core.vectors.build import build, neutral_texts, training_texts
from emotion_core.vectors.emotion_vectors import BuildSettings


def measure(
    model: LoadedModel,
    bare: LoadedModel,
    count: int,
    rounds: int,
    peers: Mapping[str, Callable[[list[tuple[str, str]]], float]],
    only: Collection[str] = (),
) -> dict[str, Any]:
    """A build of `count` pairs at all layers, beside the forward of the bare model and the peers.

    What is timed of this project is a whole build as a visitor starts it, neutral texts and choice of the layer
    included, nothing cached; the floor reads the same texts. The peers read no neutral texts and choose no layer, so
    beside them stands the build with the neutral texts read before, as in every build of a model but the first.
    """
    one, changed = pairs(count), pairs(count, changed=1)
    settings = BuildSettings()
    read = [*training_texts([one]), *neutral_texts(model, ReadingPosition())]
    sides = [t.text for t in one.texts]
    both = list(zip(sides[::2], sides[1::2], strict=True))
    half = model.info.layers // 2

    with tempfile.TemporaryDirectory() as folder:
        shared = ActivationCache(Path(folder) / "full.sqlite")
        run_to_end(record(model, neutral_texts(model, ReadingPosition()), ReadingPosition(), shared))
        run_to_end(build(model, [one], settings, shared))
        keys = [
            cache_key(model, t, ReadingPosition(), model.info.layers) for t in neutral_texts(model, ReadingPosition())
        ]
        found = shared.get_many(keys, model.info.layers, model.info.width)
        neutral = {keys[i]: row for i, row in found.items()}
        turn = iter(range(10**6))

        def rebuild() -> None:
            # Every round changes the pair anew: otherwise the second round would find it in the cache.
            fresh = pairs(count, changed=1)
            texts = tuple(_again(t, next(turn)) if i < 2 else t for i, t in enumerate(fresh.texts))
            run_to_end(build(model, [type(fresh)(changed.name, "pairs", texts, 0)], settings, shared))

        def second_build() -> None:
            cache = ActivationCache(Path(folder) / f"second-{next(turn)}.sqlite")
            cache.put_many(list(neutral.items()))
            run_to_end(build(model, [one], settings, cache))

        contenders: dict[str, Callable[[], float | None]] = {
            "floor": lambda: bare_forward(bare, read),
            "build": lambda: run_to_end(build(model, [one], settings)) and None,
            "floor, half the layers": lambda: bare_forward(bare, sides, half),
            "build, neutral texts read before": second_build,
            "recording, half the layers": lambda: _record(model, sides, half),
            "recording, all layers": lambda: _record(model, sides, model.info.layers),
            "build, one pair changed": rebuild,
            **{name: (lambda run=run: run(both)) for name, run in peers.items()},
        }
        wanted = {name: run for name, run in contenders.items() if not only or name in only}
        times = interleaved(wanted, rounds, warm_up=count <= 100)  # the shared build has warmed up the others
    return {"pairs": count, "times": times, **_ratios(times, list(peers))}


def _ratios(times: dict[str, Times], peers: list[str]) -> dict[str, float]:
    named = {
        "build_over_floor": ("build", "floor"),
        "half_over_all_layers": ("recording, half the layers", "recording, all layers"),
        "half_over_half_floor": ("recording, half the layers", "floor, half the layers"),
        "rebuild_one_pair_over_full": ("build, one pair changed", "build"),
        **{f"build_vs_{peer}": ("build, neutral texts read before", peer) for peer in peers},
    }
    return {key: ratio(times[a], times[b]) for key, (a, b) in named.items() if a in times and b in times}


def _record(model: LoadedModel, texts: list[str], depth: int) -> None:
    run_to_end(record(model, texts, ReadingPosition(), last_layer=depth - 1))


def _again(text: PromptText, number: int) -> PromptText:
    return replace(text, text=f"{text.text} It was day {number}.")
