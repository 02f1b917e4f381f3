"""The shared demo: only models of the list, and sweeps of a bounded size."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from page_helpers import button, texts
from streamlit.testing.v1 import AppTest

from emotion_core.base.settings import settings
from emotion_core.runs.store import RunStore

Open = Callable[..., AppTest]
Until = Callable[..., AppTest]


@pytest.fixture
def hosted(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> Open:
    monkeypatch.setenv("EMOTION_HOSTED", "1")
    monkeypatch.setenv("EMOTION_MAX_SWEEP_TEXTS", "100")
    return open_page


def test_the_first_listed_model_opens(open_page, monkeypatch) -> None:
    monkeypatch.delenv("EMOTION_MODEL")
    monkeypatch.setenv("EMOTION_HOSTED", "1")
    monkeypatch.setenv("EMOTION_MODELS", "demo,gpt2")
    settings.cache_clear()
    app = open_page("6_Glossary")
    assert app.selectbox(key="model").value == "demo" and not app.exception


def test_other_models_are_refused(hosted: Open, until: Until) -> None:
    app = until(hosted("2_Explore_emotions", model="someone/model"), lambda a: len(a.error) > 0)
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


def test_limits_are_said_beside_the_button(hosted: Open, until: Until) -> None:
    until(hosted("3_Steer"), lambda a: "up to 100 texts" in texts(a))
    assert "up to 2,000 texts" in texts(hosted("1_Build_vectors"))


def test_only_listed_models_are_offered(hosted: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_MODELS", "demo")
    app = hosted("3_Steer")
    assert next(one for one in app.selectbox if one.label == "Model").options == ["demo"]


def test_too_many_texts_are_refused_before_the_click(hosted: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMOTION_MAX_TEXTS", "10")
    app = hosted("1_Build_vectors")
    assert any("at most 10 texts" in one.value for one in app.error), texts(app)
    assert button(app, "Build vectors").disabled


def test_too_many_tokens_end_the_job_with_the_limit(
    hosted: Open, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMOTION_MAX_TOKENS", "20")
    app = hosted("1_Build_vectors")
    app.number_input(key="build_seed").set_value(7).run()  # the default build comes with the app
    button(app, "Build vectors").click().run()
    until(app, lambda a: any("at most 20 tokens" in one.value for one in a.error))


def test_a_run_goes_on_without_its_visitor_and_an_expired_link_is_redone(
    hosted: Open, until: Until, tmp_path: Path
) -> None:
    gone = hosted("1_Build_vectors")
    gone.number_input(key="build_seed").set_value(7).run()
    button(gone, "Build vectors").click().run()
    run_id = str(gone.query_params["run"])
    del gone  # the browser is closed
    store, end = RunStore(tmp_path / "data"), time.monotonic() + 120
    while store.get(run_id).is_open and time.monotonic() < end:
        time.sleep(0.3)
    assert store.get(run_id).state == "done"
    store.expire(run_id)
    app = hosted("1_Build_vectors", run=run_id)
    assert "has been removed to make room" in texts(app)
    assert not any(one.label == "Delete this result" for one in app.button)
    button(app, "Do it again").click().run()
    until(app, lambda a: store.get(run_id).state == "done")
    assert run_id in app.query_params["run"]


@pytest.mark.parametrize(
    ("page", "key", "link"),
    [
        ("1_Build_vectors", "prompt_files", {"source": "Upload"}),
        ("2_Explore_emotions", "vector_file", {}),
        ("3_Steer", "prompt_file", {}),
        ("4_Read", "read-upload", {"what": "Conversation"}),
        ("5_Behave", "activities-upload", {}),
    ],
)
def test_a_file_beyond_the_limit_is_refused_by_the_server_too(
    hosted: Open, until: Until, monkeypatch: pytest.MonkeyPatch, page: str, key: str, link: dict[str, str]
) -> None:
    monkeypatch.setenv("EMOTION_UPLOAD_MB", "1")
    app = until(hosted(page, **link), lambda a: any(one.key == key for one in a.get("file_uploader")))
    settings.cache_clear()  # a thread that another test left may have asked for them before
    field = next(one for one in app.get("file_uploader") if one.key == key)
    ending = "json" if page in ("4_Read", "5_Behave") else "txt"
    field.upload(f"large.{ending}", b" " * 1_100_000, "text/plain").run()
    assert any("at most 1 MB" in one.value for one in app.error), texts(app)
    assert not app.exception
