"""What a command imports before it is needed: nothing heavy for help, nothing unused for a look at a model."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("numpy", "pydantic", "torch", "sklearn", "scipy", "pandas", "altair", "transformers", "nnsight")
SCRIPT = """
import contextlib, io, sys
from emotion_core.cli.main import main
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main(sys.argv[1:])
print(*sys.modules)
"""


def imported(*argv: str) -> set[str]:
    """The modules that a fresh interpreter has imported after a command."""
    done = subprocess.run([sys.executable, "-c", SCRIPT, *argv], capture_output=True, text=True, cwd=ROOT, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("argv", [("--help",), ("heldout", "--help"), ("doctor", "--help"), ("nosuch",)])
def test_help_imports_nothing_heavy(argv: tuple[str, ...]) -> None:
    modules = imported(*argv)
    assert "emotion_core.cli.main" in modules
    assert [one for one in HEAVY if one in modules] == []


def test_doctor_imports_what_it_uses() -> None:
    modules = imported("doctor")
    assert "torch" in modules
    assert [one for one in ("sklearn", "pandas", "altair", "pyarrow", "streamlit") if one in modules] == []
    packages = {one.split(".")[1] for one in modules if one.startswith("emotion_core.")}
    assert packages <= {"base", "cli", "models", "prompts", "tracing", "vectors", "experiments"}


@pytest.mark.parametrize("command", ["build", "sweep", "crosstalk", "behaviors", "preferences", "read"])
def test_help_of_a_command_with_settings_loads_no_model_library(command: str) -> None:
    modules = imported(command, "--help")
    assert [one for one in HEAVY if one in modules and one not in ("numpy", "pydantic")] == []


def test_a_build_imports_no_charts_and_no_statistics() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import sys, emotion_core.cli.vectors; print(*sys.modules)"],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    heavy = ("altair", "pandas", "scipy.stats", "scipy.optimize", "sklearn.cluster", "emotion_core.geometry.clusters")
    assert [one for one in heavy if one in done.stdout.split()] == []


def test_neither_a_page_nor_a_command_imports_what_runs_models_before_it_computes() -> None:
    script = (
        "import importlib, pkgutil, sys, ui, emotion_core.cli\n"
        "for package in (ui, emotion_core.cli):\n"
        "    for one in pkgutil.walk_packages(package.__path__, package.__name__ + '.'):\n"
        "        importlib.import_module(one.name)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    assert {"ui.talk.view", "emotion_core.cli.steering"} <= set(done.stdout.split())
    assert [one for one in ("torch", "transformers", "nnsight", "sklearn") if one in done.stdout.split()] == []
