"""Whether readings follow the number in the six numeric templates, on values between the trained ones."""

from __future__ import annotations

import json
import random
from itertools import pairwise

import numpy as np

from demo_model import paths, truth
from demo_model.evaluate.figures import Figure, spearman, unit
from demo_model.evaluate.reader import Array, Reader
from demo_model.generator.banks.numbers import DRUGS, TEMPLATES, NumberTemplate
from demo_model.generator.grammar import fill
from demo_model.generator.numbers import agree
from demo_model.generator.people import cast

RENDERINGS = 12


def between(trained: tuple[int, ...]) -> list[int]:
    """Values between the trained ones, about twelve."""
    middle = [(low + high) // 2 for low, high in pairwise(trained) if high - low > 1]
    return middle[:: max(1, len(middle) // 12)]


def _texts(template: NumberTemplate, value: int) -> list[str]:
    """The same renderings for every value."""
    texts = []
    for number in range(RENDERINGS):
        rng = random.Random(f"numeric check {number}")
        who = cast(rng)
        who.slots |= {"drug": rng.choice(DRUGS), "x": str(value)}
        parts = [fill(rng.choice(part), who, rng) for part in (template.leads, template.clauses, template.tails)]
        texts.append(parts[0] + agree(parts[1]) + parts[2])
    return texts


def _directions(vectors: Array, layer: int, words: tuple[str, ...] | list[str]) -> Array:
    index = list(truth.emotions())
    return np.stack([unit(vectors[index.index(word), layer]) for word in words])


def own_templates(reader: Reader, vectors: Array, layer: int) -> list[Figure]:
    """The generator's templates at values between the trained ones."""
    figures = []
    for name, template in TEMPLATES.items():
        values = between(template.trained)
        readings = np.stack([reader.activations(_texts(template, value))[:, layer].mean(0) for value in values])
        rises = [spearman(np.array(values), readings @ line) for line in _directions(vectors, layer, template.rises)]
        falls = [spearman(np.array(values), readings @ line) for line in _directions(vectors, layer, template.falls)]
        figures.append(_figure(f"numbers between, {name}", rises, falls))
    return figures


def prompt_templates(reader: Reader, vectors: Array, layer: int) -> list[Figure]:
    """The built-in templates, whose wording the model has never seen: one text a value."""
    figures = []
    for row in json.loads((paths.PROMPTS / "templates.json").read_text(encoding="utf-8")):
        values = np.array(row["values"])
        readings = reader.activations([row["template"].replace("{x}", str(value)) for value in values])[:, layer]
        rises = [spearman(values, readings @ line) for line in _directions(vectors, layer, row["rise"])]
        falls = [spearman(values, readings @ line) for line in _directions(vectors, layer, row["fall"])]
        figures.append(_figure(f"built-in template, {row['name']}", rises, falls))
    return figures


def _figure(name: str, rises: list[float], falls: list[float]) -> Figure:
    shown = "rise " + " ".join(f"{r:+.2f}" for r in rises) + "  fall " + " ".join(f"{r:+.2f}" for r in falls)
    # Both sides must go the planted way; a side counts with its better emotion.
    return Figure(name, shown, ">= .8 and <= -.8", max(rises) >= 0.8 and min(falls) <= -0.8)
