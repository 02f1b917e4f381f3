"""The API pages hold everything public, and the library page names only what is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from emotion_core import library

ROOT = Path(__file__).parents[2]


def test_every_function_of_the_library_is_on_a_page(tmp_path):
    command = [sys.executable, str(ROOT / "docs" / "make_api.py"), str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    page = (tmp_path / "emotion_core.md").read_text()
    for name in ("load", "check", "build", "test", "steer", "read", "open_vectors", "export"):
        assert f"### {name}\n\n```python\n{name}(" in page
    assert "Raises:\n    VectorFileError" in page
    index = (tmp_path / "index.md").read_text()
    linked = re.findall(r"\(([\w.]+\.md)\)", index)
    assert len(linked) > 10 and all((tmp_path / name).stat().st_size > 100 for name in linked)


def test_the_library_page_names_what_is_there():
    text = (ROOT / "docs" / "library.md").read_text()
    for name in re.findall(r"emotions\.(\w+)\(", text):
        assert hasattr(library, name), name
    for name in re.findall(r"`(examples/\w+\.py)`", text):
        assert (ROOT / name).exists(), name
    five = (ROOT / "examples" / "five_lines.py").read_text()
    block = text.split("```python\n")[1].split("```")[0]
    assert block.strip() in five
