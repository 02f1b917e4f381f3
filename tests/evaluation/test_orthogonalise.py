"""Orthogonalise against confound sets and emotions, and score what is left."""

from dataclasses import replace

import numpy as np
import pytest
from vectors.planted import neutral, pair_set, planted_pairs

from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.confounds import orthogonalise
from emotion_core.evaluation.heldout import score_heldout
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.vectors.build import build, orthogonal_to, vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings


def test_without_the_planted_direction_nothing_is_found():
    one = pair_set()
    acts, direction = planted_pairs(one, 3.0)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    assert score_heldout(vectors, acts, [one], acts).verdicts[0].evidence
    left = orthogonal_to(vectors, direction[None].astype(np.float32), ["planted"])
    after = score_heldout(left, acts, [one], acts)
    assert not after.verdicts[0].evidence and after.auroc[0, left.selected_layers[0]] < 0.8
    # Chance is measured without the direction too: another null than that of the whole vector.
    unaware = score_heldout(replace(left, removed=None), acts, [one], acts)
    assert not np.allclose(after.null_d_95, unaware.null_d_95)


def test_the_vector_of_a_confound_set_is_gone(bundled):
    model, cache = bundled.model, bundled.cache
    fear, threat = load_prompts("fear-calm"), load_prompts("confound-threat")
    small = PromptSet("small", "pairs", tuple(t for t in fear.texts if t.split == "heldout" or t.pair < 12), 0)
    vectors = run_to_end(build(model, [small], BuildSettings(), cache))
    left = run_to_end(orthogonalise(model, vectors, sets=[threat], cache=cache))
    assert left.removed.shape[0] == 1 and left.origin == "without threat"
    assert np.abs(np.einsum("lw,lw->l", left.values[0], left.removed[0])).max() < 1e-3
    assert np.isfinite(left.train_midpoints).all()
    own = run_to_end(orthogonalise(model, vectors, sets=[threat, load_prompts("confound-place")], cache=cache))
    assert own.removed.shape[0] == 2
    with pytest.raises(Exception, match="nothing to project out"):
        run_to_end(orthogonalise(model, vectors))
