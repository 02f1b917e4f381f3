"""The page of the redone experiments says what the data says, and the data names what is there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from emotion_core.prompts.builtin import BUILTIN, prompts_folder

ROOT = Path(__file__).parents[2]
ROWS = json.loads((ROOT / "emotion_core/experiments/data/replication.json").read_text(encoding="utf-8"))["rows"]


def test_the_page_has_the_rows_as_the_data_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    make_replication = __import__("make_replication")
    page = make_replication.PAGE.read_text(encoding="utf-8")
    assert make_replication.renewed(page) == page, "run python docs/make_replication.py"
    sys.modules.pop("make_replication")


def test_all_47_experiments_are_there_and_what_is_built_has_its_texts() -> None:
    assert [row["row"] for row in ROWS] == list(range(1, 48))
    assert len({row["name"] for row in ROWS}) == 47
    texts = {text for row in ROWS if row["built"] for text in row["texts"]}
    there = {path.stem for path in prompts_folder().iterdir()}
    assert texts <= there and {text for text in texts if text in BUILTIN} >= {"emotions-12", "emotions-171"}
    for row in ROWS:
        assert row["built"] or row["today"]


def test_every_rule_has_what_it_needs() -> None:
    for row in ROWS:
        for claim in (row, *row["also"]):
            assert claim["rule"] in ("size", "zero", "sign", "own")
            if claim["rule"] == "size" and claim["value"] is not None:
                assert 0 < claim["delta"] <= abs(claim["value"]), row["name"]
        assert row["null"] and row["unit"] and row["decides"]
