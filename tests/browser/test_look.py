"""Every page in light and dark, on a desk and on a phone: nothing overflows, nothing fails; screenshots to look at."""

import pytest
from browser_helpers import ARTIFACTS, CHROMIUM_ARGS, PAGES, settle
from playwright.sync_api import sync_playwright

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page(chromium: str, app_url: str, theme: str, width: int) -> None:
    faults: list[str] = []
    ARTIFACTS.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
        for name, path in PAGES.items():
            page = context.new_page()
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.goto(f"{app_url}/{path}")
            settle(page)
            assert page.locator('[data-testid="stException"]').count() == 0, path
            main = page.locator(".stMain")  # with a field at its foot it has another test id
            wide, seen, high = main.evaluate("e => [e.scrollWidth, e.clientWidth, e.scrollHeight]")
            assert wide <= seen + 1, f"{path} is {wide} wide where {seen} are seen"
            page.set_viewport_size({"width": width, "height": min(high + 40, 6000)})
            settle(page)
            page.screenshot(path=str(ARTIFACTS / f"{name}-{theme}-{width}.png"))
            page.close()
        browser.close()
    assert not faults, faults
