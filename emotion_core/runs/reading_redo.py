"""The command that redoes a reading, and the files it needs beside it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence

from emotion_core.models.dialogue import Said
from emotion_core.prompts.library import load_conversations, load_system_prompts, load_templates
from emotion_core.reading.attempts_library import load_attempts
from emotion_core.runs.reading_request import ReadingRequest

VECTORS = "vectors.safetensors"
# A longer text goes into a file: not every shell takes it.
LONG = 2000


def redo(request: ReadingRequest) -> tuple[str, dict[str, bytes]]:
    """The command line of a request, and its files by name; the vector file is not among them.

    Example:
        >>> redo(ReadingRequest("dose", text="I fell {x} m.", values=(1, 2, 3.5)))[0]
        "python -m emotion_core read vectors.safetensors '--template=I fell {x} m.' --values=1,2,3.5 --json"
    """
    files: dict[str, bytes] = {}
    parts = [*_what(request, files), *_monitor(request)]
    if request.writing is not None:
        one = request.writing
        parts += [f"--continue={one.tokens}", f"--emotion={one.emotion}", f"--strength={one.strength:g}"]
        parts += [f"--temperature={one.temperature:g}"]
    if request.layer is not None:
        parts.append(f"--layer={request.layer}")
    if request.all_layers:
        parts.append("--all-layers")
    if request.seed:
        parts.append(f"--seed={request.seed}")
    words = ["python", "-m", "emotion_core", "read", VECTORS, *parts, "--json"]
    return shlex.join(words), files


def _what(request: ReadingRequest, files: dict[str, bytes]) -> list[str]:
    if request.what == "dose":
        return _dose(request)
    if request.what == "situations":
        return ["--situations"]
    if request.what == "attempts":
        return [_attempts(request, files)]
    if request.what == "labelled":
        files["labelled.json"] = _json(
            [{"name": one.name, "label": one.label, "messages": _turns(one.turns)} for one in request.labelled]
        )
        return ["--labelled=labelled.json"]
    if request.what == "priors":
        known = {one.text: one.name for one in load_system_prompts()}
        talks = [_conversation(one, files, f"conversation-{i}") for i, one in enumerate(request.conversations, start=1)]
        systems = [known.get(one.text, one.text.strip() or "none") for one in request.priors]
        return [*talks, *[f"--system={one}" for one in systems]]
    if request.turns:
        return [_conversation(request.turns, files, "conversation")]
    if len(request.text) > LONG:
        files["text.txt"] = request.text.encode()
        return ["--text-file=text.txt"]
    return [f"--text={request.text}"]


def _dose(request: ReadingRequest) -> list[str]:
    values = ",".join(repr(int(x) if float(x).is_integer() else x) for x in request.values)
    for one in load_templates():
        if (one.template, one.rise, one.fall) == (request.text, request.rise, request.fall):
            return [f"--template={one.name}", f"--values={values}"]
    return [f"--template={request.text}", f"--values={values}"]


def _attempts(request: ReadingRequest, files: dict[str, bytes]) -> str:
    for one in load_attempts():
        if one.model_dump_json() == request.run or one.model_copy(update={"note": ""}).model_dump_json() == request.run:
            return f"--attempts={one.name}"
    files["attempts.json"] = request.run.encode()
    return "--attempts=attempts.json"


def _conversation(turns: tuple[Said, ...], files: dict[str, bytes], name: str) -> str:
    for one in load_conversations():
        if tuple(Said(turn.role, turn.content) for turn in one.turns) == turns:
            return f"--conversation={one.name}"
    files[f"{name}.json"] = _json(_turns(turns))
    return f"--conversation={name}.json"


def _monitor(request: ReadingRequest) -> list[str]:
    if request.monitor is None:
        return []
    one = request.monitor
    parts = [f"--monitor={one.emotion}", f"--false-alarms={one.false_alarms:g}", f"--window={one.window}"]
    return [*parts, f"--phrase={request.phrase}"] if request.phrase else parts


def _turns(turns: Sequence[Said]) -> list[dict[str, str]]:
    return [{"role": one.role, "content": one.content} for one in turns]


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()
