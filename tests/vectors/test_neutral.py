import numpy as np
from sklearn.decomposition import PCA

from emotion_core.vectors.build import neutral_components, project_out


def test_as_many_components_as_scikit_learn_needs_for_half_of_the_variance():
    neutral = np.random.default_rng(0).normal(size=(60, 3, 10)) * np.linspace(1, 4, 10)
    for layer, found in enumerate(neutral_components(neutral.astype(np.float32))):
        explained = PCA(10).fit(neutral[:, layer]).explained_variance_ratio_.cumsum()
        assert len(found) == int((explained < 0.5).sum()) + 1
        np.testing.assert_allclose(found @ found.T, np.eye(len(found)), atol=1e-5)


def test_what_is_left_is_orthogonal_and_the_rest_unchanged():
    rng = np.random.default_rng(1)
    components = neutral_components(rng.normal(size=(30, 2, 8)).astype(np.float32))
    values = rng.normal(size=(5, 2, 8)).astype(np.float32)
    before = values.copy()
    left = project_out(values, components)
    for layer, directions in enumerate(components):
        assert np.abs(left[:, layer] @ directions.T).max() < 1e-5
        removed = values[:, layer] - left[:, layer]
        np.testing.assert_allclose(removed @ directions.T @ directions, removed, atol=1e-5)
    assert (values == before).all()


def test_constant_or_broken_neutral_text_removes_nothing():
    neutral = np.ones((5, 2, 4), dtype=np.float32)
    neutral[0, 1] = np.nan
    components = neutral_components(neutral)
    assert [len(c) for c in components] == [0, 0]
    values = np.ones((2, 2, 4), dtype=np.float32)
    assert (project_out(values, components) == values).all()
