"""`geometry` and `compare` for a reader: the claims with their tests, and p-values that are never zero."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.cli.main import main
from emotion_core.geometry.norms import circumplex
from emotion_core.tracing.activations import ModelInfo
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import save_vectors


def file_of(path, values: np.ndarray, words: tuple[str, ...]) -> str:
    n, layers, width = values.shape
    info = ModelInfo("toy", "a" * 64, layers, width, 64)
    table = np.full((n, layers), 0.8, dtype=np.float32)
    norms = np.ones(layers, dtype=np.float32)
    vectors = EmotionVectors(
        info, words, values.astype(np.float32), norms, (0,) * n, layers - 1, table, np.zeros_like(table)
    )
    save_vectors(vectors, path)
    return str(path)


@pytest.fixture
def files(tmp_path):
    """A map with valence as its first axis, and one of noise."""
    words = tuple(list(circumplex().valence)[:40])
    noise = np.random.default_rng(0).normal(size=(40, 2, 24))
    planted = 0.1 * noise + 3 * circumplex().of(words)[0][:, None, None] * np.eye(1, 24)
    return file_of(tmp_path / "planted.safetensors", planted, words), file_of(tmp_path / "n.safetensors", noise, words)


def test_the_claims_stand_below_the_table(capsys, files):
    planted, noise = files
    assert main(["geometry", planted]) == 0
    said = capsys.readouterr().out
    assert "\nstands: Component 1 follows valence: |r| = 1.00, n = 40, p < 0.001" in said
    assert "Ratings: circumplex" in said
    assert main(["geometry", noise]) == 0
    assert "\nstands:" not in capsys.readouterr().out


def test_a_p_value_is_never_zero(capsys, files):
    assert main(["compare", files[0], files[0]]) == 0
    assert capsys.readouterr().out.strip() == "r = 1.00 over 40 shared emotions, p < 0.001"
