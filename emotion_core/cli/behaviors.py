"""`behaviors`: rates of behaviours in scenarios under steering, and the early warning."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_core.base.errors import SettingsError
from emotion_core.cli.answer import Answer, number, table

if TYPE_CHECKING:
    from emotion_core.behavior.behaviors import Behaviors


def behaviors(arguments: argparse.Namespace) -> Answer:
    """`behaviors VECTORS [--scenarios FILE] --emotion E --strengths -0.2,0,0.2`."""
    from emotion_core.behavior.behavior_settings import BehaviorSettings
    from emotion_core.behavior.effects import effect_matrix, headline_json, rate_rows
    from emotion_core.behavior.scenes import PLANTED, built_in_scenes, planted_scenes, read_scene_path
    from emotion_core.cli.early_warning import warning_document, warning_settings, warning_text
    from emotion_core.cli.session import result
    from emotion_core.cli.steering import care
    from emotion_core.experiments.behavior import BEHAVIORS, BehaviorRequest
    from emotion_core.steering.settings import parse_strengths
    from emotion_core.vectors.file import load_vectors

    if arguments.scenarios == PLANTED:
        scenes = planted_scenes()
    else:
        scenes = read_scene_path(Path(arguments.scenarios)) if arguments.scenarios else built_in_scenes()
    if arguments.only:
        known = {scene.name: scene for scene in scenes}
        missing = [name for name in arguments.only if name not in known]
        if missing:
            raise SettingsError("There is no such scenario", found=missing[0], expected=", ".join(known))
        scenes = tuple(known[name] for name in dict.fromkeys(arguments.only))
    vectors = load_vectors(Path(arguments.vectors))
    emotions = _emotions(arguments.emotion, vectors.emotions)
    for emotion in emotions:
        vectors.index(emotion)
    settings = BehaviorSettings(
        scenes=scenes,
        emotions=emotions,
        strengths=parse_strengths(arguments.strengths),
        controls=arguments.controls,
        answers=arguments.answers,
        samples=arguments.samples,
        texts=arguments.texts,
        max_new_tokens=arguments.tokens,
        form=arguments.form,
        scoring=arguments.scoring,
        scope=arguments.scope,
        layer=arguments.layer,
        words=arguments.words,
        seed=arguments.seed,
        chat=arguments.chat,
        **care(arguments),
    )
    wanted = arguments.early_warning or arguments.before is not None
    warned = warning_settings(vectors, scenes, arguments.before, arguments.seed) if wanted else None
    asked = BehaviorRequest(settings) if warned is None else BehaviorRequest(settings, warned.seed, warned.leads)
    measured = result(BEHAVIORS, vectors, asked, arguments)
    found = measured.found
    document = {
        "model": {"name": found.model.name, "fingerprint": found.model.fingerprint},
        "layer": found.layer,
        "emotions": list(emotions),
        "headline": headline_json(found),
        "rates": [vars(row) for row in rate_rows(found)],
        "effects": [effect_matrix(found, strength).to_json() for strength in settings.steered_strengths],
        "texts": [{**vars(one), "scene": settings.scenes[one.scene].name} for one in found.texts],
    }
    text = _behavior_text(found)
    if measured.warning is not None:
        document["early_warning"] = warning_document(measured.warning)
        text += "\n\n" + warning_text(measured.warning)
    return Answer(document, text)


def _emotions(asked: list[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """The emotions that are asked for; the only one where none is named."""
    if asked is None and len(known) > 1:
        raise SettingsError(
            "The vector file has several emotions",
            expected="--emotion with one of them, or all",
            found=", ".join(known[:12]),
        )
    return known if asked in (None, ["all"]) else tuple(dict.fromkeys(asked or ()))


def _behavior_text(found: Behaviors) -> str:
    from emotion_core.behavior.effects import effects, headline, rate_rows
    from emotion_core.behavior.nulls import control_words
    from emotion_core.behavior.rates import no_room

    rows = [
        [
            row.scenario,
            f"{row.emotion}{' in words' if row.direction == 'prompt' else ''}",
            f"{row.strength:g}",
            number(row.rate),
            f"{number(row.low)} to {number(row.high)}",
            "-" if row.null_low is None else f"{number(row.null_low)} to {number(row.null_high)}",
            "yes" if row.evidence else "",
            "yes" if row.coherent else "no",
        ]
        for row in rate_rows(found, controls=False)
    ]
    head = [
        "scenario",
        "steered with",
        "strength",
        "rate",
        "95 % interval",
        "control directions",
        "evidence",
        "coherent",
    ]
    notes = [
        f"{scene.name}: {note}"
        for s, scene in enumerate(found.settings.scenes)
        if (note := no_room(found.unsteered(s)))
    ]
    corrected = effects(found)
    verdicts = [headline(found, e, corrected).sentence() for e in range(len(found.settings.emotions))]
    end = f"Layer {found.layer}; {found.settings.controls} control directions of each kind: "
    end += f"{control_words(found.control_kinds)}. Evidence is corrected for all strengths, scenarios and emotions."
    return "\n\n".join(["\n".join(verdicts), table(head, rows), *(["\n".join(notes)] if notes else []), end])
