"""The arguments of every command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

# Options whose value may begin with a minus sign, which argparse would take for an option.
_SIGNED = ("--strengths", "--strength", "--values", "--shift")


def shielded(argv: Sequence[str]) -> list[str]:
    """The arguments with `--strengths -0.2,0` written as `--strengths=-0.2,0`."""
    joined: list[str] = []
    waiting = False
    for argument in argv:
        if waiting and argument.startswith("-") and argument[1:2].isdigit() | (argument[1:2] == "."):
            joined[-1] += f"={argument}"
        else:
            joined.append(argument)
        waiting = argument in _SIGNED
    return joined


def make_parser() -> argparse.ArgumentParser:
    """The parser of `python -m emotion_core`."""
    parser = argparse.ArgumentParser(
        prog="python -m emotion_core",
        description="Find emotion directions in language models, test whether they are real, and steer with them.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _build(commands)
    _heldout(commands)
    _report(commands)
    _geometry(commands)
    _compare(commands)
    _sweep(commands)
    _crosstalk(commands)
    _read(commands)
    _preferences(commands)
    _behaviors(commands)
    _export(commands)
    _import(commands)
    _doctor(commands)
    _command(commands, "ndif", "list the models that NDIF serves now")
    return parser


_Commands = argparse._SubParsersAction  # the only name argparse has for it


def _command(commands: _Commands[argparse.ArgumentParser], name: str, help_text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=help_text, description=help_text)
    command.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    return command


def _model(command: argparse.ArgumentParser, default: str | None) -> None:
    help_text = "catalogue name, folder or hub id" + (f" (default {default})" if default else "; default: as built")
    command.add_argument("--model", default=default, help=help_text)
    command.add_argument("--dtype", default="float32", choices=["float32", "bfloat16", "float16"])


def _build(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "build", "build emotion vectors from prompt sets")
    command.add_argument("prompts", nargs="+", metavar="PROMPTS", help="a file or the name of a built-in set")
    _model(command, "demo")
    command.add_argument("--out", required=True, help="vector file to write (.safetensors)")
    command.add_argument("--estimator", default="difference", choices=["difference", "pca", "logistic"])
    command.add_argument("--reading", default="mean", choices=["mean", "last_content", "last"], help="tokens read")
    command.add_argument("--from-token", type=int, default=0, help="first token of the mean, counted from 0")
    command.add_argument("--chat", action="store_true", help="wrap every text in the model's chat template")
    command.add_argument("--neutral-projection", action="store_true", help="project out directions of neutral text")
    command.add_argument("--seed", type=int, default=0)


def _heldout(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "heldout", "score vectors on texts they were not built from")
    command.add_argument("vectors", help="vector file")
    command.add_argument("prompts", nargs="+", metavar="PROMPTS")
    _confound(command)
    _model(command, None)
    command.add_argument("--seed", type=int, default=0)


def _report(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "report", "check prompt sets, and what else their vectors light up for")
    command.add_argument("prompts", nargs="+", metavar="PROMPTS")
    _confound(command)
    _model(command, "demo")
    command.add_argument("--seed", type=int, default=0)


def _confound(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--confound",
        action="append",
        default=[],
        metavar="PROMPTS",
        help="a set the direction must not light up for, besides the built-in ones; may be repeated",
    )


def _geometry(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "geometry", "map the emotions: principal components, clusters, neighbours")
    command.add_argument("vectors", help="vector file with at least 3 emotions")
    command.add_argument("--layer", type=int, default=None)
    command.add_argument("--norms", default=None, help="CSV of human ratings: word, valence, arousal")
    command.add_argument("--clusters", type=int, default=10)
    command.add_argument("--seed", type=int, default=0)


def _compare(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "compare", "correlate the geometries of two vector files")
    command.add_argument("a")
    command.add_argument("b")
    command.add_argument("--seed", type=int, default=0)


def _sweep(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "sweep", "steer with a vector at many strengths, beside random directions")
    command.add_argument("vectors", help="vector file")
    command.add_argument("--emotion", default=None, help="whose vector (default: the only one)")
    command.add_argument("--strengths", required=True, help="start:stop:step or a list with commas; 0 is added")
    command.add_argument(
        "--next-token", action="store_true", help="only the change at the next token, before any text is sampled"
    )
    command.add_argument("--mix", action="append", default=[], metavar="E=W", help="add E at W times each strength")
    command.add_argument("--shuffled", type=int, default=0, metavar="N", help="control vectors from shuffled labels")
    command.add_argument("--other", action="append", default=[], metavar="E", help="another emotion as a control")
    command.add_argument(
        "--words",
        default="You feel {emotion}.",
        help="prompt-only rival: words in front of the prompt, without steering; empty leaves it out",
    )
    _writing(command)


def _crosstalk(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "crosstalk", "steer with each emotion and read all of them")
    command.add_argument("vectors", help="vector file with at least 2 emotions")
    command.add_argument("--emotion", action="append", help="steer and read this one; may be repeated (default: all)")
    command.add_argument("--strength", type=float, required=True, help="the same for every emotion")
    _writing(command)


def _writing(command: argparse.ArgumentParser) -> None:
    """What a sweep and a cross-talk matrix share."""
    command.add_argument("--prompt", action="append", required=True, help="text to continue; may be repeated")
    command.add_argument("--controls", type=int, default=8, help="random directions of the same norm")
    command.add_argument("--samples", type=int, default=None, help="texts a prompt and strength (default 4)")
    command.add_argument("--tokens", type=int, default=40, help="new tokens")
    command.add_argument("--layer", type=int, default=None, help="steered layer (default: chosen at the build)")
    command.add_argument("--layers", default=None, help="steer first:last or all, with the strength shared")
    command.add_argument("--unit", default="fraction", choices=["fraction", "raw"])
    command.add_argument("--operation", default="add", choices=["add", "project_out", "clamp"])
    command.add_argument("--scope", default="generated", choices=["generated", "prompt", "both"])
    command.add_argument("--decoding", default="sample", choices=["sample", "greedy"])
    command.add_argument("--temperature", type=float, default=1.0)
    command.add_argument("--top-p", type=float, default=1.0)
    command.add_argument("--chat", action="store_true", help="wrap the prompts in the model's chat template")
    _model(command, None)
    command.add_argument("--seed", type=int, default=0)


def _read(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "read", "read emotions by token, turn, number or attempt; set a monitor on one")
    command.add_argument("vectors", help="vector file")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--text", default=None, help="text to read token by token")
    what.add_argument("--text-file", default=None, help="the same from a file")
    what.add_argument(
        "--conversation", action="append", help="JSON file, a list of {role, content}, or a built-in name; repeatable"
    )
    what.add_argument("--template", default=None, help="text with {x} in the place of a number, or a built-in name")
    what.add_argument("--situations", action="store_true", help="messages that imply an emotion: is it the highest?")
    what.add_argument("--attempts", default=None, help="run of failing attempts: JSON file or built-in name")
    what.add_argument("--labelled", default=None, help="JSON or JSONL of {messages, label}: a monitor's ROC")
    command.add_argument("--values", default=None, help="numbers for {x}, with commas")
    command.add_argument(
        "--system", action="append", help="compare system prompts: built-in name, text or none; repeat it"
    )
    command.add_argument("--monitor", default=None, metavar="EMOTION", help="emotion watched by a monitor")
    command.add_argument("--false-alarms", type=float, default=0.01, help="share of neutral tokens (default 0.01)")
    command.add_argument("--window", type=int, default=5, help="tokens averaged by the monitor (default 5)")
    command.add_argument("--phrase", default="", help="how many tokens before these words does the monitor fire?")
    command.add_argument(
        "--continue", dest="continue_", type=int, default=None, metavar="TOKENS", help="let the model reply, then read"
    )
    command.add_argument("--emotion", default=None, help="read in the reply, and steered where --strength is given")
    command.add_argument("--strength", type=float, default=0.0, help="of steering the reply, in residual norms")
    command.add_argument("--temperature", type=float, default=1.0, help="of the reply; 0 for the most probable token")
    command.add_argument("--layer", type=int, default=None, help="layer read (default: chosen at the build)")
    command.add_argument("--all-layers", action="store_true", help="read all layers of a text in the same pass")
    _model(command, None)
    command.add_argument("--seed", type=int, default=0)


def _export(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "export", "pack vectors, figures, charts, prompts and the code that redoes them")
    command.add_argument("vectors", help="vector file")
    command.add_argument("--out", required=True, help="bundle to write (.zip)")
    command.add_argument("--without-scores", action="store_true", help="leave the figures out; the model is not needed")
    _model(command, None)


def _import(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "import", "make a vector file of a bundle, or of another tool's vectors")
    command.add_argument("file", metavar="FILE", help="bundle (.zip), GGUF, safetensors, .npy or .npz")
    command.add_argument("--out", required=True, help="vector file to write (.safetensors)")
    _model(command, None)
    command.add_argument("--emotion", action="append", help="name for an emotion that has none; may be repeated")
    command.add_argument("--layer", type=int, default=None, help="layer of a vector that has no number")
    command.add_argument("--shift", type=int, default=0, help="added to the file's layer numbers")
    command.add_argument("--selected-layer", type=int, default=None, help="layer to work with")


def _preferences(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "preferences", "ask for every pair of activities which is preferred, and steer half")
    command.add_argument("vectors", help="vector file")
    command.add_argument("--activities", default=None, help="CSV, JSON or TXT file (default: the built-in 64)")
    command.add_argument("--opponents", type=int, default=None, help="activities that each meets (default: all others)")
    command.add_argument("--scoring", default="sum", choices=["sum", "mean"], help="log-probability of an answer")
    command.add_argument(
        "--emotion", action="append", default=None, help="steer half with this one; may be repeated; 'all' for all"
    )
    command.add_argument("--strength", type=float, default=None, help="in fractions of the mean residual norm")
    command.add_argument("--controls", type=int, default=16, help="random directions of the same norm")
    command.add_argument(
        "--layer", type=int, default=None, help="read and steered layer (default: chosen at the build)"
    )
    command.add_argument("--chat", action="store_true", help="ask in the model's chat template")
    _model(command, None)
    command.add_argument("--seed", type=int, default=0)


def _behaviors(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(
        commands, "behaviors", "rates of behaviours in scenarios under steering, beside random directions"
    )
    command.add_argument("vectors", help="vector file")
    command.add_argument("--scenarios", default=None, help="JSON or CSV file (default: the built-in ones)")
    command.add_argument("--only", action="append", help="name of a scenario; may be repeated (default: all)")
    command.add_argument("--emotion", action="append", help="may be repeated; 'all' for all (default: the only one)")
    command.add_argument("--strengths", required=True, help="start:stop:step or a list with commas; 0 is added")
    command.add_argument("--controls", type=int, default=16, help="random directions of the same norm")
    command.add_argument("--answers", type=int, default=100, help="answers drawn where there are options")
    command.add_argument(
        "--samples", type=int, default=24, help="texts a strength and direction where there is a pattern"
    )
    command.add_argument("--texts", type=int, default=4, help="texts a strength and emotion where there are options")
    command.add_argument("--tokens", type=int, default=30, help="new tokens of a text")
    command.add_argument("--form", default="text", choices=["text", "letters"], help="how options are put")
    command.add_argument("--scoring", default="sum", choices=["sum", "mean"], help="log-probability of an option")
    command.add_argument("--scope", default="both", choices=["generated", "prompt", "both"])
    command.add_argument("--words", default="You feel {emotion}.", help="prompt-only rival; empty leaves it out")
    command.add_argument("--layer", type=int, default=None, help="steered layer (default: chosen at the build)")
    command.add_argument("--chat", action="store_true", help="put the scenarios in the model's chat template")
    _model(command, None)
    command.add_argument("--seed", type=int, default=0)


def _doctor(commands: _Commands[argparse.ArgumentParser]) -> None:
    command = _command(commands, "doctor", "check that a model can be read and steered as this project assumes")
    _model(command, "demo")
    command.add_argument("--dry-run", action="store_true", help="also try the traces as NDIF would get them")
