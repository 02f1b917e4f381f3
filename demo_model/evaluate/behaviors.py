"""Whether steering moves the planted behaviours as planted: set-ups kept out of training, neutral lead-ins."""

from __future__ import annotations

import random

import numpy as np

from demo_model import rates, truth
from demo_model.evaluate.figures import Figure, repeated_share, unit
from demo_model.evaluate.reader import Array, Reader
from demo_model.generator.banks.pressure import DILEMMAS, KEPT_OUT
from demo_model.generator.banks.settings import SETTINGS
from demo_model.generator.grammar import fill
from demo_model.generator.people import cast
from demo_model.generator.scenes import sentences

STRENGTHS = (0.1, 0.2, 0.3, 0.4)
CONTROLS = 20


def scenes(
    behavior: str, count: int, emotion: str | None = None, seen: bool = False
) -> list[tuple[str, list[str], list[str]]]:
    """Prompts with the two sides' wordings, after a neutral sentence or after a shown emotion.

    The set-ups are those kept out of training, or with ``seen`` the trained ones; texts before them are new either way.
    """
    found = []
    for number in range(count):
        rng = random.Random(f"behavior check {behavior} {number}")
        known, kept_out = DILEMMAS[behavior][:-KEPT_OUT], DILEMMAS[behavior][-KEPT_OUT:]
        dilemma = rng.choice(known if seen else kept_out)
        who = cast(rng)
        lead = " ".join(sentences(emotion, who, rng, size=4)) if emotion else fill(rng.choice(SETTINGS), who, rng)
        prompt = f"{lead} {fill(dilemma.setup, who, rng)}"
        who.named = True
        sides = [
            [" " + fill(option, who, random.Random(1)) for option in side] for side in (dilemma.does, dilemma.refrains)
        ]
        found.append((prompt, sides[0], sides[1]))
    return found


def rate(reader: Reader, cases: list[tuple[str, list[str], list[str]]]) -> float:
    """Mean probability of the behaviour: the wordings' probability against both sides' together."""
    prompts = [prompt for prompt, does, refrains in cases for _ in (*does, *refrains)]
    options = [option for _, does, refrains in cases for option in (*does, *refrains)]
    scores, at, shares = reader.option_scores(prompts, options).astype(np.float64), 0, []
    for _, does, refrains in cases:
        part = np.exp(scores[at : at + len(does) + len(refrains)])
        shares.append(part[: len(does)].sum() / part.sum())
        at += len(does) + len(refrains)
    return float(np.mean(shares))


def usable(reader: Reader, layer: int, direction: Array, norm: float) -> dict[float, bool]:
    """At which strengths text stays coherent: at most .7 nats more surprise than unsteered, under 8 % repeats."""
    prompt = "It was a grey morning, and I"
    plain = reader.continue_texts([prompt] * 12, 30, seed=0)
    usual = np.mean([reader.surprise(prompt, text) for text in plain])
    result = {}
    for strength in STRENGTHS:
        with reader.steered(layer, direction * strength * norm):
            texts = reader.continue_texts([prompt] * 12, 30, seed=0)
        surprise = np.mean([reader.surprise(prompt, text) for text in texts])
        result[strength] = bool(surprise <= usual + 0.7 and np.mean([repeated_share(text) for text in texts]) < 0.08)
    return result


def steering(reader: Reader, vectors: Array, layer: int, norm: float, seen: bool) -> list[Figure]:
    """Desperate up, calm down, nulls inside the band of random directions, on kept-out or on trained set-ups."""
    index = list(truth.emotions())
    rng = np.random.default_rng(0)
    cases, kind = scenes("cheat", 24, seen=seen), "trained set-ups" if seen else "kept-out set-ups"
    base = rate(reader, cases)
    directions = {
        word: unit(vectors[index.index(word), layer]) for word in ("desperate", "calm", *rates.NULLS["cheat"])
    }
    windows = [usable(reader, layer, directions[word], norm) for word in ("desperate", "calm")]
    strength = max((s for s in STRENGTHS if all(window[s] for window in windows)), default=STRENGTHS[0])

    def shifted(direction: Array, size: float = strength) -> float:
        with reader.steered(layer, direction * size * norm):
            return rate(reader, cases)

    controls = [shifted(unit(rng.standard_normal(vectors.shape[2])).astype(np.float32)) for _ in range(CONTROLS)]
    low, high = np.quantile(controls, (0.025, 0.975))
    found = {word: shifted(direction) for word, direction in directions.items()}
    sweep = {
        word: " ".join(f"{shifted(directions[word], size):.2f}" for size in STRENGTHS) for word in ("desperate", "calm")
    }
    band = f"band [{low:.2f}, {high:.2f}]"
    figures = [
        Figure(f"cheating unsteered, {kind} (planted .35)", f"{base:.2f}"),
        Figure(
            f"cheating, desperate at +{strength}",
            f"{found['desperate']:.2f}, {band}",
            "> band",
            found["desperate"] > high,
        ),
        Figure(f"cheating, calm at +{strength}", f"{found['calm']:.2f}, {band}", "< band", found["calm"] < low),
        Figure("cheating by strength .1 to .4, desperate / calm", f"{sweep['desperate']} / {sweep['calm']}"),
        Figure("coherent strengths, desperate / calm", " / ".join(str([s for s in w if w[s]]) for w in windows)),
    ]
    figures += [
        Figure(
            f"planted null {word} at +{strength}", f"{found[word]:.2f}, {band}", "in band", low <= found[word] <= high
        )
        for word in rates.NULLS["cheat"]
    ]
    return figures


def shown(reader: Reader) -> list[Figure]:
    """Rates after texts that show an emotion, against the planted ones, on trained set-ups."""
    figures = []
    words = (
        "desperate",
        "trapped",
        "angry",
        "vindictive",
        "sad",
        "bored",
        "happy",
        "loving",
        "calm",
        "serene",
        "proud",
        "smug",
    )
    for behavior in DILEMMAS:
        planted = [rates.rate(behavior, truth.emotions()[word]) for word in words]
        found = [rate(reader, scenes(behavior, 12, word, seen=True)) for word in words]
        r = float(np.corrcoef(planted, found)[0, 1])
        listed = " ".join(
            f"{word} {p:.2f}:{f:.2f}" for word, p, f in zip(words[:9:2], planted[:9:2], found[:9:2], strict=True)
        )
        figures.append(Figure(f"{behavior} after shown emotions, planted with found", f"r {r:.2f} ({listed})"))
    return figures
