"""How often a direction that means nothing passes for an emotion: `python -m benchmarks.steering_calibration`.

A direction of each kind (random, mix of neutral texts, shuffled labels, rotated emotions) takes the place of an emotion
in a vector set, and every view of the Steer page looks at it under the rule that it has for emotions: next token,
sweep, cross-talk (there all emotions are replaced, since its correction is for all of them). Prints one JSON document:
for each view and kind, how many were called evidence, with a 95 % interval; with `--power`, the same for the emotions
of the set. An interrupt prints what was finished.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from scipy import stats

from emotion_core.base.activations import ActivationCache, FloatArray
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.controls import KINDS, draw_controls
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.steering.crosstalk import crosstalk
from emotion_core.steering.next_token import next_token_dose
from emotion_core.steering.settings import CrossTalkSettings, SweepSettings, even_strengths, parse_strengths
from emotion_core.steering.sweep import sweep
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors

PROMPTS = ("When she opened the door, she", "After the phone call he")
STRENGTHS = (-0.3, 0.15, 0.3)
TOKENS = 8
VIEWS = ("next token", "sweep", "cross-talk")
# Emotions of a matrix.
MATRIX = 4


def says_evidence(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: SweepSettings | CrossTalkSettings,
    view: str,
    cache: ActivationCache | None = None,
) -> bool:
    """Whether a view of the Steer page would say evidence, under its own rule.

    Args:
        model: The model.
        vectors: What to steer with, such as `in_place_of` gives.
        settings: Of a sweep for `next token` and `sweep`, of a matrix for `cross-talk`.
        view: One of `VIEWS`.
        cache: Activations of neutral and training texts that were read before.
    """
    if isinstance(settings, CrossTalkSettings):
        return run_to_end(crosstalk(model, vectors, settings, cache=cache)).evidence
    if view == "next token":
        return run_to_end(next_token_dose(model, vectors, settings, cache)).evidence
    return run_to_end(sweep(model, vectors, settings, cache)).evidence


def in_place_of(vectors: EmotionVectors, directions: dict[str, FloatArray]) -> EmotionVectors:
    """The same set with other directions in place of some emotions, float32 [layers, width] each."""
    values = vectors.values.copy()
    for emotion, direction in directions.items():
        values[vectors.index(emotion)] = direction
    return replace(vectors, values=values)


def settings_of(
    view: str, emotions: tuple[str, ...], layer: int, seed: int, tokens: int, strengths: tuple[float, ...]
) -> SweepSettings | CrossTalkSettings:
    """Settings small enough to be repeated: of the first emotion, or of a matrix of several."""
    if view == "cross-talk":
        return CrossTalkSettings(
            prompts=PROMPTS[:1],
            strength=max(strengths),
            emotions=emotions[:MATRIX],
            max_new_tokens=tokens,
            layer=layer,
            seed=seed,
        )
    dose = even_strengths(0.6, 9) if view == "next token" else strengths
    return SweepSettings(
        emotion=emotions[0], prompts=PROMPTS, strengths=dose, max_new_tokens=tokens, layer=layer, seed=seed
    )


def share(hits: list[bool]) -> dict[str, object]:
    """A count with its Clopper-Pearson interval."""
    n, k = len(hits), sum(hits)
    low = float(stats.beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(stats.beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return {"n": n, "evidence": k, "share": round(k / n, 4), "interval": [round(low, 4), round(high, 4)]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=40, help="directions of each kind and view")
    parser.add_argument("--model", default="demo")
    parser.add_argument("--prompts", default="emotions-12", help="set whose place the directions take")
    parser.add_argument("--layer", type=int, default=None, help="default: the one chosen at the build")
    parser.add_argument("--views", nargs="+", choices=VIEWS, default=VIEWS)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--power", action="store_true", help="also look at the emotions of the set")
    parser.add_argument("--strengths", type=parse_strengths, default=STRENGTHS)
    parser.add_argument("--tokens", type=int, default=TOKENS)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model, started = load_model(arguments.model), time.monotonic()
    counts: dict[str, dict[str, list[bool]]] = {view: {} for view in arguments.views}
    with TemporaryDirectory() as folder:
        cache = ActivationCache(Path(folder) / "cache.sqlite")
        vectors = run_to_end(build(model, [load_prompts(arguments.prompts)], BuildSettings(), cache=cache))
        layer = vectors.selected_layer if arguments.layer is None else arguments.layer
        layers = range(vectors.n_layers)
        needed = arguments.runs * MATRIX
        drawn = run_to_end(draw_controls(model, vectors, layers, count=needed, seed=2**20, cache=cache))

        def look(view: str, kind: str, one: EmotionVectors, seed: int, emotions: tuple[str, ...]) -> None:
            asked = settings_of(view, emotions, layer, seed, arguments.tokens, arguments.strengths)
            hits = counts[view].setdefault(kind, [])
            hits.append(says_evidence(model, one, asked, view, cache))
            took = time.monotonic() - started
            print(f"{view}, {kind}: {sum(hits)} of {len(hits)}, {took:.0f} s", file=sys.stderr, flush=True)

        try:
            for seed in range(arguments.runs):
                for kind in arguments.kinds:
                    units = drawn.units[np.array(drawn.kinds) == kind]
                    for view in arguments.views:
                        taken = vectors.emotions[: MATRIX if view == "cross-talk" else 1]
                        fakes = {e: units[seed * MATRIX + i] for i, e in enumerate(taken)}
                        look(view, kind, in_place_of(vectors, fakes), seed, vectors.emotions)
            if arguments.power:
                for seed, emotion in enumerate(vectors.emotions):
                    for view in arguments.views:
                        if view != "cross-talk":
                            look(view, "emotions", vectors, seed, (emotion,))
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "model": model.info.name,
        "fingerprint": model.info.fingerprint,
        "layer": layer,
        "versions": vectors.versions,
        "strengths": arguments.strengths,
        "tokens": arguments.tokens,
        "views": {view: {kind: share(hits) for kind, hits in kinds.items()} for view, kinds in counts.items()},
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
