"""What the documents for developers name is there: modules, packages, pages."""

import argparse
import re
import shlex
from pathlib import Path

import pytest

import emotion_core
from emotion_core.cli.main import make_parser

ROOT = Path(__file__).parents[2]
CORE = ROOT / "emotion_core"
_MODULE = re.compile(r"`([\w./]+(?:\.py|/))`")


@pytest.mark.parametrize("document", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_module_named_is_there(document: str) -> None:
    named = set(_MODULE.findall((ROOT / document).read_text(encoding="utf-8")))
    assert len(named) > 10
    packages = [ROOT, CORE, ROOT / "ui", *(one for one in CORE.iterdir() if one.is_dir())]
    lost = sorted(
        one for one in named if not one.startswith("pages/N") and not any((at / one).exists() for at in packages)
    )
    assert not lost, lost


def test_every_package_is_described() -> None:
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    packages = [f"emotion_core/{one.parent.name}/" for one in CORE.glob("*/__init__.py")]
    missing = [one for one in [*packages, "ui/", "pages/", "demo_model/", "benchmarks/"] if f"`{one}`" not in text]
    assert len(packages) > 10 and not missing, missing


def test_no_share_of_a_limited_number_of_draws_is_printed_as_zero() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    zero = re.compile(r"\b[pq] ?= ?0?\.0+(?!\d)")
    assert len(pages) > 5 and zero.search("q = 0.000") and not zero.search("p = 0.0005")
    found = [(one.name, line) for one in pages for line in one.read_text("utf-8").splitlines() if zero.search(line)]
    assert not found, found


def test_the_citation_names_this_version() -> None:
    assert f"\nversion: {emotion_core.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_every_command_of_the_readme_is_one() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    lines = re.findall(r"^python -m emotion_core (.+)$", text, re.MULTILINE)
    assert len(lines) == 10
    written: set[str] = set()
    for line in lines:
        words = shlex.split(line)
        arguments = make_parser().parse_args(words)
        assert {one for one in words if one.endswith((".safetensors", ".zip"))} - {arguments_out(arguments)} <= written
        written.add(arguments_out(arguments))


def arguments_out(arguments: argparse.Namespace) -> str:
    return str(getattr(arguments, "out", None) or "")


def test_every_page_is_in_the_readme() -> None:
    from ui.page import PAGES

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [one.name for one in PAGES.values() if f"| {one.name} |" not in text] == []
