"""Every parameter on the pages says what it means, every figure what it shows and what it does not."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PARAMETERS = {"slider", "number_input", "multiselect", "toggle", "checkbox", "radio", "text_area", "file_uploader"}
_FIELDS = {"select_slider", "selectbox", "text_input"}
# These choose which part of a finished result is shown, and their label says so.
_SHOWN = {
    "Curves of", "At strength", "Scenario", "Direction", "Strength", "Emotion shown", "Read", "Prompt", "Sample",
}  # fmt: skip


def test_every_parameter_has_help() -> None:
    calls = list(_calls())
    assert len(calls) > 60
    assert [where for where, label, helped in calls if not helped and label not in _SHOWN] == []


def test_every_module_with_a_figure_says_what_it_shows_and_what_it_does_not() -> None:
    drawing = [path for path in (ROOT / "ui").rglob("*.py") if path.name != "figure.py"]
    drawing = [path for path in drawing if "show_chart(" in path.read_text(encoding="utf-8")]
    assert len(drawing) > 20
    said = {path.name: path.read_text(encoding="utf-8").count(" shows(") for path in drawing}
    assert [name for name, times in said.items() if not times] == []
    assert sum(said.values()) >= 42, "a module with several figures says it of each, or of those that share a place"


def _calls() -> Iterator[tuple[str, str, bool]]:
    for path in [ROOT / "app.py", *(ROOT / "ui").rglob("*.py"), *(ROOT / "pages").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            named = {one.arg for one in node.keywords}
            if node.func.attr in _PARAMETERS | _FIELDS and None not in named:  # `**more` comes from a caller
                label = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
                yield f"{path.name}:{node.lineno} {label}", str(label), "help" in named
