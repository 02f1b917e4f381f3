"""Do planted causal directions leave the band? `python -m benchmarks.steering_planted [--emotions desperate,calm]`.

The bundled model was trained so that the emotions of `demo_model/truth.json` drive what it writes. The vectors are
those of a map of 171 emotions that comes with it, and each planted emotion is swept over the built-in openings, beside
random directions and the prompt-only rival. Prints one JSON document with, for each emotion, the strengths at which the
effect leaves the controls' band inside the usable window, and whether it goes the way of the strength there.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import torch

from emotion_core.base.jobs import run_to_end
from emotion_core.experiments.ship import MAP_SET, PLANTED_SET, prompts_of, unpack
from emotion_core.models.load import load_model
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.library import load_openings
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.builds import KIND as BUILD
from emotion_core.runs.builds import build_key, load_build
from emotion_core.runs.store import RunStore
from emotion_core.steering.settings import WORDS, SweepSettings, parse_strengths
from emotion_core.steering.sweep import Sweep, sweep
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors

TRUTH = Path(__file__).parents[1] / "demo_model" / "truth.json"
EMOTIONS = ("desperate", "calm", "afraid", "angry", "blissful", "sad", "hostile", "loving")


def planted(emotions: tuple[str, ...]) -> tuple[str, ...]:
    """The emotions that the truth table has.

    Raises:
        SystemExit: One is not planted.
    """
    known = json.loads(TRUTH.read_text(encoding="utf-8"))["emotions"]
    missing = [one for one in emotions if one not in known]
    if missing:
        raise SystemExit(f"not planted: {', '.join(missing)}")
    return emotions


def only(prompts: PromptSet, emotions: tuple[str, ...]) -> PromptSet:
    """The texts of some emotions."""
    return replace(prompts, texts=tuple(text for text in prompts.texts if text.emotion in emotions))


def shipped(name: str) -> EmotionVectors:
    """The vectors of a map of 171 emotions that comes with the repository."""
    with tempfile.TemporaryDirectory() as folder:
        store = RunStore(Path(folder))
        unpack(store)
        key = build_key(load_model("demo").info.fingerprint, prompts_of(name), BuildSettings())
        run = store.find(BUILD, key)
        if run is None:
            raise SystemExit("the shipped vectors are of another model: python -m emotion_core.experiments.ship map")
        return load_build(store, run.id).vectors


def outcome(found: Sweep) -> dict[str, object]:
    """One emotion in figures."""
    evidence = [one for one in found.strengths if one.evidence and one.effect is not None]
    low, high = found.usable_window
    return {
        "emotion": found.settings.emotion,
        "layer": found.layer,
        "usable_window": [low, high],
        "leaves_the_band": bool(evidence),
        "at": [
            {
                "strength": one.strength,
                "effect": round(one.effect, 2),
                "interval": [None if end is None else round(end, 2) for end in (one.effect_low, one.effect_high)],
                "band": [None if end is None else round(end, 2) for end in (one.null_low, one.null_high)],
            }
            for one in evidence
            if one.effect is not None
        ],
        "goes_the_way_of_the_strength": all((one.effect or 0.0) * one.strength > 0 for one in evidence),
        "controls": {
            one.name: [None if point.effect is None else round(point.effect, 2) for point in one.points]
            for one in found.comparisons
        },
    }


def main() -> None:
    """Builds, sweeps, prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--set", choices=(PLANTED_SET, MAP_SET), default=PLANTED_SET, help="texts of the vectors")
    parser.add_argument("--emotions", type=lambda text: tuple(text.split(",")), default=EMOTIONS)
    parser.add_argument("--strengths", type=parse_strengths, default=parse_strengths("-0.4:0.4:0.1"))
    parser.add_argument("--tokens", type=int, default=32)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--layer", type=int, default=None, help="default: the one chosen for all emotions together")
    parser.add_argument("--built", action="store_true", help="build from the texts of these emotions alone")
    parser.add_argument("--shuffled", type=int, default=0, help="label-shuffled vectors; they read all training texts")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = load_model("demo")
    prompts = tuple(one.text for one in load_openings())
    emotions = planted(arguments.emotions)
    if arguments.built:
        vectors = run_to_end(build(model, [only(load_prompts(arguments.set), emotions)], BuildSettings()))
    else:
        vectors = shipped(arguments.set)
    layer = vectors.selected_layer if arguments.layer is None else arguments.layer
    rows, started = [], time.monotonic()
    for emotion in emotions:
        settings = SweepSettings(
            emotion=emotion,
            prompts=prompts,
            layer=layer,
            strengths=arguments.strengths,
            samples=arguments.samples,
            max_new_tokens=arguments.tokens,
            shuffles=arguments.shuffled,
            words=WORDS,
        )
        rows.append(outcome(run_to_end(sweep(model, vectors, settings))))
        print(json.dumps(rows[-1]), f"{time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    document = {
        "date": datetime.now(UTC).date().isoformat(),
        "fingerprint": model.info.fingerprint,
        "versions": vectors.versions,
        "set": arguments.set,
        "prompts": prompts,
        "strengths": arguments.strengths,
        "tokens": arguments.tokens,
        "planted": len(rows),
        "leave_the_band": sum(bool(row["leaves_the_band"]) for row in rows),
        "emotions": rows,
    }
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
