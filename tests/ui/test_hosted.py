"""The shared demo: only models of the list, and sweeps of a bounded size."""

from collections.abc import Callable

import pytest
from page_helpers import button, done, texts
from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


@pytest.fixture
def hosted(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv("EMOTION_HOSTED", "1")
    monkeypatch.setenv("EMOTION_MAX_SWEEP_TEXTS", "100")
    return open_page


def test_other_models_are_refused(hosted: Open, until: Until) -> None:
    app = until(hosted("2_Explore_emotions", model="someone/model"), done)
    assert any("not offered here" in one.value for one in app.error), texts(app)
    assert not app.exception


def test_large_sweeps_are_refused_with_the_limit(hosted: Open, until: Until) -> None:
    app = until(hosted("3_Steer"), lambda a: len(a.text_input) > 0)
    assert any("at most 100 texts" in one.value for one in app.error), texts(app)
    assert button(app, "Run sweep").disabled
    app.text_input(key="strengths").set_value("0,0.2")
    app.number_input(key="samples").set_value(1)
    app.number_input(key="controls").set_value(3).run()
    assert not button(app, "Run sweep").disabled, texts(app)
