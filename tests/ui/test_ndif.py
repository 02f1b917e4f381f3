"""Home's section on NDIF: the key stays in the session, and a service that cannot be reached is said."""

from __future__ import annotations

import nnsight
import pytest
from page_helpers import button, texts
from tiny import tiny_model

from emotion_core.errors import ModelError
from emotion_core.runs.settings import Settings
from emotion_core.tracing.remote import Remote
from ui import ndif_key

KEY = "a-key-nobody-may-see"


@pytest.fixture(autouse=True)
def nothing_outside(monkeypatch):
    monkeypatch.delenv("NDIF_API_KEY", raising=False)
    monkeypatch.setattr(nnsight, "status", lambda raw: {})


def with_key(app):
    app.text_input(key="ndif-key").input(KEY)
    button(app, "Use this key").click()
    return app.run()


def test_the_key_is_held_by_the_session_and_by_nothing_else(open_page, until, tmp_path):
    app = with_key(until(open_page(), lambda a: any(b.label == "Use this key" for b in a.button)))
    assert "A key is held for this session" in texts(app) and not app.exception
    assert not any(one.key == "ndif-key" for one in app.text_input), "the field is gone"
    assert KEY not in texts(app) and KEY not in str(dict(app.query_params))
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
    other = until(open_page(), lambda a: any(b.label == "Use this key" for b in a.button))
    assert "A key is held" not in texts(other), "another visitor has none"
    button(app, "Forget the key").click()
    app.run()
    assert "A key is held" not in texts(app) and KEY not in str(app.session_state)


def test_a_service_that_does_not_answer_is_said(open_page, until):
    app = with_key(until(open_page(), lambda a: any(b.label == "Use this key" for b in a.button)))
    button(app, "What is served now?").click()
    app.run()
    assert "NDIF cannot be reached" in app.error[0].value and not app.exception


def test_a_served_model_becomes_the_one_worked_with(open_page, until, monkeypatch):
    entry = {"repo_id": "some/large-model", "application_state": "RUNNING", "deployment_level": "HOT"}
    monkeypatch.setattr(nnsight, "status", lambda raw: {"deployments": {"a": entry}})
    given = []

    def loaded(name: str, remote: Remote):
        given.append((name, remote.key))
        model = tiny_model("llama")
        model.remote = remote
        return model

    monkeypatch.setattr(ndif_key, "load_remote", loaded)
    app = with_key(until(open_page(), lambda a: any(b.label == "Use this key" for b in a.button)))
    button(app, "What is served now?").click()
    app.run()
    app.selectbox(key="ndif-name").select("some/large-model")
    app.run()
    button(app, "Work with it").click()
    app.run()
    assert given == [("ndif:some/large-model", KEY)]
    assert "runs on NDIF: 4 layers of width 32" in texts(app).replace("\\", "") and not app.exception
    assert button(app, "Dry run for NDIF") and KEY not in str(dict(app.query_params))


def test_a_link_to_a_model_there_asks_for_a_key(open_page, until):
    app = until(open_page(model="ndif:some/large-model"), lambda a: len(a.error) > 0)
    assert "Models on NDIF need a key" in app.error[0].value and not app.exception
    assert any(one.key == "ndif-key" for one in app.text_input), "and the page goes on with the last model"


def test_a_hosted_app_collects_no_keys(monkeypatch):
    monkeypatch.setattr(ndif_key, "settings", lambda: Settings(hosted=True))
    with pytest.raises(ModelError, match="not offered"):
        ndif_key.ndif_owner("ndif:some/large-model")
