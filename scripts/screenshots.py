"""Pictures of the app for the README, taken from the app itself, and the card of a shared link.

`python scripts/screenshots.py` makes all of them, `python scripts/screenshots.py card` the card alone.
"""

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
sys.path.insert(0, str(ROOT))
from emotion_core.charts.palette import chart_bytes  # noqa: E402
from emotion_core.charts.transfer import transfer_chart  # noqa: E402
from emotion_core.evaluation.transfer import transfer_sentence  # noqa: E402
from emotion_core.experiments.ship import shipped_transfer  # noqa: E402
from emotion_core.runs.recipes import origin  # noqa: E402

OUT = ROOT / "docs" / "images"
VIEWS = {
    "home": ("", 1750),
    "map": ("Explore_emotions?model=demo&tab=Map&vectors=scenes-171&emotion=afraid", 1400),
    "talk": ("Talk", 1300),
    "study": ("Replicate?study=Fear+in+GPT-2&model=demo", 900),
}
WIDTH = 1280
PATIENCE = 300_000  # milliseconds
CARD = (1200, 630)  # pixels, as sites show the picture of a link


def main() -> None:
    """Draws the card; then starts the app over an empty folder and takes every view in light and dark."""
    OUT.mkdir(parents=True, exist_ok=True)
    card()
    if sys.argv[1:] == ["card"]:
        return
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


def card() -> None:
    """The finding that Home opens on, with its model, rivals and intervals, in the shape of a link's picture."""
    result = shipped_transfer()
    if result is None:
        raise RuntimeError("The finding is not among the results that are shipped")
    notes = (transfer_sentence(result), origin(result.model.name, result.model.fingerprint, [result.source]))
    chart = transfer_chart(result, result.scores[0], height=200).properties(width=640)
    drawn = Image.open(BytesIO(chart_bytes(chart, "png", notes))).convert("RGB")
    drawn.thumbnail((CARD[0] - 60, CARD[1] - 40), Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", CARD, "white")
    canvas.paste(drawn, ((CARD[0] - drawn.width) // 2, (CARD[1] - drawn.height) // 2))
    canvas.quantize(128).save(OUT / "card.png", optimize=True)


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
