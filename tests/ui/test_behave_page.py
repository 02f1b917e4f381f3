"""The Behave page: both tabs, their links, and input that cannot be asked."""

from collections.abc import Callable

import pytest
from page_helpers import button, texts
from streamlit.testing.v1 import AppTest

from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.scenes import Scene
from emotion_core.experiments.behavior import BEHAVIORS, BehaviorRequest
from emotion_core.experiments.experiment import load, start
from emotion_core.experiments.ship import start_home_build
from emotion_core.runs.corrections import load_corrections, save_corrections
from ui.services import activation_cache, common_registry, owner
from ui.vector_sets import vectors_of

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
    box = app.selectbox(key="activity shown")
    box.set_value(box.options[0]).run()
    assert "Wins most over" in texts(app) and "activity" in app.query_params, "what a click does, without a mouse"
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
    shown = texts(app)
    assert not app.exception and ("evidence" in shown or "not testable here" in shown) and "retaliation" in shown

    run = app.query_params["run"]
    again = until(open_page("5_Behave", run=run[0] if isinstance(run, list) else run), asks)
    assert button(again, "Measure"), "a link to a run opens its tab"
    until(again, lambda one: "What this shows." in texts(one))


@pytest.mark.parametrize(("value", "says"), [("0", "other than 0"), ("x", "cannot be read"), ("", "empty")])
def test_strengths_that_do_not_steer_are_said(open_page: Open, until: Until, value: str, says: str) -> None:
    app = until(open_page("5_Behave", behave="Behaviours"), asks)
    app.text_input(key="behave-strengths").set_value(value).run()
    assert says in texts(app) and button(app, "Measure").disabled


def test_corrections_of_a_pattern_are_there_after_a_reload(open_page: Open, until: Until) -> None:
    until(open_page("5_Behave"), asks)
    registry, model_owner = common_registry(), owner("demo")
    vectors = vectors_of(start_home_build(registry, model_owner, activation_cache()))
    scene = Scene("the", "The man said that", pattern=r"\w")
    settings = BehaviorSettings(
        (scene,), vectors.emotions[:1], (0.1,), controls=0, samples=2, max_new_tokens=3, words=""
    )
    run_id = start(registry, model_owner, vectors, BEHAVIORS, BehaviorRequest(settings))
    registry.wait(run_id)
    run = registry.store.get(run_id)
    found = load(registry.store, run_id, BEHAVIORS).found
    first = [i for i, one in enumerate(found.texts) if one.unsteered][:2]
    save_corrections(registry, run, {first[0]: True, first[1]: False})
    app = until(open_page("5_Behave", run=run_id), lambda one: "The texts" in texts(one))
    shown = texts(app)
    assert not app.exception
    assert "of 2 texts" in shown and "Over the whole run" in shown and "of 2 judged texts" in shown
    assert load_corrections(registry, run) == {first[0]: True, first[1]: False}, "looking changes nothing"


def test_behaviours_are_measured_under_a_cap_and_a_gate(open_page: Open, until: Until) -> None:
    app = until(open_page("5_Behave", behave="Behaviours"), asks)
    app.multiselect[0].set_value(["retaliation"]).run()
    app.selectbox(key="behave-operation").set_value("cap").run()
    app.slider(key="behave-bound-cap").set_value(80.0).run()
    app.selectbox(key="behave-gate").set_value("fear").run()
    app.text_input(key="behave-shares").set_value("1").run()
    for key, value in (("behave-controls", 3), ("behave-texts", 0)):
        app.number_input(key=key).set_value(value).run()
    button(app, "Measure").click().run()
    until(app, lambda one: "What this shows." in texts(one))
    run = app.query_params["run"]
    asked = load(common_registry().store, run[0] if isinstance(run, list) else run, BEHAVIORS).found.settings
    assert (asked.operation, asked.bound, asked.strengths) == ("cap", 80.0, (0.0, 1.0))
    assert asked.gate is not None and asked.gate.emotion == "fear" and not app.exception
    shown = texts(app)
    assert "cap at percentile 80 of neutral tokens, only while fear reads above percentile 95" in shown
    assert "share of what lies beyond the bound" in shown and "fraction of the residual norm" not in shown
