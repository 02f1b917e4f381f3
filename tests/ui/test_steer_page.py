"""The views of the Steer page as a visitor meets them, without a browser."""

from collections.abc import Callable

from page_helpers import button, done, texts
from streamlit.testing.v1 import AppTest

from emotion_core.experiments.experiment import start
from emotion_core.experiments.steering import CROSSTALK, NEXT_TOKEN, SWEEP
from emotion_core.prompts.files import read_prompt_bytes
from emotion_core.runs.builds import start_build
from emotion_core.runs.registry import JobRegistry
from emotion_core.steering.settings import CrossTalkSettings, Schedule, SweepSettings
from emotion_core.vectors.emotion_vectors import BuildSettings
from ui.services import activation_cache, common_registry, owner, store
from ui.vector_sets import BUILT_IN, run_of

FEW = {"fear": "Something moved behind door", "joy": "We danced around table", "calm": "I watered plant"}
Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


def small(app: AppTest) -> None:
    """A sweep that takes a moment only."""
    app.text_input(key="strengths").set_value("0.2")
    app.number_input(key="samples").set_value(1)
    app.number_input(key="controls").set_value(3)
    app.number_input(key="new_tokens").set_value(6)
    app.run()


def test_next_token_and_crosstalk_views(open_page: Open, until: Until) -> None:
    app = until(open_page("3_Steer"), lambda a: any(b.label.startswith("Run sweep") for b in a.button))
    app.segmented_control(key="steer_view").set_value("Next token").run()
    button(app, "Show the curve").click().run()
    until(app, lambda a: "as the next word" in texts(a))
    app.segmented_control(key="steer_view").set_value("Cross-talk").run()
    assert "single emotion" in texts(app) and "press the button" not in texts(app)
    button(app, "Work with emotions-171").click().run()
    assert len(app.selectbox(key="emotion").options) == 171
    assert any(one.label.startswith("Run cross-talk") for one in app.button)
    app.multiselect(key=next(m.key for m in app.multiselect if m.label == "Emotions")).set_value([]).run()
    assert "A matrix needs emotions" in texts(app)
    assert not app.exception


def few_texts() -> str:
    """Id of a build of three emotions with few texts each."""
    rows = [f"{emotion},{text} {n}.,{n}" for n in range(5) for emotion, text in FEW.items()]
    few = read_prompt_bytes("few.csv", "\n".join(["emotion,text,topic", *rows]).encode())
    return start_build(common_registry(), owner("demo"), (few,), BuildSettings(folds=2), activation_cache())


def test_two_emotions_at_once(open_page: Open, until: Until) -> None:
    """With a set of few texts, which its shuffled controls need."""
    app = until(open_page("3_Steer", steer_view="Two at once"), lambda a: "single emotion" in texts(a))
    run_id = few_texts()
    app = until(
        open_page("3_Steer", steer_view="Two at once", vectors=run_id),
        lambda a: any(b.label.startswith("Write ") for b in a.button),
    )
    app.text_area(key="prompts").set_value("It was late").run()
    for key, value in (("factorial-samples", 2), ("factorial-controls", 6), ("new_tokens", 3)):
        app.number_input(key=key).set_value(value).run()
    button(app, "Write ").click().run()
    until(app, lambda a: "What this shows." in texts(a))
    shown = texts(app)
    assert "no evidence of more or less than the sum" in shown and "where the sum is" in shown and not app.exception
    steered = {row for table in app.dataframe for row in table.value.get("Steered with", ())}
    assert steered == {"neither", "both", *app.selectbox(key="emotion").options[:2]}


def test_a_sweep_shows_the_texts_of_a_strength_with_their_rival(open_page: Open, until: Until) -> None:
    app = until(open_page("3_Steer"), lambda a: any(b.label.startswith("Run sweep") for b in a.button))
    small(app)
    button(app, "Run sweep").click().run()
    until(app, lambda a: "The texts at one strength" in texts(a))
    directions = app.selectbox(key="direction-steer").options
    assert any("You feel fear" in one for one in directions) and "control 3" in directions
    app.selectbox(key="at-direction-steer").set_value("control-1").run()
    assert "underlined from where it differs" in texts(app)
    assert not app.exception


def test_a_page_opens_on_an_example_until_there_is_a_run_of_ones_own(open_page: Open, until: Until) -> None:
    said = "An example that came with the app"
    app = open_page("3_Steer")
    assert said in texts(app) and "made with the vectors of fear-calm" in texts(app) and done(app)
    assert "run" not in app.query_params, "the example of this process is no link for others"
    assert not any(one.label == "Delete this result" for one in app.button)
    small(app)
    button(app, "Run sweep").click().run()
    assert said not in texts(until(app, done)) and "run" in app.query_params
    app.segmented_control(key="steer_view").set_value("Next token").run()
    assert said not in texts(app) and "Press the button" in texts(app), "there is none of this kind"
    app = open_page("1_Build_vectors")
    assert said in texts(app) and done(app)


def test_a_link_to_a_matrix_opens_its_view(open_page: Open, until: Until) -> None:
    from emotion_core.runs.builds import load_build

    app = until(open_page("3_Steer"), lambda a: any(b.label.startswith("Run sweep") for b in a.button))
    run_id = few_texts()
    common_registry().wait(run_id)
    vectors = load_build(store(), run_id).vectors
    settings = CrossTalkSettings(prompts=("She",), strength=0.3, samples=1, controls=9, max_new_tokens=4)
    registry = JobRegistry(store())
    matrix = start(registry, owner("demo"), vectors, CROSSTALK, settings)
    registry.wait(matrix)
    other = open_page("3_Steer", run=matrix, vectors=run_id)
    assert "The texts behind a cell" in texts(other) and not app.exception and not other.exception
    asked = {"matrix_strength": 0.3, "matrix_samples": 1, "matrix_controls": 9, "new_tokens": 4}
    assert {key: other.number_input(key=key).value for key in asked} == asked
    assert other.text_area(key="prompts").value == "She"


def test_a_link_to_a_sweep_fills_the_whole_form(open_page: Open, until: Until) -> None:
    from emotion_core.runs.builds import load_build

    until(open_page("3_Steer"), lambda a: any(b.label.startswith("Run sweep") for b in a.button))
    vectors = load_build(store(), run_of(BUILT_IN, owner("demo").info)).vectors
    asked = SweepSettings(
        emotion="fear",
        prompts=("He ran",),
        strengths=(0.5, 1.0),
        operation="cap",
        bound=90.0,
        scope="both",
        span=(1, 3),
        schedule=Schedule(1, 2),
        samples=2,
        controls=9,
        max_new_tokens=4,
        temperature=0.5,
        seed=7,
        chat=True,
        shuffles=3,
        words="",
    )
    registry = JobRegistry(store())
    swept = start(registry, owner("demo"), vectors, SWEEP, asked)
    registry.wait(swept)
    app = open_page("3_Steer", run=swept)
    assert app.text_area(key="prompts").value == "He ran" and app.text_input(key="shares").value == "0, 0.5, 1"
    assert (app.selectbox(key="operation").value, app.selectbox(key="scope").value) == ("cap", "both")
    numbers = {"samples": 2, "controls": 9, "new_tokens": 4, "temperature": 0.5, "steer_seed": 7, "from": 1, "for": 2}
    assert {key: app.number_input(key=key).value for key in numbers} == numbers
    assert app.toggle(key="steer_chat").value and app.slider(key="bound-cap").value == 90.0
    assert next(s.value for s in app.slider if s.label == "First and last layer") == (1, 3)
    assert next(m.value for m in app.multiselect if m.label == "Compare with") == ["shuffled"]
    said = texts(app)
    assert "in the chat template" in said and "3 vectors from shuffled labels" in said and not app.exception
    button(app, "Run sweep").click().run()
    assert app.query_params["run"] in (swept, [swept]), "the form asks for what is shown"


def test_a_cap_begins_with_shares_and_is_not_offered_where_it_cannot_be(open_page: Open, until: Until) -> None:
    app = until(open_page("3_Steer"), lambda a: any(b.label.startswith("Run sweep") for b in a.button))
    app.selectbox(key="operation").set_value("cap").run()
    assert app.text_input(key="shares").value == "0.5, 1" and not app.error
    for view, key in (("Next token", "next_operation"), ("Two at once", "factorial-operation")):
        app.segmented_control(key="steer_view").set_value(view).run()
        assert not [one for one in app.selectbox if one.key == key and {"Cap", "Floor"} & set(one.options)]


def test_the_fold_stays_open_under_the_first_change_in_it(open_page: Open, until: Until) -> None:
    app = until(open_page("3_Steer"), lambda a: any(b.label.startswith("Run sweep") for b in a.button))
    fold = next(one for one in app.expander if one.label == "More settings")
    assert not fold.proto.expanded
    app.number_input(key="temperature").set_value(0.5).run()
    fold = next(one for one in app.expander if one.label.startswith("More settings (changed: temperature"))
    assert fold.proto.expanded, "a fold whose label is another one falls back to what it was told"


def test_a_link_to_what_the_command_line_alone_can_ask_opens(open_page: Open, until: Until) -> None:
    from emotion_core.runs.builds import load_build

    until(open_page("3_Steer"), lambda a: any(b.label.startswith("Run sweep") for b in a.button))
    vectors = load_build(store(), run_of(BUILT_IN, owner("demo").info)).vectors
    registry = JobRegistry(store())
    few = {"emotion": "fear", "prompts": ("He ran",), "max_new_tokens": 2, "controls": 8, "samples": 1}
    asked = [
        (NEXT_TOKEN, SweepSettings(**few, strengths=(0.5, 1.0), operation="cap"), "Show the curve"),
        (NEXT_TOKEN, SweepSettings(**few, strengths=(-0.2, -0.1)), "Show the curve"),
        (SWEEP, SweepSettings(**few, strengths=(0.2,), scope="user", chat=True, words="Write of {emotion}."), "user"),
    ]
    for kind, settings, words in asked:
        run_id = start(registry, owner("demo"), vectors, kind, settings)
        registry.wait(run_id)
        app = open_page("3_Steer", run=run_id)
        assert not app.exception and (words in texts(app) or any(words in b.label for b in app.button)), words
    choices = next(m for m in app.multiselect if m.label == "Compare with")
    assert any("Write of fear." in one for one in choices.options), "the words that were asked, not the usual ones"
