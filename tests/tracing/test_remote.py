"""Traces as they would be sent to NDIF: through the serialiser, our modules hidden, and the same numbers back."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from tiny import TEXTS, tiny_model

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import run_to_end
from emotion_core.tracing import envoy
from emotion_core.tracing.decode import prefill, spread, step
from emotion_core.tracing.envoy import Remote, key_of_the_session, retried
from emotion_core.tracing.options import Asked, score_options
from emotion_core.tracing.record import record
from emotion_core.tracing.steer import Intervention


@pytest.fixture(params=["gpt2", "gpt_neo", "llama"])
def both(request):
    """The same model twice: traced here, and as a dry run."""
    here, away = tiny_model(request.param), tiny_model(request.param)
    away.remote = Remote("dry run")
    return here, away


def test_build_reads_the_same(both):
    one, other = (run_to_end(record(model, TEXTS, ReadingPosition())) for model in both)
    np.testing.assert_array_equal(one.values, other.values)
    np.testing.assert_array_equal(one.token_norms, other.token_norms)


def decoded(model) -> torch.Tensor:
    """Three steps of sixteen rows, steered in the prompt and at every step, rows taken apart in between."""
    directions = torch.randn(16, 32, generator=torch.Generator().manual_seed(0))
    edit = Intervention(1, "add", directions / directions.norm(dim=-1, keepdim=True), torch.linspace(0, 3, 16))
    late = Intervention(2, "project_out", edit.directions, torch.linspace(0, 1, 16))
    cache = prefill(model, [[5, 6, 7]] * 16, [edit])
    cache = spread(cache, list(reversed(range(16))))
    found = []
    for token in (8, 9, 10):
        cache, logits = step(model, torch.full((16,), token), cache, [late, edit])
        found.append(logits)
    return torch.stack(found)


def test_sweep_writes_the_same(both):
    one, other = (decoded(model) for model in both)
    torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    assert (one[:, 0] - one[:, -1]).abs().max() > 1e-2, "the rows were steered differently"


def test_behave_scores_the_same(both):
    direction = np.eye(1, 32, dtype=np.float32)
    asked = [
        Asked((1, 2, 3), ((4,), (5,)), shared=2, amount=0.5, spans=((0, 2),)),
        Asked((1, 2, 6, 7), ((4, 8), (5,)), shared=2),
    ]
    one, other = (run_to_end(score_options(model, asked, 1, direction)) for model in both)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_a_connection_that_fails_is_tried_again_and_then_said(tiny, monkeypatch):
    waits, calls = [], []
    monkeypatch.setattr(envoy, "_pause", lambda remote, seconds, state: waits.append(seconds))
    model = tiny_model("gpt2")
    model.remote = Remote("ndif", "secret")

    @retried
    def trace(model, fails: int):
        calls.append(1)
        if len(calls) <= fails:
            raise ConnectionRefusedError("no route to host")
        return "done"

    assert trace(model, 2) == "done" and waits == [2.0, 4.0]
    calls.clear()
    with pytest.raises(ModelError, match=r"ConnectionRefusedError: no route to host, after 3 attempts") as caught:
        trace(model, 9)
    assert "secret" not in str(caught.value) and "secret" not in repr(model.remote)

    @retried
    def wrong(model):
        calls.append(1)
        raise ValueError("no such layer")

    calls.clear()
    with pytest.raises(ModelError, match="could not be run"):
        wrong(model)
    assert len(calls) == 1 and len(waits) == 4, "a fault of the trace is not sent again"


def test_the_key_goes_with_the_request(monkeypatch):
    model = tiny_model("gpt2")
    model.remote = Remote("ndif", "secret", model_key="a:b")
    model.envoy = SimpleNamespace(_remoteable_get_env=dict)
    backend = envoy.trace_options(model)["backend"]
    assert backend.api_key == "secret" and backend.model_key == "a:b"
    monkeypatch.delenv("NDIF_API_KEY", raising=False)
    with pytest.raises(ModelError, match="NDIF_API_KEY"):
        key_of_the_session()
