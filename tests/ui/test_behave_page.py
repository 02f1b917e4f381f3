"""The Behave page: both tabs, their links, and input that cannot be asked."""

from collections.abc import Callable

import pytest
from page_helpers import button, texts
from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


def asks(app: AppTest) -> bool:
    """Whether the vectors are there and the button of the tab is on the page."""
    return any(one.label.startswith(("Ask", "Measure")) for one in app.button)


def test_a_few_activities_are_asked_and_found_again_by_the_link(open_page: Open, until: Until) -> None:
    app = until(open_page("5_Behave"), asks)
    assert "4,032" in button(app, "Ask").label or "questions" in button(app, "Ask").label
    app.toggle(key="preferences-steer").set_value(False).run()
    app.number_input(key="preferences-opponents").set_value(2).run()
    assert "128 questions" in button(app, "Ask").label
    button(app, "Ask").click().run()
    until(app, lambda one: "What this shows." in texts(one))
    assert not app.exception and "Being named first adds" in texts(app)
    run = app.query_params["run"]
    again = until(open_page("5_Behave", run=run[0] if isinstance(run, list) else run), asks)
    until(again, lambda one: "Being named first adds" in texts(one))


def test_a_scenario_is_measured(open_page: Open, until: Until) -> None:
    app = until(open_page("5_Behave", behave="Behaviours"), asks)
    app.multiselect[0].set_value(["retaliation"]).run()
    app.text_input(key="behave-strengths").set_value("0.1").run()
    for key, value in (("behave-controls", 3), ("behave-texts", 1), ("behave-tokens", 3)):
        app.number_input(key=key).set_value(value).run()
    button(app, "Measure").click().run()
    until(app, lambda one: "What this shows." in texts(one))
    assert not app.exception and "1 scenarios" in texts(app)

    run = app.query_params["run"]
    again = until(open_page("5_Behave", run=run[0] if isinstance(run, list) else run), asks)
    assert button(again, "Measure"), "a link to a run opens its tab"
    until(again, lambda one: "What this shows." in texts(one))


@pytest.mark.parametrize(("value", "says"), [("0", "other than 0"), ("x", "cannot be read"), ("", "empty")])
def test_strengths_that_do_not_steer_are_said(open_page: Open, until: Until, value: str, says: str) -> None:
    app = until(open_page("5_Behave", behave="Behaviours"), asks)
    app.text_input(key="behave-strengths").set_value(value).run()
    assert says in texts(app) and button(app, "Measure").disabled
