"""The page Replicate without a browser."""

from collections.abc import Callable

from page_helpers import button, done, texts
from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


def test_rows_are_run_and_opened(open_page: Open, until: Until) -> None:
    app = open_page("10_Replicate")
    assert not app.exception
    table = app.dataframe[0].value
    assert len(table) == 47 and {"not built"} < set(table["Verdict"])
    app.text_input(key="replicate-rows").set_value("13").run()
    button(app, "Run these rows").click().run()
    until(app, done)
    row = app.dataframe[0].value.set_index("Row").loc[13]
    assert "cannot be told" in row["Verdict"] and "1." in row["This model (95 %)"]
    app.selectbox(key="replicate-row-None").set_value(13).run()
    assert not app.exception and "13" in app.query_params["row"]
    assert "What it does not" in texts(app) and "python -m emotion_core replicate" in " ".join(
        c.value for c in app.code
    )


def test_rows_that_are_none_are_explained(open_page: Open) -> None:
    app = open_page("10_Replicate")
    app.text_input(key="replicate-rows").set_value("99").run()
    assert not app.exception and "no such rows" in app.warning[0].value
    assert button(app, "Run these rows").disabled


def test_a_link_to_no_row_opens_the_first(open_page: Open) -> None:
    for row in ("²", "999", "x"):
        app = open_page("10_Replicate", row=row)
        assert not app.exception and app.query_params["row"] in ("1", ["1"])
    assert open_page("10_Replicate", row="13").selectbox(key="replicate-row-None").value == 13
