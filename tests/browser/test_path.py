"""The main path as a visitor walks it: a finished result, an upload, vectors, the map, a sweep, files to take along."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from browser_helpers import ARTIFACTS, CHROMIUM_ARGS, LONG
from playwright.sync_api import Page, expect, sync_playwright

from emotion_core.vectors.file import load_vectors

pytestmark = pytest.mark.browser

NAMED = {
    "pride": "She carries the prize for {} across the stage herself.",
    "boredom": "She waits at counter {} and looks at the same clock again.",
    "relief": "The doctor puts the form for {} away: nothing was found.",
}
TOPICS = (
    "choir",
    "garden",
    "chess",
    "bakery",
    "river",
    "swimming",
    "library",
    "school",
    "harbour",
    "office",
    "market",
    "inn",
)


def upload_file() -> bytes:
    rows = [{"emotion": e, "text": text.format(t), "topic": t} for e, text in NAMED.items() for t in TOPICS]
    return pd.DataFrame(rows).to_csv(index=False).encode()


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        opened = browser.new_context(viewport={"width": 1280, "height": 1000}, accept_downloads=True).new_page()
        faults: list[str] = []
        opened.on("pageerror", lambda error: faults.append(str(error)))
        yield opened
        ARTIFACTS.mkdir(exist_ok=True)
        opened.screenshot(path=str(ARTIFACTS / "path-last.png"), full_page=True)
        browser.close()
    assert not faults, faults


def settle(page: Page) -> None:
    """Waits until the page's script has ended: a click in the middle of a run may meet a button that goes away."""
    page.wait_for_timeout(500)
    page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(timeout=LONG)


def saved(page: Page, name: str) -> bytes:
    """Clicks a download button and returns the file."""
    settle(page)
    button = page.get_by_role("button", name=name, exact=True).first
    button.scroll_into_view_if_needed()
    with page.expect_download(timeout=LONG) as download:
        button.click()
    return Path(download.value.path()).read_bytes()


def home_shows_a_finished_result(page: Page, url: str) -> None:
    page.goto(url)
    expect(page.get_by_role("heading", name="What fear looks like inside a language model")).to_be_visible(timeout=LONG)
    expect(page.get_by_text(re.compile("Fear separates from calm|separates from calm")).first).to_be_visible(
        timeout=LONG
    )
    expect(page.get_by_text("Computed").first).to_be_visible(timeout=LONG)


def build_from_an_upload(page: Page) -> None:
    page.get_by_role("link", name="Bring your own prompts").first.click()
    expect(page.get_by_role("heading", name="Build vectors")).to_be_visible(timeout=LONG)
    chooser = page.locator('input[type="file"]').first
    chooser.set_input_files({"name": "three.csv", "mimeType": "text/csv", "buffer": upload_file()})
    expect(page.get_by_text("3 emotions").first).to_be_visible(timeout=LONG)
    settle(page)
    page.get_by_role("button", name=re.compile("^.*Build vectors: 36 texts")).click()
    expect(page.get_by_text(re.compile("held-out AUROC", re.IGNORECASE)).first).to_be_visible(timeout=LONG)
    vectors = load_vectors(saved(page, "Vectors (.safetensors)"))
    assert vectors.emotions == tuple(NAMED)


def click_an_emotion_on_the_map(page: Page) -> None:
    page.get_by_role("link", name="Explore emotions", exact=True).click()
    page.get_by_role("tab", name="Map").click()
    plane = page.locator(".st-key-plane").first
    expect(plane.locator("svg").first).to_be_visible(timeout=LONG)
    mark = plane.locator('svg [aria-label*="Emotion: relief"]').first  # other dots name it as their nearest
    mark.scroll_into_view_if_needed()
    mark.click(force=True)
    card = page.locator(".st-key-working-with")
    expect(card.get_by_role("combobox").nth(2)).to_have_value("relief", timeout=LONG)
    expect(page).to_have_url(re.compile("emotion=relief"))
    assert saved(page, "PNG")[:4] == b"\x89PNG"


def sweep_and_take_the_texts(page: Page) -> None:
    page.get_by_role("link", name="Steer", exact=True).click()
    expect(page.get_by_role("heading", name="Steer", exact=True)).to_be_visible(timeout=LONG)
    page.get_by_role("textbox", name="Strengths").fill("-0.2,0,0.2")
    page.get_by_role("textbox", name="Strengths").press("Enter")
    button = page.get_by_role("button", name=re.compile(r"Run sweep: \d+ texts"))
    expect(button).to_be_visible(timeout=LONG)
    settle(page)
    button.click()
    expect(page.get_by_role("heading", name="The texts, strength by strength")).to_be_visible(timeout=LONG)
    expect(page.locator(".ladder .rung")).to_have_count(3, timeout=LONG)
    texts = pd.read_csv(io.BytesIO(saved(page, "All texts as CSV")))
    assert set(texts["strength"]) == {-0.2, 0.0, 0.2}
    assert {"emotion", "control-1"} <= set(texts["direction"])


def the_link_finds_the_sweep_again(page: Page) -> None:
    link = page.url
    assert "run=" in link
    page.goto("about:blank")
    page.goto(link)
    expect(page.get_by_role("heading", name="The texts, strength by strength")).to_be_visible(timeout=LONG)
    expect(page.locator(".ladder .rung")).to_have_count(3, timeout=LONG)


def test_the_whole_path(page: Page, app_url: str) -> None:
    home_shows_a_finished_result(page, app_url)
    build_from_an_upload(page)
    click_an_emotion_on_the_map(page)
    sweep_and_take_the_texts(page)
    the_link_finds_the_sweep_again(page)
