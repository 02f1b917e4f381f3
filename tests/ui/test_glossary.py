"""The glossary: entries are found by a word in them, and a word that is nowhere is said."""

from collections.abc import Callable

from page_helpers import texts
from streamlit.testing.v1 import AppTest

from ui.glossary import TEXT

Open = Callable[..., AppTest]


def test_entries_are_found_by_a_word(open_page: Open) -> None:
    app = open_page("6_Glossary")
    assert "Null band." in texts(app) and "Order bias." in texts(app)
    app.text_input(key="glossary-search").set_value("NULL BAND").run()
    assert "Null band." in texts(app) and "Order bias." not in texts(app)


def test_a_word_that_is_nowhere_is_said(open_page: Open) -> None:
    app = open_page("6_Glossary")
    app.text_input(key="glossary-search").set_value("<b>xyzzy</b>").run()
    assert "No entry" in texts(app) and "Null band." not in texts(app)


# Words of labels and axes that nobody has to know; each is found in the glossary as it stands on a page.
_JARGON = [
    "AUROC",
    "Cohen's d",
    "held-out",
    "null band",
    "confound",
    "rival",
    "residual norm",
    "project out",
    "clamp",
    "span of layers",
    "top-p",
    "temperature",
    "seed",
    "chat template",
    "log-odds",
    "length-normalised",
    "cross-talk",
    "logit lens",
    "valence",
    "silhouette",
    "rand index",
    "procrustes",
    "spearman",
    "roc",
    "false alarm",
    "order bias",
    "usable window",
    "surprise",
    "repetition.",
    "divergence.",
    "nat.",
    "cosine.",
    "standard deviation",
    "dose-response",
    "fingerprint",
    "bundle",
    "gguf",
    "neutral projection",
    "prompt-only rival",
    "control direction",
]


def test_no_jargon_without_an_entry() -> None:
    known = " ".join(TEXT.read_text(encoding="utf-8").lower().split())
    assert [word for word in _JARGON if word.lower() not in known] == []
