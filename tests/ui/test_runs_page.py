"""The shelf of runs, without a browser."""

from collections.abc import Callable

from page_helpers import button, done, texts
from streamlit.testing.v1 import AppTest

from ui.services import store

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


def test_a_build_is_on_the_shelf_and_can_be_pinned_by_its_link(open_page: Open, until: Until) -> None:
    app = open_page("1_Build_vectors")
    button(app, "Build vectors").click().run()
    until(app, done)
    run_id = app.session_state["run of build"]
    shelf = open_page_again(app, pins=run_id)
    assert not shelf.exception
    assert shelf.multiselect(key="pinned_runs").value == [run_id]
    assert "How clearly each vector separates" in texts(shelf)
    assert shelf.dataframe[0].value["What"].tolist().count("vectors") >= 1


def test_a_link_to_a_run_that_is_gone_says_so_and_shows_the_rest(open_page: Open) -> None:
    app = open_page("8_Runs", pins="no-such-run")
    assert not app.exception
    assert app.error
    assert len(app.dataframe) == 1
    assert store().recent()


def open_page_again(app: AppTest, **query: str) -> AppTest:
    app.switch_page("pages/8_Runs.py")
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()
