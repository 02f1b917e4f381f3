"""What `read` is asked for, from its arguments, before a model is loaded for it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from emotion_core.base.errors import SettingsError
from emotion_core.cli.arguments import settings_from

if TYPE_CHECKING:
    from emotion_core.base.activations import ReadingPosition
    from emotion_core.experiments.reading import ReadingSettings
    from emotion_core.prompts.library import Template, Turn
    from emotion_core.reading.attempts import AttemptRun
    from emotion_core.reading.priors import Prior
    from emotion_core.reading.settings import MonitorSettings, Writing

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
        return kinds.LabelledSettings(monitor, read_labelled(file.name, _bytes(file)), **shared)
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
    if arguments.monitor is not None and (arguments.template or arguments.situations or arguments.attempts):
        raise SettingsError("A monitor watches a text, a conversation or a labelled set")


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
    return library.get(name) or read_attempts_file(Path(name).name, _bytes(Path(name)))


def said_in(name: str) -> tuple[Turn, ...]:
    """A conversation from a file, or a built-in one by its name."""
    from emotion_core.prompts.library import load_conversations, read_conversation

    library = {one.name: one.turns for one in load_conversations()}
    return library.get(name) or read_conversation(Path(name).name, _bytes(Path(name)))


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
    return decode(file.name, _bytes(file)).replace("\r\n", "\n").replace("\r", "\n")


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise SettingsError(
            "The file cannot be read", where=str(file), found=error.strerror or str(error), remedy="Check its name"
        ) from error
