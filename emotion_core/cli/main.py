"""Runs one command: result on standard output, progress and errors on standard error, exit status 2 on errors."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pkgutil import resolve_name

from emotion_core.base.errors import EmotionCoreError
from emotion_core.cli.answer import Answer
from emotion_core.cli.parser import commands_by_name, make_parser


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
        answer: Answer = resolve_name(f"emotion_core.cli.{commands_by_name()[arguments.command].answer}")(arguments)
    except EmotionCoreError as error:
        print(f"error: {error.message}", file=sys.stderr)
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
