"""Counts of false claims: runs add up with draws of their own, and the printed table is that of the file."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest

from benchmarks.false_claims import VIEWS, Bench, Count, Ledger, beside, dealt, next_tokens, relabelled, table
from emotion_core.base.errors import SettingsError
from emotion_core.prompts.builtin import load_prompts
from emotion_core.vectors.estimate import blocks_of, places

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "benchmarks" / "false_claims.json"
OTHERS = [COMMITTED.with_stem(f"false_claims_{name}") for name in ("untrained", "stories260K")]


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


def test_models_stand_beside_each_other_row_by_row(tmp_path) -> None:
    for name, draws in (("one", 10), ("other", 5)):
        ledger = Ledger(name, name, tmp_path / name)
        bench = Bench(None, None, draws)
        said = list(look(bench))
        ledger.add("views", "dose", bench, said if name == "one" else said[:-1])
    lines = beside([Ledger.read(tmp_path / name).summed() for name in ("one", "other")]).splitlines()
    assert lines[0] == "| view | what it looked at | `one` | `other` |"
    assert lines[2] == "| dose | random directions | 20.0% of 10 (2.5% to 55.6%) | 20.0% of 5 (0.5% to 71.6%) |"
    assert lines[3] == "| dose | the only one (short) | 0.0% of 1 (0.0% to 97.5%) | |"


def test_the_document_is_that_of_the_committed_counts() -> None:
    ledger, *others = (Ledger.read(path).summed() for path in (COMMITTED, *OTHERS))
    written = (ROOT / "docs" / "results.md").read_text()
    assert table(ledger) in written and beside(others) in written
    assert not [row for one in (ledger, *others) for row in one["views"] if row["low"] > 0.05]


def test_a_few_draws_on_the_bundled_model(bundled) -> None:
    said = [evidence for _, evidence in next_tokens(Bench(bundled.model, bundled.cache, 2, 900))]
    # 3 of 6 happen in 2 of 1,000 such tests where each is evidence with a probability of .05.
    assert len(said) == 6 and sum(said) <= 2


def test_labels_change_places_within_topics_alone() -> None:
    texts = load_prompts("emotions-12").part("train")
    shuffled = relabelled(texts, np.random.default_rng(0))
    assert [one.text for one in shuffled] == [one.text for one in texts]
    assert sum(a.emotion != b.emotion for a, b in zip(texts, shuffled, strict=True)) > len(texts) / 2
    assert Counter((one.topic, one.emotion) for one in shuffled) == Counter((one.topic, one.emotion) for one in texts)
    (block,) = blocks_of(texts, places([one.text for one in texts]))
    for topics in (True, False):
        dealt_again = dealt(block, np.random.default_rng(0), topics=topics)
        same = Counter(zip(block.groups, block.labels, strict=True)) == Counter(
            zip(block.groups, dealt_again.labels, strict=True)
        )
        assert same == topics and sorted(dealt_again.labels) == sorted(block.labels)


# The cheap ones of the views that look at maps and sentences.
@pytest.mark.parametrize(("name", "each", "most"), [("map: two agree", 4, 3), ("sentence: beyond the lines", 1, 2)])
def test_a_few_draws_of_a_map_and_a_sentence(name: str, each: int, most: int, bundled) -> None:
    said = [evidence for _, evidence in VIEWS[name](Bench(bundled.model, bundled.cache, 3, 900))]
    assert len(said) == 3 * each and sum(said) <= most


def test_every_view_has_counts_in_the_file_and_a_name_of_its_own() -> None:
    counted = json.loads(COMMITTED.read_text())["draws"]
    assert {f"views: {name}" for name in VIEWS} == {name for name in counted if name.startswith("views: ")}
    assert len(set(VIEWS.values())) == len(VIEWS)
