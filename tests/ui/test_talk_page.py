"""The page Talk without a browser: two replies, a random direction, an edited turn, a link."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from page_helpers import button, texts
from streamlit.testing.v1 import AppTest

from emotion_core.experiments.talk import TALK
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.talk import Talk
from emotion_core.runs.codec import to_bytes
from ui.experiments import run_result
from ui.services import store

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


def linked(app: AppTest) -> str:
    run = app.query_params["run"]
    return run if isinstance(run, str) else run[0]


def test_a_text_begins_anew_in_the_middle_of_a_conversation(open_page: Open, until: Until) -> None:
    app = until(open_page("11_Talk"), lambda a: "of the model's state at layer" in texts(a))
    app.number_input(key="talk-max_new_tokens").set_value(3).run()
    app.text_area(key="talk-system").set_value("Be brief.").run()
    app.chat_input(key="talk-message").set_value("Who is there?").run()
    until(app, answered)
    talk = run_result(linked(app), TALK)
    app.toggle(key="talk-text").set_value(True).run()
    assert app.text_area(key="talk-system").disabled and "begins a new text" in texts(app)
    app.chat_input(key="talk-message").set_value("The door").run()
    until(app, lambda a: answered(a) and "The door" in str(run_result(linked(a), TALK).settings.turns))
    assert run_result(linked(app), TALK).settings.turns == (Turn("user", "The door"),)
    app.toggle(key="talk-text").set_value(False).run()
    assert app.text_area(key="talk-system").value == "Be brief." and not app.exception

    other = stored(replace(talk, emotions=("wonder", *talk.emotions[1:])))
    assert "lies along **wonder**" in texts(open_page("11_Talk", run=other))
    object.__setattr__(talk.settings, "chat", False)  # as an earlier version kept it
    app = open_page("11_Talk", run=stored(talk))
    assert not app.exception and "no turns before it" in texts(app) and not app.chat_input[0].disabled
    button(app, "New conversation").click().run()
    assert not app.error and "run" not in app.query_params


def stored(talk: Talk) -> str:
    run_id = store().create(TALK.kind, "{}")
    store().finish(run_id, {TALK.file: to_bytes(talk)})
    return run_id


def test_a_link_to_a_run_of_another_page_is_passed_over(open_page: Open) -> None:
    open_page("6_Glossary")
    app = open_page("11_Talk", run=store().create("sweep", "{}"))
    assert not app.error and "Write a message below" in texts(app) and "run" not in app.query_params


def test_the_form_says_what_each_operation_does(open_page: Open, until: Until) -> None:
    app = until(open_page("11_Talk"), lambda a: "of the model's state at layer" in texts(a))
    app.selectbox(key="talk-operation").set_value("clamp").run()
    assert "is set to +4.0 SD from the middle of neutral tokens" in unescaped(app) and "A push" not in texts(app)
    app.selectbox(key="talk-operation").set_value("project_out").run()
    app.slider(key="talk-share-fear").set_value(0.5).run()
    assert "A push" not in texts(app) and "is set to" not in texts(app)
    app.switch_page("pages/6_Glossary.py").run()
    app.switch_page("pages/11_Talk.py").run()
    assert app.slider(key="talk-share-fear").value == 0.5
