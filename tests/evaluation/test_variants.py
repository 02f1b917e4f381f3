"""The table of estimators and reading positions: its own row is the vectors', the others are builds of their own."""

from dataclasses import replace

import numpy as np
import pytest

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.heldout import heldout
from emotion_core.evaluation.report import size_curve
from emotion_core.evaluation.variants import MOST_CLASSES, differing, settings_of, variants
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import ESTIMATORS, BuildSettings


@pytest.fixture(scope="module")
def made(bundled):
    cache, model = bundled.cache, bundled.model
    fear = load_prompts("fear-calm")
    small = PromptSet("small", "pairs", tuple(t for t in fear.texts if t.split == "heldout" or t.pair < 12), 0)
    vectors = run_to_end(build(model, [small], BuildSettings(), cache))
    return model, small, vectors, run_to_end(variants(model, vectors, cache)), cache


def test_the_row_shown_has_the_figures_of_the_held_out_scores(made):
    model, small, vectors, rows, cache = made
    (own,) = [one for one in rows if one.shown]
    scores = run_to_end(heldout(model, vectors, [small], cache))
    layer = scores.selected_layers[0]
    assert (own.estimator, own.neutral_projection, own.reading, own.layer) == (
        "difference",
        False,
        "mean:0:plain:rest",
        layer,
    )
    assert own.cosine == pytest.approx(1, abs=1e-5)
    assert own.auroc == pytest.approx(scores.auroc[0, layer]) and own.cohens_d == pytest.approx(
        scores.cohens_d[0, layer]
    )
    assert own.auroc_low < own.auroc < own.auroc_high and own.d_low < own.cohens_d < own.d_high


def test_texts_that_were_trained_on_are_scored_nowhere(bundled):
    """A held-out text that stands among the training texts of another emotion: one count of held-out texts for all."""
    twelve = load_prompts("emotions-12")
    few = [
        t
        for emotion in ("fear", "joy", "calm")
        for split, n in (("train", 10), ("heldout", 5))
        for t in [t for t in twelve.part(split) if t.emotion == emotion][:n]
    ]
    fears = [t for t in few if t.emotion == "fear" and t.split == "train"][:4]
    moved = [replace(t, emotion="joy", split="heldout", topic="x") for t in fears]
    one = PromptSet("several", "labelled", (*few, *moved), 0)
    vectors = run_to_end(build(bundled.model, [one], BuildSettings(), bundled.cache))
    scores = run_to_end(heldout(bundled.model, vectors, [one], bundled.cache))
    assert len(scores.left_out) == 4
    rows = {row.emotion: row for row in run_to_end(variants(bundled.model, vectors, bundled.cache)) if row.shown}
    sizes = run_to_end(size_curve(bundled.model, vectors, [one], bundled.cache))
    at = [scores.auroc[e, scores.selected_layers[e]] for e in range(3)]
    assert [rows[emotion].auroc for emotion in scores.emotions] == pytest.approx(at)
    assert sizes[-1].auroc == pytest.approx(np.mean(at), abs=1e-6)


def test_every_way_is_a_build_with_these_settings(made):
    model, small, vectors, rows, cache = made
    assert len({(one.estimator, one.neutral_projection, one.reading) for one in rows}) == len(rows) >= 12
    wanted = BuildSettings("pca", ReadingPosition("last_content"), True)
    (row,) = [o for o in rows if (o.estimator, o.neutral_projection, o.reading) == ("pca", True, wanted.reading.key)]
    other = run_to_end(build(model, [small], wanted, cache))
    scores = run_to_end(heldout(model, other, [small], cache))
    assert row.layer == other.selected_layers[0]
    assert row.auroc == pytest.approx(scores.auroc[0, row.layer])
    at = vectors.selected_layers[0]
    expected = np.dot(*(v.values[0, at] / np.linalg.norm(v.values[0, at]) for v in (other, vectors)))
    assert row.cosine == pytest.approx(expected, abs=1e-5)
    assert "ways" in differing(rows)


def test_positions_that_read_the_same_tokens_appear_once(made):
    vectors = made[2]
    assert len(settings_of(vectors)) == 6 * len(ESTIMATORS)
    assert len(settings_of(vectors, last_differs=False)) == 4 * len(ESTIMATORS)
    late = replace(vectors, reading=ReadingPosition("mean", 5))
    assert ReadingPosition("mean", 5) in {one.reading for one in settings_of(late)}


def test_many_classes_go_without_logistic_regression(made):
    many = replace(made[2], emotions=tuple(str(i) for i in range(MOST_CLASSES + 1)))
    assert {one.estimator for one in settings_of(many)} == set(ESTIMATORS) - {"logistic"}


def test_imported_vectors_have_nothing_to_build_from(made):
    model, vectors = made[0], made[2]
    assert run_to_end(variants(model, replace(vectors, prompt_sets=()))) == ()
