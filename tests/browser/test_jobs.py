"""Long work in a browser: a reload finds it again, a cancel stops it, going back loses nothing."""

import re
from collections.abc import Iterator

import pytest
from browser_helpers import CHROMIUM_ARGS, LONG
from playwright.sync_api import Page, expect, sync_playwright

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        browser.close()


def start_sweep(page: Page, url: str, strengths: str) -> None:
    page.goto(f"{url}/Steer")
    box = page.get_by_role("textbox", name="Strengths")
    expect(box).to_be_visible(timeout=LONG)
    box.fill(strengths)
    box.press("Enter")
    page.wait_for_timeout(1500)
    page.get_by_role("button", name=re.compile("Run sweep: ")).click()
    expect(page.get_by_role("button", name="Cancel")).to_be_visible(timeout=LONG)


def test_a_reload_in_the_middle_finds_the_sweep_again(page: Page, app_url: str) -> None:
    start_sweep(page, app_url, "-0.3:0.3:0.1")
    page.reload()
    expect(page.get_by_role("heading", name="The texts, strength by strength")).to_be_visible(timeout=LONG)
    page.get_by_role("link", name="Build vectors", exact=True).click()
    expect(page.get_by_role("heading", name="Build vectors")).to_be_visible(timeout=LONG)
    page.go_back()
    expect(page.get_by_role("heading", name="The texts, strength by strength")).to_be_visible(timeout=LONG)


def test_a_cancel_stops_the_sweep(page: Page, app_url: str) -> None:
    start_sweep(page, app_url, "-0.5:0.5:0.05")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text(re.compile("^Cancelled"))).to_be_visible(timeout=LONG)
    expect(page.get_by_role("button", name=re.compile("Run sweep: "))).to_be_enabled()
