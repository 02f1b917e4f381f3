"""The glossary: entries are found by a word in them, and a word that is nowhere is said."""

from collections.abc import Callable

from page_helpers import texts
from streamlit.testing.v1 import AppTest

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
