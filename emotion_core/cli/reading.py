"""`read`: emotions by token, turn, dose, situation and attempt, system prompts compared, and monitors."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emotion_core.base.errors import SettingsError
from emotion_core.cli.answer import Answer, number, table
from emotion_core.cli.arguments import refuse_given, settings_from
from emotion_core.prompts.files import path_bytes
from emotion_core.stats.intervals import p_words

if TYPE_CHECKING:
    from emotion_core.base.activations import ReadingPosition
    from emotion_core.experiments.reading import ReadingSettings
    from emotion_core.prompts.library import Template
    from emotion_core.prompts.prompt_set import Turn
    from emotion_core.reading.attempts import AttemptRun, AttemptsReading
    from emotion_core.reading.conversation import Continuation, ConversationReading
    from emotion_core.reading.dose import DoseReading
    from emotion_core.reading.monitor import LabelledReading, Threshold, Watched
    from emotion_core.reading.priors import Prior, PriorsReading
    from emotion_core.reading.settings import MonitorSettings, Writing
    from emotion_core.reading.situations import SituationReading
    from emotion_core.reading.text import TokenReading

# What `read` is asked for, from its arguments, before a model is loaded for it.

NO_SYSTEM = "none"


def make_request(arguments: argparse.Namespace) -> ReadingSettings:
    """The settings that the arguments stand for, of the kind of reading that they name.

    Raises:
        SettingsError: They do not go together, or a file cannot be read.
        PromptSetError: A file is faulty.
    """
    from emotion_core.experiments import reading as kinds

    _check_together(arguments)
    shared = {"layer": arguments.layer, "seed": arguments.seed}
    monitor = _monitor(arguments)
    if arguments.template is not None:
        one, place = _template(arguments), _place(arguments)
        return kinds.DoseSettings(one.template, one.values, one.rise, one.fall, place, **shared)
    if arguments.situations:
        return kinds.SituationsSettings(_place(arguments), **shared)
    if arguments.attempts is not None:
        return kinds.AttemptsSettings(_attempts(arguments.attempts), **shared)
    if arguments.labelled is not None and monitor is not None:
        from emotion_core.reading.monitor import read_labelled

        file = Path(arguments.labelled)
        return kinds.LabelledSettings(monitor, read_labelled(file.name, path_bytes(file)), **shared)
    conversations = tuple(said_in(name) for name in arguments.conversation or ())
    if arguments.system:
        return kinds.PriorsSettings(tuple(_prior(one) for one in arguments.system), conversations, **shared)
    if len(conversations) > 1:
        raise SettingsError("Several conversations are read to compare system prompts", remedy="Add --system twice")
    turns = conversations[0] if conversations else ()
    if monitor is not None:
        return kinds.WatchSettings(monitor, turns, _text(arguments), arguments.phrase, **shared)
    if turns and arguments.continue_ is not None:
        return kinds.ReplySettings(turns, _writing(arguments), **shared)
    if turns:
        return kinds.ConversationSettings(turns, arguments.all_layers, **shared)
    return kinds.TextSettings(_text(arguments), arguments.all_layers, **shared)


def _check_together(arguments: argparse.Namespace) -> None:
    from emotion_core.reading.settings import MonitorSettings, Writing

    if arguments.continue_ is None:
        refuse_given(Writing, arguments, "No reply is written without --continue", "--conversation FILE --continue 60")
    if arguments.monitor is None:
        refuse_given(MonitorSettings, arguments, "There is no monitor that this could be said of", "--monitor EMOTION")
    if arguments.reading in (None, "built") and (arguments.from_token or arguments.chat):
        raise SettingsError(
            "A place is read where --reading names it",
            expected="--reading PLACE beside it",
            found="--chat" if arguments.chat else "--from-token",
        )
    if arguments.values is not None and arguments.template is None:
        raise SettingsError("A template and its values come together", expected="--template TEXT --values 1,10,100")
    whole = arguments.text is not None or arguments.text_file is not None or arguments.conversation
    several = arguments.layer is not None or arguments.system or arguments.monitor or arguments.continue_ is not None
    if arguments.all_layers and (not whole or several):
        raise SettingsError(
            "All layers are read of a text or a conversation, without --layer, --system, --monitor and --continue",
            expected="--text TEXT --all-layers",
        )
    if arguments.labelled is not None and arguments.monitor is None:
        raise SettingsError("A labelled set is read under a monitor", expected="--labelled FILE --monitor EMOTION")
    if arguments.phrase and arguments.monitor is None:
        raise SettingsError("A phrase is what a monitor warns of", expected="--phrase TEXT --monitor EMOTION")
    if arguments.system and not arguments.conversation:
        raise SettingsError("System prompts are compared over conversations", expected="--conversation FILE")
    if arguments.continue_ is not None and (not arguments.conversation or arguments.system or arguments.monitor):
        raise SettingsError("What is continued is a conversation", expected="--conversation FILE --continue 60")
    if arguments.continue_ is not None and "emotion" not in arguments:
        raise SettingsError("The reply is read on an emotion", expected="--continue 60 --emotion EMOTION")
    if arguments.reading is not None and arguments.template is None and not arguments.situations:
        raise SettingsError("A place is chosen for texts that are read at one", expected="--template or --situations")
    others = (arguments.template, arguments.situations, arguments.attempts, arguments.system)
    if arguments.monitor is not None and any(others):
        raise SettingsError("A monitor watches a text, a conversation or a labelled set")
    if arguments.phrase and arguments.labelled is not None:
        raise SettingsError("A phrase is looked for in a text or a conversation", expected="--text or --conversation")


def _monitor(arguments: argparse.Namespace) -> MonitorSettings | None:
    from emotion_core.reading.settings import MonitorSettings

    if arguments.monitor is None:
        return None
    return settings_from(MonitorSettings, arguments, emotion=arguments.monitor)


def _place(arguments: argparse.Namespace) -> ReadingPosition | None:
    from emotion_core.base.activations import ReadingPosition
    from emotion_core.reading.places import OF_A_MESSAGE

    if arguments.reading == "built":
        return None
    if arguments.reading is None:
        return OF_A_MESSAGE["H"]
    return ReadingPosition(arguments.reading, arguments.from_token, arguments.chat or arguments.reading == "answer")


def _writing(arguments: argparse.Namespace) -> Writing:
    from emotion_core.reading.settings import Writing

    return settings_from(Writing, arguments, tokens=arguments.continue_, seed=arguments.seed)


def _template(arguments: argparse.Namespace) -> Template:
    """A built-in template by its name, with other values where they are given, or one of the visitor's."""
    from emotion_core.prompts.library import load_templates
    from emotion_core.reading.dose import make_template, parse_values

    library = {one.name: one for one in load_templates()}
    found = library.get(arguments.template)
    if found is None and arguments.values is None:
        raise SettingsError(
            "A template and its values come together",
            expected=f"--template TEXT --values 1,10,100, or one of {', '.join(library)}",
        )
    if found is not None and arguments.values is None:
        return found
    text = arguments.template if found is None else found.template
    made = make_template(text, parse_values(arguments.values))
    return made if found is None else made.model_copy(update={"rise": found.rise, "fall": found.fall})


def _attempts(name: str) -> AttemptRun:
    from emotion_core.reading.attempts import load_attempts, read_attempts_file

    library = {one.name: one for one in load_attempts()}
    return library.get(name) or read_attempts_file(Path(name).name, path_bytes(Path(name)))


def said_in(name: str) -> tuple[Turn, ...]:
    """A conversation from a file, or a built-in one by its name."""
    from emotion_core.prompts.library import load_conversations, read_conversation

    library = {one.name: one.turns for one in load_conversations()}
    return library.get(name) or read_conversation(Path(name).name, path_bytes(Path(name)))


def _prior(text: str) -> Prior:
    """A built-in system prompt by its name, `none`, or a text."""
    from emotion_core.prompts.library import load_system_prompts
    from emotion_core.reading.priors import Prior

    if text.strip() in ("", NO_SYSTEM):
        return Prior(NO_SYSTEM, "")
    found = {one.name: one for one in load_system_prompts()}.get(text)
    return Prior(text[:40], text) if found is None else Prior(found.name, found.text, found.expected)


def _text(arguments: argparse.Namespace) -> str:
    if arguments.text_file is None:
        return str(arguments.text or "")
    from emotion_core.prompts.tables import decode

    file = Path(arguments.text_file)
    return decode(file.name, path_bytes(file)).replace("\r\n", "\n").replace("\r", "\n")


# `read`: emotions by token, turn, dose, situation and attempt, system prompts compared, and monitors.

# Emotions that the answer for people lists; the document has all.
SHOWN = 8
_UNIT = "standard deviations of neutral tokens."


def read(arguments: argparse.Namespace) -> Answer:
    """`read VECTORS` and what to read, see `--help`."""
    from emotion_core.cli.runs import result
    from emotion_core.experiments.reading import reading_of
    from emotion_core.vectors.file import load_vectors

    # What is read is looked at first: a fault in it should not cost the loading of a model.
    settings = make_request(arguments)
    vectors = load_vectors(Path(arguments.vectors))
    experiment = reading_of(settings)
    found = result(experiment, vectors, settings, arguments)
    document = found.to_json()
    if experiment.kind == "read-monitor" and found.phrase and not found.flagged:
        document["reason"] = _absent(found)
    shown: dict[str, Callable[[Any], str]] = {
        "read-text": _text_words,
        "read-conversation": _conversation,
        "read-reply": _continuation,
        "read-dose": _dose,
        "read-situations": _situations,
        "read-attempts": _attempts_words,
        "read-priors": _priors,
        "read-monitor": _watched,
        "read-labelled": _labelled,
    }
    return Answer(document, shown[experiment.kind](found))


def _text_words(every: TokenReading) -> str:
    found = every.single
    top = np.argsort(-np.abs(found.values[:, 0]).mean(axis=0))[:SHOWN]
    names = [found.emotions[e] for e in top]
    rows = [
        [repr(token)[1:-1], *(number(found.values[i, 0, e], 1) for e in top)] for i, token in enumerate(found.tokens)
    ]
    return table(["token", *names], rows) + f"\n\nLayer {found.layers[0]}; {_UNIT}"


def _conversation(found: ConversationReading) -> str:
    top = np.argsort(-np.abs(found.turns).max(axis=0))[:SHOWN]
    names = [found.tokens.emotions[e] for e in top]
    rows = [
        [str(i + 1), turn.role, *(number(found.turns[i, e], 1) for e in top)]
        for i, turn in enumerate(found.dialogue.turns)
    ]
    drifts = [found.drift_of(name)[1] for name in found.tokens.emotions if found.evidence(name)]
    end = f"\n\nLayer {found.tokens.layer}; {found.dialogue.template}; {_UNIT}\n"
    return table(["turn", "role", *names], rows) + end + ("\n".join(drifts) or "No emotion drifts beyond chance.")


def _continuation(found: Continuation) -> str:
    lines = []
    names = ("Unsteered", f"{found.writing.emotion} {found.writing.strength:+g}")
    for name, text, reading in zip(names, found.texts, found.readings, strict=False):
        mean = reading.turns[-1, reading.tokens.emotions.index(found.writing.emotion)] if text else None
        lines.append(f"{name} ({found.writing.emotion} {number(mean)}): {text or '(nothing)'}")
    return "\n\n".join(lines) + f"\n\nLayer {found.layer}; mean of the reply in {_UNIT}"


def _dose(found: DoseReading) -> str:
    named = [found.emotions.index(name) for name in found.expected]
    others = [e for e in np.argsort(np.nan_to_num(found.trend.chance.p_value, nan=1.0)).tolist() if e not in named]
    rows = [
        [
            found.emotions[e],
            number(found.trend.change[e]),
            number(found.ranges[e]),
            number(found.trend.chance.p_value[e], 4),
            number(found.trend.chance.q_value[e], 4),
            "yes" if found.evidence(found.emotions[e]) else "",
            found.outcome(found.emotions[e]) if found.emotions[e] in found.expected else "",
        ]
        for e in [*named, *others][:20]
    ]
    end = (
        f"\n\nLayer {found.layer}; change and range in standard deviations of neutral texts; p against control "
        "directions on the same texts, q corrected for the expected emotions or for all."
    )
    if found.expected:
        end += f"\n{found.met} of {len(found.expected)} met. {found.chance_sentence}"
    if found.unmatched:
        end += f"\nNo vector stands for {', '.join(found.unmatched)}."
    return table(["emotion", "change", "range", "p", "q", "evidence", "expected"], rows) + end


def _situations(found: SituationReading) -> str:
    rows = [[implied, str(rank)] for implied, rank in zip(found.implied, found.ranks, strict=True)]
    return table(["implied", "rank"], rows) + (
        f"\n\nHighest in {found.top1:.0%}, among the first three in {found.top3:.0%}; mean rank {found.mean_rank:.1f} "
        f"of {len(found.emotions)} (chance {found.null_low:.1f} to {found.null_high:.1f}, p = {found.p_value:.4f})."
    )


def _attempts_words(found: AttemptsReading) -> str:
    rows = []
    for e, name in enumerate(found.emotions):
        change, cheat = found.encouraged(name), found.cheat_reading(name)
        rows.append(
            [
                name,
                number(found.drift.change[e]),
                number(found.drift.chance.q_value[e], 3),
                "yes" if found.evidence(name) else "",
                f"{change.mean:+.2f} ({change.low:+.2f} to {change.high:+.2f})",
                "" if cheat is None else number(cheat[0]),
            ]
        )
    head = ["emotion", "drift", "q", "evidence", "encouragement (95 %)", "at the cheat"]
    return table(head, rows) + f"\n\nLayer {found.layer}; {found.template}; {_UNIT}"


def _priors(found: PriorsReading) -> str:
    rows = []
    for s in range(1, len(found.names)):
        for name in found.emotions:
            late = found.lasting(s, name)
            null = f"{late.null_low:+.2f} to {late.null_high:+.2f}" if found.compared(s) else ""
            rows.append([found.names[s], name, late.figures, null, "lasts" if late.lasts else ""])
    head = ["system prompt", "emotion", "last third (95 %)", "random directions", ""]
    end = f"\n\nDifference from {found.names[0]}; {len(found.roles)} conversations; layer {found.layer}; {_UNIT}"
    return table(head, rows) + end


def _watched(found: Watched) -> str:
    from emotion_core.reading.chance import control_words

    rows = [[str(a.start), str(a.end - a.start), number(a.peak), repr(a.text.strip())[1:-1][:80]] for a in found.alarms]
    lines = [table(["token", "tokens", "highest", "text"], rows), "", _threshold(found.threshold)]
    for one in found.flagged:
        told = (
            "silent until then"
            if one.lead is None
            else f"first alarm {one.lead} tokens before it "
            f"({p_words(one.chance or 0)} against {control_words(one.against)})"
        )
        lines.append(f"{found.phrase!r} at token {one.token}: {told}.")
    if found.phrase and not found.flagged:
        lines.append(_absent(found))
    return "\n".join(lines)


def _absent(found: Watched) -> str:
    return f"{found.phrase!r} does not occur in what was read."


def _threshold(found: Threshold) -> str:
    settings = found.settings
    return (
        f"Threshold {found.value:.2f} on {settings.emotion}, layer {found.layer}: {settings.false_alarms:.1%} of "
        f"neutral tokens lie above it, and {found.rate:.1%} of others (95 % {found.rate_low:.1%} to "
        f"{found.rate_high:.1%})."
    )


def _labelled(found: LabelledReading) -> str:
    from emotion_core.reading.chance import control_words

    rows = [
        [name, "yes" if label else "no", number(peak), str(first) if first >= 0 else "-"]
        for name, label, peak, first in zip(found.names, found.labels, found.peaks, found.first, strict=True)
    ]
    area = (
        f"AUROC {found.auroc:.2f} (95 % {found.auroc_low:.2f} to {found.auroc_high:.2f}); random directions "
        f"{found.null_low:.2f} to {found.null_high:.2f}, {p_words(found.p_value)} against "
        f"{control_words(found.against)}; length {found.length_auroc:.2f} "
        f"(difference {found.gain_low:+.2f} to {found.gain_high:+.2f})."
    )
    return "\n".join([table(["name", "label", "highest", "first alarm"], rows), "", area, _threshold(found.threshold)])
