"""`preferences`, `behaviors`: what a model chooses, and what steering does to it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from emotion_core.base.errors import SettingsError
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.behaviors import Behaviors
from emotion_core.behavior.effects import effect_matrix, effects, headline, headline_json, rate_rows
from emotion_core.behavior.nulls import control_words
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings, standard_wording
from emotion_core.behavior.preferences import Preferences
from emotion_core.behavior.rates import no_room
from emotion_core.behavior.scale import NOT_TESTABLE
from emotion_core.behavior.scenes import (
    PLANTED,
    Scene,
    built_in_activities,
    built_in_scenes,
    parse_activities,
    parse_scenes,
    planted_scenes,
)
from emotion_core.behavior.steered_preferences import SteeredPreferences
from emotion_core.behavior.warning import EarlyWarning, WarningSettings, lead_texts
from emotion_core.cli.answer import Answer, number, table
from emotion_core.cli.arguments import settings_from
from emotion_core.cli.runs import result
from emotion_core.experiments.behavior import BEHAVIORS, PREFERENCES, BehaviorRequest, PreferenceRequest
from emotion_core.prompts.files import path_bytes
from emotion_core.prompts.tables import decode
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import load_vectors

SHOWN = 12  # activities at each end of the list for people; the document has all


def preferences(arguments: argparse.Namespace) -> Answer:
    """`preferences VECTORS [--activities FILE] [--emotion E --strength S]`."""
    steered = "emotions" in arguments
    if steered != ("strength" in arguments):
        raise SettingsError("An emotion and a strength come together", expected="--emotion E --strength S")
    if arguments.activities:
        names, kinds = parse_activities(Path(arguments.activities).name, path_bytes(arguments.activities))
    else:
        names, kinds = built_in_activities()
    wording = standard_wording(arguments.chat, arguments.question, arguments.answers)
    asked = settings_from(PreferenceSettings, arguments, activities=names, kinds=kinds, wording=wording)
    vectors = load_vectors(Path(arguments.vectors))
    steering = None
    if steered:
        steering = settings_from(SteeredSettings, arguments, vectors, opponents=4, layer=None, seed=asked.seed)
    found = result(PREFERENCES, vectors, PreferenceRequest(asked, steering), arguments)
    document, text = found.base.to_json(), _preference_text(found.base)
    if found.moved is not None:
        document["steering"] = found.moved.to_json()
        text += "\n\n" + _steering_text(found.moved)
    return Answer(document, text)


def _testable(base: Preferences) -> str:
    share = f"Won when named first and when named second: r = {number(base.orders.r)} over activities, p = "
    return f"{share}{number(base.orders.p_value, 4)}." + ("" if base.orders.testable else f" {NOT_TESTABLE}")


def _preference_text(base: Preferences) -> str:
    scores, found = base.scores, base.correlation
    order = np.argsort(-scores.score)
    shown = order if len(order) <= 2 * SHOWN else [*order[:SHOWN], *order[-SHOWN:]]
    rows = [
        [base.settings.activities[i], number(scores.score[i]), f"{number(scores.low[i])} to {number(scores.high[i])}"]
        for i in shown
    ]
    by_r = np.argsort(-np.nan_to_num(found.r))
    emotions = [
        [
            base.emotions[k],
            number(found.r[k]),
            f"{number(found.low[k])} to {number(found.high[k])}",
            number(found.p_value[k], 4),
            number(found.q_value[k], 4),
            "yes" if base.evidence(k) else "",
        ]
        for k in by_r
    ]
    return (
        f"{table(['activity', 'score (nats)', '95 % interval'], rows)}\n\n"
        f"Being named first adds {number(scores.bias)} nats ({number(scores.bias_low)} to {number(scores.bias_high)}); "
        f"{base.consistent:.0%} of the pairs are answered alike in both orders.\n"
        f"{_testable(base)}\n\n"
        f"{table(['emotion', 'r', '95 % interval', 'p', 'q', 'beyond chance'], emotions)}\n\n"
        f"Layer {base.layer}; {2 * len(base.pairs):,} questions. Intervals as if activities were independent. p: share "
        f"of control directions that correlate as much, of the hardest kind; q: "
        f"corrected for all emotions. {control_words(base.against.kinds)}."
    )


def _steering_text(moved: SteeredPreferences) -> str:
    rows = [
        [
            emotion,
            number(moved.shift[k]),
            f"{number(moved.low[k])} to {number(moved.high[k])}",
            number(moved.q_value[k], 4),
            "yes" if moved.evidence(k) else "",
        ]
        for k, emotion in enumerate(moved.settings.emotions)
    ]
    text = table(["steered with", "shift (nats)", "95 % interval", "q", "beyond chance"], rows)

    text += f"\n\nHalf of the activities at strength {moved.settings.strength:g}, against the other half. "
    text += f"{control_words(moved.control_kinds)}: {number(moved.band_low)} to {number(moved.band_high)}."
    if moved.follows is not None:
        over = moved.follows
        text += f" Shift against correlation over the emotions: r = {number(over.r)} ({number(over.low)} to "
        text += f"{number(over.high)}); the same over {over.beside or 'no control directions'}; "
        text += f"p = {number(over.p_value, 4)}: "
        text += "more than control directions do." if over.evidence else "no more than control directions do."
    return text


def behaviors(arguments: argparse.Namespace) -> Answer:
    """`behaviors VECTORS [--scenarios FILE] --emotion E --strengths -0.2,0,0.2`."""
    if arguments.scenarios == PLANTED:
        scenes = planted_scenes()
    else:
        path = arguments.scenarios
        scenes = parse_scenes(Path(path).name, path_bytes(path)) if path else built_in_scenes()
    if arguments.only:
        known = {scene.name: scene for scene in scenes}
        missing = [name for name in arguments.only if name not in known]
        if missing:
            raise SettingsError("There is no such scenario", found=missing[0], expected=", ".join(known))
        scenes = tuple(known[name] for name in dict.fromkeys(arguments.only))
    vectors = load_vectors(Path(arguments.vectors))
    settings = settings_from(BehaviorSettings, arguments, vectors, scenes=scenes)
    wanted = arguments.early_warning or arguments.before is not None
    warned = _warning_settings(vectors, scenes, arguments.before, settings.seed) if wanted else None
    asked = BehaviorRequest(settings) if warned is None else BehaviorRequest(settings, warned.seed, warned.leads)
    measured = result(BEHAVIORS, vectors, asked, arguments)
    found = measured.found
    document = {
        "model": {"name": found.model.name, "fingerprint": found.model.fingerprint},
        "layer": found.layer,
        "emotions": list(settings.emotions),
        "headline": headline_json(found),
        "rates": [vars(row) for row in rate_rows(found)],
        "effects": [effect_matrix(found, strength).to_json() for strength in settings.steered_strengths],
        "texts": [{**vars(one), "scene": settings.scenes[one.scene].name} for one in found.texts],
    }
    text = _behavior_text(found)
    if measured.warning is not None:
        document["early_warning"] = _warning_document(measured.warning)
        text += "\n\n" + _warning_text(measured.warning)
    return Answer(document, text)


def _behavior_text(found: Behaviors) -> str:
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


def _warning_settings(
    vectors: EmotionVectors, scenes: tuple[Scene, ...], before: str | None, seed: int
) -> WarningSettings:
    """The texts of a file, one a line, or the held-out texts that the vectors came with.

    Raises:
        SettingsError: No scenario has options, or there are fewer than 8 different texts.
        PromptSetError: The file cannot be read.
    """
    if not any(scene.options for scene in scenes):
        raise SettingsError(
            "The early warning needs a scenario with options",
            found="scenarios with a pattern only",
            remedy="Add one with options, or leave --early-warning out",
        )
    if before is None:
        return WarningSettings(lead_texts(vectors), seed)
    lines = (line.strip() for line in decode(before, path_bytes(before)).splitlines())
    return WarningSettings(tuple(dict.fromkeys(line for line in lines if line)), seed)


def _warning_document(found: EarlyWarning) -> dict[str, Any]:
    """The figures with the curves: false and true positive rates over all cuts."""
    document = found.to_json()
    for e, one in enumerate(document["emotions"]):
        false, true = found.curve(e)
        one["roc"] = {"false_positives": false.tolist(), "true_positives": true.tolist()}
    return {"scenarios": list(found.scenarios), "texts_before": len(found.leads), **document}


def _warning_text(found: EarlyWarning) -> str:
    """The same for people."""
    rows = [
        [
            emotion,
            number(found.auroc[e]),
            f"{number(found.low[e])} to {number(found.high[e])}",
            number(found.r[e]),
            number(found.p_value[e], 4),
            number(found.q_value[e], 4),
            "yes" if found.evidence(e) else "",
        ]
        for e, emotion in enumerate(found.emotions)
    ]
    return (
        f"Reading before the decision against the decision, {found.decided.size:,} cases in "
        f"{len(found.scenarios)} scenarios:\n\n"
        f"{table(['emotion', 'AUROC', '95 % interval', 'r with log-odds', 'p', 'q', 'beyond chance'], rows)}\n\n"
        f"{control_words(found.against.kinds)}: {number(found.null_low)} to {number(found.null_high)}. p: the "
        "larger of that against the hardest kind of these and that of exchanged texts; q: corrected for all emotions."
    )
