"""Vectors of other tools on the pages: the form, the import, and every page with vectors of unknown rows."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from page_helpers import button, done, texts

from emotion_core.exchange.gguf import gguf_bytes
from emotion_core.runs.builds import VECTORS_FILE
from emotion_core.vectors.file import load_vectors
from ui.services import store


def array(layers: int, width: int, n: int = 3) -> bytes:
    rng = np.random.default_rng(0)
    stream = io.BytesIO()
    np.savez(stream, **{f"{e}.layer.{i}": rng.normal(size=width) for e in "abc"[:n] for i in range(1, layers)})
    return stream.getvalue()


def put(app, name: str, data: bytes):
    return app.file_uploader(key="vector_file").set_value([(name, data, "application/octet-stream")]).run()


def imported(open_page, until):
    """The Explore page with three random directions of another tool as the chosen set."""
    app = open_page("2_Explore_emotions")
    put(app, "others.npz", array(6, 256))
    assert "NumPy archive: 3 emotions (a, b, c), layers 1 to 5" in texts(app).replace("\\", "")
    button(app, "Import").click().run()
    return until(app, lambda a: a.selectbox(key="emotion").value == "a")


def test_an_import_becomes_the_chosen_set_on_every_page(open_page, until):
    app = imported(open_page, until)
    assert "others.npz (imported)" in app.selectbox(key="vectors").options
    for page in ("3_Steer", "4_Read", "1_Build_vectors", "2_Explore_emotions"):
        app.switch_page(f"pages/{page}.py").run()
        assert not app.exception and not app.error, page
        assert app.selectbox(key="emotion").value == "a"
    app.session_state["tab"] = "Map"
    app.run()
    assert not app.exception and not app.error
    assert "unknown" in texts(app).lower()


def test_an_import_that_is_deleted_elsewhere_gives_way(open_page, until):
    app = imported(open_page, until)
    store().delete(app.selectbox(key="vectors").value)
    app.run()
    assert not app.exception and "There is no run with this id" in texts(app)
    assert app.selectbox(key="vectors").value == "fear-calm"


def test_nothing_is_said_of_the_training_texts_of_an_import(open_page, until):
    app = open_page("2_Explore_emotions")
    stream = io.BytesIO()
    np.savez(stream, **{f"fear.layer.{i}": np.random.default_rng(i).normal(size=256) for i in range(1, 6)})
    put(app, "theirs.npz", stream.getvalue())
    button(app, "Import").click().run()
    until(app, lambda a: any(one.key == "score" for one in a.button))
    app.button(key="score").click().run()
    until(app, lambda a: "Further down" in texts(a))
    said = texts(app)
    assert "Every layer, and the texts at one of them" in said and "set at the import" in said
    assert "#how-many" not in said and "beforehand" not in said and "of the same source" not in said
    assert "without looking" not in said and not app.exception


def test_what_is_missing_is_asked_for(open_page):
    app = open_page("2_Explore_emotions")
    stream = io.BytesIO()
    np.save(stream, np.ones(256, np.float32))
    put(app, "dread.npy", stream.getvalue())
    assert app.text_input(key="import_emotions").value == "dread" and app.number_input(key="import_layer").value == 3
    app.text_input(key="import_emotions").set_value("").run()
    button(app, "Import").click().run()
    assert len(app.error) == 1 and "1 name" in app.error[0].value


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("v.pt", b"\x80\x02pickle", "weights_only=True"),
        ("v.gguf", b"GGUF\x03", "cut off"),
        ("v.npz", b"PK\x03\x04", "damaged"),
        ("v.txt", b"hello there", "not a safetensors"),
        ("v.csv", b"emotion,positive,negative\nfear,a,b\n", "Found: a text file."),
        ("v.safetensors", b"\xff\xd8\xff\xe0 a picture", "Found: a file of another kind."),
    ],
)
def test_bad_files_get_one_message(open_page, name, data, message):
    app = put(open_page("2_Explore_emotions"), name, data)
    assert len(app.error) == 1 and message in app.error[0].value.replace("\\", "")
    assert not app.exception


def test_another_width_shows_both(open_page):
    app = put(open_page("2_Explore_emotions"), "v.npz", array(6, 100))
    button(app, "Import").click().run()
    assert "256 numbers" in app.error[0].value and "100 numbers" in app.error[0].value


def test_a_gguf_file_of_this_project_needs_no_form(open_page, until):
    app = until(open_page("2_Explore_emotions"), done)
    from emotion_core.models.owner import owner_of
    from ui.vector_sets import BUILT_IN, run_of

    run_id = run_of(BUILT_IN, owner_of("demo").model.info)
    vectors = load_vectors(store().read(run_id, VECTORS_FILE))
    put(app, "fear.gguf", gguf_bytes(vectors, "fear"))
    assert not app.error and "fear.gguf (uploaded)" in app.selectbox(key="vectors").options


def test_the_bundle_of_a_build(open_page, until):
    app = open_page("1_Build_vectors")
    button(app, "Build vectors").click().run()
    until(app, lambda a: any(b.label == "Everything (.zip)" for b in a.get("download_button")))
    from emotion_core.models.owner import owner_of
    from ui.build.result import bundle
    from ui.vector_sets import build_of

    build = build_of(app.session_state["run of build"])
    with zipfile.ZipFile(io.BytesIO(bundle(build.vectors, build.scores, build.reason, owner_of("demo")))) as archive:
        assert {"README.md", "redo.py", "tables/scores.csv", "gguf/fear.gguf"} <= set(archive.namelist())


def test_another_model_takes_what_open_or_import_takes(open_page):
    from emotion_core.exchange.bundle import bundle_bytes, bundle_files
    from emotion_core.models.owner import owner_of
    from ui.vector_sets import run_of

    app = open_page("2_Explore_emotions", tab="Map", map_part="Another model")
    vectors = load_vectors(store().read(run_of("scenes-171", owner_of("demo").info), VECTORS_FILE))
    bundle = bundle_bytes(bundle_files(vectors, None, "not scored"))
    field = app.file_uploader(key="second_file")
    field.set_value([("all.zip", bundle, "application/zip")]).run()
    assert not app.error and "one model read the same texts, all or some, for both" in texts(app)
    stream = io.BytesIO()
    np.save(stream, np.ones((3, 6, 256), np.float32))
    app.file_uploader(key="second_file").set_value([("three.npy", stream.getvalue(), "application/zip")]).run()
    (error,) = app.error
    assert "does not say which model" in error.value and "three" in error.value and not app.exception
