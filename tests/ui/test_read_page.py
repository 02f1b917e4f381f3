"""The Read page: every kind of reading, its link, and input that cannot be read."""

from collections.abc import Callable

import pytest
from page_helpers import button, texts
from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


def built(app: AppTest) -> bool:
    """Whether the vectors are there."""
    return any(one.label == "Read" for one in app.button)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("Text", "leaves the range of random directions"),
        ("Conversation", "over the turns"),
        ("Dose", "go with the number"),
    ],
)
def test_reads_and_is_found_again_by_its_link(open_page: Open, until: Until, what: str, says: str) -> None:
    app = until(open_page("4_Read", what=what), built)
    button(app, "Read").click().run()
    until(app, lambda one: "What this shows." in texts(one))
    assert not app.exception
    assert any(says in text for text in (texts(app),)) or "No drift" in texts(app)
    run = app.query_params["run"]
    again = until(open_page("4_Read", what=what, run=run[0] if isinstance(run, list) else run), built)
    until(again, lambda one: "What this shows." in texts(one))


def test_situations_need_several_emotions(open_page: Open, until: Until) -> None:
    app = until(open_page("4_Read", what="Situations"), built)
    button(app, "Read").click().run()
    until(app, lambda one: "at least two of their emotions" in texts(one))


@pytest.mark.parametrize(("key", "value", "says"), [("values-painkiller-dose", "1, two", "not a number")])
def test_values_that_are_no_numbers_are_said(open_page: Open, until: Until, key: str, value: str, says: str) -> None:
    app = until(open_page("4_Read", what="Dose"), built)
    app.text_input(key=key).set_value(value).run()
    assert says in texts(app)
    assert button(app, "Read").disabled
