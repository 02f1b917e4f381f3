"""Tokens of a sweep's texts: they spell the text, and their means are the text's own figures."""

from __future__ import annotations

import numpy as np
import pytest

from emotion_core.runs.codec import from_bytes, to_bytes
from emotion_core.steering.sweep import Sweep
from steering.handmade import run


def test_tokens_spell_the_texts_and_average_to_their_measures(tiny):
    result = run(tiny("gpt2"), words="You feel {emotion}.", samples=3)
    rows = [*result.rows, *result.in_words]
    assert len(result.tokens.pieces) == len(rows)
    for i, row in enumerate(rows):
        pieces, surprise, readings = result.tokens.of(i)
        assert len(pieces) == len(surprise) == len(readings)
        if row.surprise is not None:
            assert surprise.mean() == pytest.approx(row.surprise, abs=1e-4)
    assert sum(map(len, result.tokens.pieces)) == len(result.tokens.surprise)


def test_readings_of_tokens_order_texts_as_the_scores_do(tiny):
    result = run(tiny("llama"), prompts=("Tea is",), samples=4)
    means = [result.tokens.of(i)[2].mean() for i in range(len(result.rows))]
    scores = [row.emotion_score for row in result.rows]
    assert np.corrcoef(means, scores)[0, 1] == pytest.approx(1.0, abs=1e-4)


def test_they_are_stored_with_the_sweep(tiny):
    result = run(tiny("gpt2"))
    again = from_bytes(Sweep, to_bytes(result))
    assert again.tokens.pieces == result.tokens.pieces and again.tokens.usual == result.tokens.usual
    np.testing.assert_array_equal(again.tokens.readings, result.tokens.readings)
