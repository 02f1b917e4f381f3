"""A fresh run store for every test, and the demo model loaded once for all of them."""

import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from bundled import Bundled
from page_helpers import texts
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest, local_script_runner

from emotion_core.base.settings import settings
from emotion_core.models.catalogue import DEMO_FOLDER
from ui.services import activation_cache, common_registry

ROOT = Path(__file__).parents[2]
Open = Callable[..., AppTest]

if not (DEMO_FOLDER / "config.json").exists():
    pytest.skip("the bundled model is not built yet", allow_module_level=True)


@pytest.fixture(scope="session", autouse=True)
def components_looked_for_once() -> Iterator[None]:
    """Streamlit looks for components in every installed package when a session runs first: a tenth of these tests."""
    with pytest.MonkeyPatch.context() as patch:
        once = cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def the_page_is_left_to_work() -> Iterator[None]:
    """AppTest looks a thousand times a second whether the page is done, which takes the processor from the page."""

    def sleep(seconds: float) -> None:
        time.sleep(max(seconds, 0.01))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(local_script_runner, "time", SimpleNamespace(time=time.time, sleep=sleep))
        yield


@pytest.fixture
def open_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundled: Bundled) -> Open:
    """Opens a page of the app in a session of its own, over the store of a first start; the cache is that of all."""
    monkeypatch.chdir(ROOT)
    data = tmp_path / "data"
    bundled.store(data)
    (data / bundled.cache.path.name).symlink_to(bundled.cache.path)
    monkeypatch.setenv("EMOTION_DATA_DIR", str(data))
    monkeypatch.setenv("EMOTION_MODEL", "demo")
    settings.cache_clear()
    # What was computed from a run is kept under its id, and a shipped run has the same one in every store here.
    common_registry.clear()
    activation_cache.clear()

    def start(page: str = "", **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        if page:
            app.switch_page(f"pages/{page}.py")
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    return start


@pytest.fixture
def nothing_computed() -> Iterator[None]:
    """For tests of what is not to be had: nothing that a page computed in another test, nor that is left for one."""
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def until() -> Callable[[AppTest, Callable[[AppTest], bool]], AppTest]:
    """Runs a page again until something is true, as its polling does in a browser.

    Not while a job is at work, from which a rerun would only take the processor.
    """

    def wait(app: AppTest, condition: Callable[[AppTest], bool], seconds: float = 300) -> AppTest:
        end = time.monotonic() + seconds
        while not condition(app):
            assert not app.exception, app.exception
            assert time.monotonic() < end, f"still waiting; on the page: {texts(app)[:2000]}"
            time.sleep(0.1)
            while common_registry().open_jobs() and time.monotonic() < end:
                time.sleep(0.02)
            app.run()
        return app

    return wait
