"""Server time of opening and clicking each page, and the memory of a server that a visitor has opened."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

ROOT = Path(__file__).parents[1]
CLICKS = 12


def page_times() -> dict[str, dict[str, float]]:
    """Milliseconds of server time a click, once a page has shown its results: `{page: {p50, p95, open}}`.

    A click is a run of the page's script with everything cached, as Streamlit's own test harness runs it, without the
    browser and the network.
    """
    from streamlit.testing.v1 import AppTest

    from ui.services import common_registry

    found = {}
    for name in ("", *sorted(path.stem for path in (ROOT / "pages").glob("*.py"))):
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        if name:
            app.switch_page(f"pages/{name}.py")
        start = time.perf_counter()
        app.run()
        opened = time.perf_counter() - start
        deadline = time.monotonic() + 120
        while common_registry().open_jobs() and time.monotonic() < deadline:
            time.sleep(0.5)
        app.run()
        times = []
        for _ in range(CLICKS):
            start = time.perf_counter()
            app.run()
            times.append(1000 * (time.perf_counter() - start))
        found[name or "0_Home"] = {
            "p50": float(np.percentile(times, 50)),
            "p95": float(np.percentile(times, 95)),
            "open": 1000 * opened,
        }
    return found


def waits(name: str) -> dict[str, tuple[float, float]]:
    """What the first visitor of an empty folder waits for, with the default settings of what pages start.

    Returns:
        Seconds of each, and the seconds of it that were forward passes.
    """
    from emotion_core import library
    from emotion_core.base.jobs import Pace
    from emotion_core.base.settings import settings
    from emotion_core.vectors.emotion_vectors import BuildSettings

    passes, note = [0.0], Pace._note

    def noted(self: Pace, key: str, tokens: float, seconds: float) -> None:
        passes[0] += seconds
        note(self, key, tokens, seconds)

    with tempfile.TemporaryDirectory() as folder, patch.object(Pace, "_note", noted):
        os.environ["EMOTION_DATA_DIR"] = folder
        settings.cache_clear()
        found, start = {}, time.perf_counter()

        def done(what: str) -> None:
            nonlocal start
            found[what] = time.perf_counter() - start, passes[0]
            passes[0], start = 0.0, time.perf_counter()

        library.load(name)
        done("loading, the file turned into weights before it")
        model = library.load(name)
        done("loading")
        library.check(model)
        done("the self-check")
        vectors = library.build(model, "fear-calm")
        done("building fear-calm, 200 neutral texts with it")
        library.test(model, vectors)
        done("its held-out test")
        library.read(model, vectors, "The footsteps behind me stopped when I stopped.")
        done("reading a sentence, its zero point with it")
        library.read(model, vectors, "The kettle sings and nobody wants anything from me today.")
        done("reading another one")
        other = library.build(model, "fear-calm", settings=BuildSettings(estimator="pca"))
        done("building fear-calm by another estimator")
        other = replace(other, selected_layer=vectors.selected_layer)
        library.read(model, other, "The footsteps behind me stopped when I stopped.")
        done("reading with those vectors at the same layer")
        library.steer(model, vectors, "I heard a noise at the door.", [i / 10 for i in range(-4, 5)])
        done("a sweep: 9 strengths, 32 control directions, 4 samples")
        library.build(model, "emotions-12")
        done("building emotions-12, 480 texts")
        library.build(model, "emotions-171")
        done("building the map's 171 emotions, 1,710 texts")
    return found


def idle_memory_mb(port: int = 8899) -> dict[str, float]:
    """Resident memory of a fresh server, and seconds until Home showed its result.

    `first_page_memory_mb` is that when the first visitor has the page and its weights are not loaded yet,
    `idle_memory_mb` when they are and nothing moves any more.
    """
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "EMOTION_DATA_DIR": folder}
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        command += ["--server.headless", "true", "--browser.gatherUsageStats", "false"]
        started = time.perf_counter()
        server = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        try:
            _until_healthy(port)
            up = time.perf_counter() - started
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
                first = _visit(browser, port)
                page = _resident_mb(server.pid)
                second = _visit(browser, port)
                browser.close()
            resident = _settled_mb(server.pid)
        finally:
            server.terminate()
            server.wait()
    return {
        "first_page_memory_mb": page,
        "idle_memory_mb": resident,
        "server_up_seconds": up,
        "first_page_seconds": first,
        "first_page_warm_seconds": second,
    }


def _visit(browser: Any, port: int) -> float:
    page = browser.new_page()
    start = time.perf_counter()
    page.goto(f"http://localhost:{port}/")
    page.get_by_text("95 % intervals").first.wait_for(timeout=120_000)
    seconds = time.perf_counter() - start
    page.close()
    return seconds


def _until_healthy(port: int) -> None:
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=1):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("The server did not come up")


def _settled_mb(pid: int) -> float:
    """Resident memory once it has not changed by 5 MB for ten seconds: weights come behind the page."""
    seen = [_resident_mb(pid)]
    for _ in range(120):
        time.sleep(1)
        seen.append(_resident_mb(pid))
        if len(seen) > 10 and np.ptp(seen[-10:]) < 5:
            break
    return seen[-1]


def _resident_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def _chromium() -> str | None:
    for path in ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"):
        if Path(path).exists():
            return path
    return None
