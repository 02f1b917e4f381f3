"""Does the map of emotions carry over to another training run? `python -m benchmarks.training_seeds MODEL [MODEL ...]`.

Each model (a folder; the bundled one is always there) is compared with every other by the cosines of all pairs of the
171 emotions: with vectors from the same texts, and from other texts (each side one half of the texts of each emotion),
so that the two sides share no text. The rival is a bag of words of the same texts. Prints markdown.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from sklearn.feature_extraction.text import CountVectorizer

from benchmarks.fear_study import about, header
from emotion_core.base.activations import ActivationCache
from emotion_core.base.jobs import run_to_end
from emotion_core.base.settings import settings as process_settings
from emotion_core.geometry.compare import compare, mantel
from emotion_core.geometry.similarity import cosine_matrix
from emotion_core.models.load import load_model
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.stats.separation import Array
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors

SETS = ("scenes-171", "emotions-171")


def half(prompts: PromptSet, which: int) -> PromptSet:
    """Every other training text of each emotion, beginning with the first or the second."""
    counted: dict[str, int] = {}
    kept = []
    for text in prompts.part("train"):
        counted[text.emotion] = counted.get(text.emotion, -1) + 1
        if counted[text.emotion] % 2 == which:
            kept.append(text)
    return replace(prompts, texts=tuple(kept))


def word_geometry(prompts: PromptSet, emotions: tuple[str, ...]) -> Array:
    """Cosines of the emotions' mean word counts, the mean over emotions taken off, ``[emotions, emotions]``."""
    texts = prompts.part("train")
    counts = CountVectorizer().fit_transform([text.text for text in texts]).toarray()
    means = np.stack([counts[[text.emotion == emotion for text in texts]].mean(0) for emotion in emotions])
    return cosine_matrix(means - means.mean(0))


def rows(name: str, models: list[str], cache: ActivationCache) -> list[str]:
    """Lines of one prompt set: every pair of models, then every model with the bag of words."""
    prompts = load_prompts(name)
    loaded = {model: load_model(model) for model in models}
    parts = (prompts, half(prompts, 0), half(prompts, 1))
    built: dict[str, list[EmotionVectors]] = {
        model: [run_to_end(build(one, [part], BuildSettings(), cache)) for part in parts]
        for model, one in loaded.items()
    }
    lines = []
    for a, b in combinations(models, 2):
        same = compare(built[a][0], built[b][0])
        other = [compare(built[a][one], built[b][1 - one]) for one in (0, 1)]
        layers = f"{same.layers[0]} and {same.layers[1]}"
        apart = ", ".join(f"{one.r:.2f}" for one in other)
        worst = max(one.p_value for one in (same, *other))
        lines.append(
            f"| {name} | {Path(a).name} with {Path(b).name} | {layers} | {same.r:.2f} | {apart} | {worst:.4f} |"
        )
    for model in models:
        vectors = built[model][0]
        mine = cosine_matrix(vectors.values[:, vectors.selected_layer].astype(np.float64))
        r, p_value = mantel(np.stack([mine, word_geometry(prompts, vectors.emotions)]), 0)
        layer = vectors.selected_layer
        lines.append(
            f"| {name} | {Path(model).name} with a bag of words | {layer} | {r[0, 1]:.2f} | | {p_value[0, 1]:.4f} |"
        )
    return lines


def main() -> None:
    """Prints the report as markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="+", help="folders")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    models = ["demo", *arguments.models]
    cache = ActivationCache(process_settings().data_dir / "activations.sqlite")
    print(header().replace("benchmarks.fear_study", "benchmarks.training_seeds"))
    for model in models:
        print(f"- {Path(model).name}: {about(load_model(model))}")
    print("\n| texts | models | layers | r, same texts | r, other texts | largest p |\n|---|---|---|---|---|---|")
    for name in SETS:
        print("\n".join(rows(name, models, cache)), flush=True)


if __name__ == "__main__":
    main()
