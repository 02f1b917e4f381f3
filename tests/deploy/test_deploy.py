"""The files of the deployments: what they name exists, their settings are understood, the health check can fail."""

from __future__ import annotations

import importlib.util
import re
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType

import pytest
from streamlit.config import get_config_options

from emotion_core.base.settings import settings_from

ROOT = Path(__file__).parents[2]


@pytest.fixture
def health() -> ModuleType:
    spec = importlib.util.spec_from_file_location("health", ROOT / "deploy" / "health.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=[200, 503])
def answering(request: pytest.FixtureRequest) -> Iterator[tuple[int, str]]:
    """A server that answers with one status, as the app does when its page runs or raises."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(request.param)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield request.param, f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_the_health_check_fails_when_the_page_fails(health: ModuleType, answering: tuple[int, str]) -> None:
    status, address = answering
    assert health.healthy(address, 5) is (status == 200)


def test_the_health_check_fails_when_nobody_answers(health: ModuleType) -> None:
    assert health.healthy("http://127.0.0.1:9/", 1) is False
    assert "/script-health-check" in health.ADDRESS, "the plain check stays green while every page raises"


def test_the_image_runs_hosted_without_root_and_writes_into_its_volume_only() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert "USER 1000" in lines and "VOLUME /data" in lines
    assert lines.index("USER 1000") < next(i for i, line in enumerate(lines) if line.startswith("CMD"))
    variables = dict(re.findall(r"(\w+)=(\S+)", text[text.index("ENV ") : text.index("VOLUME")]))
    made = settings_from(variables)
    assert made.hosted and made.data_dir.is_relative_to("/data")
    assert all(variables[name].startswith("/data") for name in ("HOME", "HF_HOME", "TMPDIR"))
    assert "scriptHealthCheckEnabled=true" in text
    for name in ("requirements.txt", "app.py", "emotion_core", "ui", "pages", "deploy/health.py"):
        assert (ROOT / name).exists() and name in text
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert not {"deploy", "demo_model", "prompts", ".streamlit"} & set(ignored)


def test_the_settings_of_the_cloud_are_understood_and_small() -> None:
    secrets = tomllib.loads((ROOT / "deploy" / "streamlit-cloud" / "secrets.toml").read_text(encoding="utf-8"))
    made = settings_from(secrets)
    known = {f"EMOTION_{name.upper()}" for name in vars(made)}
    assert set(secrets) <= known, "a misspelt name would be ignored"
    assert made.hosted and made.models == ("demo",) and 0 < made.memory_mb <= 2_000


def test_the_card_of_the_space_names_the_port_of_the_image() -> None:
    card = (ROOT / "deploy" / "huggingface" / "README.md").read_text(encoding="utf-8")
    head = dict(re.findall(r"^(\w+): (.+)$", card.split("---")[1], re.MULTILINE))
    assert head["sdk"] == "docker"
    assert f"EXPOSE {head['app_port']}" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


def test_no_garbage_is_collected_after_every_run_of_a_script() -> None:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert config["runner"]["postScriptGC"] is False, "0.3 s each, in which no visitor's job goes on"


def test_streamlit_knows_the_settings_that_the_guide_names() -> None:
    options = {name.upper().replace(".", "_") for name in get_config_options()}
    spelled = {re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper().replace(".", "_") for name in get_config_options()}
    guide = (ROOT / "docs" / "hosting.md").read_text(encoding="utf-8")
    named = set(re.findall(r"STREAMLIT_([A-Z_]+)", guide))
    assert "SERVER_XSRF_COOKIE_SAME_SITE" in named and named <= options | spelled
