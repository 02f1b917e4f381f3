"""Emotions of a text as a whole, beside what the highest of as many directions without a meaning reads."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from bundled import Bundled

from emotion_core import library
from emotion_core.base.jobs import run_to_end
from emotion_core.base.settings import settings
from emotion_core.charts.reading import ranking_chart, ranking_table
from emotion_core.evaluation.controls import KINDS, Kind
from emotion_core.experiments import reading
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.reading import ZeroPointSettings, known_baseline
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.reading import baseline as baseline_module
from emotion_core.reading.baseline import Baseline, read_baseline
from emotion_core.reading.text import (
    Ranking,
    beside_random,
    highest_of,
    ranking,
    ranking_controls,
    read_text,
    sentence_means,
)
from emotion_core.runs.store import RunStore

TEXT = "The footsteps behind me stopped when I stopped."


def read_ranking(model: LoadedModel, baseline: Baseline, text: str, *ends: int) -> Ranking:
    return ranking(baseline, run_to_end(sentence_means(model, baseline, text)), *ends)


@pytest.mark.parametrize(("n", "count"), [(400, 12), (3249, 171), (400, 1)])
def test_the_highest_of_as_many_stays_below_the_line_in_95_of_100(n: int, count: int) -> None:
    rng = np.random.default_rng(0)
    draws = 400
    below = [rng.normal(size=count).max() < highest_of(rng.normal(size=n), count) for _ in range(draws)]
    assert np.mean(below) == pytest.approx(0.95, abs=3 * np.sqrt(0.05 * 0.95 / draws))


@pytest.mark.parametrize(("n", "count"), [(400, 12), (3249, 171)])
def test_one_of_the_two_lines_is_passed_in_5_of_100_together(n: int, count: int) -> None:
    rng, draws = np.random.default_rng(2), 400
    passed = []
    for _ in range(draws):
        directions = tuple(f"direction {i}" for i in range(count))
        baseline = SimpleNamespace(emotions=directions, controls={"random": np.arange(count, count + n)}, chosen=0)
        passed.append(bool(ranking(baseline, rng.normal(size=count + n)).beyond))
    assert np.mean(passed) == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / draws))


def test_there_are_as_many_random_directions_as_the_line_needs() -> None:
    assert ranking_controls(171) == 19 * 171 and ranking_controls(2) == 400 and ranking_controls(10_000) == 4000


def test_means_are_those_of_the_tokens_without_the_first_and_both_ends_are_there(bundled: Bundled) -> None:
    model, vectors = bundled.model, bundled.twelve
    baseline = run_to_end(read_baseline(model, vectors, cache=bundled.cache, kinds=("random",)))
    found = read_ranking(model, baseline, TEXT, 3, 2)
    tokens = run_to_end(read_text(model, baseline, TEXT)).single.values[1:, 0].mean(axis=0)
    order = np.argsort(-tokens)
    assert found.emotions == tuple(vectors.emotions[e] for e in [*order[:3], *order[-2:]])
    np.testing.assert_allclose(found.means, tokens[[*order[:3], *order[-2:]]], rtol=1e-4, atol=1e-4)
    assert found.lowest == -found.highest < 0
    assert set(found.beyond) <= set(found.emotions)
    means = run_to_end(sentence_means(model, baseline, TEXT))
    value, low, high = beside_random(baseline, means, found.emotions[0])
    random = means[baseline.controls["random"]]
    assert value == pytest.approx(found.means[0]) and 0.94 < ((random > low) & (random < high)).mean() < 0.96


def test_on_neutral_texts_the_highest_of_random_directions_seldom_leaves_the_line(bundled: Bundled) -> None:
    random = np.random.default_rng(1).standard_normal(bundled.twelve.values.shape).astype(np.float32)
    meaningless = replace(bundled.twelve, values=random, prompt_sets=(), neutral_projection=False)
    baseline = run_to_end(read_baseline(bundled.model, meaningless, cache=bundled.cache, kinds=("random",)))
    texts = [one.text for one in load_prompts("neutral").part("heldout")]
    found = [read_ranking(bundled.model, baseline, text) for text in texts]
    # Without a line the highest of twelve had an interval above 0 on every one of them.
    assert np.mean([one.means[0] > one.highest for one in found]) <= 0.2
    assert np.mean([one.means[0] > 0 for one in found]) > 0.9


def test_the_chart_names_what_reads_beyond_the_lines_and_draws_them(bundled: Bundled) -> None:
    baseline = run_to_end(read_baseline(bundled.model, bundled.twelve, cache=bundled.cache, kinds=("random",)))
    found = read_ranking(bundled.model, baseline, TEXT)
    chart = ranking_chart(found).to_dict()
    above, below = ([e for e, m in zip(found.emotions, found.means, strict=True) if far(m)] for far in (
        lambda mean: mean > found.highest, lambda mean: mean < found.lowest
    ))  # fmt: skip
    assert above and len(above) <= 3 and not below, "so the title names all of them"
    assert (
        chart["title"]["text"]
        == f"Of 12 emotions {', '.join(above)} {'reads' if len(above) == 1 else 'read'} above random directions"
    )
    assert "12 random directions" in chart["title"]["subtitle"]
    none = replace(found, highest=99.0, lowest=-99.0)
    assert ranking_chart(none).to_dict()["title"]["text"] == "Of 12 emotions none reads beyond random directions"
    low = ranking_chart(replace(found, highest=99.0, lowest=found.means.max() + 1)).to_dict()["title"]["text"]
    assert "read below random directions" in low and "above" not in low
    lines = [row["x"] for rows in chart["datasets"].values() for row in rows if "x" in row]
    assert sorted(lines) == pytest.approx([found.lowest, found.highest])
    assert ranking_table(found)["highest_random"].tolist() == [found.highest] * len(found.emotions)


@pytest.mark.parametrize("kinds", [("random",), KINDS])
def test_neutral_texts_are_read_once_for_all_times(kinds: tuple[Kind, ...], bundled: Bundled, tmp_path, monkeypatch):
    bench = Bench(bundled.model, bundled.vectors, bundled.cache, store=RunStore(tmp_path))
    fresh = run_to_end(read_baseline(bundled.model, bundled.vectors, cache=bundled.cache, kinds=kinds))
    run_to_end(known_baseline(bench, ZeroPointSettings(kinds=kinds)))
    reading._baselines.clear()  # as after a restart
    monkeypatch.setattr(baseline_module, "neutral_texts", lambda *_: pytest.fail("the neutral texts were read again"))
    again = run_to_end(known_baseline(bench, ZeroPointSettings(kinds=kinds)))
    np.testing.assert_array_equal(again.directions, fresh.directions)
    first, second = (run_to_end(read_text(bundled.model, one, TEXT)) for one in (fresh, again))
    np.testing.assert_array_equal(first.values, second.values)
    np.testing.assert_array_equal(first.band_high, second.band_high)
    other = Bench(bundled.model, replace(bundled.vectors, values=-bundled.vectors.values), store=bench.store)
    for changed, asked in ((other, kinds), (bench, KINDS[1:])):
        with pytest.raises(pytest.fail.Exception, match="read again"):
            run_to_end(known_baseline(changed, ZeroPointSettings(kinds=asked)))


def test_the_library_reads_neutral_texts_once(bundled: Bundled, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path))
    settings.cache_clear()
    reading._baselines.clear()
    first = library.read(bundled.model, bundled.vectors, TEXT)
    reading._baselines.clear()
    monkeypatch.setattr(baseline_module, "neutral_texts", lambda *_: pytest.fail("the neutral texts were read again"))
    again = library.read(bundled.model, bundled.vectors, TEXT)
    np.testing.assert_array_equal(again.values, first.values)
    np.testing.assert_array_equal(again.band_high, first.band_high)
    assert library.read(bundled.model, bundled.vectors, "The kettle sings.").values.shape != first.values.shape
    settings.cache_clear()
