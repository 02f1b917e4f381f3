"""What the browser tests share."""

from pathlib import Path

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
