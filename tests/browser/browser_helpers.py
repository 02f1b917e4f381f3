"""What the browser tests share."""

from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
ARTIFACTS = ROOT / ".artifacts"
CHROMIUM_ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LONG = 400_000  # milliseconds, for anything that computes on a busy machine
# Whether the script has ended and nothing on the page has changed for so many milliseconds.
_STILL = """quiet => {
  if (!window.lastChange) {
    window.lastChange = performance.now();
    new MutationObserver(() => { window.lastChange = performance.now(); })
      .observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
  }
  const app = document.querySelector('[data-testid="stApp"]');
  const ended = app !== null && app.dataset.testScriptState === 'notRunning';
  return ended && performance.now() - window.lastChange > quiet;
}"""
# What every page test opens: a name for its pictures, and its address.
PAGES = {
    "home": "",
    "build": "Build_vectors",
    "upload": "Build_vectors?source=Upload",
    "explore": "Explore_emotions",
    "map": "Explore_emotions?tab=Map",
    "steer": "Steer",
    "talk": "Talk",
    "next-token": "Steer?steer_view=Next+token",
    "crosstalk": "Steer?steer_view=Cross-talk",
    "read": "Read",
    "dose": "Read?what=Dose",
    "behave": "Behave",
    "behaviours": "Behave?behave=Behaviours",
    "study": "Replicate?study=Fear+in+GPT-2",
    "replicate": "Replicate?row=15",
    "runs": "Runs",
    "glossary": "Glossary",
}


def settle(page: Page) -> None:
    """Waits until the page's script has ended, what it needs is loaded, charts too, and the page stands still."""
    page.locator("h1").first.wait_for(timeout=LONG)
    page.wait_for_load_state("networkidle", timeout=LONG)
    page.evaluate("() => { if (window.lastChange) window.lastChange = performance.now(); }")  # a rerun may be to come
    page.wait_for_function(_STILL, arg=1000, timeout=LONG)
