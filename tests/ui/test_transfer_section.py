"""Explore, transfer between sources: a target, a mapping, a run, a verdict in words, and a link that opens it."""

from __future__ import annotations

from page_helpers import button, done
from page_helpers import texts as marked_texts

from emotion_core.experiments.evaluation import TRANSFER
from emotion_core.experiments.experiment import load
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.builds import start_build
from emotion_core.vectors.emotion_vectors import BuildSettings
from ui.services import activation_cache, common_registry, owner, store

OWN = b"""emotion,positive,negative
fear,The dog came over the fence with its teeth bared.,The dog came over the fence with its tail wagging.
fear,Steps came up the dark stairs behind her.,Her friends came up the bright stairs behind her.
fear,The rope began to slip through his wet hands.,The rope lay coiled in the dry boat.
fear,Something breathed on the other side of the door.,Her brother sang on the other side of the door.
fear,The brakes did nothing on the long hill down.,The brakes were new and the long hill was empty.
"""


def texts(app) -> str:
    """Everything the page says, without the marks that keep names of visitors from being read as Markdown."""
    return marked_texts(app).replace("\\", "")


def test_by_name_then_a_file_then_the_link(open_page, until):
    app = until(open_page("2_Explore_emotions"), done)
    assert "Does it carry over to another set of texts?" in texts(app)
    target = next(one for one in app.selectbox if one.label == "Score on")
    assert "fear-calm" not in target.options and target.value == "emotions-12", "not the set they were built from"
    button(app, "Score on").click().run()
    until(app, lambda app: "From fear-calm to emotions-12: AUROC" in texts(app), 120)
    assert "word counts from the same texts" in texts(app) and "the same author" in texts(app)
    assert not app.exception
    linked = app.query_params["transfer"]
    again = until(
        open_page("2_Explore_emotions", transfer=linked[0] if isinstance(linked, list) else linked),
        lambda app: "From fear-calm to emotions-12: AUROC" in texts(app),
    )
    assert not again.exception

    uploader = next(one for one in app.get("file_uploader") if one.key == "transfer_files")
    uploader.upload("theirs.csv", OWN, "text/csv").run()
    assert next(one for one in app.selectbox if one.label == "Score on").value == "theirs"
    button(app, "Score on").click().run()
    until(app, lambda app: "of 5 pairs in the right order" in texts(app), 120)
    assert "From fear-calm to theirs" in texts(app) and not app.exception


def test_two_sides_are_offered_for_fear_against_calm(open_page, until):
    open_page("6_Glossary")
    registry, demo = common_registry(), owner("demo")
    run_id = start_build(registry, demo, (load_prompts("emotions-12"),), BuildSettings(folds=2), activation_cache())
    registry.wait(run_id)
    app = until(open_page("2_Explore_emotions", vectors=run_id), done)
    sides = {one.label: one.value for one in app.multiselect if one.label.endswith("side")}
    assert sides == {"Positive side": ["fear"], "Negative side": ["calm"]}
    negative = next(one for one in app.multiselect if one.label == "Negative side")
    negative.set_value(["calm", "fear"]).run()
    assert any("none on both" in one.value for one in app.error) and not app.exception
    next(one for one in app.multiselect if one.label == "Negative side").set_value(["calm", "joy"]).run()
    button(app, "Score on").click().run()
    until(app, lambda app: "of 50 pairs in the right order" in texts(app), 120)
    (found,) = (run for run in store().recent("transfer"))
    result = load(store(), found.id, TRANSFER)
    assert result.contrast.negative == ("calm", "joy") and result.scores[0].n_target == (50, 50)
    shelf = open_page("8_Runs").dataframe[0].value
    (link,) = shelf[shelf["What"] == "transfer"]["Open"]
    assert link == f"Explore_emotions?transfer={found.id}"
    opened = until(open_page("2_Explore_emotions", transfer=found.id), lambda app: "of 50 pairs" in texts(app))
    assert not opened.exception and opened.query_params["vectors"] == run_id, "the set over which it was computed"
    way = next(one for one in app.get("button_group") if "Which emotions" in one.label)
    way.set_value("By name").run()
    assert not app.exception and "By name: fear" in texts(app)


def test_a_set_of_one_emotion_is_refused_before_the_click(open_page, until):
    open_page("6_Glossary")
    registry, demo = common_registry(), owner("demo")
    run_id = start_build(registry, demo, (load_prompts("emotions-12"),), BuildSettings(folds=2), activation_cache())
    registry.wait(run_id)
    app = until(open_page("2_Explore_emotions", vectors=run_id), done)
    rows = "".join(f"anger,He slams door {i} so hard that it cracks.\n" for i in range(8))
    uploader = next(one for one in app.get("file_uploader") if one.key == "transfer_files")
    uploader.upload("theirs.csv", f"emotion,text\n{rows}".encode(), "text/csv").run()
    assert "By name: anger." in texts(app) and "nothing to compare them with" in texts(app)
    assert not any(one.label.startswith("Score on") for one in app.button) and not app.exception
