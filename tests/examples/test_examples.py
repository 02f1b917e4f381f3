"""The examples run as they stand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_runs(path, tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "EMOTION_DATA_DIR": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, str(path)]
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()


def test_five_lines_are_five():
    lines = (ROOT / "examples" / "five_lines.py").read_text().splitlines()
    code = [line for line in lines if line and not line.startswith(('"""', "from ", "import "))]
    assert len(code) == 5
