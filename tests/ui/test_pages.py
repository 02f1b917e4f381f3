"""Each page as a visitor meets it, without a browser."""

import json
import re
import shutil
from collections.abc import Callable

import pytest
from page_helpers import button, done, texts
from streamlit.testing.v1 import AppTest

from emotion_core.base.errors import ModelError
from emotion_core.base.settings import settings
from emotion_core.models.owner import ModelOwner, Unloaded
from emotion_core.runs.builds import load_build
from ui import services
from ui.services import owner, store

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]

PAIRS = "emotion,positive,negative,topic\n" + "".join(
    f"pride,She carried prize {i} across the stage herself.,She carried chair {i} across the room herself.,t{i}\n"
    for i in range(12)
)


def test_home_shows_a_result_without_a_click(open_page: Open, until: Until, nothing_computed: None) -> None:
    shutil.rmtree(settings().data_dir)  # the very first start
    app = until(open_page(), lambda a: "Does it tell apart situations" in texts(a))
    assert app.title[0].value == "What fear looks like inside a language model"
    assert "Does adding it change what the model writes?" in texts(app)
    assert not app.exception


def test_build_from_the_built_in_set(open_page: Open, until: Until) -> None:
    app = open_page("1_Build_vectors")
    assert "40 training and 10 held-out pairs" in texts(app)
    assert "With 10 held-out pairs the rule finds d ≥ 1.0 in 80 % of cases" in texts(app)
    start = button(app, "Build vectors: 100 texts")
    start.click().run()
    until(app, done)
    assert app.query_params["run"]
    run_id = app.query_params["run"][0] if isinstance(app.query_params["run"], list) else app.query_params["run"]
    assert load_build(store(), run_id).vectors.emotions == ("fear",)
    assert json.loads(store().get(run_id).settings)["model"] == "demo"


def test_build_from_an_upload_and_then_steer(open_page: Open, until: Until) -> None:
    app = open_page("1_Build_vectors")
    app.segmented_control(key="source").set_value("Upload").run()
    app.file_uploader(key="prompt_files").set_value([("my pairs.csv", PAIRS.encode(), "text/csv")]).run()
    assert "my pairs" in texts(app).replace("\\", "")
    button(app, "Build vectors: 24 texts").click().run()
    until(app, lambda a: "pride" in [s.value for s in a.selectbox] and done(a))
    app.switch_page("pages/3_Steer.py").run()
    assert app.selectbox(key="emotion").value == "pride"
    app.text_input(key="strengths").set_value("-0.2,0,0.2")
    app.number_input(key="samples").set_value(1)
    app.number_input(key="controls").set_value(3)
    app.number_input(key="new_tokens").set_value(6)
    app.run()
    button(app, "Run sweep").click().run()
    until(app, lambda a: "The texts, strength by strength" in texts(a))
    assert not app.exception


def test_a_run_is_found_again_by_its_link(open_page: Open, until: Until) -> None:
    app = open_page("1_Build_vectors")
    button(app, "Build vectors").click().run()
    until(app, done)
    run_id = app.session_state["run of build"]
    other = open_page("1_Build_vectors", run=run_id)
    assert done(other)


def test_home_shows_smollm2_before_its_weights_are_there(open_page: Open, monkeypatch) -> None:
    """Finished results alone: the weights are not to be had here, and nothing on the page asks for them."""
    monkeypatch.setattr(ModelOwner, "load_soon", lambda self, seconds=0.0: None)
    monkeypatch.setattr(Unloaded, "load", lambda self: pytest.fail("the weights were asked for"), raising=False)
    app = open_page("", model="smollm2")
    assert "44 of 50 pairs in the right order" in texts(app) and "weights are loading" in texts(app)
    assert "cannot be told from confound arousal" in texts(app) and not app.exception
    monkeypatch.setattr(owner("smollm2"), "fault", ModelError("The file is damaged"))
    app.run()
    assert "The file is damaged" in texts(app) and "weights are loading" not in texts(app) and not app.exception


def test_a_link_without_a_model_takes_that_of_its_run(open_page: Open, monkeypatch) -> None:
    monkeypatch.setattr(ModelOwner, "load_soon", lambda self, seconds=0.0: None)
    open_page("6_Glossary")
    run = next(one for one in store().recent("build") if json.loads(one.settings)["model"] == "smollm2")
    app = open_page("2_Explore_emotions", vectors=run.id)
    assert app.selectbox(key="model").value == "smollm2" and not app.exception


def test_explore_shows_the_held_out_texts(open_page: Open, until: Until) -> None:
    app = until(open_page("2_Explore_emotions"), done)
    assert "At layer" in texts(app)
    assert not app.exception


@pytest.mark.parametrize("page", ["2_Explore_emotions", "3_Steer"])
def test_every_link_to_a_part_of_a_page_leads_to_one(open_page: Open, until: Until, page: str) -> None:
    app = until(open_page(page), lambda one: "Further down" in texts(one))
    links = re.findall(r"\]\(#([a-z-]+)\)", texts(app))
    assert len(links) >= 2
    assert set(links) <= {one.proto.anchor for one in app.header}


def test_a_click_asks_the_model_nothing_that_it_has_answered(open_page, until, monkeypatch) -> None:
    asked, ask = [], services.ask
    monkeypatch.setattr(services, "ask", lambda *given: (asked.append(given), ask(*given))[1])
    app = until(open_page("1_Build_vectors"), lambda app: "tokens:" in texts(app))
    before = len(asked)
    app.run()
    assert before and len(asked) == before and "tokens:" in texts(app)
    field = next(one for one in app.text_area if str(one.key).startswith("audit-own"))
    field.set_value("He waits at the door.").run()
    assert len(asked) == before + 1 and not app.exception


def test_links_between_pages_hold_what_is_chosen_so_that_the_address_changes_once(open_page):
    app = open_page("2_Explore_emotions", vectors="scenes-171", emotion="calm")
    links = [one.proto for one in app.sidebar.get("page_link")]
    assert {one.query_string for one in links if one.label == "Build vectors"} == {"vectors=scenes-171&emotion=calm"}
    app.selectbox(key="emotion").set_value("angry").run()
    links = [one.proto for one in app.sidebar.get("page_link")]
    assert {one.query_string for one in links if one.label == "Steer"} == {"vectors=scenes-171&emotion=angry"}
    plain = [one.proto.query_string for one in open_page("1_Build_vectors").sidebar.get("page_link")]
    assert not any(plain)
