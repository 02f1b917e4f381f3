"""What rows compute on made-up readings: planted effects are found, planted nulls not, like input gives exactly 0."""

import math
from collections.abc import Generator

import numpy as np
import pytest
from bundled import Bundled
from scipy.stats import spearmanr

from emotion_core.base.jobs import run_to_end
from emotion_core.behavior.preference_settings import PreferenceSettings, halves
from emotion_core.behavior.preferences import preferences
from emotion_core.behavior.steered_preferences import ask_all, opposing
from emotion_core.experiments.experiment import Bench
from emotion_core.experiments.replication import neutral_rows, word_rows
from emotion_core.experiments.replication.chat_rows import in_order
from emotion_core.experiments.replication.corpus_rows import best_window, precision_of
from emotion_core.experiments.replication.geometry_rows import beside_rival, beyond_rival, stable
from emotion_core.experiments.replication.neutral_rows import (
    Statistic,
    components_of,
    random_components,
    token_noise,
    without,
)
from emotion_core.experiments.replication.preference_rows import DRAWS, peaks
from emotion_core.experiments.replication.rule import DOES_NOT, NOT_TESTABLE, REPLICATES, UNTOLD, Estimate
from emotion_core.prompts.library import load_activities

RNG = np.random.default_rng(0)
DEPTH = (np.arange(8) + 0.5) / 9


def test_the_best_window_is_the_highest_mean_of_ten_tokens_in_a_row() -> None:
    readings = RNG.standard_normal((37, 5)).astype(np.float32)
    every = np.stack([readings[i : i + 10].astype(np.float64).mean(axis=0) for i in range(28)])
    assert best_window(readings) == pytest.approx(every.max(axis=0))
    assert best_window(readings[:4]) == pytest.approx(readings[:4].mean(axis=0))


def test_precision_counts_own_passages_among_the_ten_highest_of_each_register() -> None:
    truth = np.repeat([0, 1, 2, -1], (20, 20, 20, 60))
    groups = [np.arange(0, 120, 2), np.arange(1, 120, 2)]
    planted = (truth[:, None] == np.arange(3)) + 0.1 * RNG.random((120, 3))
    assert precision_of(planted, truth, groups) == pytest.approx(1)
    assert precision_of(-planted, truth, groups) == pytest.approx(0)
    # The whole of one register above the other: still ten of each, so a register alone gives nothing.
    shifted = planted + 100.0 * (np.arange(120) % 2)[:, None]
    assert precision_of(shifted, truth, groups) == pytest.approx(1)
    by_luck = np.mean([precision_of(RNG.random((120, 3)), truth, groups) for _ in range(400)])
    assert by_luck == pytest.approx(20 / 120, abs=0.01)


def test_a_bump_in_the_middle_is_found_and_one_at_the_end_is_not() -> None:
    noise = 0.1 * RNG.standard_normal((8, 32))
    random = 0.1 * RNG.standard_normal((8, 8))
    bump = np.exp(-((np.arange(8) - 3.5) ** 2))[:, None]
    one, inside, peak = peaks(noise + bump, random, DEPTH)
    assert one.low > one.null_high and inside == 1 and peak in (3, 4)
    late, outside, last = peaks(noise + np.arange(8)[:, None], random, DEPTH)
    assert late.low > late.null_high and outside == 0 and last == 7


def test_steering_that_acts_like_random_directions_has_no_range_of_its_own() -> None:
    beyond = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        size = np.linspace(2, 0.2, 8)[:, None]  # later layers have less time to act
        moved = size * rng.standard_normal((8, 1)) + 0.05 * rng.standard_normal((8, 32))
        one, _, _ = peaks(moved, size * rng.standard_normal((8, 8)), DEPTH)
        beyond += one.low > one.null_high
    assert beyond <= 4
    nothing, _, _ = peaks(np.zeros((8, 32)), np.zeros((8, 8)), DEPTH)
    assert (nothing.value, nothing.low, nothing.high, nothing.null_high) == (0, 0, 0, 0)
    assert DRAWS >= 1000


def test_what_is_added_at_a_word_in_the_last_layer_changes_no_answer(bundled: Bundled) -> None:
    items = load_activities()[::8]
    settings = PreferenceSettings(tuple(one.activity for one in items), tuple(one.kind for one in items), opponents=2)
    base = run_to_end(preferences(bundled.model, bundled.twelve, settings, bundled.cache))
    pairs = opposing(halves(settings.kinds), 2, 0)
    units = bundled.twelve.units[:2]
    changes = []
    for layer in (bundled.model.info.layers - 1, 1):
        answers = run_to_end(ask_all(bundled.model, base, pairs, layer, units[:, layer], 10.0))
        changes.append(np.abs(answers[1:] - answers[0]).max())
    assert changes[0] == 0 and changes[1] > 0.01


def test_taking_nothing_out_changes_nothing_and_taking_the_finding_out_does() -> None:
    values = RNG.standard_normal((5, 3, 16)).astype(np.float32)
    length = Statistic(5, 0.25, values, (1,), lambda v: float(np.linalg.norm(v[:, 1])), True)
    assert length.change({1: np.zeros((0, 16), np.float32)}) == 0
    axes, _ = np.linalg.qr(values[:, 1].T)  # spans all five vectors
    whole = length.change({1: axes.T.astype(np.float32)})
    assert whole == pytest.approx(-np.linalg.norm(values[:, 1]) / 0.25, rel=1e-4)
    left = without(values, (1,), {1: axes.T.astype(np.float32)})
    assert np.abs(left[:, 1]).max() < 1e-5 and np.array_equal(left[:, [0, 2]], values[:, [0, 2]])


@pytest.mark.parametrize("finds", [False, True])
def test_where_no_row_finds_anything_that_nothing_changes_is_no_result(
    bundled: Bundled, monkeypatch: pytest.MonkeyPatch, finds: bool
) -> None:
    vectors = bundled.twelve

    def given(*_: object) -> Generator[None, None, Statistic]:
        yield from ()
        return Statistic(5, 0.2, vectors.values, (vectors.selected_layer,), lambda _: 0.4, finds)

    def unknown(*_: object) -> Generator[None, None, None]:
        yield from ()

    monkeypatch.setattr(neutral_rows, "_implicit", given)
    monkeypatch.setattr(neutral_rows, "_numbers", unknown)
    monkeypatch.setattr(neutral_rows, "_preference", unknown)
    monkeypatch.setattr(neutral_rows, "_valence", lambda _: None)
    monkeypatch.setattr(neutral_rows, "DRAWS", 20)
    found = run_to_end(neutral_rows.neutral_removed(Bench(bundled.model, vectors, bundled.cache)))
    assert found.verdict == (REPLICATES if finds else NOT_TESTABLE)
    assert dict(found.facts).get("rows that find something before") == ("5" if finds else None)


def test_random_components_are_as_many_and_orthonormal() -> None:
    texts = RNG.standard_normal((60, 4, 16)).astype(np.float32)
    texts[:, 2] += 9 * RNG.standard_normal((60, 1)) * np.eye(16)[3]  # one direction has most of the variance
    own = components_of(texts, (0, 2))
    assert len(own[2]) == 1 and abs(own[2][0, 3]) > 0.99
    other = random_components(own, np.random.default_rng(1))
    for layer, rows in own.items():
        assert other[layer].shape == rows.shape
        assert other[layer] @ other[layer].T == pytest.approx(np.eye(len(rows)), abs=1e-5)


def test_noise_is_the_root_mean_square_step_between_neighbours() -> None:
    steps = np.array([[0.0, 0, 1], [3, 4, 1], [0, 0, 1], [3, 4, 1]], np.float32)
    readings = np.concatenate([steps, 2 * steps], axis=1)  # two sets of three emotions
    assert token_noise(readings, 2) == pytest.approx([5 / math.sqrt(3), 10 / math.sqrt(3)])


def test_readings_in_the_order_of_the_numbers_are_ranked_as_spearman_does() -> None:
    numbers = [1.0, 4, 2, 8, 16]
    values = RNG.standard_normal((3, 5, 2))
    own = np.mean([[spearmanr(numbers, values[w, :, e])[0] for e in range(2)] for w in range(3)], axis=0)
    assert in_order(numbers, values)[2] == pytest.approx(own)


def test_the_share_of_story_words_counts_different_content_words() -> None:
    assert word_rows.content_words(["The dog was in the Harbour, the harbour!"]) == {"dog", "harbour"}
    share = word_rows.share_of(["a dog in the harbour", "two dogs and a dog"], [{"harbour"}, {"dog", "dogs"}, set()])
    assert share == pytest.approx([1 / 4, 3 / 4, 0])
    assert np.isnan(word_rows.share_of(["of the"], [{"dog"}])).all()


def test_a_direction_without_length_brings_no_story_words(bundled: Bundled) -> None:
    nothing = np.zeros((2, bundled.model.info.width), np.float32)
    emotions = bundled.twelve.emotions[:2]
    bench = Bench(bundled.model, bundled.twelve, bundled.cache)
    one = run_to_end(word_rows._story_words(bench, "What just happened?", emotions, nothing, nothing, 2))
    assert (one.value, one.low, one.high, one.null_low, one.null_high) == (0, 0, 0, 0, 0)


def test_clusters_that_agree_a_little_better_than_a_rival_cannot_be_told_from_it() -> None:
    rng = np.random.default_rng(0)
    reference = np.repeat(np.arange(10), 15)
    rival = np.where(rng.random(150) < 0.6, rng.integers(0, 10, 150), reference)
    nearly = rival.copy()
    nearly[[0, 1, 2]] = reference[[0, 1, 2]]
    verdicts = [
        beyond_rival(beside_rival("words", own, rival, reference)).verdict for own in (reference, nearly, rival)
    ]
    assert verdicts == [REPLICATES, UNTOLD, UNTOLD]


@pytest.mark.parametrize(
    ("one", "verdict", "why"),
    [
        (Estimate(0.91, 0.90, 0.92, 0.96, 0.96), UNTOLD, "untrained twin agree as well (0.96)"),
        (Estimate(0.91, 0.90, 0.92, 0.60, 0.60), REPLICATES, "at least 0.8"),
        (Estimate(0.70, 0.65, 0.75, 0.30, 0.30), UNTOLD, "between .6 and .8"),
        (Estimate(0.50, 0.45, 0.55, 0.60, 0.60), DOES_NOT, "below 0.8"),
    ],
)
def test_layers_are_stable_only_beyond_those_of_an_untrained_twin(one: Estimate, verdict: str, why: str) -> None:
    """Without training layers hand most of the stream on, and agree for that reason."""
    judged = stable(one)
    assert judged.verdict == verdict and why in judged.why
