"""How Sphinx makes the book of these pages: `make site` writes it to `.artifacts/site/`."""

from __future__ import annotations

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
