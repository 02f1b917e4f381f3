"""Valence and arousal axes: recovered where they are planted, and each free of the other."""

from dataclasses import replace

import numpy as np
import pytest
from steering.handmade import random_vectors, settings
from tiny import tiny_model

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.geometry.norms import AXES, Norms, circumplex, fit_axes
from emotion_core.steering.sweep import sweep
from emotion_core.vectors.file import load_vectors, vector_bytes

WORDS = tuple(sorted(circumplex().valence))[:60]


def planted(seed: int = 0, noise: float = 0.1):
    """Vectors that are valence times one direction and arousal times another, at every layer, with noise."""
    vectors = random_vectors(tiny_model("llama"))
    rng = np.random.default_rng(seed)
    axes = np.linalg.qr(rng.normal(size=(32, 2)))[0].T  # (2, width)
    valence, arousal = circumplex().of(WORDS)
    values = valence[:, None] * axes[0] + arousal[:, None] * axes[1] + 7.0
    values = np.repeat(values[:, None], vectors.n_layers, axis=1) + noise * rng.normal(size=(60, vectors.n_layers, 32))
    flat = np.zeros((60, vectors.n_layers), np.float32)
    made = replace(vectors, emotions=WORDS, values=values.astype(np.float32), selected_layers=(1,) * 60)
    return replace(made, cv_auroc=flat, train_midpoints=flat), axes


def test_planted_axes_are_recovered_although_the_ratings_go_together():
    vectors, axes = planted()
    found = fit_axes(vectors)
    assert found.emotions == AXES and found.prompt_sets == ()
    np.testing.assert_allclose(np.einsum("elw,ew->el", found.units, axes), 1.0, atol=0.02)
    assert abs(np.einsum("elw,ew->el", found.units, axes[::-1])).max() < 0.15


def test_the_other_rating_is_held_fast():
    """Arousal is valence with a little noise: without holding it fast both axes would be the same."""
    vectors, axes = planted(noise=0.0)
    rng = np.random.default_rng(1)
    valence = {word: float(v) for word, v in zip(WORDS, rng.normal(size=60), strict=True)}
    norms = Norms("mine", valence, {w: 0.9 * v + 0.4 * rng.normal() for w, v in valence.items()}, (-4, 4))
    both = np.array([[norms.valence[w], norms.arousal[w]] for w in WORDS])
    values = np.repeat((both @ axes)[:, None], vectors.n_layers, axis=1).astype(np.float32)
    found = fit_axes(replace(vectors, values=values), norms)
    np.testing.assert_allclose(np.abs(np.einsum("elw,ew->el", found.units, axes)), 1.0, atol=1e-4)


def test_they_can_be_stored_and_steered_with():
    vectors, _ = planted()
    found = load_vectors(vector_bytes(fit_axes(vectors)))
    model = tiny_model("llama", max_position_embeddings=512)
    chosen = settings(emotion="valence", operation="cap", strengths=(1.0,), controls=4)
    assert run_to_end(sweep(model, replace(found, model=model.info), chosen)).settings.emotion == "valence"


@pytest.mark.parametrize(
    ("norms", "words"),
    [
        (Norms("few", {WORDS[0]: 1.0}, {WORDS[0]: 1.0}, (-2, 2)), "Too few"),
        (Norms("same", {w: i for i, w in enumerate(WORDS)}, {w: 2 * i for i, w in enumerate(WORDS)}, (-2, 2)), "apart"),
    ],
)
def test_what_cannot_be_fitted_is_refused(norms, words):
    with pytest.raises(SettingsError, match=words):
        fit_axes(planted()[0], norms)
