"""The table: what is in it, what is found again, what the planted model must show, and what a twin must not."""

import json
import math
from pathlib import Path

import pytest
from bundled import Bundled
from tiny import tiny_module

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.experiments.replication import rows
from emotion_core.experiments.replication.book import book, row_numbers
from emotion_core.experiments.replication.finding import Finding
from emotion_core.experiments.replication.report import report
from emotion_core.experiments.replication.rule import Estimate
from emotion_core.experiments.replication.ship import shipped_table
from emotion_core.experiments.replication.table import KIND, Table, newest_table, replicate, start_table, table_key
from emotion_core.experiments.ship import SHIPPED_FOLDER
from emotion_core.models.owner import ModelOwner
from emotion_core.models.prepare import adopt
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore

KEYS = {"row", "name", "paper", "estimate", "low", "high", "null_low", "null_high", "verdict", "seconds", "reason"}
QUICK = (4, 13, 15)


def finding(row: int, verdict: str, p_value: float, why: str = "") -> Finding:
    return Finding(row, "r", Estimate(0.5, 0.4, 0.6, -0.1, 0.1), verdict, p_value, why)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def store(bundled: Bundled, tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return bundled.store(tmp_path_factory.mktemp("replication"))


def test_the_book_has_all_experiments_and_says_which_are_built() -> None:
    assert [one.row for one in book()] == list(range(1, 48))
    assert set(rows.ROWS) <= {one.row for one in book() if one.built}
    assert all(one.delta is not None for one in book() if one.rule == "size" and one.value is not None)


def test_rows_are_named_by_numbers_and_ranges() -> None:
    assert row_numbers("1-3, 5,5") == (1, 2, 3, 5)
    for wrong in ("", "0", "48", "3-1", "a", "1-99"):
        with pytest.raises(SettingsError):
            row_numbers(wrong)


def test_a_table_without_findings_is_not_run_and_not_built(bundled: Bundled) -> None:
    document = Table(bundled.model.info).to_json()
    assert set(document["rows"][0]) >= KEYS
    verdicts = {one["row"]: one["verdict"] for one in document["rows"]}
    assert verdicts[15] == "not run" and verdicts[30] == "not built"
    json.dumps(document, allow_nan=False)


def test_replicates_is_corrected_over_what_was_run(bundled: Bundled) -> None:
    gate = Finding(9, "", Estimate(math.nan, math.nan, math.nan), "not testable here", math.nan, "no order")
    others = tuple(finding(row, "cannot be told", 0.9) for row in (5, 6, 13, 14, 16))
    table = Table(bundled.model.info, (finding(4, "replicates", 0.04), gate, *others))
    lines = {line.book.row: line for line in table.lines()}
    assert lines[4].verdict == "cannot be told" and "false discoveries" in lines[4].why
    assert lines[9].verdict == "not testable here", "a gate is no test"
    alone = Table(bundled.model.info, (finding(4, "replicates", 0.04), gate))
    assert alone.lines([4])[0].verdict == "replicates"


def test_planted_rows_replicate_and_are_found_again(bundled: Bundled, store: RunStore) -> None:
    table = run_to_end(replicate(bundled.model, store, QUICK, bundled.cache))
    verdicts = {line.book.row: line.verdict for line in table.lines(QUICK)}
    assert verdicts[4] == "replicates" and verdicts[15] == "replicates"
    before = {run.id for run in store.recent(limit=500)}
    again = run_to_end(replicate(bundled.model, store, QUICK, bundled.cache, table))
    assert again.to_json() == table.to_json(), "found, with what it took then"
    assert {run.id for run in store.recent(limit=500)} == before, "nothing was computed"


def test_an_untrained_network_replicates_nothing(bundled: Bundled, store: RunStore) -> None:
    tokenizer = bundled.model.tokenizer
    module = tiny_module("gpt2", vocab_size=len(tokenizer), n_positions=512)
    table = run_to_end(replicate(adopt(module, tokenizer, "untrained"), store, (4, 5, 17), bundled.cache))
    words, implied, apart = table.lines([4, 5, 17])
    assert "replicates" not in (words.verdict, implied.verdict)
    # Its two places go together no more than the paper's do, because neither carries anything.
    assert apart.finding is not None and apart.finding.estimate.high < 0.3
    assert apart.verdict == "not testable here"


def test_a_row_that_cannot_be_run_says_why_and_the_others_go_on(
    bundled: Bundled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(bench: object) -> object:
        raise SettingsError("No texts", remedy="Write some")

    monkeypatch.setitem(rows.ROWS, 13, rows.Row("map", broken))  # type: ignore[arg-type]
    table = run_to_end(replicate(bundled.model, bundled.store(tmp_path), (13, 15), bundled.cache))
    lines = {line.book.row: line for line in table.lines((13, 15))}
    assert lines[13].verdict == "not run" and "No texts" in lines[13].why
    assert lines[15].finding is not None


def test_a_page_starts_the_same_rows_and_keeps_them(bundled: Bundled, store: RunStore) -> None:
    owner, registry = ModelOwner(bundled.model), JobRegistry(store)
    try:
        run_id = start_table(registry, owner, QUICK, bundled.cache)
        registry.wait(run_id)
    finally:
        owner.close()
    found = newest_table(store, bundled.model.info)
    assert found is not None and {one.row for one in found.findings} >= set(QUICK)


def test_a_report_holds_every_figure_and_runs_nothing(bundled: Bundled, store: RunStore) -> None:
    table = run_to_end(replicate(bundled.model, store, QUICK, bundled.cache))
    text, page = report(table), report(table, html=True)
    for line in table.lines(QUICK):
        assert line.book.name in text and f"## {line.book.row}." in text
    assert page.count("<svg") == sum(len(one.figures) for one in table.findings)
    assert "src=" not in page and "http://www.w3.org" in page
    inside = page.split("id='table'>")[1].split("</script>")[0]
    assert json.loads(inside)["model"] == "demo"


@pytest.mark.parametrize("name", ["demo", "smollm2"])
def test_the_shipped_table_is_that_of_these_texts_and_rows(name: str) -> None:
    table = shipped_table(name)
    described = json.loads((SHIPPED_FOLDER / f"{name}-{KIND}" / "run.json").read_text(encoding="utf-8"))
    assert table is not None and len(table.findings) >= 8
    assert described["key"] == table_key(table.model.fingerprint), "run the module ship of the replication again"
    assert {one.row for one in table.findings} <= set(rows.ROWS)
