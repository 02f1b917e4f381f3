"""The examples run as they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Of all examples: they read the same texts."""
    return tmp_path_factory.mktemp("data")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_it_runs(path, data, tmp_path, warm_python):
    ran = warm_python.run(tmp_path, str(path), environment={"EMOTION_DATA_DIR": str(data)}, path=ROOT)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip()


def test_five_lines_are_five():
    lines = (ROOT / "examples" / "five_lines.py").read_text().splitlines()
    code = [line for line in lines if line and not line.startswith(('"""', "from ", "import "))]
    assert len(code) == 5
