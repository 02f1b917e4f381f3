"""The page Talk without a browser: two replies, a random direction, an edited turn, a link."""

from __future__ import annotations

from collections.abc import Callable

from page_helpers import button, texts
from streamlit.testing.v1 import AppTest

from emotion_core.experiments.talk import TALK
from ui.experiments import run_result

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


def unescaped(app: AppTest) -> str:
    return texts(app).replace("\\", "")


def answered(app: AppTest) -> bool:
    return any(one.key == "talk-again" for one in app.button)


def test_a_message_is_answered_and_the_conversation_goes_on(open_page: Open, until: Until) -> None:
    app = until(open_page("11_Talk"), lambda a: "of the model's state at layer" in texts(a))
    assert any(one.label == "Strength of fear" for one in app.slider)
    push = next(one.value for one in app.caption if "as long as" in one.value)
    (picker,) = [one for one in app.selectbox if one.key.startswith("talk-layer-")]
    picker.set_value(5).run()
    other = next(one.value for one in app.caption if "as long as" in one.value)
    assert "at layer 5" in other and "at layer 4" in push and other.split("layer")[0] != push.split("layer")[0]
    (picker,) = [one for one in app.selectbox if one.key.startswith("talk-layer-")]
    picker.set_value(None).run()
    app.chat_input(key="talk-message").set_value("   ").run()
    assert not app.exception and "run" not in app.query_params
    app.number_input(key="talk-max_new_tokens").set_value(6).run()
    app.chat_input(key="talk-message").set_value("Who <b>is</b> there?").run()
    until(app, answered)
    shown = unescaped(app)
    assert "Unsteered" in shown and "Steered: fear +4 SD" in shown and "just before the reply" in shown
    assert "neutral turns that it was not set from" in shown and "same words" in shown
    run = app.query_params["run"]
    button(app, "What does a random direction do instead?").click().run()
    until(app, lambda a: "Random direction 1, pushed equally hard" in unescaped(a) and answered(a))
    assert app.query_params["run"] != run
    app.chat_input(key="talk-message").set_value("Open it.").run()
    until(app, lambda a: answered(a) and "Random direction" not in texts(a))
    app.text_area(key="talk-edit-2").set_value("Keep it shut.").run()
    button(app, "Go on from there").click().run()
    until(app, answered)
    app.text_area(key="talk-system").set_value("Be brief.").run()
    button(app, "Answer again with these settings").click().run()
    until(app, answered)
    run = app.query_params["run"]
    turns = run_result(run if isinstance(run, str) else run[0], TALK).settings.turns
    assert [turn.role for turn in turns] == ["system", "user", "assistant", "user"]
    linked = open_page("11_Talk", run=run if isinstance(run, str) else run[0])
    assert "Unsteered" in texts(linked) and not linked.exception and not app.exception
