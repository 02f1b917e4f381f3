"""How many modules of this project a person would step through: `python -m benchmarks.entered`.

A module counts where one of its functions is entered; that it was imported does not count.
"""

from __future__ import annotations

import inspect
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from importlib import import_module
from io import StringIO
from pathlib import Path
from pkgutil import walk_packages
from types import FrameType
from typing import Any

import emotion_core

ROOT = Path(__file__).parents[1]
PARTS = ("emotion_core", "ui", "pages")
CSV = "emotion,positive,negative\n" + "".join(
    f"fear,He ran from dog number {i} in the dark.,He sat by dog number {i} in the sun.\n" for i in range(12)
)


@contextmanager
def entered() -> Iterator[set[str]]:
    """Collects the modules of the project whose functions are entered, in every thread."""
    found: set[str] = set()

    def look(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        function = code.co_flags & inspect.CO_OPTIMIZED  # bodies of modules and classes are not
        if event == "call" and function and code.co_filename.startswith(str(ROOT)):
            path = Path(code.co_filename).relative_to(ROOT)
            if path.parts[0] in PARTS:
                found.add(str(path))

    sys.setprofile(look)
    threading.setprofile(look)
    try:
        yield found
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def main() -> None:
    """Prints both figures and the modules."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EMOTION_DATA_DIR"] = folder
        file, out = Path(folder) / "my.csv", Path(folder) / "my.safetensors"
        file.write_text(CSV, encoding="utf-8")
        for module in walk_packages(emotion_core.__path__, "emotion_core."):  # what is run at an import is no step
            if "__main__" not in module.name and "plain_script" not in module.name:
                import_module(module.name)
        from emotion_core.cli.main import main as run

        words = {
            "build my.csv": ["build", str(file), "--model", "demo", "--out", str(out)],
            "sweep": [
                "sweep",
                str(out),
                "--prompt",
                "The door",
                "--strengths",
                "0.1",
                "--tokens",
                "2",
                "--samples",
                "1",
            ],
        }
        for name, argv in words.items():
            with entered() as modules, redirect_stdout(StringIO()):
                status = run(argv)
            print(f"{name}: {len(modules)} modules (exit status {status})")
            print("  " + ", ".join(sorted(modules)))


if __name__ == "__main__":
    main()
