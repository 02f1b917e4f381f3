"""Links to tests of vectors, to own contrasts and to vector sets: opened by somebody else, also after they expired."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from page_helpers import button, texts
from streamlit.testing.v1 import AppTest

from emotion_core.experiments.evaluation import CONFOUNDS, SIZES, OnOwnTexts, OnSets
from emotion_core.experiments.experiment import start
from emotion_core.experiments.ship import start_home_build
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.files import read_prompt_bytes
from emotion_core.runs.builds import load_build, start_build
from emotion_core.vectors.emotion_vectors import BuildSettings
from ui.services import activation_cache, common_registry, owner, store
from ui.vector_sets import vectors_of

pytestmark = pytest.mark.usefixtures("nothing_computed")
Open = Callable[..., AppTest]
Until = Callable[..., AppTest]
REDO = "Do it again"
RAIN = read_prompt_bytes(
    "rain.csv",
    b"emotion,positive,negative\nrain,Wet boots stood in the hall.,Dry boots stood in the hall.\n"
    b"rain,She closed her umbrella.,She closed her parasol.\nrain,The gutters ran over.,The gutters were dry.\n",
)


def offers_redo(app: AppTest) -> bool:
    return any(one.label.startswith(REDO) for one in app.button)


def test_an_expired_curve_is_drawn_again_under_its_link(open_page: Open, until: Until) -> None:
    open_page("6_Glossary")
    registry, demo = common_registry(), owner("demo")
    vectors = load_build(store(), start_home_build(registry, demo, activation_cache())).vectors
    run_id = start(registry, demo, vectors, SIZES, OnOwnTexts(), activation_cache())
    registry.wait(run_id)
    store().expire(run_id)
    app = until(open_page("2_Explore_emotions", sizes=run_id), offers_redo)
    assert "has been removed to make room" in texts(app)
    button(app, REDO).click().run()
    until(app, lambda one: "How near two directions" in texts(one), 300)
    assert store().get(run_id).state == "done" and app.query_params["sizes"] in (run_id, [run_id])
    assert "run" not in app.query_params


def test_own_contrasts_stand_in_the_link_and_open_for_others(open_page: Open, until: Until) -> None:
    open_page("6_Glossary")
    registry, demo = common_registry(), owner("demo")
    build_id = start_home_build(registry, demo, activation_cache())
    vectors = load_build(store(), build_id).vectors
    run_id = start(registry, demo, vectors, CONFOUNDS, OnSets((RAIN,)), activation_cache())
    registry.wait(run_id)
    app = until(open_page("2_Explore_emotions", contrasts=run_id), lambda one: "contrasts counted too" in texts(one))
    assert "rain" in [name for one in app.dataframe if "contrast" in one.value for name in one.value["contrast"]]
    other = start_build(
        registry, demo, (load_prompts("fear-calm"),), BuildSettings(seed=9, folds=2), activation_cache()
    )
    registry.wait(other)
    link = {"contrasts": run_id, "vectors": other}
    app = until(open_page("2_Explore_emotions", **link), lambda one: "Could it be something else" in texts(one))
    assert "contrasts counted too" not in texts(app), "a run over other vectors says nothing about these"


def test_an_expired_vector_set_is_built_again_under_its_link(open_page: Open, until: Until) -> None:
    open_page("6_Glossary")
    registry, demo = common_registry(), owner("demo")
    run_id = start_build(
        registry, demo, (load_prompts("emotions-12"),), BuildSettings(seed=9, folds=2), activation_cache()
    )
    registry.wait(run_id)
    emotion = load_build(store(), run_id).vectors.emotions[3]
    store().expire(run_id)
    app = until(open_page("2_Explore_emotions", vectors=run_id, emotion=emotion), offers_redo)
    assert "until it is, another one is shown" in texts(app)
    button(app, REDO).click().run()
    until(app, lambda one: one.selectbox(key="vectors").value == run_id, 300)
    assert not app.exception and app.selectbox(key="emotion").value == emotion
    assert "until it is" not in texts(app) and app.query_params["vectors"] in (run_id, [run_id])


@pytest.mark.parametrize(("page", "forgotten"), [("", True), ("3_Steer", True), ("2_Explore_emotions", False)])
def test_a_set_that_is_removed_while_it_is_chosen_gives_way(
    open_page: Open, until: Until, page: str, forgotten: bool
) -> None:
    def forget() -> None:
        if forgotten:  # as when memory runs short
            vectors_of.clear()

    open_page("6_Glossary")
    registry, demo = common_registry(), owner("demo")
    settings = BuildSettings(seed=9, folds=2)
    run_id = start_build(registry, demo, (load_prompts("fear-calm"),), settings, activation_cache())
    registry.wait(run_id)
    app = until(open_page(page, vectors=run_id), lambda one: one.selectbox(key="vectors").value == run_id)
    store().expire(run_id)
    forget()
    app.run()
    assert not app.exception and app.selectbox(key="vectors").value == "fear-calm" and offers_redo(app)
    button(app, REDO).click().run()
    until(app, lambda one: one.selectbox(key="vectors").value == run_id)
    store().delete(run_id)
    forget()
    app.run()
    assert not app.exception and app.selectbox(key="vectors").value == "fear-calm"
    assert "There is no run with this id" in texts(app)


def test_what_of_a_link_cannot_be_shown_is_said(open_page: Open, until: Until) -> None:
    open_page("6_Glossary")
    registry, demo = common_registry(), owner("demo")
    vectors = load_build(store(), start_home_build(registry, demo, activation_cache())).vectors
    sizes = start(registry, demo, vectors, SIZES, OnOwnTexts(), activation_cache())
    registry.wait(sizes)
    link = {"transfer": "zzz", "scores": "qqq", "methods": sizes, "layer": "99", "emotion": "foo"}
    app = until(open_page("2_Explore_emotions", **link), lambda one: "Of the link cannot be shown" in texts(one))
    (said,) = [one.value for one in app.info if "Of the link cannot be shown" in one.value]
    for part in ("the transfer to another set", "the scores", "the comparison of methods", "run of another kind"):
        assert part in said
    assert "layer 99" in said and "The link asks for foo, which is no emotion of this set" in texts(app)
    assert not set(link) & set(app.query_params) and not app.exception
    app = open_page("2_Explore_emotions", sizes=sizes)
    assert "Of the link cannot be shown" not in texts(app)
    app = open_page("1_Build_vectors", run=sizes)
    assert "The run of the link is of another kind" in texts(app)
    assert "run" not in app.query_params
    app = open_page("2_Explore_emotions", tab="Map", map_layer="99", clusters="999")
    assert "layer 99" in texts(app) and "999 clusters" in texts(app)
    assert "map_layer" not in app.query_params and "clusters" not in app.query_params


def test_a_set_that_could_not_be_built_is_not_waited_for(open_page: Open) -> None:
    open_page("6_Glossary")
    described = {"label": "mine", "model": "demo", "fingerprint": owner("demo").info.fingerprint}
    run_id = store().create("build", json.dumps(described))
    store().fail(run_id, "The two sides are the same to the model.")
    app = open_page("2_Explore_emotions", vectors=run_id)
    assert "could not be built; another one is shown" in texts(app) and "until it is" not in texts(app)
