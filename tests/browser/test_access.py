"""Every page against axe's rules for accessibility, and the browser's console without errors."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser_helpers import ARTIFACTS, CHROMIUM_ARGS, PAGES, settle
from playwright.sync_api import sync_playwright

pytestmark = pytest.mark.browser

# Streamlit asks for its own files below the page's path first, and takes the right place when they are not there.
EXPECTED = "/_stcore/"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(chromium: str, app_url: str, theme: str) -> None:
    ARTIFACTS.mkdir(exist_ok=True)
    serious: dict[str, list[str]] = {}
    errors: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme=theme)
        for name, path in PAGES.items():
            page = context.new_page()
            page.on("console", lambda message: note(errors, message))
            page.goto(f"{app_url}/{path}")
            settle(page)
            found = Axe().run(page).response["violations"]
            (ARTIFACTS / f"axe-{name}-{theme}.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
            bad = [one for one in found if one["impact"] in ("serious", "critical")]
            if bad:
                serious[name] = [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in bad]
            page.close()
        browser.close()
    assert not serious, serious
    assert not errors, errors


def note(errors: list[str], message: object) -> None:
    """Keeps an error of the console, except for Streamlit's own search for its files."""
    where = getattr(message, "location", {}).get("url", "")
    if getattr(message, "type", "") == "error" and EXPECTED not in where:
        errors.append(f"{getattr(message, 'text', '')} ({where})")
