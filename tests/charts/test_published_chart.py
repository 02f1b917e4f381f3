"""One's own separation beside a published one."""

import numpy as np
import pytest
from vectors.planted import neutral, pair_set, planted_pairs

from emotion_core.charts.dose_response import beside_published, published_chart
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.evaluation.report import FEAR_IN_GPT2
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings


@pytest.fixture(scope="module")
def fear():
    one = pair_set()
    acts, _ = planted_pairs(one, 3.0)
    return score_heldout(vectors_from([one], acts, neutral(), BuildSettings()), acts, [one], acts)


def test_both_run_from_the_first_layer_to_the_last(fear):
    table = beside_published(fear, "fear", FEAR_IN_GPT2)
    for _, rows in table.groupby("model"):
        assert rows["depth"].iloc[[0, -1]].tolist() == [0.0, 1.0]
    assert len(table) == fear.n_layers + 12


def test_what_was_not_published_is_not_drawn(fear):
    table = beside_published(fear, "fear", FEAR_IN_GPT2)
    published = table[table["model"].str.contains("published")]
    assert published[["d_low", "d_high", "null_d_low", "null_d_high"]].isna().all(axis=None)
    assert published["cohens_d"].max() == 1.86


def test_the_title_holds_both_figures(fear):
    spec = published_chart(fear, "fear", FEAR_IN_GPT2).to_dict()
    assert f"up to {np.nanmax(fear.cohens_d[0]):.2f}" in spec["title"]["text"]
    assert "up to 1.86" in spec["title"]["text"]
