"""The layers of the project: what may import what, read from the source itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "emotion_core").rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
UI = sorted((ROOT / "ui").rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    """Full names of the modules a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_files_are_found() -> None:
    assert len(CORE) > 20
    assert len(PAGES) >= 4
    assert len(UI) > 5


@pytest.mark.parametrize("path", CORE, ids=name)
def test_the_core_knows_no_page(path: Path) -> None:
    assert not roots(path) & {"streamlit", "pages", "ui", "app"}


@pytest.mark.parametrize("path", [*PAGES, *UI], ids=name)
def test_pages_do_no_mathematics(path: Path) -> None:
    assert not roots(path) & {"numpy", "torch", "nnsight", "sklearn", "scipy", "transformers"}


@pytest.mark.parametrize("path", [*CORE, *PAGES, *UI], ids=name)
def test_traces_are_opened_in_one_place(path: Path) -> None:
    if "nnsight" in roots(path):
        assert name(path).startswith(("emotion_core/tracing/", "emotion_core/models/load.py"))


@pytest.mark.parametrize("path", [*PAGES, *UI], ids=name)
def test_no_text_goes_through_unsafe_html(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert "unsafe_allow_html" not in source
    assert "unsafe_allow_javascript" not in source
    assert "innerHTML" not in source


@pytest.mark.parametrize("path", [*CORE, *PAGES, *UI], ids=name)
def test_files_hold_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 260
