"""Figures of the study that started this: the fear direction of GPT-2 small, as published, without controls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class PublishedStudy:
    """A published separation by layer, to stand beside one's own.

    Attributes:
        author: Who published it, and when.
        model: Catalogue name of its model.
        cohens_d: Cohen's d of ten held-out pairs, layer 0 first.
        sweep: Strengths of its sweep, multiples of the unit direction at `sweep_layer`.
        sweep_layer: The steered layer.
        coherent: Strengths at which its texts were coherent.
        lacked: What the author himself names as missing.
    """

    author: str
    model: str
    cohens_d: tuple[float, ...]
    sweep: tuple[float, ...]
    sweep_layer: int
    coherent: tuple[float, ...]
    lacked: tuple[str, ...]


# The prompts were the author's; the built-in fear-calm set follows his recipe in words of our own.
FEAR_IN_GPT2 = PublishedStudy(
    author="S. Magee, April 2026",
    model="gpt2",
    cohens_d=(1.60, 1.50, 1.53, 1.60, 1.73, 1.78, 1.85, 1.86, 1.83, 1.79, 1.75, 1.70),
    sweep=(-20.0, -10.0, -5.0, 0.0, 5.0, 10.0, 20.0, 40.0),
    sweep_layer=7,
    coherent=(5.0,),
    lacked=(
        "whether a steering effect is more than the model being pushed off its usual path",
        "whether the direction is fear, or merely arousal, threat or an unfamiliar place",
    ),
)
