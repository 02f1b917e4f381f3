"""Print every figure of the specification against its bar: ``python -m demo_model.evaluate``."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from demo_model import paths
from demo_model.evaluate import behaviors, numeric, preferences, separation, text, words171
from demo_model.evaluate.figures import Figure, unit
from demo_model.evaluate.reader import Reader

MAP_LAYER = 3  # two thirds of the depth, fixed before any figure was seen


def _speed(folder: Path) -> list[Figure]:
    started = time.perf_counter()
    reader = Reader(folder)
    loading = time.perf_counter() - started
    texts = [
        f"{opening} number {number}, somebody waits for the bus in the rain."
        for number, opening in enumerate(text.OPENINGS * 10)
    ]
    started = time.perf_counter()
    activations = reader.activations(texts)
    unit((activations[:100] - activations[100:]).mean(0)[0])
    building = time.perf_counter() - started
    return [
        Figure("loading", f"{loading:.2f} s", "< 1 s", loading < 1),
        Figure("vectors of 100 pairs", f"{building:.2f} s", "< 3 s", building < 3),
    ]


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, default=paths.WEIGHTS)
    parser.add_argument("--samples", action="store_true", help="also print one continuation of each opening")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    reader = Reader(options.weights)  # the first load also imports the architecture; the second one is timed
    neutral = reader.activations(list(text.OPENINGS))[:, MAP_LAYER]
    norm = float(np.linalg.norm(neutral, axis=1).mean())

    def show(figures: list[Figure]) -> None:
        for figure in figures:
            print(figure.line(), flush=True)

    show(_speed(options.weights))
    show(separation.fear_calm(reader))
    show(separation.everyday(reader))
    show(behaviors.shown(reader))
    show(preferences.preferences(reader))
    figures, written = text.quality(reader)
    show(figures)
    if options.samples:
        print("\n".join(f"- {sample}" for sample in written))
    show(text.losses(reader))
    sets = {"built-in set": words171.prompt_vectors(reader)}
    try:
        sets["held-out stories"] = words171.story_vectors(reader)
    except FileNotFoundError as missing:
        print(f"vectors from held-out stories: left out, {missing}")
    for name, vectors in sets.items():
        print(f"\n-- 171 vectors from the {name}")
        show(words171.map_figures(vectors, MAP_LAYER))
        show(numeric.own_templates(reader, vectors, MAP_LAYER))
        show(numeric.prompt_templates(reader, vectors, MAP_LAYER))
        for seen in (True, False):
            show(behaviors.steering(reader, vectors, MAP_LAYER, norm, seen))


if __name__ == "__main__":
    main()
