"""The script that goes into every bundle: plain nnsight, read as texts here and never imported by the project."""

from __future__ import annotations

from pathlib import Path

SCRIPT, ESTIMATORS = "redo.py", "estimators.py"


def script_text(name: str) -> str:
    """Source of one of the two files, with `# %%` between its steps."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
