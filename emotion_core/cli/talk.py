"""`talk`: a conversation in a terminal, each turn answered without steering and with it, from the same noise."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from emotion_core.base.errors import SettingsError
from emotion_core.cli.answer import Answer
from emotion_core.cli.arguments import settings_from
from emotion_core.cli.runs import result
from emotion_core.cli.session import model_of
from emotion_core.experiments.talk import TALK
from emotion_core.prompts.prompt_set import Role, Turn
from emotion_core.reading.talk import Talk, TalkSettings
from emotion_core.vectors.file import load_vectors

ASKS = "you> "


def talk(arguments: argparse.Namespace) -> Answer:
    """`talk VECTORS --strength E=S`: messages from `--message`, else line by line from the terminal."""
    given = [_turn("user", one, "--message") for one in arguments.message]
    said: tuple[Turn, ...] = (_turn("system", arguments.system, "--system"),) if arguments.system else ()
    vectors = load_vectors(Path(arguments.vectors))
    model = model_of(vectors, arguments.model, arguments.dtype)
    turns: list[Talk] = []
    while (message := _next(given, arguments)) is not None:
        asked = settings_from(TalkSettings, arguments, vectors, turns=(*said, message))
        found = result(TALK, vectors, asked, arguments, model)
        turns.append(found)
        kept = {"steered": 1, "unsteered": 0}[arguments.go_on]
        said = found.going_on(kept) if found.replies[kept].text.strip() else asked.turns[:-1]
        if not (arguments.json or arguments.message):
            print(_shown(found), flush=True)
    if not turns:
        raise SettingsError("Nothing was said", expected="a line in the terminal, or --message TEXT")
    document = {"conversation": [one.to_json() for one in turns]}
    return Answer(document, "\n\n".join(_shown(one) for one in turns) if arguments.message else "")


def _turn(role: Role, text: str, where: str) -> Turn:
    try:
        return Turn(role, text)
    except ValueError as error:
        raise SettingsError(
            "The turn cannot be said",
            where=where,
            expected="1 to 100,000 characters, not blanks alone",
            found=f"{len(text.strip()):,}",
        ) from error


def _next(given: list[Turn], arguments: argparse.Namespace) -> Turn | None:
    """The user's next message; None at the end."""
    if arguments.message:
        return given.pop(0) if given else None
    print(ASKS, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline().strip()
    return _turn("user", line, "standard input") if line else None


def _shown(found: Talk) -> str:
    """A turn as a terminal shows it: every reply with its readings beneath."""
    lines = [f"you> {found.settings.turns[-1].content}"]
    for k, reply in enumerate(found.replies):
        lines.append(f"{found.title(k)}> {reply.text.strip()}")
        lines += [f"    {found.line(k, emotion)}" for emotion, _ in found.settings.strengths]
    lines += [found.alarm(emotion).sentence for emotion, _ in found.settings.strengths[:1]]
    return "\n".join(lines)
