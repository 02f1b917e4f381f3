"""How Sphinx makes the book of these pages: `make site` writes it to `.artifacts/site/`."""

from __future__ import annotations

import os

import emotion_core

project = "Emotion directions in language models"
author = copyright = "The emotion-core authors"
version = release = emotion_core.__version__

extensions = ["myst_parser"]
exclude_patterns = ["images/*", "make_api.py"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = f"{project} {version}"
html_copy_source = False
html_show_sphinx = False

# The picture of a shared link has to be a whole address, which only who publishes the site knows.
html_baseurl = os.environ.get("SITE_URL", "").rstrip("/")
if html_baseurl:
    html_extra_path = ["images/card.png"]
    myst_html_meta = {
        "property=og:title": html_title,
        "property=og:description": "Find emotion directions in a language model, test whether they are real, steer.",
        "property=og:image": f"{html_baseurl}/card.png",
        "name=twitter:card": "summary_large_image",
    }
