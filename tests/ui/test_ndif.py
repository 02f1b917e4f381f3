"""Home's section on NDIF: the key stays in the session, and a service that cannot be reached is said."""

from __future__ import annotations

import nnsight
import pytest
from page_helpers import button, texts
from streamlit.testing.v1 import AppTest
from tiny import tiny_model

from emotion_core.base.errors import ModelError
from emotion_core.base.settings import Settings
from emotion_core.models.owner import ModelOwner
from ui import ndif_key
from ui.home import model_check
from ui.working import Working

KEY = "a-key-nobody-may-see"


@pytest.fixture(autouse=True)
def nothing_outside(monkeypatch):
    monkeypatch.delenv("NDIF_API_KEY", raising=False)
    monkeypatch.setattr(nnsight, "status", lambda raw: {})


def section():
    """The section alone, in a session of its own."""

    def page():
        from ui.home.ndif import larger_models

        larger_models()

    return AppTest.from_function(page, default_timeout=60).run()


def with_key():
    app = section()
    app.text_input(key="ndif-key").input(KEY)
    button(app, "Use this key").click()
    return app.run()


def test_the_key_is_held_by_the_session_and_by_nothing_else():
    app = with_key()
    assert "A key is held for this session" in texts(app) and not app.exception
    assert not app.text_input, "the field is gone"
    assert KEY not in texts(app) and KEY not in str(dict(app.query_params))
    assert "A key is held" not in texts(section()), "another visitor has none"
    button(app, "Forget the key").click()
    app.run()
    assert "A key is held" not in texts(app) and KEY not in str(app.session_state)


def test_a_service_that_does_not_answer_is_said():
    app = with_key()
    button(app, "What is served now?").click()
    app.run()
    assert "NDIF cannot be reached" in app.error[0].value and not app.exception


def test_a_served_model_becomes_the_one_worked_with(monkeypatch):
    entry = {"repo_id": "some/large-model", "application_state": "RUNNING", "deployment_level": "HOT"}
    monkeypatch.setattr(nnsight, "status", lambda raw: {"deployments": {"a": entry}})
    app = with_key()
    button(app, "What is served now?").click()
    app.run()
    app.selectbox(key="ndif-name").select("some/large-model")
    app.run()
    button(app, "Work with it").click()
    app.run()
    assert app.session_state["working with"]["model"] == "ndif:some/large-model" and not app.exception


def test_the_model_gets_the_key_of_its_session(monkeypatch):
    held: dict[str, object] = {}
    monkeypatch.setattr(ndif_key.st, "session_state", held)
    given = []
    monkeypatch.setattr(ndif_key, "load_remote", lambda name, remote: given.append(remote.key) or tiny_model("llama"))
    with pytest.raises(ModelError, match="need a key"):
        ndif_key.ndif_owner("ndif:some/large-model")
    ndif_key.use_key(KEY)
    first = ndif_key.ndif_owner("ndif:some/large-model")
    assert given == [KEY] and ndif_key.ndif_owner("ndif:some/large-model") is first
    ndif_key.use_key("another-key-of-mine")
    assert ndif_key.ndif_owner("ndif:some/large-model") is not first and given[1] == "another-key-of-mine"
    ndif_key.use_key("")
    assert KEY not in str(held) and not held


def test_the_check_of_such_a_model_offers_a_dry_run(monkeypatch):
    said, offered = [], []
    model = tiny_model("llama")
    model.remote = ndif_key.Remote("ndif", KEY)
    monkeypatch.setattr(model_check.st, "caption", said.append)
    monkeypatch.setattr(model_check, "_dry_run", offered.append)
    working = Working(ModelOwner(model), "built-in", None, None, None)
    model_check.model_check(working)
    assert "4 layers of width 32" in said[0] and offered == [working]


def test_a_hosted_app_collects_no_keys(monkeypatch):
    monkeypatch.setattr(ndif_key, "settings", lambda: Settings(hosted=True))
    with pytest.raises(ModelError, match="not offered"):
        ndif_key.ndif_owner("ndif:some/large-model")
