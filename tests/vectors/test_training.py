"""The training material of vectors: building from it again gives the vectors, whatever was projected out of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bundled import Bundled

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation.confounds import orthogonalise
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.map_checks import check_map
from emotion_core.vectors.build import training
from emotion_core.vectors.emotion_vectors import EmotionVectors

KINDS = ("plain", "neutral-projected", "an emotion taken out", "both, and a confound")


@pytest.fixture(scope="module", params=KINDS)
def vectors(request: pytest.FixtureRequest, bundled: Bundled) -> EmotionVectors:
    if request.param == KINDS[0]:
        return bundled.twelve
    projected = bundled.built("emotions-12", neutral_projection=True)
    if request.param == KINDS[1]:
        return projected
    plain = request.param == KINDS[2]
    sets = [] if plain else [load_prompts("confound-threat")]
    job = orthogonalise(
        bundled.model, bundled.twelve if plain else projected, emotions=["joy"], sets=sets, cache=bundled.cache
    )
    return run_to_end(job)


def test_building_from_the_material_gives_the_vectors(vectors: EmotionVectors, bundled: Bundled) -> None:
    material = run_to_end(training(bundled.model, vectors, bundled.cache))
    again = material.estimate()
    assert again.shape == vectors.values.shape
    scale = np.linalg.norm(vectors.values, axis=-1, keepdims=True)
    np.testing.assert_allclose(again / scale, vectors.values / scale, atol=2e-4)


def test_products_with_unprojected_vectors_are_those_of_the_projected(
    vectors: EmotionVectors, bundled: Bundled
) -> None:
    material = run_to_end(training(bundled.model, vectors, bundled.cache))
    raw = material.estimate(values=material.activations.values).astype(np.float64)
    texts = material.activations.values[:7]
    seen = np.einsum("tlw,elw->tel", material.as_scored(texts), raw)
    np.testing.assert_allclose(seen, np.einsum("tlw,elw->tel", texts, vectors.values.astype(np.float64)), atol=2e-3)


def test_the_map_of_any_of_them_can_be_checked(vectors: EmotionVectors, bundled: Bundled) -> None:
    checks = run_to_end(check_map(bundled.model, vectors, 3, bundled.cache))
    assert checks.emotions == vectors.emotions and checks.stability is not None
    assert checks.stability.place.shape[1] == len(vectors.emotions)
    assert [len(one.places[0]) for one in checks.variants] == [len(vectors.emotions)] * 3


def test_imported_vectors_have_no_material(bundled: Bundled) -> None:
    with pytest.raises(SettingsError, match="not known"):
        run_to_end(training(bundled.model, replace(bundled.twelve, prompt_sets=()), bundled.cache))
