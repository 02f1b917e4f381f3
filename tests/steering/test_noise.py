"""Gumbel sampling: draws from the softmax, the same noise for all strengths, another one for every sample."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from emotion_core.steering.generate import choose, gumbel

LOGITS = torch.tensor([1.0, 0.2, -0.5, 2.0, 0.0, -3.0])
DRAWS = 4000


def drawn(temperature=1.0, top_p=1.0) -> np.ndarray:
    """How often each token was chosen in many steps of one text."""
    noise = torch.stack([gumbel(0, "a prompt", 0, step, len(LOGITS)) for step in range(DRAWS)])
    chosen = choose(LOGITS.expand(DRAWS, -1), noise, temperature, top_p)
    return np.bincount(chosen.numpy(), minlength=len(LOGITS))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_choices_follow_the_softmax(temperature):
    expected = torch.softmax(LOGITS.double() / temperature, -1).numpy() * DRAWS
    assert stats.chisquare(drawn(temperature), expected).pvalue > 1e-3


def test_samples_and_prompts_draw_from_the_same_softmax():
    noise = torch.stack([gumbel(0, f"prompt {s % 7}", s, 3, len(LOGITS)) for s in range(DRAWS)])
    counts = np.bincount(choose(LOGITS.expand(DRAWS, -1), noise, 1.0, 1.0).numpy(), minlength=len(LOGITS))
    assert stats.chisquare(counts, torch.softmax(LOGITS.double(), -1).numpy() * DRAWS).pvalue > 1e-3


def test_top_p_never_chooses_outside_and_keeps_the_proportions_inside():
    chances = torch.softmax(LOGITS.double(), -1).numpy()
    # Ordered: token 3 (.57), 0 (.21), 1 (.09), 4, 2, 5: the smallest set with .82 has three tokens.
    inside = [3, 0, 1]
    assert chances[[3, 0]].sum() < 0.82 < chances[inside].sum()
    counts = drawn(top_p=0.82)
    assert counts[[2, 4, 5]].sum() == 0 and (counts[inside] > 0).all()
    expected = chances[inside] / chances[inside].sum() * DRAWS
    assert stats.chisquare(counts[inside], expected).pvalue > 1e-3


def test_a_tiny_top_p_is_greedy_and_top_p_one_takes_nothing_away():
    assert (drawn(top_p=1e-6) > 0).tolist() == [False, False, False, True, False, False]
    assert (drawn(top_p=1.0) > 0).all()


def test_top_p_works_row_by_row():
    logits = torch.tensor([[0.0, 9.0, 0.0], [9.0, 0.0, 0.0]])
    noise = torch.tensor([[5.0, 0.0, 5.0], [0.0, 5.0, 5.0]])
    assert choose(logits, noise, 1.0, 0.5).tolist() == [1, 0]


@pytest.mark.parametrize("temperature", [1e-45, 1e-3])
@pytest.mark.parametrize("top_p", [1.0, 0.9])
def test_a_vanishing_temperature_is_greedy(temperature, top_p):
    noise = gumbel(0, "p", 0, 0, 3)[None]
    assert choose(torch.tensor([[30.0, 10.0, 31.0]]), noise, temperature, top_p).tolist() == [2]
    assert choose(torch.tensor([[-30.0, -10.0, -31.0]]), noise, temperature, top_p).tolist() == [1]


def test_noise_depends_on_seed_prompt_sample_and_step_alone():
    reference = gumbel(1, "prompt", 2, 3, 50)
    assert torch.equal(reference, gumbel(1, "prompt", 2, 3, 50))
    for other in ((2, "prompt", 2, 3), (1, "prompt.", 2, 3), (1, "prompt", 3, 3), (1, "prompt", 2, 4)):
        assert (gumbel(*other, 50) != reference).all()
    assert torch.isfinite(gumbel(0, "", 0, 0, 100_000)).all()
    # A Gumbel variable has mean .5772 and variance pi^2 / 6.
    many = gumbel(0, "", 0, 0, 100_000)
    assert abs(float(many.mean()) - 0.5772) < 0.02 and abs(float(many.var()) - np.pi**2 / 6) < 0.05
