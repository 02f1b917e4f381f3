"""What other programs rely on: the documents of `--json`, and the names of the options.

The fixtures were written before the arguments were derived from the settings. What is there may be added to and never
taken away; `WRITE_GOLDEN=1` in the environment writes them anew.
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import pytest
from command_helpers import answer

from emotion_core.cli.main import make_parser

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("WRITE_GOLDEN") == "1"
# What differs from place to place, or is a figure of the run and not of the result.
ELSEWHERE = {"out", "bytes", "sha256", "settings", "fingerprint", "files", "rule", "code_version"}

_STEERED = ["--prompt", "The door", "--controls", "3", "--samples", "1", "--tokens", "3"]
_TALK = (("user", "Hello."), ("assistant", "Yes?"), ("user", "No."))
_CHOICES = ["--controls", "2", "--texts", "1", "--samples", "2", "--tokens", "3"]
COMMANDS: dict[str, list[str]] = {
    "build": ["build", "PROMPTS", "--out", "NEW"],
    "heldout": ["heldout", "VECTORS", "PROMPTS", "--confound", "confound-place"],
    "heldout-without": ["heldout", "VECTORS", "PROMPTS", "--orthogonalise-against", "joy"],
    "transfer": ["transfer", "VECTORS", "fear-calm", "--positive", "fear", "--negative", "calm,joy"],
    "report": ["report", "PROMPTS"],
    "geometry": ["geometry", "VECTORS", "--clusters", "2"],
    "compare": ["compare", "VECTORS", "VECTORS"],
    "sweep": ["sweep", "VECTORS", "--emotion", "fear", "--strengths", "-0.2,0,0.2", "--other", "joy", *_STEERED],
    "next-token": ["sweep", "VECTORS", "--emotion", "fear", "--strengths", "-0.2,0.2", "--next-token", *_STEERED],
    "crosstalk": ["crosstalk", "VECTORS", "--strength", "0.2", *_STEERED],
    "read-text": ["read", "VECTORS", "--text", "Something moved behind the door.", "--all-layers"],
    "read-conversation": ["read", "VECTORS", "--conversation", "TALK"],
    "read-reply": [
        "read",
        "VECTORS",
        "--conversation",
        "TALK",
        "--continue",
        "4",
        "--emotion",
        "fear",
        "--strength",
        "0.1",
    ],
    "read-template": ["read", "VECTORS", "--template", "I fell {x} m.", "--values", "-1,1,10,100"],
    "read-situations": ["read", "VECTORS", "--situations"],
    "read-attempts": ["read", "VECTORS", "--attempts", "locked-report"],
    "read-system": ["read", "VECTORS", "--conversation", "TALK", "--system", "none", "--system", "grandmother"],
    "read-monitor": ["read", "VECTORS", "--text", "Who is there?", "--monitor", "fear", "--phrase", "there"],
    "read-labelled": ["read", "VECTORS", "--labelled", "LABELLED", "--monitor", "joy"],
    "preferences": [
        "preferences",
        "VECTORS",
        "--activities",
        "ACTIVITIES",
        "--emotion",
        "joy",
        "--strength",
        "0.2",
        "--controls",
        "2",
    ],
    "behaviors": [
        "behaviors",
        "VECTORS",
        "--scenarios",
        "SCENARIOS",
        "--emotion",
        "fear",
        "--strengths",
        "0.2",
        *_CHOICES,
    ],
    "early-warning": [
        "behaviors",
        "VECTORS",
        "--scenarios",
        "SCENARIOS",
        "--only",
        "door",
        "--emotion",
        "fear",
        "--strengths",
        "0.2",
        "--before",
        "BEFORE",
        *_CHOICES,
    ],
    "export": ["export", "VECTORS", "--out", "BUNDLE"],
    "import": ["import", "BUNDLE", "--out", "NEW"],
    "doctor": ["doctor"],
}


@pytest.fixture(scope="module")
def places(folder: Path, vectors: Path, prompts: Path) -> dict[str, str]:
    """Files that stand for the names in capitals."""
    texts = {
        "TALK": (
            "talk.json",
            json.dumps([{"role": role, "content": text} for role, text in _TALK]),
        ),
        "LABELLED": (
            "labelled.jsonl",
            "\n".join(
                json.dumps({"messages": [{"role": "user", "content": f"Hello {i}."}], "label": i % 2}) for i in range(4)
            ),
        ),
        "ACTIVITIES": ("few.txt", "sing in a choir\nmop a floor\nread a map\nbreak a window\npaint a fence\n"),
        "SCENARIOS": (
            "mine.csv",
            "name,scenario,option,counts,pattern\ndoor,It knocks.,I run.,yes,\ndoor,,I sit.,no,\nword,He says,,,so\n",
        ),
        "BEFORE": ("before.txt", "".join(f"He saw {n} birds over the house.\n" for n in range(10))),
    }
    found = {"VECTORS": str(vectors), "PROMPTS": str(prompts)}
    for name, (file, text) in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
        found[name] = str(folder / file)
    return {**found, "NEW": str(folder / "new.safetensors"), "BUNDLE": str(folder / "bundle.zip")}


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_document_keeps_its_keys_types_and_figures(name: str, places: dict[str, str], capsys: Any) -> None:
    if name == "import" and not Path(places["BUNDLE"]).exists():  # what it opens, where it is run alone
        answer(capsys, *(places.get(one, one) for one in COMMANDS["export"]))
    document = answer(capsys, *(places.get(one, one) for one in COMMANDS[name]))
    path = GOLDEN / f"{name}.json"
    if WRITE:
        path.write_text(json.dumps(_short(document), indent=1) + "\n", encoding="utf-8")
    assert list(_differences(json.loads(path.read_text(encoding="utf-8")), document, name)) == []


def test_no_option_is_taken_away() -> None:
    path, found = GOLDEN / "options.json", _options(make_parser())
    if WRITE:
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    golden = json.loads(path.read_text(encoding="utf-8"))
    assert [f"{name} {one}" for name, options in golden.items() for one in options if one not in found[name]] == []


def _options(parser: argparse.ArgumentParser) -> dict[str, list[str]]:
    (commands,) = (one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    return {
        name: sorted(text for one in command._actions for text in one.option_strings or [one.dest])
        for name, command in commands.choices.items()
    }


def _short(value: Any) -> Any:
    """A document without what is long: two of each list, no sentences, figures to four places."""
    if isinstance(value, dict):
        return {key: None if key in ELSEWHERE else _short(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_short(one) for one in value[:2]]
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return "..." if isinstance(value, str) and " " in value else value


def _differences(golden: Any, found: Any, where: str) -> Any:
    """Where a document lacks a key, has another type, or another figure."""
    if isinstance(golden, dict) and isinstance(found, dict):
        for key, one in golden.items():
            if key not in found:
                yield f"{where}.{key} is missing"
            elif key not in ELSEWHERE:
                yield from _differences(one, found[key], f"{where}.{key}")
    elif isinstance(golden, list) and isinstance(found, list):
        if len(found) < len(golden):
            yield f"{where} has {len(found)} entries instead of {len(golden)}"
        for i, (one, other) in enumerate(zip(golden, found, strict=False)):
            yield from _differences(one, other, f"{where}[{i}]")
    elif isinstance(golden, float) or isinstance(found, float):
        if not (isinstance(golden, int | float) and found == pytest.approx(golden, rel=5e-3, abs=5e-3)):
            yield f"{where}: {found} instead of {golden}"
    elif golden == "...":
        if not isinstance(found, str):
            yield f"{where}: {found!r} instead of a sentence"
    elif golden != found:
        yield f"{where}: {found!r} instead of {golden!r}"
