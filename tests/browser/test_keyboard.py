"""The way through by keyboard alone: Home, the fear study, a build, a sweep; the place of the focus is always seen."""

from collections.abc import Iterator

import pytest
from browser_helpers import CHROMIUM_ARGS, LONG, settle
from playwright.sync_api import Page, expect, sync_playwright

pytestmark = pytest.mark.browser

MOST_STOPS = 160

# What has the focus, inside components too: its name, whether it is marked, and whether it is the page itself.
_FOCUS = """() => {
  let e = document.activeElement;
  while (e && e.shadowRoot && e.shadowRoot.activeElement) e = e.shadowRoot.activeElement;
  if (!e || e === document.body) return null;
  const style = getComputedStyle(e);
  const outline = n => getComputedStyle(n).outlineStyle !== 'none' && parseFloat(getComputedStyle(n).outlineWidth) >= 2;
  const outlined = outline(e) || (e.matches('input') && e.closest('label') !== null && outline(e.closest('label')));
  const shadow = style.boxShadow !== 'none';
  let edged = false;  // a field's frame takes the primary colour
  if (e.matches('input, textarea')) {
    for (let n = e, i = 0; n && i < 4; n = n.parentElement, i++) {
      const [r, g, b] = (getComputedStyle(n).borderTopColor.match(/[\\d.]+/g) || [0, 0, 0]).map(Number);
      edged = edged || b > r + 20;
    }
  }
  const scrolls = e.matches('main, section, .stMain, [data-testid="stSidebarContent"], canvas');
  const cell = e.matches('td, th') && e.closest('canvas');  // a table draws the ring of its cell itself
  const name = e.getAttribute('aria-label') || e.innerText || e.value || '';
  const seen = outlined || shadow || edged || scrolls || Boolean(cell);
  return { name: name.trim().replace(/\\s+/g, ' '), seen, tag: e.tagName };
}"""


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        yield browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
        browser.close()


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until something of this name has the focus; everything on the way shows that it has it."""
    settle(page)
    passed: list[str] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        found = page.evaluate(_FOCUS)
        if found is not None and not found["seen"]:
            page.wait_for_timeout(250)  # fields change their frame slowly
            found = page.evaluate(_FOCUS)
        if found is None:
            continue
        assert found["seen"], f"the focus is on {found['tag']} {found['name'][:60]!r} and is not seen"
        passed.append(found["name"][:40])
        own = not found["name"].startswith("Help for") and found["tag"] != "MAIN"
        if own and name in found["name"] and len(found["name"]) < 120:
            return
    raise AssertionError(f"{name} is not among {passed}")


def test_home_study_build_and_sweep_without_a_mouse(page: Page, app_url: str) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(app_url)
    expect(page.get_by_role("heading", name="Go on from here")).to_be_visible(timeout=LONG)
    tab_to(page, "Your sentence")
    page.keyboard.press("Control+a")
    page.keyboard.type("The dog waits at the door.")
    page.keyboard.press("Enter")
    expect(page.get_by_role("option").first).to_have_text("The", timeout=LONG)
    tab_to(page, "The")  # the whole strip is one stop, and arrows go through it
    page.keyboard.press("ArrowRight")
    assert page.evaluate(_FOCUS)["name"].startswith("dog")
    tab_to(page, "Bring your own prompts")

    page.goto(f"{app_url}/Fear_study")
    expect(page.get_by_text("Next: 2")).to_be_visible(timeout=LONG)
    tab_to(page, "Next: 2")

    page.goto(f"{app_url}/Build_vectors")
    tab_to(page, "Build vectors: 100 texts")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Vectors (.safetensors)")).to_be_visible(timeout=LONG)
    tab_to(page, "Steer with them")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Steer", exact=True)).to_be_visible(timeout=LONG)
    tab_to(page, "Strengths")
    page.keyboard.press("Control+a")
    page.keyboard.type("0,0.2")
    page.keyboard.press("Enter")
    tab_to(page, "Run sweep: ")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="The texts, strength by strength")).to_be_visible(timeout=LONG)
    settle(page)
    assert page.get_by_text("Bad delta path").count() == 0 and not faults, faults
