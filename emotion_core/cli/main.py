"""Every command with its arguments, and running one: result on standard output, progress and errors on standard error.

Nothing heavy is imported here: the arguments of a command are made out of its settings when it is named, and the
module that answers it is imported once they are read. Exit status 2 on errors.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pkgutil import resolve_name

from emotion_core.base.ask import Seed, require
from emotion_core.base.errors import EmotionCoreError
from emotion_core.cli.answer import Answer
from emotion_core.cli.arguments import add_settings, model_arguments, prompt_arguments, seed_argument
from emotion_core.experiments.kinds import KINDS

# Every command: what it is for, its arguments, and the function that answers it.
#
# Nothing heavy is imported here: the arguments of a command are made out of its settings when it is named, and the
# module that answers it is imported once they are read.


@dataclass(frozen=True)
class Command:
    """A command.

    Attributes:
        help: What it is for.
        answer: The function that answers it, as `module.function` of this package.
        arguments: Adds its arguments.
    """

    help: str
    answer: str
    arguments: Callable[[argparse.ArgumentParser], None]


def make_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of `python -m emotion_core`.

    Args:
        only: The command whose arguments are needed; by default those of all.
    """
    parser = argparse.ArgumentParser(
        prog="python -m emotion_core",
        description="Find emotion directions in language models, test whether they are real, and steer with them.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in commands_by_name().items():
        made = commands.add_parser(name, help=command.help, description=command.help)
        made.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
        # A value such as -0.2,0 is no option; argparse knows that of plain numbers only.
        made._negative_number_matcher = re.compile(r"-[\d.]")
        if only in (None, name):
            command.arguments(made)
    return parser


def _build(command: argparse.ArgumentParser) -> None:
    from emotion_core.base.activations import POOLINGS
    from emotion_core.vectors.emotion_vectors import BuildSettings

    prompt_arguments(command)
    model_arguments(command, "demo")
    command.add_argument("--out", required=True, help="vector file to write (.safetensors)")
    command.add_argument("--reading", default="mean", choices=POOLINGS, help="tokens read (default mean)")
    command.add_argument("--from-token", type=int, default=0, help="first token of the mean (default 0)")
    command.add_argument("--chat", action="store_true", help="wrap every text in the model's chat template")
    add_settings(command, BuildSettings, seed=0)


def _heldout(command: argparse.ArgumentParser) -> None:
    _vectors(command)
    prompt_arguments(command)
    _confound(command)
    _orthogonalise(command)
    _as_built(command)


def _transfer(command: argparse.ArgumentParser) -> None:
    _vectors(command)
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
    _as_built(command)


def _report(command: argparse.ArgumentParser) -> None:
    prompt_arguments(command)
    _confound(command)
    _orthogonalise(command)
    model_arguments(command, "demo")
    _seed(command)


def _geometry(command: argparse.ArgumentParser) -> None:
    from emotion_core.experiments.geometry import MapSettings

    _vectors(command, "vector file with at least 3 emotions")
    command.add_argument("--layer", type=int, default=None, help="layer of the map (default: chosen at the build)")
    command.add_argument("--norms", default=None, help="CSV of human ratings: word, valence, arousal")
    command.add_argument("--axes", default=None, metavar="OUT", help="vector file to write valence and arousal to")
    command.add_argument(
        "--untrained-twin",
        action="store_true",
        help="read the training texts with a twin of the model that has random weights, and hold every claim against "
        "it as well; takes as long as the build",
    )
    add_settings(command, MapSettings)
    _as_built(command)


def _compare(command: argparse.ArgumentParser) -> None:
    command.add_argument("a", help="vector file")
    command.add_argument("b", help="another one, of the same or another model, that shares at least 3 emotions with it")
    _seed(command)


def _sweep(command: argparse.ArgumentParser) -> None:
    from emotion_core.steering.settings import WORDS, SweepSettings

    _vectors(command)
    add_settings(command, SweepSettings, words=WORDS, prompts=[])
    _conversations(command)
    command.add_argument(
        "--next-token", action="store_true", help="only the change at the next token, before any text is sampled"
    )
    model_arguments(command, None)


def _crosstalk(command: argparse.ArgumentParser) -> None:
    from emotion_core.steering.settings import CrossTalkSettings

    _vectors(command, "vector file with at least 2 emotions")
    add_settings(command, CrossTalkSettings, prompts=[])
    _conversations(command)
    model_arguments(command, None)


def _conversations(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--conversation",
        action="append",
        default=[],
        metavar="FILE",
        help="conversation to go on with: JSON or built-in name, up to the user's last turn; may be repeated",
    )


def _talk(command: argparse.ArgumentParser) -> None:
    from emotion_core.reading.talk import TalkSettings

    _vectors(command)
    command.add_argument(
        "--message",
        action="append",
        default=[],
        help="what you say (default: line by line from the terminal); repeat it",
    )
    command.add_argument("--system", default="", help="system prompt")
    command.add_argument(
        "--go-on",
        choices=["steered", "unsteered"],
        default="steered",
        help="reply that is gone on with (default steered)",
    )
    add_settings(command, TalkSettings)
    model_arguments(command, None)


def _read(command: argparse.ArgumentParser) -> None:
    from emotion_core.reading.settings import MonitorSettings, Writing

    _vectors(command)
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
    add_settings(command, MonitorSettings, leave=("emotion",))
    command.add_argument("--phrase", default="", help="how many tokens before these words does the monitor fire?")
    command.add_argument(
        "--continue", dest="continue_", type=int, default=None, metavar="TOKENS", help="let the model reply, then read"
    )
    add_settings(command, Writing, leave=("tokens", "seed"))
    command.add_argument("--layer", type=int, default=None, help="layer read (default: chosen at the build)")
    command.add_argument("--all-layers", action="store_true", help="read all layers of a text in the same pass")
    command.add_argument(
        "--reading",
        default=None,
        metavar="PLACE",
        help="where a template or a situation is read: mean, last_content, last, answer or built, which is where the "
        "texts of the vectors were (default: answer, the last token before the reply)",
    )
    command.add_argument("--from-token", type=int, default=0, help="first token of --reading mean, counted from 0")
    command.add_argument("--chat", action="store_true", help="with --reading: in the model's chat template")
    _as_built(command)


def _preferences(command: argparse.ArgumentParser) -> None:
    from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings

    _vectors(command)
    command.add_argument("--activities", default=None, help="CSV, JSON or TXT file (default: the built-in 64)")
    command.add_argument("--question", default="", help="instead of the standard one, with {first} and {second}")
    command.add_argument("--answers", default="", help="the two answers, such as A,B")
    command.add_argument("--chat", action="store_true", help="ask in the model's chat template")
    add_settings(command, PreferenceSettings)
    # Layer, seed and how often each is asked are said of the questions.
    add_settings(command, SteeredSettings, leave=("opponents", "layer", "seed"))
    model_arguments(command, None)


def _behaviors(command: argparse.ArgumentParser) -> None:
    from emotion_core.behavior.behavior_settings import BehaviorSettings

    _vectors(command)
    command.add_argument(
        "--scenarios",
        default=None,
        help="JSON or CSV file, or `planted` for those of the demo model (default: the built-in ones)",
    )
    command.add_argument("--only", action="append", help="name of a scenario; may be repeated (default: all)")
    add_settings(command, BehaviorSettings)
    command.add_argument(
        "--early-warning", action="store_true", help="does a reading before the decision tell it? ROC with interval"
    )
    command.add_argument(
        "--before", default=None, metavar="FILE", help="texts before the scenarios, one a line (default: held-out ones)"
    )
    model_arguments(command, None)


def _export(command: argparse.ArgumentParser) -> None:
    _vectors(command)
    command.add_argument("--out", required=True, help="bundle to write (.zip)")
    command.add_argument("--without-scores", action="store_true", help="leave the figures out; the model is not needed")
    model_arguments(command, None)


def _import(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", metavar="FILE", help="bundle (.zip), GGUF, safetensors, .npy or .npz")
    command.add_argument("--out", required=True, help="vector file to write (.safetensors)")
    model_arguments(command, None)
    command.add_argument("--emotion", action="append", help="name for an emotion that has none; may be repeated")
    command.add_argument("--layer", type=int, default=None, help="layer of a vector that has no number")
    command.add_argument("--shift", type=int, default=0, help="added to the file's layer numbers")
    command.add_argument("--selected-layer", type=int, default=None, help="layer to work with")


def _doctor(command: argparse.ArgumentParser) -> None:
    model_arguments(command, "demo")
    command.add_argument("--dry-run", action="store_true", help="also try the traces as NDIF would get them")


def _kind(kind: str) -> Callable[[argparse.ArgumentParser], None]:
    """Arguments of a kind of run that has no command of its own hand: its settings."""

    def arguments(command: argparse.ArgumentParser) -> None:
        from emotion_core.experiments.kinds import EXPERIMENTS

        _vectors(command)
        add_settings(command, EXPERIMENTS[kind].asks)
        model_arguments(command, None)

    return arguments


def _vectors(command: argparse.ArgumentParser, words: str = "vector file") -> None:
    command.add_argument("vectors", help=words)


def _as_built(command: argparse.ArgumentParser) -> None:
    model_arguments(command, None)
    _seed(command)


def _seed(command: argparse.ArgumentParser) -> None:
    seed_argument(command)


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


def _replicate(command: argparse.ArgumentParser) -> None:
    model_arguments(command, "demo")
    command.add_argument("--rows", default="1-22", help="numbers of experiments, such as 1-22 or 5,17 (default 1-22)")
    command.add_argument("--out", default=None, help="report to write, .html or .md")
    command.add_argument(
        "--untrained-twin", action="store_true", help="the same architecture with random weights instead of the model"
    )


COMMANDS = {
    "build": Command("build emotion vectors from prompt sets", "vectors.build", _build),
    "heldout": Command("score vectors on texts they were not built from", "evidence.heldout", _heldout),
    "transfer": Command(
        "score vectors on the texts of another source, beside simpler rivals", "evidence.transfer", _transfer
    ),
    "report": Command("check prompt sets, and what else their vectors light up for", "evidence.report", _report),
    "geometry": Command("map the emotions: principal components, clusters, neighbours", "geometry.geometry", _geometry),
    "compare": Command("correlate the geometries of two vector files", "geometry.compare", _compare),
    "sweep": Command(
        "steer with a vector at many strengths, beside directions that mean nothing", "steering.sweep", _sweep
    ),
    "crosstalk": Command("steer with each emotion and read all of them", "steering.crosstalk", _crosstalk),
    "talk": Command("converse with the model, steered and unsteered side by side, with readings", "talk.talk", _talk),
    "read": Command("read emotions by token, turn, number or attempt; set a monitor on one", "reading.read", _read),
    "preferences": Command(
        "ask for every pair of activities which is preferred, and steer half", "behavior.preferences", _preferences
    ),
    "behaviors": Command(
        "rates of behaviours in scenarios under steering, beside control directions", "behavior.behaviors", _behaviors
    ),
    "replicate": Command(
        "redo the experiments of the emotion paper, each beside its null", "replicate.replicate", _replicate
    ),
    "export": Command(
        "pack vectors, figures, charts, prompts and the code that redoes them", "vectors.export", _export
    ),
    "import": Command("make a vector file of a bundle, or of another tool's vectors", "vectors.import_file", _import),
    "doctor": Command("check that a model can be read and steered as this project assumes", "doctor.doctor", _doctor),
    "ndif": Command("list the models that NDIF serves now", "doctor.ndif", lambda command: None),
}


def commands_by_name() -> dict[str, Command]:
    """The commands above, and one for each kind of run that has none of them and says what it is for."""
    answer = "runs.run_over_vectors"
    kinds = {kind: Command(words, answer, _kind(kind)) for kind, (_, words) in KINDS.items() if words}
    return {**COMMANDS, **kinds}


# Runs one command: result on standard output, progress and errors on standard error, exit status 2 on errors.


def main(argv: Sequence[str]) -> int:
    """Runs a command.

    Args:
        argv: Arguments without the program's name.

    Returns:
        Exit status: 0, 1 where `doctor` found a fault, 2 for an error, 130 when interrupted.
    """
    named = next((one for one in argv if not one.startswith("-")), "")
    arguments = make_parser(named).parse_args(argv)
    # The models' own progress bars would mix with ours.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    try:
        if "seed" in arguments:
            require(Seed, arguments.seed)
        answer: Answer = resolve_name(f"emotion_core.cli.{commands_by_name()[arguments.command].answer}")(arguments)
    except EmotionCoreError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 2
    except OSError as error:  # of the data folder, say, where the disk is full
        refused = EmotionCoreError(
            "A file cannot be read or written", where=str(error.filename or ""), found=error.strerror or str(error)
        )
        print(f"error: {refused.message}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; what was read is kept in the cache", file=sys.stderr)
        return 130
    try:
        if arguments.json:
            # allow_nan: a figure that cannot be had is null; a NaN here would be a defect, so it is not let out.
            print(json.dumps(answer.document, ensure_ascii=False, allow_nan=False))
        else:
            print(answer.text)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, say) has seen enough; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return answer.status
