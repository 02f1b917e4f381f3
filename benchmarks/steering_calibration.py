"""How often a random direction passes for an emotion: `python -m benchmarks.steering_calibration [--sweeps 200]`.

Each sweep takes a new random direction as the "emotion", steers with it, reads along it, and compares it with its own
random controls under the same rule as any other sweep. Prints one JSON document: the share of sweeps with evidence and
of single strengths outside of the band that is drawn; with `--power`, the same for the emotions of a built-in set. An
interrupt prints what was finished.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import torch

from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.progress import run_to_end
from emotion_core.steering.settings import SweepSettings, parse_strengths
from emotion_core.steering.sweep import Sweep, sweep
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.settings import BuildSettings

PROMPTS = ("When she opened the door, she",)
STRENGTHS = (-0.3, 0.15, 0.3)
TOKENS = 8


def one_sweep(
    model: LoadedModel, vectors: EmotionVectors, emotion: str, seed: int, strengths: tuple[float, ...], tokens: int
) -> Sweep:
    settings = SweepSettings(
        emotion=emotion, prompts=PROMPTS, strengths=strengths, samples=4, max_new_tokens=tokens, seed=seed
    )
    return run_to_end(sweep(model, vectors, settings))


def random_emotion(vectors: EmotionVectors, seed: int) -> EmotionVectors:
    """The same file with one random vector at every layer instead of the emotions."""
    rng = np.random.default_rng([seed, 0xE])
    values = rng.standard_normal((1, *vectors.values.shape[1:])).astype(np.float32)
    flat = np.zeros((1, vectors.n_layers), np.float32)
    return replace(
        vectors,
        emotions=("random",),
        values=values,
        selected_layers=(vectors.selected_layer,),
        cv_auroc=flat,
        train_midpoints=flat,
    )


def shares(sweeps: list[Sweep]) -> dict[str, float | int]:
    """What became of a group of sweeps."""
    cells = [one for found in sweeps for one in found.strengths if one.strength != 0 and one.effect is not None]
    usable = [one for one in cells if one.null_low is not None and one.null_high is not None]
    outside = [not one.null_low <= one.effect <= one.null_high for one in usable]
    with_evidence = sum(any(one.evidence for one in found.strengths) for found in sweeps)
    return {
        "sweeps": len(sweeps),
        "with_evidence": with_evidence,
        "share_with_evidence": round(with_evidence / len(sweeps), 4),
        "share_of_strengths_outside_drawn_band": round(float(np.mean(outside)), 4),
        "share_of_strengths_coherent": round(float(np.mean([one.coherent for one in cells])), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweeps", type=int, default=200)
    parser.add_argument("--model", default="demo")
    parser.add_argument("--prompts", default="emotions-12", help="set whose layer and norms are used")
    parser.add_argument("--power", action="store_true", help="also sweep the emotions of the set")
    parser.add_argument("--strengths", type=parse_strengths, default=STRENGTHS)
    parser.add_argument("--tokens", type=int, default=TOKENS)
    arguments = parser.parse_args()
    how = (arguments.strengths, arguments.tokens)
    torch.set_num_threads(1)
    model = load_model(arguments.model)
    vectors = run_to_end(build(model, [load_prompts(arguments.prompts)], BuildSettings()))
    drawn: list[Sweep] = []
    try:
        for seed in range(arguments.sweeps):
            drawn.append(one_sweep(model, random_emotion(vectors, seed), "random", seed, *how))
            found = sum(any(one.evidence for one in done.strengths) for done in drawn)
            print(f"{seed + 1} of {arguments.sweeps}, {found} with evidence", file=sys.stderr, flush=True)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
    document: dict[str, object] = {
        "date": datetime.now(UTC).date().isoformat(),
        "model": model.info.name,
        "fingerprint": model.info.fingerprint,
        "layer": vectors.selected_layer,
        "versions": vectors.versions,
        "strengths": arguments.strengths,
        "tokens": arguments.tokens,
        "random_directions": shares(drawn),
    }
    if arguments.power:
        real = [one_sweep(model, vectors, emotion, seed, *how) for seed, emotion in enumerate(vectors.emotions)]
        document["emotions"] = {
            **shares(real),
            "found": [found.settings.emotion for found in real if any(one.evidence for one in found.strengths)],
        }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
