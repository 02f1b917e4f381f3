"""Home's slider: the visitor's own beginning with and without the direction."""

from collections.abc import Callable

import pytest
from page_helpers import button, texts
from streamlit.testing.v1 import AppTest

from emotion_core.base.errors import BusyError
from emotion_core.base.jobs import Job, Progress
from emotion_core.steering.live import LiveTexts
from ui.home import live as home_live
from ui.home import sentence as home_sentence
from ui.steer import live_pair

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


def _home(open_page: Open, until: Until) -> AppTest:
    return until(open_page(), lambda a: any(b.key == "home-again" for b in a.button))


def test_the_steered_text_follows_slider_and_prompt(open_page: Open, until: Until) -> None:
    app = _home(open_page, until)
    assert "Steered:" in texts(app) and "*" in _steered(app), "what the steered text has for itself is emphasised"
    app.select_slider(key="home_strength").set_value(0.0).run()
    assert "*" not in _steered(app), "at strength 0 the texts are the same"
    app.text_input(key="home_prompt").set_value("The letter said that").run()
    assert "The letter said that" in _steered(app)
    before = _steered(app)
    button(app, "Roll the dice again").click().run()
    assert _steered(app) != before
    app.text_input(key="home_prompt").set_value(" ").run()
    assert "Write a few words" in texts(app)
    assert not app.exception


def test_a_busy_model_is_said_and_not_waited_for(
    open_page: Open, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(*_: object) -> Job[LiveTexts]:
        while True:
            yield Progress(0, 1, "never")

    app = _home(open_page, until)
    monkeypatch.setattr(live_pair, "live", endless)
    monkeypatch.setattr(home_live, "_PATIENCE", 0.5)
    app.text_input(key="home_prompt").set_value("The letter said that").run()
    assert "The model is busy" in texts(app)
    monkeypatch.undo()
    button(app, "Try again").click().run()
    assert "The model is busy" not in texts(app) and "The letter said that" in _steered(app)


def _steered(app: AppTest) -> str:
    """The text in the steered box, as Markdown."""
    values = [one.value for one in app.markdown]
    at = next(i for i, value in enumerate(values) if value.startswith("**Steered:"))
    return str(values[at + 1]).replace(r"\*", "")


def test_a_sentence_that_a_busy_model_did_not_read_can_be_asked_for_again(
    open_page: Open, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> None:
        raise BusyError("The model is busy with other jobs")

    app = _home(open_page, until)
    monkeypatch.setattr(home_sentence, "sentence_emotions", busy)
    app.text_input(key="sentence").set_value("The dog waits at the door.").run()
    assert "your sentence is not read yet" in texts(app) and "neutral texts." not in texts(app)
    assert any(b.key == "home-again" for b in app.button), "what stands below is drawn all the same"
    monkeypatch.undo()
    button(app, "Read it now").click().run()
    assert "your sentence is not read yet" not in texts(app) and "neutral texts." in texts(app)
