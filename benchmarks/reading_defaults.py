"""Which tokens to read, and whether to project neutral directions out: the choice behind the defaults, by measurement.

    python -m benchmarks.reading_defaults --models demo smollm2 path/to/craftgpt-5m path/to/gemma3-270m.gguf

For each model and each way of reading: fear-calm's held-out d (small-sample bias taken off, as everywhere) at the layer
that cross-validation chooses on the training pairs; how far the direction is text length (correlation of its scores
with the number of tokens over all texts); and transfer, the share of all fifty pairs in the right order along the
direction from stories (fear words against calm words), at the layer chosen on the stories.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from emotion_core.base.activations import Activations, ReadingPosition
from emotion_core.evaluation.transfer import CALM, FEAR
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.stats.separation import auroc, corrected_d
from emotion_core.tracing.doctor.hooks import forward
from emotion_core.tracing.record import read_tokens
from emotion_core.vectors.build import neutral_texts, training_texts, vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings
from emotion_core.vectors.estimate import blocks_of, places, project

WAYS: dict[str, ReadingPosition] = {
    "mean, with the first token": ReadingPosition(first_token=True),
    "mean": ReadingPosition(),
    "mean from 20": ReadingPosition("mean", 20),
    "mean from 50": ReadingPosition("mean", 50),
    "last content token": ReadingPosition("last_content"),
}


def as_sides(stories: PromptSet) -> PromptSet:
    """Stories of the fear words and of the calm words as two labels of one set."""
    side_of = {**dict.fromkeys(FEAR, "fear"), **dict.fromkeys(CALM, "calm")}
    texts = [replace(t, emotion=side_of[t.emotion], split="train") for t in stories.texts if t.emotion in side_of]
    return PromptSet("sides", "labelled", tuple(texts), 0)


def read_once(model: LoadedModel, texts: Sequence[str]) -> dict[str, Activations]:
    """Activations of texts at every place of `WAYS`, each text in a single pass; what does not fit is left out."""
    kept = tuple(text for text in dict.fromkeys(texts) if model.fits(text))
    shape = (len(kept), 1 + model.info.layers, model.info.width)
    values = {name: np.zeros(shape, np.float32) for name in WAYS}
    norms, lengths = np.zeros((*shape[:1], model.info.layers), np.float32), np.zeros(len(kept), np.int64)
    for i, text in enumerate(kept):
        encoding = model.encode(text)
        seen, _ = forward(model, torch.tensor([encoding.ids], device=model.info.device))
        streams = [seen.inputs[0][0], *(outputs[0] for outputs in seen.outputs)]
        stack = torch.stack([one[0].float() for one in streams]).cpu()  # (1 + layers, tokens, width)
        for name, reading in WAYS.items():
            values[name][i] = stack[:, read_tokens(encoding, reading)].mean(1).numpy()
        norms[i], lengths[i] = stack[1:, 1:].norm(dim=-1).mean(1).numpy(), len(encoding)
    return {
        name: Activations(model.info, WAYS[name], kept, one[:, 1:], one[:, 0], norms, lengths)
        for name, one in values.items()
    }


def rows(model: LoadedModel, seed: int = 0) -> Iterator[tuple[str, bool, list[float]]]:
    """One row a way and projection."""
    pairs, stories = load_prompts("fear-calm"), as_sides(load_prompts("stories-171"))
    fitting = tuple(t for t in stories.texts if model.fits(t.text))
    sides = replace(stories, texts=fitting)
    read = read_once(model, [t.text for t in pairs.texts])
    neutral = read_once(model, neutral_texts(model, ReadingPosition()))
    told = read_once(model, training_texts([sides]))
    for name, reading in WAYS.items():
        short = "mean" if reading.start > 1 else name  # fear-calm's texts have twenty tokens
        for projected in (False, True):
            settings = BuildSettings(reading=WAYS[short], neutral_projection=projected, seed=seed)
            within = _within(pairs, read[short], neutral[short], settings)
            none = [float("nan")] * 3  # a context too short for stories
            across = _across(sides, told[name], pairs, read[short], neutral[short], settings) if fitting else none
            yield name, projected, [*within, *across]


def _within(pairs: PromptSet, read: Activations, neutral: Activations, settings: BuildSettings) -> list[float]:
    vectors = vectors_from([pairs], read, neutral, settings)
    layer = vectors.selected_layer
    (block,) = blocks_of(pairs.part("heldout"), places(read.texts))
    positive, negative = project(read.values[:, [layer]], block.sides("fear"), vectors.values[0, [layer]])
    scores = read.values[:, layer] @ vectors.units[0, layer]
    length = float(np.corrcoef(scores, read.n_tokens)[0, 1])
    return [layer, float(corrected_d(positive, negative, pairs=True)[0]), float(auroc(positive, negative)[0]), length]


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
        for way, projected, (layer, d, area, length, other, across, order) in rows(model):
            carried = "| | | |" if np.isnan(across) else f"| {other} | {across:.2f} | {order:.0%} |"
            within = f"{layer} | {d:.2f} | {area:.2f} | {length:+.2f}"
            print(f"| {way} | {'yes' if projected else 'no'} | {within} {carried}", flush=True)


if __name__ == "__main__":
    main()
