"""Surprise and readings of generated texts against plain forward passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import MAIN, TEXTS

from emotion_core.base.jobs import run_to_end
from emotion_core.tracing import score as scorer
from emotion_core.tracing.score import Continuation, score
from tracing.plain import logits, streams

LAYER = 2


@pytest.fixture(params=MAIN)
def model(request, tiny):
    return tiny(request.param)


def continuations(model) -> list[Continuation]:
    starts = (5, 1, 12, 3, 20, 2, 8)
    return [Continuation(model.encode(text).ids, start) for text, start in zip(TEXTS, starts, strict=True)]


def directions() -> np.ndarray:
    drawn = np.random.default_rng(0).normal(size=(3, 32)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def test_surprise_and_readings_equal_plain_forward_passes(model):
    texts, units = continuations(model), directions()
    scores = run_to_end(score(model, texts, LAYER, units))
    for i, text in enumerate(texts):
        chances = torch.log_softmax(logits(model, text.ids), -1)
        nats = [-float(chances[t - 1, text.ids[t]]) for t in range(text.start, len(text.ids))]
        np.testing.assert_allclose(scores.surprise[i], nats, atol=1e-4, rtol=1e-4)
        hidden = streams(model, text.ids)[1 + LAYER, text.start :]
        np.testing.assert_allclose(scores.readings[i], (hidden @ units.T).mean(0), atol=1e-4)


def test_a_text_without_continuation_has_no_reading_and_no_surprise(tiny):
    model = tiny("gpt2")
    ids = model.encode(TEXTS[0]).ids
    empty, full = Continuation(ids, len(ids)), Continuation(ids, 4)
    scores = run_to_end(score(model, [empty, full, empty], LAYER, directions()))
    assert [len(s) for s in scores.surprise] == [0, len(ids) - 4, 0]
    assert np.isnan(scores.readings[[0, 2]]).all() and np.isfinite(scores.readings[1]).all()


def test_batches_change_nothing(tiny, monkeypatch):
    model = tiny("gpt2")
    texts = continuations(model)
    whole = run_to_end(score(model, texts, LAYER, directions()))
    monkeypatch.setattr(scorer, "LOGITS_PER_BATCH", model.vocabulary * 40)
    steps = []
    split = run_to_end(score(model, texts, LAYER, directions()), steps.append)
    assert len(steps) > 3
    np.testing.assert_allclose(split.readings, whole.readings, atol=1e-4)
    for a, b in zip(split.surprise, whole.surprise, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4, rtol=1e-4)


def test_projections_of_single_tokens_have_the_reading_as_their_mean(tiny):
    model = tiny("gpt2")
    texts = continuations(model)
    scores = run_to_end(score(model, texts, LAYER, directions(), every_token=[2, 0]))
    for i, text in enumerate(texts):
        hidden = streams(model, text.ids)[1 + LAYER, text.start :]
        np.testing.assert_allclose(scores.tokens[i], hidden @ directions()[[2, 0]].T, atol=1e-4)
        np.testing.assert_allclose(scores.tokens[i].mean(0), scores.readings[i, [2, 0]], atol=1e-4)
    assert run_to_end(score(model, texts, LAYER, directions())).tokens == ()
