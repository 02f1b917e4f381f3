"""kill -9 at random moments of builds and sweeps: a few here, a hundred in `make nightly`."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from warm_python import WarmPython

from emotion_core.models.catalogue import DEMO_FOLDER

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("EMOTION_TEST_KILLS", "3"))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.skipif(not (DEMO_FOLDER / "config.json").exists(), reason="the bundled model is not built yet")
def test_every_finished_run_opens_after_every_kill(tmp_path: Path, warm_python: WarmPython) -> None:
    done = warm_python.run(ROOT, "tests/faults/killed.py", str(tmp_path / "data"), str(KILLS), "1", path=ROOT)
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout.splitlines()[-1])
    assert report["states"].get("interrupted", 0) >= KILLS - 1, "nearly every kill hit a job in its middle"
    assert report["states"].get("done", 0) >= KILLS // 4, "and some were done before"
    assert report["strays"] == [] and report["resumed"] is True
