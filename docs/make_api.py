"""Writes the API pages from the docstrings: one Markdown page a package, read from the source and never imported.

    python docs/make_api.py [FOLDER]        # default docs/api

Public is what has a docstring and no leading underscore; signatures stand as they are written.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "emotion_core"


def main(folder: Path) -> int:
    """Writes all pages and returns how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    packages = [PACKAGE, *sorted(p.parent for p in PACKAGE.rglob("__init__.py") if p.parent != PACKAGE)]
    index = ["# API\n", "Generated from the docstrings by `docs/make_api.py`.\n"]
    for package in packages:
        name = ".".join(package.relative_to(ROOT).parts)
        modules = [page for path in sorted(package.glob("*.py")) if (page := module_page(path))]
        if not modules:
            continue
        summary = first_line(docstring(package / "__init__.py"))
        text = f"# {name}\n\n{summary}\n\n" + "\n".join(modules)
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
        index.append(f"- [{name}]({name}.md): {summary}")
    names = [line[line.index("(") + 1 : line.index(".md)")] for line in index[2:]]
    contents = "\n```{toctree}\n:hidden:\n\n" + "\n".join(names) + "\n```\n"
    (folder / "index.md").write_text("\n".join(index) + "\n" + contents, encoding="utf-8")
    return len(names)


def module_page(path: Path) -> str:
    """What a module says of itself and of what is public in it; empty where there is nothing."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parts = list(members(tree))
    if not parts:
        return ""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return f"## {name}\n\n{ast.get_docstring(tree) or ''}\n\n" + "\n".join(parts)


def members(tree: ast.Module) -> Iterator[str]:
    """Every public class, with its public methods, and every public function."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and public(node):
            yield entry(f"class {node.name}{bases(node)}", node, 3)
            for child in node.body:
                if isinstance(child, ast.FunctionDef) and public(child):
                    yield entry(f"{node.name}.{signature(child)}", child, 4)
        elif isinstance(node, ast.FunctionDef) and public(node):
            yield entry(signature(node), node, 3)


def public(node: ast.ClassDef | ast.FunctionDef) -> bool:
    """Whether it is meant for others."""
    return not node.name.startswith("_") and ast.get_docstring(node) is not None


def entry(head: str, node: ast.ClassDef | ast.FunctionDef, level: int) -> str:
    """Heading, signature and docstring, the docstring as it was laid out."""
    text = inspect.cleandoc(ast.get_docstring(node) or "")
    summary, _, rest = text.partition("\n\n")
    body = f"\n```text\n{rest}\n```\n" if rest else ""
    return f"{'#' * level} {node.name}\n\n```python\n{head}\n```\n\n{summary}\n{body}"


def signature(node: ast.FunctionDef) -> str:
    """Name, arguments and what comes back."""
    result = f" -> {ast.unparse(node.returns)}" if node.returns is not None else ""
    return f"{node.name}({ast.unparse(node.args)}){result}"


def bases(node: ast.ClassDef) -> str:
    """What a class is built on."""
    return f"({', '.join(ast.unparse(one) for one in node.bases)})" if node.bases else ""


def docstring(path: Path) -> str:
    """A module's docstring."""
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def first_line(text: str) -> str:
    """The summary of a docstring."""
    return text.split("\n\n")[0].replace("\n", " ")


if __name__ == "__main__":
    print(main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "api"), "pages")
