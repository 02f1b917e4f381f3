"""Two emotions at once: the texts are those of sweeps, and only what does not add up is called so."""

from dataclasses import replace

import numpy as np
import pytest
from bundled import Bundled
from scipy.stats import t as student

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.prompts.builtin import load_prompts
from emotion_core.steering.factorial import (
    FactorialSettings,
    changes_of,
    factorial,
    interactions,
    n_factorial_texts,
    pairs_of,
    two_sided,
)
from emotion_core.steering.generate import Written
from emotion_core.steering.settings import PlannedRow, SweepSettings
from emotion_core.steering.summary import against_kinds
from emotion_core.steering.sweep import sweep
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors

SHORT = {"prompts": ("When she opened the door, she", "It was late"), "samples": 2, "max_new_tokens": 6}
KINDS = ("random",) * 8 + ("neutral",) * 8


@pytest.fixture(scope="module")
def vectors(bundled: Bundled) -> EmotionVectors:
    return run_to_end(build(bundled.model, [load_prompts("emotions-12")], BuildSettings(), bundled.cache))


def test_texts_of_each_and_of_both_are_those_of_sweeps(bundled: Bundled, vectors: EmotionVectors) -> None:
    first, second = vectors.emotions[:2]
    here = {"layer": vectors.selected_layer, **SHORT}
    asked = FactorialSettings(first=first, second=second, strength=0.3, second_strength=-0.15, controls=9, **here)
    found = run_to_end(factorial(bundled.model, vectors, asked, cache=bundled.cache))
    texts = {(one.steered, one.prompt, one.sample): one.text for one in found.texts}
    for name, swept in (
        ("first", SweepSettings(emotion=first, strengths=(0.0, 0.3), controls=0, **here)),
        ("second", SweepSettings(emotion=second, strengths=(-0.15, 0.0), controls=0, **here)),
        ("both", SweepSettings(emotion=first, strengths=(0.0, 0.3), mix=((second, -0.5),), controls=0, **here)),
    ):
        alone = run_to_end(sweep(bundled.model, vectors, swept, bundled.cache))
        rows = {(one.prompt, one.sample, one.strength != 0): one.text for one in alone.rows}
        for prompt in SHORT["prompts"]:
            for sample in range(2):
                assert texts[name, prompt, sample] == rows[prompt, sample, True]
                assert texts["neither", prompt, sample] == rows[prompt, sample, False]
    assert found.interaction == pytest.approx(found.changes[2] - found.changes[0] - found.changes[1], abs=1e-5)
    assert n_factorial_texts(asked) > len(found.texts) == 2 * 2 * 4
    assert set(found.control_kinds) <= {"random", "neutral", "shuffled", "rotated"} and not found.partial


def test_changes_are_paired_by_noise_and_broken_texts_leave_their_three() -> None:
    rng = np.random.default_rng(0)
    rows, readings = [], []
    for sample in range(5):
        base = rng.normal(size=2)
        for cell in (-1, 0, 1, 2):
            row = PlannedRow(0, sample, max(cell, 0) + 3, float(cell >= 0))
            rows.append(Written(row, (1,), (2,), broken=sample == 4 and cell == 2))
            readings.append(base + {-1: [0, 0], 0: [1, 0], 1: [0, 2], 2: [1.5, 2]}[cell])
    order = rng.permutation(len(rows))
    changes, prompts = changes_of([rows[i] for i in order], np.array(readings, np.float32)[order], 3)
    assert changes.shape == (4, 3, 2) and prompts.tolist() == [0] * 4
    assert interactions(changes) == pytest.approx(np.tile([0.5, 0.0], (4, 1)), abs=1e-6)


def test_either_sign_counts_and_controls_of_the_hardest_kind_decide() -> None:
    rng = np.random.default_rng(1)
    controls = np.concatenate([rng.normal(0, 0.2, 8), rng.normal(0.5, 0.2, 8)])
    assert two_sided(3.0, controls, KINDS) < 0.01 and two_sided(-3.0, controls, KINDS) < 0.01
    assert two_sided(0.5, controls, KINDS) > 0.5, "neutral ones do the same"
    assert np.isnan(two_sided(3.0, controls[:2], KINDS[:2]))
    calls = [two_sided(float(one), rng.normal(size=16), KINDS) < 0.05 for one in rng.normal(size=2000)]
    assert np.mean(calls) < 0.06


def test_evidence_asks_for_the_interval_the_controls_and_coherent_texts(
    bundled: Bundled, vectors: EmotionVectors
) -> None:
    asked = FactorialSettings(first="fear", second="joy", controls=9, **SHORT)
    found = run_to_end(factorial(bundled.model, vectors, asked, cache=bundled.cache))
    sure = replace(
        found,
        low=np.array([0.1, -0.1]),
        high=np.array([0.5, 0.5]),
        p_values=np.array([0.01, 0.01]),
        coherent=(True, True, True),
    )
    assert [sure.evidence(i) for i in range(2)] == [True, False]
    assert not replace(sure, p_values=np.array([0.06, 0.06])).evidence(0)
    assert not replace(sure, coherent=(True, True, False)).evidence(0)
    assert sure.to_json()["interactions"][0]["evidence"] and "where the sum is" in found.sentence(0)


def test_the_interval_is_students(bundled: Bundled, vectors: EmotionVectors) -> None:
    asked = FactorialSettings(first="fear", second="calm", strength=0.3, second_strength=0.3, controls=0, **SHORT)
    found = run_to_end(factorial(bundled.model, vectors, asked, cache=bundled.cache))
    by_text = {(t.steered, t.prompt, t.sample): r for t, r in zip(found.texts, found.readings, strict=True)}
    beyond = np.array(
        [
            by_text["both", p, s] - by_text["first", p, s] - by_text["second", p, s] + by_text["neither", p, s]
            for p in SHORT["prompts"]
            for s in range(2)
        ]
    )
    # Two prompts: the interval is for these, over the texts around each prompt's mean; an analysis of variance.
    groups = beyond.reshape(2, 2, 2)
    within = np.sqrt(((groups - groups.mean(axis=1, keepdims=True)) ** 2).sum(axis=(0, 1)) / 2 / 4)
    half = student.ppf(0.975, 2) * within
    assert found.interaction == pytest.approx(beyond.mean(axis=0), abs=1e-4)
    assert found.low == pytest.approx(beyond.mean(axis=0) - half, abs=1e-4)
    assert found.high == pytest.approx(beyond.mean(axis=0) + half, abs=1e-4)
    assert np.isnan(found.p_values).all() and not found.evidence(0)
    assert "too few, or all alike" in found.sentence(0) and "nan" not in found.sentence(0)


def test_a_single_text_has_no_interval_and_no_nan_in_its_words(bundled: Bundled, vectors: EmotionVectors) -> None:
    asked = FactorialSettings(
        first="fear", second="calm", controls=8, prompts=("It was late",), samples=1, max_new_tokens=4
    )
    found = run_to_end(factorial(bundled.model, vectors, asked, cache=bundled.cache))
    assert np.isnan(found.low).all() and not any(found.evidence(i) for i in range(2))
    assert "too few texts for an interval" in found.sentence(1) and "nan" not in found.sentence(1)


def test_each_reading_has_controls_of_its_own(bundled: Bundled, vectors: EmotionVectors) -> None:
    """Unequal pushes deviate unequally: pooled, the smaller reading would be judged by a band that is not its own."""
    asked = FactorialSettings(first="fear", second="calm", strength=0.4, second_strength=0.05, controls=24, **SHORT)
    found = run_to_end(factorial(bundled.model, vectors, asked, cache=bundled.cache))
    assert found.control_interactions.shape == (len(found.control_kinds), 2)
    for i in range(2):
        alone = against_kinds(np.nan, found.control_interactions[:, i], found.control_kinds, tail=0.025)
        assert found.band[i] == pytest.approx([alone.low, alone.high], abs=1e-5)
    assert not np.allclose(found.band[0], found.band[1])


@pytest.mark.parametrize("more", [{"second": "fear"}, {"strength": 0.0}, {"operation": "clamp"}])
def test_what_has_no_sum_is_refused(more: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        FactorialSettings(**{"first": "fear", "second": "joy", **SHORT, **more})


def test_pairs_are_of_one_kind() -> None:
    kinds = ["random"] * 5 + ["neutral"] * 2 + ["shuffled"]
    assert pairs_of(kinds) == ((0, 1), (2, 3), (5, 6))
