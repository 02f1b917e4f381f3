"""kill -9 at random moments of builds and sweeps: a few here, a hundred in `make nightly`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from emotion_core.models.catalogue import DEMO_FOLDER

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("EMOTION_TEST_KILLS", "5"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.skipif(not (DEMO_FOLDER / "config.json").exists(), reason="the bundled model is not built yet")
def test_every_finished_run_opens_after_every_kill(tmp_path: Path) -> None:
    command = [sys.executable, "tests/faults/killed.py", str(tmp_path / "data"), str(KILLS), "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300 * KILLS + 600)
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["states"].get("interrupted", 0) >= KILLS - 1, "nearly every kill hit a job in its middle"
    assert report["states"].get("done", 0) >= KILLS // 4, "and some were done before"
    assert report["strays"] == [] and report["resumed"] is True
