"""Pictures of the app for the README, taken from the app itself: `python scripts/screenshots.py`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "images"
VIEWS = {
    "home": ("", 1750),
    "map": ("Explore_emotions?model=demo&tab=Map&vectors=scenes-171&emotion=afraid", 1400),
    "talk": ("Talk", 1300),
    "study": ("Replicate?study=Fear+in+GPT-2&model=demo", 900),
}
WIDTH = 1280
PATIENCE = 300_000  # milliseconds


def main() -> None:
    """Starts the app over an empty folder and takes every view in light and dark."""
    OUT.mkdir(parents=True, exist_ok=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as data:
        command = [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            "app.py",
            "--server.headless=true",
            f"--server.port={port}",
        ]
        quiet = subprocess.DEVNULL
        app = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, "EMOTION_DATA_DIR": data}, stdout=quiet, stderr=quiet
        )
        try:
            _wait(f"http://127.0.0.1:{port}/_stcore/health")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                for theme in ("light", "dark"):
                    context = browser.new_context(viewport={"width": WIDTH, "height": 900}, color_scheme=theme)
                    for name, (path, height) in VIEWS.items():
                        page = context.new_page()
                        page.goto(f"http://127.0.0.1:{port}/{path}")
                        _settle(page, height)
                        _write(page.screenshot(), OUT / f"{name}-{theme}.png")
                        page.close()
                browser.close()
        finally:
            app.terminate()
            app.wait()


def _settle(page: Page, height: int) -> None:
    """Waits until the page stands still; one that found the model busy is opened again."""
    for _ in range(5):
        page.locator("h1").first.wait_for(timeout=PATIENCE)
        page.wait_for_timeout(4000)
        page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=PATIENCE)
        if page.get_by_text("The model is busy").count() == 0:
            break
        page.reload()
    page.set_viewport_size({"width": WIDTH, "height": height})
    page.wait_for_timeout(3000)


def _write(png: bytes, path: Path) -> None:
    """Fewer colours: a picture of flat areas keeps its look at a third of the size."""
    Image.open(BytesIO(png)).convert("RGB").quantize(128).save(path, optimize=True)


def _wait(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.3)
    raise RuntimeError("The app does not answer")


if __name__ == "__main__":
    main()
