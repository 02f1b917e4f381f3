"""ROC of a monitor: the curve, its area, random directions and length as rivals."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from emotion_core.evaluation.controls import Kind
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.monitor import Labelled, Threshold, scored
from emotion_core.reading.settings import MonitorSettings

CONTROLS: dict[Kind, np.ndarray] = {"random": np.arange(1, 100)}


def threshold() -> Threshold:
    """A made-up one."""
    return Threshold(MonitorSettings("fear"), 1, 1.0, 100, 0.01, 0.0, 0.02, 1, 10, 40.0, np.ones(99, np.float32))


def conversations(labels: np.ndarray) -> list[Labelled]:
    """Without content: only labels count here."""
    return [Labelled((Turn("user", "a"),), bool(one), str(i)) for i, one in enumerate(labels)]


def test_area_and_curve_are_those_of_the_peaks() -> None:
    rng = np.random.default_rng(1)
    labels = np.repeat([True, False], 30)
    peaks = rng.normal(size=(60, 100))
    peaks[labels, 0] += 1.5
    found = scored(threshold(), conversations(labels), peaks, [0] * 60, [10] * 60, CONTROLS)
    assert found.auroc == pytest.approx(roc_auc_score(labels, peaks[:, 0]))
    x, y, _ = roc_curve(labels, peaks[:, 0], drop_intermediate=False)
    np.testing.assert_allclose((found.false_positives, found.true_positives), (x, y))
    assert found.auroc_low < found.auroc < found.auroc_high and found.evidence
    assert found.null_low < 0.5 < found.null_high and found.p_value == pytest.approx(0.01)
    assert found.length_auroc == 0.5


def test_what_the_length_explains_is_no_evidence() -> None:
    labels = np.repeat([True, False], 30)
    peaks = np.random.default_rng(2).normal(size=(60, 100))
    peaks[labels, 0] += 1.5
    found = scored(threshold(), conversations(labels), peaks, [0] * 60, [20] * 30 + [10] * 30, CONTROLS)
    assert found.length_auroc == 1.0 and not found.evidence


def test_what_control_directions_tell_apart_as_well_is_no_evidence() -> None:
    labels = np.repeat([True, False], 30)
    peaks = np.random.default_rng(2).normal(size=(60, 100))
    peaks[labels] += 1.5  # all directions
    found = scored(threshold(), conversations(labels), peaks, [0] * 60, [10] * 60, CONTROLS)
    assert found.auroc_low > 0.5 and found.beside_length == "better" and not found.evidence


def test_a_length_that_does_about_as_well_cannot_be_told_from_the_monitor() -> None:
    rng = np.random.default_rng(3)
    labels = np.repeat([True, False], 10)
    called = []
    for _ in range(30):
        peaks, tokens = rng.normal(size=(20, 100)), 20 + 5 * rng.normal(size=20)
        peaks[labels, 0] += 1.5
        tokens[labels] += 7.5  # the same distance in standard deviations
        called.append(scored(threshold(), conversations(labels), peaks, [0] * 20, tokens.tolist(), CONTROLS))
    # By points the monitor would beat the length in every other set.
    assert np.mean([one.auroc > one.length_auroc for one in called]) > 0.3
    assert np.mean([one.evidence for one in called]) <= 0.07


def test_alarms_are_counted_by_label() -> None:
    labels = np.array([True, True, False, False, False])
    found = scored(
        threshold(), conversations(labels), np.zeros((5, 3)), [4, -1, -1, 0, -1], [1] * 5, {"random": np.arange(1, 3)}
    )
    assert found.caught(True) == (1, 2) and found.caught(False) == (1, 3)
    document = found.to_json()
    assert document["conversations"][1]["first_alarm"] is None
    assert document["true_positive_rate"][0] == 0.5 and document["auroc"] == 0.5
