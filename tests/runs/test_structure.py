"""The layers of the project: what may import what, read from the source itself."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = sorted((ROOT / "emotion_core").rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
UI = sorted((ROOT / "ui").rglob("*.py"))

# The way of the data, from top to bottom as in docs/architecture.md: what stands lower may use what stands higher.
WAY = ("base", "stats", "prompts", "models", "tracing", "vectors", "evaluation", "geometry", "steering", "reading")
WAY += ("behavior", "charts", "exchange", "runs", "experiments", "cli")
AGAINST_IT = {("models", "emotion_core.tracing.remote_model")}  # the way to a model that is elsewhere


@cache
def imported(path: Path) -> frozenset[str]:
    """Full names of the modules a file imports, also inside functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return frozenset(found)


def roots(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_files_are_found() -> None:
    assert len(CORE) > 20
    assert len(PAGES) >= 4
    assert len(UI) > 5


def test_the_core_knows_no_page() -> None:
    assert [name(path) for path in CORE if roots(path) & {"streamlit", "pages", "ui", "app"}] == []


def test_data_goes_one_way() -> None:
    """Packages inside packages count as the package they are in."""
    against = set()
    for path in CORE:
        package = path.relative_to(ROOT).parts[1]
        if package not in WAY:
            continue
        used = {one for one in imported(path) if one.startswith("emotion_core.") and one.split(".")[1] in WAY}
        against |= {(package, one) for one in used if WAY.index(one.split(".")[1]) > WAY.index(package)}
    assert against == AGAINST_IT, "what is named is used, and nothing else"


def test_no_two_modules_import_each_other() -> None:
    """Not inside functions either: two that need each other are one, or lack a third below them."""
    known = {_module(path) for path in [*CORE, *UI]}
    graph = {_module(path): set(_named(path, known)) for path in [*CORE, *UI]}
    done: set[str] = set()

    def walk(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join([*way, module])
        if module in done or module not in graph:
            return
        for one in graph[module]:
            walk(one, (*way, module))
        done.add(module)

    for module in graph:
        walk(module, ())


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _named(path: Path, known: set[str]) -> Iterator[str]:
    """Modules that this one imports, be it in a function of its own or for an annotation alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (one if one in known else node.module for one in full)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_pages_do_no_mathematics() -> None:
    mathematics = {"numpy", "torch", "nnsight", "sklearn", "scipy", "transformers"}
    assert [name(path) for path in (*PAGES, *UI) if roots(path) & mathematics] == []


def test_traces_are_opened_in_one_place() -> None:
    opened = [name(path) for path in (*CORE, *PAGES, *UI) if "nnsight" in roots(path)]
    assert opened and [one for one in opened if not one.startswith("emotion_core/tracing/")] == []


def test_no_text_goes_through_unsafe_html() -> None:
    unsafe = ("unsafe_allow_html", "unsafe_allow_javascript", "innerHTML")
    pages = [(name(path), path.read_text(encoding="utf-8")) for path in (*PAGES, *UI)]
    assert [(one, word) for one, source in pages for word in unsafe if word in source] == []
