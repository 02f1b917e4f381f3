"""A shared link opens exactly the view: layer, strength, text, part; in a session of its own."""

from collections.abc import Callable

from page_helpers import texts
from streamlit.testing.v1 import AppTest

from emotion_core.experiments.ship import start_home_build, start_home_sweep
from emotion_core.experiments.steering import SWEEP
from ui.experiments import run_result
from ui.services import activation_cache, common_registry, owner

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


def shares(app: AppTest) -> bool:
    """Whether an address is shown to be copied."""
    return any("http" in one.value or "?" in one.value for one in app.code) or bool(app.code)


def test_a_sweep_opens_at_the_strength_and_text_of_the_link(open_page: Open, until: Until) -> None:
    open_page("6_Glossary")
    registry, demo = common_registry(), owner("demo")
    run_id = start_home_sweep(registry, demo, start_home_build(registry, demo, activation_cache()))
    registry.wait(run_id)
    sweep = run_result(run_id, SWEEP)
    strengths = [one.strength for one in sweep.strengths if one.strength]
    sample = sorted({row.sample for row in sweep.rows})[-1]
    link = {"run": run_id, "at-steer": str(strengths[0]), "sample-steer": str(sample + 1)}
    app = until(open_page("3_Steer", **link), lambda one: "strength by strength" in texts(one))
    assert app.selectbox(key="at-steer").value == strengths[0]
    assert app.selectbox(key="sample-steer").value == sample
    app.selectbox(key="at-steer").set_value(strengths[-1]).run()
    assert app.query_params["at-steer"] in (str(strengths[-1]), [str(strengths[-1])])
    assert app.selectbox(key="at-steer").value == strengths[-1]
    strange = until(open_page("3_Steer", run=run_id, **{"at-steer": "9e9"}), lambda one: "strength by" in texts(one))
    assert not strange.exception and strange.selectbox(key="at-steer").value in strengths


def test_held_out_scores_open_at_the_layer_of_the_link(open_page: Open, until: Until) -> None:
    app = until(open_page("2_Explore_emotions", layer="0"), lambda one: "Could it be something else" in texts(one))
    assert app.select_slider(key="layer_shown").value == 0 and shares(app)
    app.select_slider(key="layer_shown").set_value(1).run()
    assert app.query_params["layer"] in ("1", ["1"])
    strange = until(open_page("2_Explore_emotions", layer="x", methods="../no"), lambda one: len(one.select_slider) > 0)
    assert not strange.exception, strange.exception


def test_a_view_without_a_run_has_a_share_button(open_page: Open, until: Until) -> None:
    app = until(open_page("10_Replicate", study="Fear in GPT-2"), shares)
    assert not app.exception


def test_a_shared_sentence_is_read_again(open_page: Open, until: Until) -> None:
    app = until(open_page(sentence="The lake was still."), lambda one: bool(one.text_input) and shares(one))
    assert not app.exception and not app.warning
    assert app.text_input(key="sentence").value == "The lake was still."
    assert "sentence=The%20lake" in app.code[-1].value and "sentence" not in app.query_params


def test_a_reading_opens_at_the_token_of_the_link(open_page: Open, until: Until) -> None:
    app = until(open_page("4_Read"), lambda one: any(b.label.startswith("Read") for b in one.button))
    next(b for b in app.button if b.label.startswith("Read")).click().run()
    until(app, lambda one: "Click a token" in texts(one))
    run = app.query_params["run"]
    run_id = run[0] if isinstance(run, list) else run
    again = until(open_page("4_Read", run=run_id, **{"token-text": "3"}), lambda one: "Click a token" in texts(one))
    assert "chance:" in texts(again), texts(again)[-600:]
