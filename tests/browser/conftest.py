"""The app in a process of its own and a Chromium; only with `-m browser`, see `make browser-test`."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Browser tests run only when asked for: they need a browser and take minutes."""
    if "browser" in (config.option.markexpr or ""):
        return
    unwanted = [item for item in items if item.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=unwanted)
    items[:] = [item for item in items if item not in unwanted]


@pytest.fixture(scope="session")
def app_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the app, started over an empty data folder."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("app")
    environment = {
        **os.environ,
        "EMOTION_DATA_DIR": str(folder / "data"),
        "EMOTION_MODEL": "demo",
        "HF_HUB_OFFLINE": "1",
    }
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.fileWatcherType=none"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        try:
            wait_for(f"http://127.0.0.1:{port}/_stcore/health", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(120)


def wait_for(address: str, process: subprocess.Popen[bytes], seconds: float = 60) -> None:
    """Waits until the app answers."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, "the app has ended"
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    raise AssertionError("the app does not answer")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    found = next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )
    if found is None:
        pytest.skip("no chromium on this machine")
    return found
