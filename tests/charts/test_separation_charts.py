from dataclasses import replace

import numpy as np
import pytest
from vectors.planted import labelled_set, neutral, pair_set, planted_labels, planted_pairs

from emotion_core.charts.palette import chart_bytes
from emotion_core.charts.separation import (
    point_table,
    points_at_layer,
    rivals_chart,
    rivals_table,
    separation_by_layer,
    separation_table,
)
from emotion_core.evaluation.confounds import ConfoundScore
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings


def scores_of(one, acts):
    return score_heldout(vectors_from([one], acts, neutral(), BuildSettings()), acts, [one], acts)


@pytest.fixture(scope="module")
def fear():
    one = pair_set()
    return scores_of(one, planted_pairs(one, 3.0)[0])


@pytest.fixture(scope="module")
def broken():
    one = pair_set(10, 1)
    acts, _ = planted_pairs(one, 1.0)
    acts.values[0, 2] = np.nan
    return scores_of(one, acts)


def test_the_title_states_the_finding_and_the_subtitle_the_numbers(fear, broken):
    spec = separation_by_layer(fear, "fear").to_dict()
    chosen = f"at layer {fear.selected_layers[0]}, which was chosen beforehand"
    assert spec["title"]["text"] == f"Fear separates from the texts without it {chosen}, and at every other layer"
    assert "10 with the emotion and 10 without" in spec["title"]["subtitle"]
    assert "standard deviations apart" in spec["description"]
    assert "too few held-out texts" in separation_by_layer(broken, "fear").to_dict()["title"]["text"]


def test_the_subtitle_says_that_the_band_is_of_one_layer_and_the_count_of_all(fear):
    subtitle = separation_by_layer(fear, "fear").to_dict()["title"]["subtitle"]
    assert "each layer by itself" in subtitle and "after correction for all" in subtitle
    assert "ring: layer chosen on the training texts" in subtitle
    subtitle = separation_by_layer(replace(fear, p_all_layers=None), "fear").to_dict()["title"]["subtitle"]
    assert "correction" not in subtitle


def test_nothing_is_said_of_training_texts_that_nobody_knows():
    one = pair_set()
    acts = planted_pairs(one, 3.0)[0]
    vectors = replace(vectors_from([one], acts, neutral(), BuildSettings()), prompt_sets=(), estimator="unknown")
    scores = score_heldout(vectors, acts, [one], acts)
    found = ConfoundScore("set", "threat", "fear", scores.selected_layers[0], 0.6, 0.5, 0.7, 20, 0.3, 0.2)
    scores = replace(scores, confounds=(found,))
    separation, rivals = (chart(scores, "fear").to_dict() for chart in (separation_by_layer, rivals_chart))
    said = f"{separation['title']} {separation['description']}"
    assert "set at the import" in said and "beforehand" not in said and "training" not in said
    assert rivals["title"]["subtitle"].startswith("No rivals") and "No rival or" not in rivals["title"]["text"]


def test_one_row_a_layer_with_the_chosen_one_marked(fear):
    table = separation_table(fear)
    assert table["chosen"].tolist() == [layer == fear.selected_layers[0] for layer in range(4)]
    np.testing.assert_array_equal(table["cohens_d"], fear.cohens_d[0])


def test_every_scored_text_is_a_point_with_its_words():
    one = labelled_set(("a", "b", "c"), 6, 3)
    scores = scores_of(one, planted_labels(one, 3.0)[0])
    table = point_table(scores, "b", 1)
    heldout = {t.text: t.emotion for t in one.part("heldout")}
    assert sorted(table["text"]) == sorted(heldout)
    assert [heldout[text] == "b" for text in table["text"]] == [side == "with the emotion" for side in table["side"]]


def test_all_charts_render_whatever_is_missing(fear, broken):
    for scores in (fear, broken):
        for chart in (
            separation_by_layer(scores, "fear"),
            points_at_layer(scores, "fear", 2),
            rivals_chart(scores, "fear"),
        ):
            assert chart.to_dict()["description"]
            assert chart_bytes(chart, "svg").startswith(b"<svg")


def test_confounds_stand_beside_the_rivals(fear):
    threat = ConfoundScore("set", "threat", "fear", 1, 1.0, 0.8, 1.0, 20, 0.3, 0.2)
    own = replace(threat, contrast="place", own=True)
    seen = replace(fear, confounds=(replace(threat, auroc=0.5), own))
    table = rivals_table(seen, "fear")
    assert table["kind"].tolist() == ["direction"] + ["rival"] * 4 + ["confound"] * 2
    assert table["counts"].tolist()[-2:] == [True, False]


@pytest.mark.parametrize(
    ("threat", "title"),
    [
        ((0.3, 0.1, 0.5), "No rival or confound does as well"),
        ((0.9, 0.7, 0.97), "These texts cannot tell it from a confound"),
        ((1.0, 0.99, 1.0), "A confound does better"),
    ],
)
def test_the_title_of_the_rivals_follows_the_intervals_of_the_leads(threat, title):
    """A longer bar alone is no finding."""
    one = pair_set(40, 60)
    scores = scores_of(one, planted_pairs(one, 1.8)[0])
    e, layer = 0, scores.selected_layers[0]
    assert 0.75 < scores.auroc[e, layer] < 0.95
    found = ConfoundScore("set", "threat", "fear", layer, *threat, 20, 0.3, 0.2)
    chart = rivals_chart(replace(scores, confounds=(found,)), "fear").to_dict()
    assert chart["title"]["text"] == title


def test_a_direction_that_points_the_wrong_way_is_not_said_to_separate(fear):
    wrong = replace(fear, auroc=np.full_like(fear.auroc, 0.4), null_d_high=np.full_like(fear.null_d_high, -9.0))
    title = separation_by_layer(wrong, "fear").to_dict()["title"]["text"]
    assert "by no more than chance" in title and "other" not in title


@pytest.mark.parametrize(("measure", "reached"), [("p_value", 0.055), ("null_d_high", 99.0)])
def test_a_chosen_layer_that_chance_reaches_is_said_to(fear, measure, reached):
    changed = getattr(fear, measure).copy()
    changed[0, fear.selected_layers[0]] = reached
    title = separation_by_layer(replace(fear, **{measure: changed}), "fear").to_dict()["title"]["text"]
    assert f"no more than chance at layer {fear.selected_layers[0]}" in title and "but at every other layer" in title


def test_a_chart_above_its_band_does_not_say_chance_where_the_bound_alone_decided(fear):
    decided = tuple(replace(one, separates=False, word="no evidence") for one in fear.verdicts)
    title = separation_by_layer(replace(fear, verdicts=decided), "fear").to_dict()["title"]["text"]
    assert "no more than chance" not in title and "Cohen's d may be 0 or less" in title


def test_other_layers_count_only_as_some_of_all_that_were_looked_at(fear):
    adjusted = np.full_like(fear.p_all_layers, 0.2)
    assert "other" not in separation_by_layer(replace(fear, p_all_layers=adjusted), "fear").to_dict()["title"]["text"]
    chosen = fear.selected_layers[0]
    adjusted[0, (chosen + 1) % 4] = 0.01
    title = separation_by_layer(replace(fear, p_all_layers=adjusted), "fear").to_dict()["title"]["text"]
    assert title.endswith("and at 1 of the 3 other layers")
