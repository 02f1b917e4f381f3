"""Words on the axes and legends of charts stand out from the ground, in both themes (WCAG AA: 4.5 to 1)."""

import pytest
from browser_helpers import CHROMIUM_ARGS
from playwright.sync_api import sync_playwright

pytestmark = pytest.mark.browser

# Contrast of every word of every chart against the app's ground; opacity is blended in.
_CONTRASTS = """() => {
  const parse = text => text.match(/[\\d.]+/g).map(Number);
  const part = v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = rgb => rgb.map(v => part(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = parse(getComputedStyle(document.querySelector('.stApp')).backgroundColor);
  return [...document.querySelectorAll('.stVegaLiteChart svg text')].filter(t => t.textContent.trim()).map(text => {
    const style = getComputedStyle(text);
    const alpha = Number(style.fillOpacity) * Number(style.opacity);
    const ink = parse(style.fill).slice(0, 3).map((v, i) => alpha * v + (1 - alpha) * ground[i]);
    const [a, b] = [light(ink), light(ground)].sort((x, y) => y - x);
    return [text.textContent, (a + 0.05) / (b + 0.05)];
  });
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_on_charts_can_be_read(chromium: str, app_url: str, theme: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_ARGS)
        page = browser.new_context(color_scheme=theme).new_page()
        page.goto(app_url)
        page.locator(".stVegaLiteChart svg .role-legend-label text").first.wait_for(timeout=400_000)
        found = page.evaluate(_CONTRASTS)
        browser.close()
    assert len(found) > 20, "there are charts with words"
    faint = [(word, round(contrast, 1)) for word, contrast in found if contrast < 4.5]
    assert not faint, faint
