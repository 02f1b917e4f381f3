"""The comparison of number formats: nothing between equal builds, and what differs where something was changed."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.number_format import differences
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.heldout import heldout
from emotion_core.prompts.builtin import load_prompts


@pytest.fixture(scope="module")
def scored(bundled):
    scores = run_to_end(heldout(bundled.model, bundled.vectors, [load_prompts("fear-calm")], bundled.cache, draws=20))
    return bundled.vectors, scores


def test_equal_builds_do_not_differ(scored):
    vectors, scores = scored
    found = differences(vectors, scores, vectors, scores)
    assert found["smallest_cosine"] == pytest.approx(1, abs=1e-6)
    assert found["largest_change_of_d"] == found["largest_change_of_auroc"] == 0
    assert found["layers_that_differ"] == found["verdicts_that_differ"] == 0


def test_a_turned_direction_another_layer_and_other_scores_are_told(scored):
    vectors, scores = scored
    values = vectors.values.copy()
    layer = vectors.selected_layers[0]
    values[0, layer] = -values[0, layer]
    other = (layer + 1) % vectors.n_layers
    narrow = replace(vectors, values=values, selected_layers=(other, *vectors.selected_layers[1:]))
    moved = replace(
        scores, cohens_d=scores.cohens_d + 0.25, verdicts=(replace(scores.verdicts[0], word="x"), *scores.verdicts[1:])
    )
    found = differences(vectors, scores, narrow, moved)
    assert found["smallest_cosine_at_chosen_layer"] == pytest.approx(-1, abs=1e-6)
    assert found["largest_change_of_d"] == pytest.approx(0.25)
    assert found["layers_that_differ"] == found["verdicts_that_differ"] == 1
    assert np.isfinite(found["median_half_interval_of_d"])
