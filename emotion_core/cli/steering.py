"""`sweep`, `crosstalk`: steering beside its controls."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_core.base.errors import SettingsError
from emotion_core.cli.answer import Answer, number, table

if TYPE_CHECKING:
    from emotion_core.steering.next_token import NextTokenDose
    from emotion_core.steering.sweep import Sweep


def sweep(arguments: argparse.Namespace) -> Answer:
    """`sweep VECTORS --prompt TEXT --strengths RANGE`: a dose-response beside directions that mean nothing."""
    from emotion_core.cli.session import result
    from emotion_core.experiments.steering import NEXT_TOKEN, SWEEP
    from emotion_core.steering.comparison import interval_words
    from emotion_core.steering.finding import strength_words, sweep_finding
    from emotion_core.steering.settings import SweepSettings, parse_strengths
    from emotion_core.vectors.file import load_vectors

    vectors = load_vectors(Path(arguments.vectors))
    settings = SweepSettings(
        emotion=_emotion(arguments.emotion, vectors.emotions),
        strengths=parse_strengths(arguments.strengths),
        controls=arguments.controls,
        mix=_mix(arguments.mix),
        shuffles=arguments.shuffled,
        others=tuple(arguments.other),
        words=arguments.words,
        far=arguments.far,
        gates=arguments.random_gates,
        **_writing(arguments, vectors.n_layers),
    )
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
            "yes" if one.evidence else "",
            number(one.surprise),
            *_compared(found, one.strength),
        ]
        for one in found.strengths
    ]
    head = ["strength", "effect", "95 % interval", "null band", "coherent", "evidence", "surprise"]
    head += [one.name for one in found.comparisons]
    low, high = found.usable_window
    layers, measures = ", ".join(map(str, found.layers)), strength_words(found)
    about = [measures] if measures else []
    about += [interval_words(len(found.settings.prompts)), f"Steered layer {layers}, read at {found.layer}"]
    about[-1] += f"; usable window {low:g} to {high:g} ({found.settings.unit})."
    text = f"{table(head, rows)}\n\n{sweep_finding(found).sentence}\n{_controls(found)}{'. '.join(about)}"
    return Answer(found.to_json(), text)


def _controls(result: Sweep) -> str:
    """What each kind of control does, a row a kind."""
    if result.test is None:
        return ""
    test = result.test
    from emotion_core.steering.band import kind_words

    kinds = [*test.controls.kinds, *(one for one in (test.far, test.gates) if one is not None)]
    rows = [
        [kind_words(k.kind), str(k.n), number(k.mean), number(k.sd), number(k.high), number(k.p_value, 3)]
        for k in kinds
    ]
    head = ["controls", "n", "mean slope", "SD", "one in 20 above", "p"]
    return f"\n{table(head, rows)}\n\n"


def _next_token(dose: NextTokenDose) -> Answer:
    from emotion_core.charts.next_token import next_token_sentence, words_sentence

    document = {"next_token": dose.to_json()}
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


def _mix(asked: list[str]) -> tuple[tuple[str, float], ...]:
    """Reads `joy=-0.5`.

    Raises:
        SettingsError: It is something else.
    """
    mixed = []
    for one in asked:
        emotion, _, weight = one.rpartition("=")
        try:
            mixed.append((emotion.strip(), float(weight)))
        except ValueError as error:
            raise SettingsError(
                "The mix cannot be read", where=repr(one), expected="an emotion and a number, such as joy=-0.5"
            ) from error
    return tuple(mixed)


def _span(asked: str | None, layers: int) -> tuple[int, int] | None:
    """Reads `2:5` or `all`.

    Raises:
        SettingsError: It is something else.
    """
    if asked is None:
        return None
    if asked == "all":
        return 0, layers - 1
    first, _, last = asked.partition(":")
    try:
        return int(first), int(last or first)
    except ValueError as error:
        raise SettingsError(
            "The layers cannot be read", where=repr(asked), expected="first:last, such as 2:5, or all"
        ) from error


def crosstalk(arguments: argparse.Namespace) -> Answer:
    """`crosstalk VECTORS --prompt TEXT --strength S`: steer with each emotion, read all of them."""
    from emotion_core.charts.crosstalk import crosstalk_sentence
    from emotion_core.cli.session import result
    from emotion_core.experiments.steering import CROSSTALK
    from emotion_core.steering.crosstalk_settings import CrossTalkSettings
    from emotion_core.vectors.file import load_vectors

    vectors = load_vectors(Path(arguments.vectors))
    settings = CrossTalkSettings(
        strength=arguments.strength,
        emotions=tuple(arguments.emotion or ()),
        controls=arguments.controls,
        **_writing(arguments, vectors.n_layers),
    )
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


def _writing(arguments: argparse.Namespace, layers: int) -> dict[str, Any]:
    """The settings that a sweep and a cross-talk matrix share."""
    from emotion_core.cli.reading_request import said_in

    talks = [said_in(name) for name in arguments.conversation]
    for name, turns in zip(arguments.conversation, talks, strict=True):
        if not turns or turns[-1].role != "user":
            raise SettingsError(
                "The conversation does not end with the user",
                where=name,
                expected="a turn of the user at the end, which the model answers",
                remedy="Remove what stands after it",
            )
    prompts = (*arguments.prompt, *(turns[-1].content for turns in talks))
    if not prompts:
        raise SettingsError("There is nothing to continue", expected="--prompt TEXT or --conversation FILE")
    before = (*[()] * len(arguments.prompt), *(turns[:-1] for turns in talks))
    return {
        "prompts": prompts,
        "before": before if talks else (),
        "turns": tuple(arguments.turn),
        **care(arguments),
        "samples": arguments.samples or (1 if arguments.decoding == "greedy" else 4),
        "max_new_tokens": arguments.tokens,
        "layer": arguments.layer,
        "span": _span(arguments.layers, layers),
        "unit": arguments.unit,
        "scope": arguments.scope,
        "decoding": arguments.decoding,
        "temperature": arguments.temperature,
        "top_p": arguments.top_p,
        "seed": arguments.seed,
        "chat": arguments.chat or bool(talks),
    }


def care(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is done with a direction, and when, as the settings have it.

    Raises:
        SettingsError: The gate cannot be read, or a number is out of range.
    """
    from emotion_core.steering.operators import parse_gate, parse_schedule

    return {
        "operation": arguments.operation,
        "bound": arguments.bound,
        "gate": None if arguments.gate is None else parse_gate(arguments.gate),
        "schedule": parse_schedule(arguments.schedule),
    }


def _emotion(asked: str | None, emotions: tuple[str, ...]) -> str:
    if asked is not None:
        return asked
    if len(emotions) == 1:
        return emotions[0]
    raise SettingsError(
        "The vector file has several emotions", expected="--emotion with one of them", found=", ".join(emotions[:12])
    )
