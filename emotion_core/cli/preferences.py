"""`preferences`: what a model chooses, and what steering does to it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from emotion_core.base.errors import SettingsError
from emotion_core.cli.answer import Answer, number, table

if TYPE_CHECKING:
    from emotion_core.behavior.preferences import Preferences
    from emotion_core.behavior.steered_preferences import SteeredPreferences

SHOWN = 12  # activities at each end of the list for people; the document has all


def preferences(arguments: argparse.Namespace) -> Answer:
    """`preferences VECTORS [--activities FILE] [--emotion E --strength S]`."""
    from emotion_core.behavior.activity_files import read_activity_path
    from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings
    from emotion_core.behavior.question import standard_wording
    from emotion_core.cli.session import result
    from emotion_core.experiments.behavior import PREFERENCES, PreferenceRequest
    from emotion_core.prompts.library import load_activities
    from emotion_core.vectors.file import load_vectors

    if (arguments.strength is None) != (arguments.emotion is None):
        raise SettingsError("An emotion and a strength come together", expected="--emotion E --strength S")
    if arguments.activities:
        names, kinds = read_activity_path(Path(arguments.activities))
    else:
        items = load_activities()
        names, kinds = tuple(one.activity for one in items), tuple(one.kind for one in items)
    settings = PreferenceSettings(
        activities=names,
        kinds=kinds,
        wording=standard_wording(arguments.chat, arguments.question, arguments.answers),
        opponents=arguments.opponents,
        scoring=arguments.scoring,
        layer=arguments.layer,
        seed=arguments.seed,
    )
    vectors = load_vectors(Path(arguments.vectors))
    steering = None
    if arguments.emotion is not None:
        emotions = vectors.emotions if arguments.emotion == ["all"] else tuple(dict.fromkeys(arguments.emotion))
        for emotion in emotions:
            vectors.index(emotion)
        steering = SteeredSettings(emotions, arguments.strength, controls=arguments.controls, seed=arguments.seed)
    found = result(PREFERENCES, vectors, PreferenceRequest(settings, steering), arguments)
    document, text = found.base.to_json(), _preference_text(found.base)
    if found.moved is not None:
        document["steering"] = found.moved.to_json()
        text += "\n\n" + _steering_text(found.moved)
    return Answer(document, text)


def _testable(base: Preferences) -> str:
    from emotion_core.behavior.both_orders import NOT_TESTABLE

    share = f"Won when named first and when named second: r = {number(base.orders.r)} over activities, p = "
    return f"{share}{number(base.orders.p_value, 4)}." + ("" if base.orders.testable else f" {NOT_TESTABLE}")


def _preference_text(base: Preferences) -> str:
    from emotion_core.behavior.nulls import control_words

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
    from emotion_core.behavior.nulls import control_words

    text += f"\n\nHalf of the activities at strength {moved.settings.strength:g}, against the other half. "
    text += f"{control_words(moved.control_kinds)}: {number(moved.band_low)} to {number(moved.band_high)}."
    if moved.follows is not None:
        over = moved.follows
        text += f" Shift against correlation over the emotions: r = {number(over.r)} ({number(over.low)} to "
        text += f"{number(over.high)}); the same over {over.beside or 'no control directions'}; "
        text += f"p = {number(over.p_value, 4)}: "
        text += "more than control directions do." if over.evidence else "no more than control directions do."
    return text
