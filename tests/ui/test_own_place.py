"""Every fragment stands in a frame of the page, so that what follows never reaches the browser before it."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_fragment_has_its_own_place() -> None:
    found = 0
    for path in (*ROOT.glob("ui/**/*.py"), *ROOT.glob("pages/*.py"), ROOT / "app.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                names = [ast.unparse(one) for one in node.decorator_list]
                if any(name.startswith("st.fragment") for name in names):
                    found += 1
                    assert names[0] == "in_own_place", f"{path.name}: {node.name}"
    assert found
