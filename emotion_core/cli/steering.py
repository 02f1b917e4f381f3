"""`sweep`, `crosstalk`: steering beside its controls."""

from __future__ import annotations

import argparse
from pathlib import Path

from emotion_core.cli.answer import Answer, number, table
from emotion_core.errors import SettingsError


def sweep(arguments: argparse.Namespace) -> Answer:
    """`sweep VECTORS --prompt TEXT --strengths RANGE`: a dose-response beside random directions."""
    from emotion_core.cli.session import model_of, run
    from emotion_core.steering.settings import SweepSettings, parse_strengths
    from emotion_core.steering.sweep import sweep as sweep_job
    from emotion_core.vectors.file import load_vectors

    vectors = load_vectors(Path(arguments.vectors))
    settings = SweepSettings(
        emotion=_emotion(arguments.emotion, vectors.emotions),
        prompts=tuple(arguments.prompt),
        strengths=parse_strengths(arguments.strengths),
        controls=arguments.controls,
        samples=arguments.samples or (1 if arguments.decoding == "greedy" else 4),
        max_new_tokens=arguments.tokens,
        layer=arguments.layer,
        unit=arguments.unit,
        operation=arguments.operation,
        scope=arguments.scope,
        decoding=arguments.decoding,
        temperature=arguments.temperature,
        top_p=arguments.top_p,
        seed=arguments.seed,
        chat=arguments.chat,
    )
    model = model_of(vectors, arguments.model, arguments.dtype)
    result = run(sweep_job(model, vectors, settings))
    rows = [
        [
            f"{one.strength:g}",
            number(one.effect),
            f"{number(one.effect_low)} to {number(one.effect_high)}",
            f"{number(one.null_low)} to {number(one.null_high)}",
            "yes" if one.coherent else "no",
            "yes" if one.evidence else "",
            number(one.surprise),
        ]
        for one in result.strengths
    ]
    head = ["strength", "effect", "95 % interval", "null band", "coherent", "evidence", "surprise"]
    low, high = result.usable_window
    text = f"{table(head, rows)}\n\nLayer {result.layer}; usable window {low:g} to {high:g} ({result.settings.unit})."
    return Answer(result.to_json(), text)


def _emotion(asked: str | None, emotions: tuple[str, ...]) -> str:
    if asked is not None:
        return asked
    if len(emotions) == 1:
        return emotions[0]
    raise SettingsError(
        "The vector file has several emotions", expected="--emotion with one of them", found=", ".join(emotions[:12])
    )
