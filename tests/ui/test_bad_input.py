"""Bad input gets one message with a remedy, and nothing that was computed is lost."""

from collections.abc import Callable

from page_helpers import button, done, texts
from streamlit.testing.v1 import AppTest

from emotion_core.runs.builds import VECTORS_FILE
from ui.services import store

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


def built(open_page: Open, until: Until) -> AppTest:
    app = open_page("1_Build_vectors")
    button(app, "Build vectors").click().run()
    return until(app, done)


BAD_FILES = [
    ("empty.csv", b"", "empty"),
    ("wrong.csv", b"one,two\n1,2\n", "columns"),
    ("pairs.docx", b"positive,negative\na,b\n", "docx"),
    ("binary.csv", bytes(range(256)) * 4, "binary.csv"),
    ("utf.csv", "\ufeffpositive,negative\n".encode() + b"\xe4,b\n", "UTF-8"),
]


def test_bad_files_keep_the_result(open_page: Open, until: Until) -> None:
    app = built(open_page, until)
    app.segmented_control(key="source").set_value("Upload").run()
    for name, data, says in BAD_FILES:
        app.file_uploader(key="prompt_files").set_value([(name, data, "text/csv")]).run()
        assert len(app.error) == 1, texts(app)
        assert says.lower() in app.error[0].value.replace("\\", "").lower()
        assert done(app), "the finished build is still there"
        assert not app.exception


def test_one_pair_is_not_enough(open_page: Open, until: Until) -> None:
    app = built(open_page, until)
    app.segmented_control(key="source").set_value("Upload").run()
    app.file_uploader(key="prompt_files").set_value([("one.csv", b"positive,negative\na b,c d\n", "text/csv")]).run()
    starts = [b for b in app.button if b.label.startswith("Build vectors")]
    if starts and not starts[0].disabled:
        starts[0].click().run()
        until(app, lambda a: len(a.error) > 0)
    assert app.error
    assert app.selectbox(key="emotion").value == "fear"
    assert not app.exception


def test_vectors_without_held_out_rows_are_kept(open_page: Open, until: Until) -> None:
    rows = "".join(f"joy,She laughs at number {i} again.,She looks at number {i} again.,train\n" for i in range(8))
    data = ("emotion,positive,negative,split\n" + rows).encode()
    app = open_page("1_Build_vectors", source="Upload")
    app.file_uploader(key="prompt_files").set_value([("all train.csv", data, "text/csv")]).run()
    button(app, "Build vectors").click().run()
    until(app, lambda a: any("not tested" in one.value for one in a.warning))
    assert not app.error
    app.switch_page("pages/3_Steer.py").run()
    assert app.selectbox(key="emotion").value == "joy"


def test_bad_strengths_disable_the_button(open_page: Open, until: Until) -> None:
    app = until(open_page("3_Steer"), lambda a: len(a.text_input) > 0)
    for strengths in ("", "0.1,nan", "up:down", "inf"):
        app.text_input(key="strengths").set_value(strengths).run()
        assert len(app.error) == 1, strengths
        assert button(app, "Run sweep").disabled, strengths
        assert not app.exception


def test_an_unknown_model_keeps_the_last_one(open_page: Open, until: Until) -> None:
    app = until(open_page("2_Explore_emotions", model="no such/model at all"), done)
    assert any("no such" in e.value for e in app.error)
    assert app.selectbox(key="emotion").value == "fear", "the default model is there instead"
    assert app.selectbox(key="model").value == "demo", "and named, so that no result passes as the other's"
    assert any("demo stays the chosen model" in one.value for one in app.info)
    assert not app.exception


def test_a_bad_link_says_so(open_page: Open) -> None:
    app = open_page("3_Steer", run="nothing", vectors="../../etc/passwd")
    assert any("no run" in e.value.lower() for e in app.error)
    assert not app.exception


def test_vectors_of_another_model_show_both_fingerprints(open_page: Open, until: Until) -> None:
    app = built(open_page, until)
    data = store().read(app.session_state["run of build"], VECTORS_FILE)
    own = load_fingerprint(data)
    foreign = data.replace(own.encode(), b"0" * 64)
    app.switch_page("pages/2_Explore_emotions.py").run()
    app.file_uploader(key="vector_file").set_value([("v.safetensors", foreign, "application/octet-stream")]).run()
    assert len(app.error) == 1
    assert own in app.error[0].value
    assert "0" * 64 in app.error[0].value
    app.file_uploader(key="vector_file").set_value([("v.safetensors", data, "application/octet-stream")]).run()
    assert not app.error
    assert "uploaded" in " ".join(app.selectbox(key="vectors").options)


def load_fingerprint(data: bytes) -> str:
    from emotion_core.vectors.file import load_vectors

    return load_vectors(data).model.fingerprint
