"""Which tokens to read, and whether to project neutral directions out: the choice behind the defaults, by measurement.

    python -m benchmarks.reading_defaults --models demo smollm2 path/to/craftgpt-5m path/to/gemma3-270m.gguf

For each model and each way of reading: fear-calm's held-out Cohen's d at the layer that cross-validation chooses on the
training pairs; how far the direction is text length (correlation of its scores with the number of tokens over all
texts); and transfer, the share of all fifty pairs in the right order along the direction from stories (fear words
against calm words), at the layer chosen on the stories.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from emotion_core.base.activations import Activations, ReadingPosition
from emotion_core.base.cache import ActivationCache
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.transfer import CALM, FEAR
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.stats.auroc import auroc
from emotion_core.stats.effect_size import cohens_d
from emotion_core.tracing.record import record
from emotion_core.vectors.build import neutral_texts, training_texts, vectors_from
from emotion_core.vectors.rows import blocks_of, places
from emotion_core.vectors.select import project
from emotion_core.vectors.settings import BuildSettings

WAYS: dict[str, ReadingPosition] = {
    "mean, with the first token": ReadingPosition("mean", 0),
    "mean": ReadingPosition("mean", 1),
    "mean from 20": ReadingPosition("mean", 20),
    "mean from 50": ReadingPosition("mean", 50),
    "last content token": ReadingPosition("last_content"),
}


def as_sides(stories: PromptSet) -> PromptSet:
    """Stories of the fear words and of the calm words as two labels of one set."""
    side_of = {**dict.fromkeys(FEAR, "fear"), **dict.fromkeys(CALM, "calm")}
    texts = [replace(t, emotion=side_of[t.emotion], split="train") for t in stories.texts if t.emotion in side_of]
    return PromptSet("sides", "labelled", tuple(texts), 0)


def rows(model: LoadedModel, cache: ActivationCache, seed: int = 0) -> Iterator[tuple[str, bool, list[float]]]:
    """One row a way and projection."""
    pairs, sides = load_prompts("fear-calm"), as_sides(load_prompts("stories-171"))
    for name, reading in WAYS.items():
        short = ReadingPosition("mean", 1) if reading.start > 1 else reading  # fear-calm's texts have twenty tokens
        texts = [t.text for t in pairs.texts]
        neutral = run_to_end(record(model, neutral_texts(model, short), short, cache))
        read = run_to_end(record(model, texts, short, cache))
        told = run_to_end(record(model, training_texts([sides]), reading, cache))
        for projected in (False, True):
            settings = BuildSettings(reading=short, neutral_projection=projected, seed=seed)
            yield (
                name,
                projected,
                [*_within(pairs, read, neutral, settings), *_across(sides, told, pairs, read, neutral, settings)],
            )


def _within(pairs: PromptSet, read: Activations, neutral: Activations, settings: BuildSettings) -> list[float]:
    vectors = vectors_from([pairs], read, neutral, settings)
    layer = vectors.selected_layer
    (block,) = blocks_of(pairs.part("heldout"), places(read.texts))
    positive, negative = project(read.values[:, [layer]], block.sides("fear"), vectors.values[0, [layer]])
    scores = read.values[:, layer] @ vectors.units[0, layer]
    length = float(np.corrcoef(scores, read.n_tokens)[0, 1])
    return [layer, float(cohens_d(positive, negative)[0]), float(auroc(positive, negative)[0]), length]


def _across(
    sides: PromptSet,
    told: Activations,
    pairs: PromptSet,
    read: Activations,
    neutral: Activations,
    settings: BuildSettings,
) -> list[float]:
    vectors = vectors_from([sides], told, neutral, replace(settings, reading=told.reading))
    layer, at = vectors.selected_layer, vectors.index("fear")
    (block,) = blocks_of(pairs.texts, places(read.texts))
    positive, negative = project(read.values[:, [layer]], block.sides("fear"), vectors.values[at, [layer]])
    return [layer, float(auroc(positive, negative)[0]), float((positive > negative).mean())]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["demo", "smollm2"])
    for name in parser.parse_args().models:
        model = load_model(name)
        print(f"\n{Path(name).name}: {model.info.layers} layers of width {model.info.width}\n")
        print("| read | neutral out | layer | d | AUROC | r with length | layer | transfer AUROC | pairs in order |")
        print("|---|---|---|---|---|---|---|---|---|")
        with tempfile.TemporaryDirectory() as folder:
            for way, projected, (layer, d, area, length, other, across, order) in rows(
                model, ActivationCache(Path(folder) / "c.sqlite")
            ):
                print(
                    f"| {way} | {'yes' if projected else 'no'} | {layer} | {d:.2f} | {area:.2f} | {length:+.2f} "
                    f"| {other} | {across:.2f} | {order:.0%} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
