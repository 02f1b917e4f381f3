"""Scores of options against plain forward passes of the whole text, with hooks where something is steered."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import FAMILIES

from emotion_core.base.jobs import run_to_end
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing import options
from emotion_core.tracing.options import Asked, score_options
from tracing.plain import blocks, logits

LAYER = 1


def plain_score(model: LoadedModel, one: Asked, k: int, moved: np.ndarray | None = None) -> float:
    """Sum of log-probabilities of one option, from one forward pass over prompt and option without a cache.

    Args:
        model: The model.
        one: What was asked.
        k: Which option.
        moved: float32 [width], added after the layer at the steered positions.
    """
    ids = (*one.ids, *one.options[k])
    positions = [p for a, b in one.spans for p in range(a, b)]
    if one.option_weights:
        positions += range(len(one.ids), len(ids))

    def hook(_, args, output):
        hidden = output[0] if isinstance(output, tuple) else output
        hidden[:, positions] += torch.tensor(moved)

    handle = None if moved is None else blocks(model)[LAYER].register_forward_hook(hook)
    nats = torch.log_softmax(logits(model, ids).float(), -1)
    if handle:
        handle.remove()
    return sum(float(nats[t - 1, ids[t]]) for t in range(len(one.ids), len(ids)))


def prompts(model: LoadedModel, **more) -> list[Asked]:
    """Four prompts, three with the same beginning; options of one and of several tokens."""
    begin = model.encode("The lamp flickers and steps").ids
    ends = (" come closer.", " fade away into the night", " stop")
    options = [model.encode(text).ids for text in (" He waits.", " Two dogs run along", " Tea")]
    asked = [Asked((*begin, *model.encode(end).ids), tuple(options), len(begin), **more) for end in ends]
    return [*asked, Asked(model.encode("Bread is rising").ids, ((5,), (77,), (130,)), **more)]


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_equal_a_plain_forward_of_the_whole_text(tiny, family):
    model = tiny(family)
    asked = prompts(model)
    found = run_to_end(score_options(model, asked))
    for one, scores in zip(asked, found, strict=True):
        np.testing.assert_allclose(scores, [plain_score(model, one, k) for k in range(3)], atol=2e-4, rtol=1e-4)


@pytest.mark.parametrize("family", ["gpt2", "llama", "gpt_neo"])
@pytest.mark.parametrize("steer_options", [False, True])
def test_steering_moves_exactly_the_named_positions(tiny, family, steer_options):
    model = tiny(family)
    directions = np.random.default_rng(1).normal(size=(2, 32)).astype(np.float32)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    spans = ((1, 3), (6, 9))  # the first inside the shared beginning, the second across its end or after it
    kinds = [(0, 0.0), (0, 4.0), (1, -4.0)]
    asked = [
        one
        for d, amount in kinds
        for one in prompts(model, direction=d, amount=amount, spans=spans, option_weights=(1.0,) * steer_options)
    ]
    found = run_to_end(score_options(model, asked, LAYER, directions))
    for one, scores in zip(asked, found, strict=True):
        moved = directions[one.direction] * one.amount
        expected = [plain_score(model, one, k, moved) for k in range(3)]
        np.testing.assert_allclose(scores, expected, atol=3e-4, rtol=1e-4)
    assert np.abs(found[0] - found[4]).max() > 0.01, "the steering did something"


def test_every_prompt_is_counted_once_in_the_progress(tiny):
    asked = prompts(tiny("gpt2"))
    steps = []
    run_to_end(score_options(tiny("gpt2"), asked), steps.append)
    assert steps[-1].done == steps[-1].total == 4


def test_numbers_that_are_not_finite_are_not_a_number(tiny):
    asked = prompts(tiny("gpt2"), amount=1e38, spans=((0, 4),))
    found = run_to_end(score_options(tiny("gpt2"), asked[:1], LAYER, np.ones((1, 32), np.float32)))
    assert np.isnan(found[0]).all()


def test_tokens_that_prompts_share_are_computed_once(tiny, monkeypatch):
    """Also those after the named beginning, and beside beginnings of the same length in one batch."""
    model = tiny("llama")
    begins = [model.encode(text).ids[:5] for text in ("The lamp flickers and", "Bread is rising in the")]
    between, end = model.encode(" or a ").ids[:3], model.encode(" so").ids[-1:]
    ids = [(*begin, *between, 20 + k, 30 + k, *end) for begin in begins for k in range(6)]
    counted = []
    forward = options._forward

    def counting(model, tokens, *rest):
        counted.append(tokens.numel())
        return forward(model, tokens, *rest)

    monkeypatch.setattr(options, "_forward", counting)
    asked = [Asked(one, ((5,), (77,)), 5) for one in ids]
    found = run_to_end(score_options(model, asked))
    assert sum(counted) == len({one[: i + 1] for one in ids for i in range(len(one))})
    assert len(counted) == 2, "both beginnings in one pass, all ends in another"
    for one, scores in zip(asked, found, strict=True):
        np.testing.assert_allclose(scores, [plain_score(model, one, k) for k in range(2)], atol=2e-4, rtol=1e-4)


def test_steering_of_the_tokens_that_are_shared_beyond_the_named_beginning(tiny):
    model = tiny("gpt2")
    directions = np.eye(32, dtype=np.float32)[:1]
    begin = model.encode("The lamp flickers and").ids[:4]
    asked = [
        Asked((*begin, 40, 41, 50 + k, 60), ((5,), (77,)), 4, amount=amount, spans=((5, 7),))
        for k in range(3)
        for amount in (0.0, 6.0)
    ]
    found = run_to_end(score_options(model, asked, LAYER, directions))
    for one, scores in zip(asked, found, strict=True):
        expected = [plain_score(model, one, k, directions[0] * one.amount) for k in range(2)]
        np.testing.assert_allclose(scores, expected, atol=3e-4, rtol=1e-4)
