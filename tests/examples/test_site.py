"""The book of `docs/`: one site, with every page in it and no link that leads nowhere."""

import shutil
from io import StringIO
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).parents[2]


def test_the_book_has_every_page_and_no_dead_link(tmp_path: Path) -> None:
    source = tmp_path / "docs"
    shutil.copytree(ROOT / "docs", source, ignore=shutil.ignore_patterns("api"))
    (source / "api").mkdir()
    (source / "api" / "index.md").write_text("# API\n", encoding="utf-8")  # the real one is slow
    complaints = StringIO()
    app = Sphinx(
        source,
        ROOT / "docs",
        tmp_path / "site",
        tmp_path / "trees",
        "html",
        {"nitpicky": True},
        status=None,
        warning=complaints,
    )
    app.build()
    assert complaints.getvalue() == ""
    pages = {page.stem for page in source.glob("*.md")}
    assert pages and all((tmp_path / "site" / f"{page}.html").is_file() for page in pages)
