"""An estimator is known in every place that has to know it; CONTRIBUTING.md says which."""

from typing import get_args

import numpy as np
import pytest

from emotion_core.base.errors import SettingsError
from emotion_core.charts.separation import ESTIMATOR_WORDS
from emotion_core.cli.main import make_parser
from emotion_core.tracing.plain_script.estimators import of_labelled, of_pairs
from emotion_core.vectors.emotion_vectors import ESTIMATORS, Estimator
from emotion_core.vectors.estimate import blocks_of, estimate, places
from vectors.planted import labelled_set, pair_set, planted_labels, planted_pairs


def test_every_place_knows_the_same_estimators() -> None:
    assert set(get_args(Estimator)) == {*ESTIMATORS, "unknown"}
    assert tuple(ESTIMATOR_WORDS) == ESTIMATORS


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_command_line_and_the_script_of_a_bundle_know_it(estimator: Estimator) -> None:
    command = ["build", "fear-calm", "--out", "x.safetensors", "--estimator", estimator]
    assert make_parser().parse_args(command).estimator == estimator
    pairs, many = pair_set(30), labelled_set(("a", "b", "c"))
    acts, _ = planted_pairs(pairs, strength=3.0)
    (block,) = blocks_of(pairs.texts, places(acts.texts))
    ours = estimate(acts.values, block, estimator)[0]
    theirs = of_pairs(acts.values[block.positive], acts.values[block.negative], estimator)
    np.testing.assert_allclose(theirs, ours, rtol=1e-3, atol=1e-3)
    acts, _ = planted_labels(many, strength=3.0)
    (block,) = blocks_of(many.texts, places(acts.texts))
    groups = [acts.values[block.rows][block.labels == e] for e in range(3)]
    np.testing.assert_allclose(of_labelled(groups, estimator), estimate(acts.values, block, estimator), atol=1e-2)


def test_a_name_that_is_none_is_refused_and_not_taken_for_another() -> None:
    pairs, many = pair_set(12), labelled_set(("a", "b"))
    for one, acts in ((pairs, planted_pairs(pairs, 3.0)[0]), (many, planted_labels(many, 3.0)[0])):
        (block,) = blocks_of(one.texts, places(acts.texts))
        with pytest.raises(SettingsError):
            estimate(acts.values, block, "unknown")
    with pytest.raises(ValueError):
        of_pairs(np.ones((2, 1, 3)), np.zeros((2, 1, 3)), "unknown")
    with pytest.raises(ValueError):
        of_labelled([np.ones((2, 1, 3)), np.zeros((2, 1, 3))], "unknown")
