"""The arguments of every command."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from emotion_core.base.activations import POOLINGS
from emotion_core.cli.acting_parser import add_behaviors, add_crosstalk, add_preferences, add_read, add_sweep
from emotion_core.cli.parts import Commands, model_arguments, new_command, prompt_arguments
from emotion_core.vectors.emotion_vectors import ESTIMATORS
from emotion_core.vectors.settings import BuildSettings

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
    _transfer(commands)
    _report(commands)
    _geometry(commands)
    _compare(commands)
    add_sweep(commands)
    add_crosstalk(commands)
    add_read(commands)
    add_preferences(commands)
    add_behaviors(commands)
    _replicate(commands)
    _export(commands)
    _import(commands)
    _doctor(commands)
    new_command(commands, "ndif", "list the models that NDIF serves now")
    return parser


def _build(commands: Commands[argparse.ArgumentParser]) -> None:
    command = new_command(commands, "build", "build emotion vectors from prompt sets")
    prompt_arguments(command)
    model_arguments(command, "demo")
    command.add_argument("--out", required=True, help="vector file to write (.safetensors)")
    command.add_argument("--estimator", default="difference", choices=ESTIMATORS)
    command.add_argument("--reading", default="mean", choices=POOLINGS, help="tokens read")
    command.add_argument("--from-token", type=int, default=0, help="first token of the mean, counted from 0")
    command.add_argument("--chat", action="store_true", help="wrap every text in the model's chat template")
    command.add_argument(
        "--neutral-projection",
        action=argparse.BooleanOptionalAction,
        default=BuildSettings.neutral_projection,
        help="project out the main directions of neutral text",
    )
    command.add_argument("--seed", type=int, default=0)


def _heldout(commands: Commands[argparse.ArgumentParser]) -> None:
    command = new_command(commands, "heldout", "score vectors on texts they were not built from")
    command.add_argument("vectors", help="vector file")
    prompt_arguments(command)
    _confound(command)
    _orthogonalise(command)
    model_arguments(command, None)
    command.add_argument("--seed", type=int, default=0)


def _transfer(commands: Commands[argparse.ArgumentParser]) -> None:
    command = new_command(commands, "transfer", "score vectors on the texts of another source, beside simpler rivals")
    command.add_argument("vectors", help="vector file")
    prompt_arguments(command, several=False)
    for side, end in (("positive", "positive"), ("negative", "other")):
        command.add_argument(
            f"--{side}",
            default="",
            metavar="E,E",
            help=f"emotions at the {end} end, divided by commas; without both, emotions are mapped by name",
        )
    command.add_argument(
        "--untrained-twin",
        action="store_true",
        help="also read all texts with the same model before training, as one more rival",
    )
    model_arguments(command, None)
    command.add_argument("--seed", type=int, default=0)


def _report(commands: Commands[argparse.ArgumentParser]) -> None:
    command = new_command(commands, "report", "check prompt sets, and what else their vectors light up for")
    prompt_arguments(command)
    _confound(command)
    _orthogonalise(command)
    model_arguments(command, "demo")
    command.add_argument("--seed", type=int, default=0)


def _confound(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--confound",
        action="append",
        default=[],
        metavar="PROMPTS",
        help="a set the direction must not light up for, besides the built-in ones; may be repeated",
    )


def _orthogonalise(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--orthogonalise-against",
        action="append",
        default=[],
        metavar="EMOTION|PROMPTS",
        help="an emotion of the vectors, or a set of contrast pairs, whose direction is projected out; what is left is "
        "scored on the same texts; may be repeated",
    )
    command.add_argument("--out", default=None, help="vector file to write what is left to (.safetensors)")


def _geometry(commands: Commands[argparse.ArgumentParser]) -> None:
    command = new_command(commands, "geometry", "map the emotions: principal components, clusters, neighbours")
    command.add_argument("vectors", help="vector file with at least 3 emotions")
    command.add_argument("--layer", type=int, default=None)
    command.add_argument("--norms", default=None, help="CSV of human ratings: word, valence, arousal")
    command.add_argument(
        "--untrained-twin",
        action="store_true",
        help="read the training texts with a twin of the model that has random weights, and hold every claim against "
        "it as well; takes as long as the build",
    )
    model_arguments(command, None)
    command.add_argument("--clusters", type=int, default=10)
    command.add_argument("--seed", type=int, default=0)


def _compare(commands: Commands[argparse.ArgumentParser]) -> None:
    command = new_command(commands, "compare", "correlate the geometries of two vector files")
    command.add_argument("a")
    command.add_argument("b")
    command.add_argument("--seed", type=int, default=0)


def _replicate(commands: Commands[argparse.ArgumentParser]) -> None:
    command = new_command(commands, "replicate", "redo the experiments of the emotion paper, each beside its null")
    model_arguments(command, "demo")
    command.add_argument("--rows", default="1-22", help="numbers of experiments, such as 1-22 or 5,17 (default 1-22)")
    command.add_argument("--out", default=None, help="report to write, .html or .md")


def _export(commands: Commands[argparse.ArgumentParser]) -> None:
    command = new_command(commands, "export", "pack vectors, figures, charts, prompts and the code that redoes them")
    command.add_argument("vectors", help="vector file")
    command.add_argument("--out", required=True, help="bundle to write (.zip)")
    command.add_argument("--without-scores", action="store_true", help="leave the figures out; the model is not needed")
    model_arguments(command, None)


def _import(commands: Commands[argparse.ArgumentParser]) -> None:
    command = new_command(commands, "import", "make a vector file of a bundle, or of another tool's vectors")
    command.add_argument("file", metavar="FILE", help="bundle (.zip), GGUF, safetensors, .npy or .npz")
    command.add_argument("--out", required=True, help="vector file to write (.safetensors)")
    model_arguments(command, None)
    command.add_argument("--emotion", action="append", help="name for an emotion that has none; may be repeated")
    command.add_argument("--layer", type=int, default=None, help="layer of a vector that has no number")
    command.add_argument("--shift", type=int, default=0, help="added to the file's layer numbers")
    command.add_argument("--selected-layer", type=int, default=None, help="layer to work with")


def _doctor(commands: Commands[argparse.ArgumentParser]) -> None:
    command = new_command(commands, "doctor", "check that a model can be read and steered as this project assumes")
    model_arguments(command, "demo")
    command.add_argument("--dry-run", action="store_true", help="also try the traces as NDIF would get them")
