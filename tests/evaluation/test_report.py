"""The report compares like with like: the same projection, and no text that a vector was built from."""

from dataclasses import replace

import pytest

from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.confounds import score_confounds
from emotion_core.evaluation.report import size_curve
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings


@pytest.mark.parametrize("projected", [False, True])
def test_all_rows_give_the_full_vector_again(bundled, projected):
    prompts = [load_prompts("fear-calm")]
    vectors = run_to_end(build(bundled.model, prompts, BuildSettings(neutral_projection=projected), bundled.cache))
    points = run_to_end(size_curve(bundled.model, vectors, prompts, bundled.cache))
    assert points[-1].n == 40
    assert points[-1].cosine_to_full == pytest.approx(1.0, abs=1e-5)


def test_pairs_that_a_vector_was_built_from_are_no_confound(bundled):
    place = load_prompts("confound-place")
    texts = tuple(replace(t, split="train" if t.pair < 15 else "heldout") for t in place.texts)
    vectors = run_to_end(build(bundled.model, [PromptSet("copy", "pairs", texts)], BuildSettings(), bundled.cache))
    counts = {one.set: one.n for one in run_to_end(score_confounds(bundled.model, vectors, bundled.cache))}
    assert counts["confound-place"] == 5
    assert counts["confound-threat"] == 20
