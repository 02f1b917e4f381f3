"""Decoding token by token against full forward passes and against transformers' own generate."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import FAMILIES, MAIN, TEXTS, tiny_model

from emotion_core.base.jobs import run_to_end
from emotion_core.models.encode import Encoding
from emotion_core.tracing.decode import ROW_MULTIPLE, advance, prefill, spread, step
from emotion_core.tracing.envoy import Remote
from emotion_core.tracing.record import project_layers
from emotion_core.tracing.steer import Intervention
from tracing.plain import logits


@pytest.mark.parametrize("family", FAMILIES)
def test_token_by_token_equals_a_full_forward(tiny, family):
    model = tiny(family)
    ids = model.encode(TEXTS[5]).ids
    cache, seen = None, []
    for token in ids:
        cache, one = step(model, torch.tensor([token]), cache)
        seen.append(one[0])
    torch.testing.assert_close(torch.stack(seen), logits(model, ids), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_prefilled_prompt_spread_over_rows_continues_each_its_own_way(tiny, family):
    model = tiny(family)
    prompt = model.encode(TEXTS[4]).ids
    ends = torch.tensor([[5, 9, 20], [31, 77, 4], [5, 60, 61]])
    cache = spread(prefill(model, [prompt]), [0, 0, 0])
    seen = []
    for t in range(3):
        cache, one = step(model, ends[:, t], cache)
        seen.append(one)
    for row in range(3):
        full = logits(model, (*prompt, *ends[row].tolist()))[-3:]
        torch.testing.assert_close(torch.stack(seen)[:, row], full, atol=1e-4, rtol=1e-4)


def test_spreading_leaves_the_prompt_as_it_was_and_picks_rows(tiny):
    model = tiny("llama")
    cache = prefill(model, [[7, 8, 9]] * 2)
    before = cache.value.layers[0].keys.clone()
    spread_cache = spread(cache, [1, 0, 1])
    step(model, torch.tensor([1, 2, 3]), spread_cache)
    assert torch.equal(cache.value.layers[0].keys, before) and cache.value.get_seq_length() == 3
    assert spread_cache.value.layers[0].keys.shape[0] == 3 and spread_cache.value.get_seq_length() == 4


def test_a_step_writes_behind_what_is_remembered_and_copies_nothing(tiny):
    """In 150 steps of two texts that part, each beside a pass over all of it."""
    model = tiny("llama")
    tokens = torch.randint(3, model.vocabulary, (2, 154), generator=torch.Generator().manual_seed(0))
    cache = spread(prefill(model, [tokens[0, :4].tolist()]), [0])
    other, places = None, []
    for t in range(4, 154):
        if t == 40:
            other = spread(cache, [0])
        cache, last = step(model, tokens[:1, t], cache)
        places.append(cache.value.layers[0].keys.data_ptr())
        if other is not None:
            other, another = step(model, tokens[1:, t], other)
    assert len(set(places)) == 3, "more room after 64 and 128 tokens"
    torch.testing.assert_close(last[0], logits(model, tokens[0].tolist())[-1], atol=1e-4, rtol=1e-4)
    parted = [*tokens[0, :40].tolist(), *tokens[1, 40:].tolist()]
    torch.testing.assert_close(another[0], logits(model, parted)[-1], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", MAIN)
def test_rows_get_the_same_bits_however_the_batch_is_split(tiny, family):
    """What batches are filled up to a multiple of `ROW_MULTIPLE` for."""
    model = tiny(family)
    prompt = model.encode(TEXTS[0]).ids
    tokens = torch.arange(3 * ROW_MULTIPLE) % model.vocabulary
    base = prefill(model, [prompt])
    _, whole = step(model, tokens, spread(base, [0] * len(tokens)))
    for start in range(0, len(tokens), ROW_MULTIPLE):
        part = slice(start, start + ROW_MULTIPLE)
        _, own = step(model, tokens[part], spread(base, [0] * ROW_MULTIPLE))
        assert torch.equal(own, whole[part])


def test_the_head_computes_the_last_token_of_a_prompt_only(tiny):
    model = tiny("gpt2")
    shapes = []
    handle = model.module.get_output_embeddings().register_forward_hook(lambda _m, _i, out: shapes.append(out.shape[1]))
    try:
        prefill(model, [model.encode(TEXTS[4]).ids] * 2)
    finally:
        handle.remove()
    assert shapes == [1]


@pytest.mark.parametrize("away", [False, True])
def test_readings_of_a_step_are_those_of_a_pass_over_the_text_before_its_steering(away):
    model = tiny_model("llama")
    if away:
        model.remote = Remote("dry run")
    matrix = torch.eye(3, 32)
    ids = torch.tensor([[5, 6, 7, 8, 9]] * 2)
    edit = Intervention(1, "add", torch.ones(2, 32) / 32**0.5, torch.tensor([0.0, 30.0]))
    first = advance(model, ids[:, :3], None, [edit], {1: matrix, 3: matrix})
    parts = [first, advance(model, ids[:, 3:], first.cache, [edit], {1: matrix, 3: matrix})]
    found = torch.cat([part.projected for part in parts], dim=1)  # (rows, tokens, layers, directions)
    local = tiny_model("llama")
    encoding = Encoding((5, 6, 7, 8, 9), (True,) * 5)
    (expected,) = run_to_end(project_layers(local, [encoding], {1: matrix.numpy(), 3: matrix.numpy()}))
    np.testing.assert_allclose(found[0], expected, atol=1e-4)
    np.testing.assert_allclose(found[1, :, 0], expected[:, 0], atol=1e-4)  # read before the layer is steered
    assert (found[1, :, 1] - found[0, :, 1]).abs().max() > 0.1
