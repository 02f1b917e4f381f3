"""`sweep`, `crosstalk`: steering beside its controls."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from emotion_core.base.errors import SettingsError
from emotion_core.charts.crosstalk import crosstalk_sentence, next_token_sentence, words_sentence
from emotion_core.cli.answer import Answer, number, table
from emotion_core.cli.arguments import settings_from
from emotion_core.cli.reading import said_in
from emotion_core.cli.runs import result
from emotion_core.experiments.steering import CROSSTALK, NEXT_TOKEN, SWEEP
from emotion_core.steering.finding import strength_words, sweep_finding
from emotion_core.steering.next_token import NextTokenDose
from emotion_core.steering.settings import CrossTalkSettings, SweepSettings
from emotion_core.steering.summary import interval_words, kind_words
from emotion_core.steering.sweep import Sweep
from emotion_core.vectors.file import load_vectors


def sweep(arguments: argparse.Namespace) -> Answer:
    """`sweep VECTORS --prompt TEXT --strengths RANGE`: a dose-response beside directions that mean nothing."""
    vectors = load_vectors(Path(arguments.vectors))
    settings = settings_from(SweepSettings, arguments, vectors, **_written(arguments, vectors.n_layers))
    if arguments.next_token:
        return _next_token(result(NEXT_TOKEN, vectors, settings, arguments))
    found = result(SWEEP, vectors, settings, arguments)
    rows = [
        [
            f"{one.strength:g}",
            number(one.effect),
            f"{number(one.effect_low)} to {number(one.effect_high)}",
            f"{number(one.null_low)} to {number(one.null_high)}",
            f"broken: {one.broken} of {one.n}" if one.broken else "yes" if one.coherent else "no",
            number(one.surprise),
            *_compared(found, one.strength),
        ]
        for one in found.strengths
    ]
    head = ["strength", "effect", "95 % interval", "null band", "coherent", "surprise"]
    head += [one.name for one in found.comparisons]
    low, high = found.usable_window
    layers, measures = ", ".join(map(str, found.layers)), strength_words(found)
    about = [measures] if measures else []
    about += [interval_words(found.n_prompts), f"Steered layer {layers}, read at {found.layer}"]
    about[-1] += f"; usable window {low:g} to {high:g} ({found.settings.unit})."
    finding = sweep_finding(found)
    verdict = f"The line, not a single strength: {finding.mark}. {finding.sentence}"
    text = f"{table(head, rows)}\n\n{verdict}\n{_controls(found)}{'. '.join(about)}"
    return Answer(found.to_json(), text)


def _controls(result: Sweep) -> str:
    """What each kind of control does, a row a kind."""
    if result.test is None:
        return ""
    test = result.test
    kinds = [*test.controls.kinds, *(one for one in (test.far, test.gates) if one is not None)]
    rows = [
        [
            kind_words(k.kind),
            str(k.n),
            # With the sign of the sentence: where taking away is what should happen, its slopes were turned round.
            number(test.sign * k.mean),
            number(k.sd),
            number(test.sign * k.high),
            "< 0.01" if k.p_value < 0.01 else number(k.p_value, 3),
        ]
        for k in kinds
    ]
    head = ["controls", "n", "mean slope", "SD", "one in 20 beyond", "p"]
    return f"\n{table(head, rows)}\n\n"


def _next_token(dose: NextTokenDose) -> Answer:
    curve = dose.to_json()
    document = {**{key: curve[key] for key in ("evidence", "p_value", "own_words")}, "next_token": curve}
    rows = [
        [
            f"{one['strength']:g}",
            number(one["change"]),
            f"{number(one['null_low'])} to {number(one['null_high'])}",
            number(one["divergence"]),
        ]
        for one in document["next_token"]["rows"]
    ]
    head = ["strength", "change (nats)", "null band", "divergence"]
    text = f"{table(head, rows)}\n\n{next_token_sentence(dose)}\n{words_sentence(dose)}.\n"
    return Answer(document, f"{text}Layer {dose.layer}; tokens: {', '.join(map(repr, dose.tokens))}")


def _compared(result: Sweep, strength: float) -> list[str]:
    """The effects of the named controls at a strength."""
    found = [next((p for p in one.points if p.strength == strength), None) for one in result.comparisons]
    return ["" if point is None else number(point.effect) for point in found]


def crosstalk(arguments: argparse.Namespace) -> Answer:
    """`crosstalk VECTORS --prompt TEXT --strength S`: steer with each emotion, read all of them."""
    vectors = load_vectors(Path(arguments.vectors))
    settings = settings_from(CrossTalkSettings, arguments, vectors, **_written(arguments, vectors.n_layers))
    matrix = result(CROSSTALK, vectors, settings, arguments)
    document = matrix.to_json()
    rows = [
        [name, *(number(cell, 1) for cell in row), number(own), "yes" if coherent else "no"]
        for name, row, own, coherent in zip(
            document["emotions"], document["matrix"], document["specificity"], document["coherent"], strict=True
        )
    ]
    band = ["chance", *(f"{number(low, 1)} to {number(high, 1)}" for low, high in document["band"]), "", ""]
    head = ["steered / read", *document["emotions"], "specificity", "coherent"]
    where = f"Layer {document['layer']}; changes in SD of the unsteered texts."
    text = f"{table(head, [*rows, band])}\n\n{crosstalk_sentence(matrix)}\n{where}"
    return Answer(document, text)


def _written(arguments: argparse.Namespace, layers: int) -> dict[str, Any]:
    """What the options of writing say beside their own words: all layers, and one sample where all would be alike."""
    given: dict[str, Any] = {}
    if getattr(arguments, "span", None) == "all":
        given["span"] = (0, layers - 1)
    if getattr(arguments, "decoding", None) == "greedy" and "samples" not in arguments:
        given["samples"] = 1
    talks = [said_in(name) for name in arguments.conversation]
    for name, turns in zip(arguments.conversation, talks, strict=True):
        if turns[-1].role != "user":
            raise SettingsError(
                "The conversation does not end with the user",
                where=name,
                expected="a turn of the user at the end, which the model answers",
                remedy="Remove what stands after it",
            )
    plain = tuple(dict.fromkeys(arguments.prompts))
    given["prompts"] = (*plain, *(turns[-1].content for turns in talks))
    if not given["prompts"]:
        raise SettingsError("There is nothing to continue", expected="--prompt TEXT or --conversation FILE")
    if talks:
        given |= {
            "before": (*[()] * len(plain), *(turns[:-1] for turns in talks)),
            "chat": True,
        }
    return given
