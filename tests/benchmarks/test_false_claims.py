"""Counts of false claims: runs add up with draws of their own, and the printed table is that of the file."""

import json
from pathlib import Path

import pytest
from scipy.stats import binomtest

from benchmarks.false_claims import Bench, Count, Ledger, next_tokens, table
from emotion_core.base.errors import SettingsError

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "benchmarks" / "false_claims.json"


def look(bench):
    """Says evidence of every fifth draw, and looks at an input of which there is only one with the first draw."""
    yield from ((Count("dose", "random directions"), draw % 5 == 0) for draw in bench.seeds)
    if not bench.first:
        yield Count("dose", "the only one", "short"), False


def add(path, draws):
    ledger = Ledger("toy", "ab", path)
    bench = Bench(None, None, draws, ledger.first("views", "dose"))
    ledger.add("views", "dose", bench, list(look(bench)))
    return bench


def test_runs_add_up_and_no_draw_counts_twice(tmp_path) -> None:
    path = tmp_path / "counts.json"
    drawn = [seed for draws in (10, 7) for seed in add(path, draws).seeds]
    assert drawn == list(range(17))
    ledger = Ledger("toy", "ab", path)
    many, single = ledger.summed()["views"]
    interval = binomtest(4, 17).proportion_ci(method="exact")
    assert (many["n"], many["evidence"]) == (17, 4 / 17)
    assert (many["low"], many["high"]) == pytest.approx((interval.low, interval.high))
    assert (single["n"], single["settings"]) == (1, "short")
    assert [run["draws"] for run in ledger.document["views"][0]["runs"]] == [[0, 17]]
    assert "| dose | random directions | 17 | 23.5% | 6.8% to 49.9% |" in table(ledger.summed())


def test_sets_of_directions_are_drawn_once(tmp_path) -> None:
    first, second = Bench(None, None, 20), Bench(None, None, 30, 20)
    assert [*first.sets_of_draws, *second.sets_of_draws] == list(range(5))


def test_counts_of_another_model_are_refused(tmp_path) -> None:
    add(tmp_path / "counts.json", 3)
    with pytest.raises(SettingsError, match=r"another model.*cd.*ab"):
        Ledger("toy", "cd", tmp_path / "counts.json")


def test_the_document_is_that_of_the_committed_counts() -> None:
    counts = json.loads(COMMITTED.read_text())
    ledger = Ledger(counts["model"], counts["fingerprint"], COMMITTED)
    assert table(ledger.summed()) in (ROOT / "docs" / "results.md").read_text()
    assert not [row for row in ledger.summed()["views"] if row["low"] > 0.05]


def test_a_few_draws_on_the_bundled_model(bundled) -> None:
    said = [evidence for _, evidence in next_tokens(Bench(bundled.model, bundled.cache, 2, 900))]
    # 3 of 6 happen in 2 of 1,000 such tests where each is evidence with a probability of .05.
    assert len(said) == 6 and sum(said) <= 2
