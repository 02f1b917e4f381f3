"""The arguments of the commands that run a model on texts: steer, read, ask."""

from __future__ import annotations

import argparse

from emotion_core.base.activations import POOLINGS
from emotion_core.cli.parts import Commands, model_arguments, new_command


def add_sweep(commands: Commands[argparse.ArgumentParser]) -> None:
    """Arguments of `sweep`."""
    command = new_command(
        commands, "sweep", "steer with a vector at many strengths, beside directions that mean nothing"
    )
    command.add_argument("vectors", help="vector file")
    command.add_argument("--emotion", default=None, help="whose vector (default: the only one)")
    command.add_argument("--strengths", required=True, help="start:stop:step or a list with commas; 0 is added")
    command.add_argument(
        "--next-token", action="store_true", help="only the change at the next token, before any text is sampled"
    )
    command.add_argument("--mix", action="append", default=[], metavar="E=W", help="add E at W times each strength")
    command.add_argument(
        "--shuffled", type=int, default=0, metavar="N", help="more vectors from shuffled labels, shown by name"
    )
    command.add_argument(
        "--far", type=int, default=0, metavar="N", help="controls as far off the data, beside the test"
    )
    command.add_argument("--other", action="append", default=[], metavar="E", help="another emotion as a control")
    command.add_argument(
        "--words",
        default="You feel {emotion}.",
        help="prompt-only rival: words in front of the prompt, without steering; empty leaves it out",
    )
    _writing(command)


def add_crosstalk(commands: Commands[argparse.ArgumentParser]) -> None:
    """Arguments of `crosstalk`."""
    command = new_command(commands, "crosstalk", "steer with each emotion and read all of them")
    command.add_argument("vectors", help="vector file with at least 2 emotions")
    command.add_argument("--emotion", action="append", help="steer and read this one; may be repeated (default: all)")
    command.add_argument("--strength", type=float, required=True, help="the same for every emotion")
    _writing(command)


def _writing(command: argparse.ArgumentParser) -> None:
    """What a sweep and a cross-talk matrix share."""
    command.add_argument("--prompt", action="append", required=True, help="text to continue; may be repeated")
    command.add_argument(
        "--controls", type=int, default=32, help="directions that mean nothing, of every kind that applies"
    )
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
    model_arguments(command, None)
    command.add_argument("--seed", type=int, default=0)


def add_read(commands: Commands[argparse.ArgumentParser]) -> None:
    """Arguments of `read`."""
    command = new_command(commands, "read", "read emotions by token, turn, number or attempt; set a monitor on one")
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
    command.add_argument(
        "--reading", default=None, choices=POOLINGS, help="tokens read of a template or a situation (default: as built)"
    )
    command.add_argument("--from-token", type=int, default=0, help="first token of --reading mean, counted from 0")
    command.add_argument("--chat", action="store_true", help="with --reading: in the model's chat template")
    model_arguments(command, None)
    command.add_argument("--seed", type=int, default=0)


def add_preferences(commands: Commands[argparse.ArgumentParser]) -> None:
    """Arguments of `preferences`."""
    command = new_command(
        commands, "preferences", "ask for every pair of activities which is preferred, and steer half"
    )
    command.add_argument("vectors", help="vector file")
    command.add_argument("--activities", default=None, help="CSV, JSON or TXT file (default: the built-in 64)")
    command.add_argument("--question", default="", help="instead of the standard one, with {first} and {second}")
    command.add_argument("--answers", default="", help="the two answers, such as A,B")
    command.add_argument("--opponents", type=int, default=None, help="activities that each meets (default: all others)")
    command.add_argument("--scoring", default="sum", choices=["sum", "mean"], help="log-probability of an answer")
    command.add_argument(
        "--emotion", action="append", default=None, help="steer half with this one; may be repeated; 'all' for all"
    )
    command.add_argument("--strength", type=float, default=None, help="in fractions of the mean residual norm")
    command.add_argument("--controls", type=int, default=16, help="control directions of each kind, of the same norm")
    command.add_argument(
        "--layer", type=int, default=None, help="read and steered layer (default: chosen at the build)"
    )
    command.add_argument("--chat", action="store_true", help="ask in the model's chat template")
    model_arguments(command, None)
    command.add_argument("--seed", type=int, default=0)


def add_behaviors(commands: Commands[argparse.ArgumentParser]) -> None:
    """Arguments of `behaviors`."""
    command = new_command(
        commands, "behaviors", "rates of behaviours in scenarios under steering, beside control directions"
    )
    command.add_argument("vectors", help="vector file")
    command.add_argument(
        "--scenarios",
        default=None,
        help="JSON or CSV file, or `planted` for those of the demo model (default: the built-in ones)",
    )
    command.add_argument("--only", action="append", help="name of a scenario; may be repeated (default: all)")
    command.add_argument("--emotion", action="append", help="may be repeated; 'all' for all (default: the only one)")
    command.add_argument("--strengths", required=True, help="start:stop:step or a list with commas; 0 is added")
    command.add_argument("--controls", type=int, default=16, help="control directions of each kind, of the same norm")
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
    command.add_argument(
        "--early-warning", action="store_true", help="does a reading before the decision tell it? ROC with interval"
    )
    command.add_argument(
        "--before", default=None, metavar="FILE", help="texts before the scenarios, one a line (default: held-out ones)"
    )
    command.add_argument("--layer", type=int, default=None, help="steered layer (default: chosen at the build)")
    command.add_argument("--chat", action="store_true", help="put the scenarios in the model's chat template")
    model_arguments(command, None)
    command.add_argument("--seed", type=int, default=0)
