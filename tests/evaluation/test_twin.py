"""The untrained twin's vectors: other numbers from the same texts in the same steps."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bundled import Bundled

from emotion_core.base.errors import SettingsError
from emotion_core.evaluation.confounds import orthogonalise
from emotion_core.evaluation.transfer import read_twin


def test_the_twin_is_built_as_the_vectors_were(bundled: Bundled) -> None:
    vectors = bundled.twelve
    twin = bundled.run(read_twin(bundled.model, vectors, bundled.cache))
    assert twin.model == "untrained:demo" and twin.fingerprint != vectors.model.fingerprint
    assert twin.values.shape == vectors.values.shape and not np.allclose(twin.values, vectors.values, atol=0.01)
    left = bundled.run(orthogonalise(bundled.model, vectors, emotions=["joy"], cache=bundled.cache))
    fewer = bundled.run(read_twin(bundled.model, left, bundled.cache))
    assert fewer.emotions == left.emotions
    kept = [vectors.emotions.index(emotion) for emotion in left.emotions]
    np.testing.assert_allclose(fewer.values, twin.values[kept], atol=1e-6)


def test_texts_that_are_not_known_cannot_be_read(bundled: Bundled) -> None:
    with pytest.raises(SettingsError, match="not known"):
        bundled.run(read_twin(bundled.model, replace(bundled.vectors, prompt_sets=())))
