"""The Read page: every kind of reading, its link, and input that cannot be read."""

import json
from collections.abc import Callable

import pytest
from page_helpers import button, texts
from streamlit.testing.v1 import AppTest

from ui.services import store

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


def built(app: AppTest) -> bool:
    """Whether the vectors are there."""
    return any(one.label.startswith("Read") for one in app.button)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("Text", "reads above random directions at"),
        ("Conversation", "over the turns"),
        ("Dose", "with the number"),
    ],
)
def test_reads_and_is_found_again_by_its_link(open_page: Open, until: Until, what: str, says: str) -> None:
    app = until(open_page("4_Read", what=what), built)
    if what == "Text":
        app.text_area(key="read-text").set_value("The stairs creak, and nobody else is at home.").run()
    button(app, "Read").click().run()
    until(app, lambda one: "What this shows." in texts(one))
    assert not app.exception
    assert any(says in text for text in (texts(app),)) or "No drift" in texts(app)
    run = app.query_params["run"]
    again = until(open_page("4_Read", run=run[0] if isinstance(run, list) else run), built)
    until(again, lambda one: "What this shows." in texts(one))
    assert again.segmented_control(key="what").value == what, "the run alone says which view it belongs to"
    if what == "Text":
        assert again.text_area(key="read-text").value == "The stairs creak, and nobody else is at home."


def test_messages_are_read_where_the_visitor_says(open_page: Open, until: Until) -> None:
    app = until(open_page("4_Read", what="Dose"), built)
    for chosen, pooling in ((None, "answer"), ("Over the words of the message", "mean")):
        if chosen is not None:
            app.selectbox(key="read-dose-place").set_value(chosen).run()
        button(app, "Read").click().run()
        until(app, lambda one: "What this shows." in texts(one))
        run = app.query_params["run"]
        described = json.loads(store().get(run[0] if isinstance(run, list) else run).settings)
        assert described["asked"]["place"]["pooling"] == pooling and described["asked"]["place"]["chat"]


def test_situations_need_several_emotions(open_page: Open, until: Until) -> None:
    app = until(open_page("4_Read", what="Situations"), built)
    assert "at least two of their emotions" in texts(app) and button(app, "Read").disabled


def test_a_link_to_the_build_page_names_the_sets(open_page: Open) -> None:
    app = open_page("1_Build_vectors", sets="emotions-12,no-such-set")
    assert app.multiselect(key="built_in").value == ["emotions-12"] and "sets" not in app.query_params


@pytest.mark.parametrize(("key", "value", "says"), [("values-painkiller-dose", "1, two", "not a number")])
def test_values_that_are_no_numbers_are_said(open_page: Open, until: Until, key: str, value: str, says: str) -> None:
    app = until(open_page("4_Read", what="Dose"), built)
    app.text_input(key=key).set_value(value).run()
    assert says in texts(app)
    assert button(app, "Read").disabled


def test_another_text_is_not_judged_by_what_the_template_expects(open_page: Open, until: Until) -> None:
    app = until(open_page("4_Read", what="Dose"), built)
    assert "no longer that of the template" not in texts(app)
    app.text_area(key="template-painkiller-dose").set_value("There are {x} chairs in the hall.").run()
    assert "no longer that of the template" in texts(app)
    button(app, "Read").click().run()
    until(app, lambda one: "What this shows." in texts(one))
    run = app.query_params["run"]
    asked = json.loads(store().get(run[0] if isinstance(run, list) else run).settings)["asked"]
    assert not asked["rise"] and not asked["fall"] and not app.exception


@pytest.mark.parametrize(
    ("source", "says"),
    [("Text", "The monitor on fear fires"), ("Labelled conversations", "AUROC")],
)
def test_a_monitor_watches_a_text_and_a_labelled_set(open_page: Open, until: Until, source: str, says: str) -> None:
    app = until(open_page("4_Read", what="Monitor"), built)
    app.radio(key="monitor-source").set_value(source).run()
    if source == "Text":
        app.text_input(key="monitor-phrase").set_value("laughing at my face").run()
    button(app, "Read").click().run()
    until(app, lambda one: "What this shows." in texts(one))
    assert says in texts(app) and "Threshold" in texts(app)
    assert source != "Text" or "laughing at my face" in texts(app)


def test_a_tab_keeps_its_own_reading(open_page: Open, until: Until) -> None:
    app = until(open_page("4_Read", what="Text"), built)
    button(app, "Read").click().run()
    until(app, lambda one: "random directions at that token" in texts(one))
    app.segmented_control(key="what").set_value("Dose").run()
    button(app, "Read").click().run()
    until(app, lambda one: "a reading goes up or down with the number" in texts(one))
    app.segmented_control(key="what").set_value("Text").run()
    until(app, lambda one: "random directions at that token" in texts(one))


@pytest.mark.parametrize(
    ("tab", "says"),
    [("Attempts", "Where the option to cheat is taken"), ("System prompts", "in the last third of the turns")],
)
def test_attempts_and_system_prompts_are_read(open_page: Open, until: Until, tab: str, says: str) -> None:
    app = until(open_page("4_Read", what=tab), built)
    if tab == "System prompts":
        app.multiselect(key="priors-conversations").set_value(["search-for-the-cat"]).run()
        app.multiselect(key="priors-others").set_value(["grandmother"]).run()
        app.text_area(key="priors-own").set_value("You are a lighthouse keeper on an island. " * 120).run()
    button(app, "Read").click().run()
    until(app, lambda one: "What this shows." in texts(one))
    assert says in texts(app) and "nan" not in texts(app)
    assert tab != "System prompts" or "in no conversation does any turn" in texts(app)


def test_a_run_of_attempts_that_cannot_be_read_says_which_field_is_wrong(open_page: Open, until: Until) -> None:
    app = until(open_page("4_Read", what="Attempts"), built)
    name = app.selectbox(key="attempts-run").value
    app.text_input(key=f"attempts-cheat-{name}").set_value("words of nobody").run()
    assert "stand in none of the attempts" in texts(app) and button(app, "Read").disabled
    app.text_input(key=f"attempts-kind-{name}").set_value("").run()
    assert (
        "Encouragement: is empty" in texts(app).replace("\\", "")
        and "The file" not in texts(app)
        and "tuple" not in texts(app)
    )


def test_a_comparison_with_itself_is_refused(open_page: Open, until: Until) -> None:
    app = until(open_page("4_Read", what="System prompts"), built)
    app.multiselect(key="priors-others").set_value([]).run()
    assert "different system prompts" in texts(app) and button(app, "Read").disabled


def test_a_hostile_text_is_shown_as_text_at_all_layers(open_page: Open, until: Until) -> None:
    app = until(open_page("4_Read", what="Text"), built)
    app.text_area(key="read-text").set_value("שלום <img src=x onerror=alert(1)> 🙂 $x$ **b** =1+1").run()
    app.checkbox(key="read-all-layers").check().run()
    button(app, "Read").click().run()
    until(app, lambda one: "most often at layer" in texts(one))
    assert not app.exception and "reads above random directions at" in texts(app)


def test_the_model_writes_the_next_reply(open_page: Open, until: Until) -> None:
    app = until(open_page("4_Read", what="Conversation"), built)
    app.selectbox(key="read-conversation").set_value("Your own").run()
    app.toggle(key="read-continue").set_value(True).run()
    app.number_input(key="continue-tokens").set_value(8).run()
    app.number_input(key="continue-strength").set_value(0.5).run()
    button(app, "Read").click().run()
    until(app, lambda one: "What this shows." in texts(one))
    assert "Unsteered" in texts(app) and "one reply proves nothing" in texts(app)
    assert any("--continue=8" in one.value and "--strength=0.5" in one.value for one in app.code)


@pytest.mark.parametrize(("p", "mark"), [(0.001, "◒ **more than chance**"), (0.4, "○ **no evidence**")])
def test_situations_are_no_evidence_since_words_are_not_held_against_them(p: float, mark: str) -> None:
    def part(p: float) -> None:
        import numpy as np

        from emotion_core.reading.situations import SituationReading
        from ui.read.situations import situations_result

        names, ranks = ("fear", "joy"), np.array([1])
        situations_result(
            SituationReading(
                ("It is late.",),
                ("fear",),
                1,
                names,
                np.zeros((1, 2), np.float32),
                ranks,
                1.0,
                1.0,
                1.0,
                1.2,
                1.8,
                p,
                0,
            )
        )

    app = AppTest.from_function(part, kwargs={"p": p}).run()
    assert mark in texts(app) and not app.exception
    assert "**evidence**" not in texts(app) and "row 5 of Replicate" in texts(app)
