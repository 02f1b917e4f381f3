"""One function a command: arguments in, Answer out. Heavy imports are inside them, so that `--help` answers at once."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from emotion_core.cli.answer import Answer
from emotion_core.cli.behaviors import behaviors
from emotion_core.cli.build import build
from emotion_core.cli.doctor import doctor, ndif
from emotion_core.cli.evidence import heldout, report, transfer
from emotion_core.cli.exchanging import export, import_file
from emotion_core.cli.mapping import compare, geometry
from emotion_core.cli.preferences import preferences
from emotion_core.cli.reading import read
from emotion_core.cli.replicate import replicate
from emotion_core.cli.steering import crosstalk, sweep

COMMANDS: dict[str, Callable[[argparse.Namespace], Answer]] = {
    "build": build,
    "heldout": heldout,
    "transfer": transfer,
    "report": report,
    "geometry": geometry,
    "compare": compare,
    "sweep": sweep,
    "crosstalk": crosstalk,
    "read": read,
    "preferences": preferences,
    "behaviors": behaviors,
    "replicate": replicate,
    "export": export,
    "import": import_file,
    "doctor": doctor,
    "ndif": ndif,
}
