"""Steering moves what it should by exactly what it should, in every row and at every step, and nothing before it."""

from __future__ import annotations

import pytest
import torch
from tiny import FAMILIES, TEXTS, tiny_model

from emotion_core.tracing.decode import prefill, spread, step
from emotion_core.tracing.steer import Intervention, steered
from tracing.plain import block_inputs

ROWS, STEPS, LAYER = 16, 4, 1
TOKENS = [9, 30, 77, 111]  # fed whatever the steering does, so that steps can be compared


def intervention(operation="add", layer=LAYER, amounts=None, width=32, rows=ROWS) -> Intervention:
    """A direction and an amount of its own for every row; row 3 is not steered."""
    generator = torch.Generator().manual_seed(5)
    directions = torch.randn(rows, width, generator=generator)
    directions /= directions.norm(dim=-1, keepdim=True)
    if amounts is None:
        amounts = torch.linspace(-4, 5, rows)
        amounts[3] = 0.0
    return Intervention(layer, operation, directions, amounts)


def decode(model, edits, prompt_edits=()):
    """Inputs of every block: in the prompt [rows, tokens, width], in the steps [steps, rows, width]; and logits."""
    ids = model.encode(TEXTS[0]).ids
    with block_inputs(model) as seen:
        cache = prefill(model, [ids] * ROWS, prompt_edits)
        if not prompt_edits:
            cache = spread(cache, list(range(ROWS)))
        logits = []
        for token in TOKENS:
            cache, one = step(model, torch.full((ROWS,), token), cache, edits)
            logits.append(one)
    return [x[0] for x in seen], [torch.stack([y[:, 0] for y in x[1:]]) for x in seen], torch.stack(logits)


@pytest.mark.parametrize("family", FAMILIES)
def test_add_moves_every_row_at_every_step_by_strength_times_direction(tiny, family):
    model, edit = tiny(family), intervention()
    prompt, plain, plain_logits = decode(model, [])
    same_prompt, moved, logits = decode(model, [edit])
    asked = (edit.amounts[:, None] * edit.directions).expand(STEPS, ROWS, 32)
    torch.testing.assert_close(moved[LAYER + 1] - plain[LAYER + 1], asked, atol=2e-5, rtol=1e-5)
    for earlier in range(LAYER + 1):
        assert torch.equal(moved[earlier], plain[earlier])
    for i in range(4):
        assert torch.equal(prompt[i], same_prompt[i]), "the prompt was not steered"
    changed = (logits != plain_logits).any(-1)  # (steps, rows)
    assert not changed[:, 3].any() and changed[:, [r for r in range(ROWS) if r != 3]].all()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_steered_prompt_moves_at_every_position(tiny, family):
    model, edit = tiny(family), intervention()
    plain, plain_steps, _ = decode(model, [])
    moved, moved_steps, _ = decode(model, [], [edit])
    asked = (edit.amounts[:, None] * edit.directions)[:, None].expand_as(plain[0])
    torch.testing.assert_close(moved[LAYER + 1] - plain[LAYER + 1], asked, atol=2e-5, rtol=1e-5)
    for earlier in range(LAYER + 1):
        assert torch.equal(moved[earlier], plain[earlier])
        assert torch.equal(moved_steps[earlier], plain_steps[earlier])
    # Later tokens look back at the steered prompt in the layers above.
    seen = (moved_steps[-1] != plain_steps[-1]).any(-1)
    assert not seen[:, 3].any() and seen[:, [r for r in range(ROWS) if r != 3]].all()


@pytest.mark.parametrize("family", FAMILIES)
def test_project_out_leaves_no_projection_and_clamp_sets_it(tiny, family):
    model = tiny(family)
    _, plain, _ = decode(model, [])
    removed, clamped = intervention("project_out", amounts=torch.ones(ROWS)), intervention("clamp")
    _, without, _ = decode(model, [removed])
    _, held, _ = decode(model, [clamped])
    after = LAYER + 1
    assert (plain[after] * removed.directions).sum(-1).abs().max() > 0.5
    assert (without[after] * removed.directions).sum(-1).abs().max() < 1e-5
    along = (held[after] * clamped.directions).sum(-1)  # (steps, rows)
    rows = [r for r in range(ROWS) if r != 3]  # amount 0: left alone
    torch.testing.assert_close(along[:, rows], clamped.amounts[rows].expand(STEPS, -1), atol=2e-5, rtol=1e-5)
    for moved, edit in ((without, removed), (held, clamped)):
        across = moved[after] - plain[after]
        across -= (across * edit.directions).sum(-1, keepdim=True) * edit.directions
        assert across.abs().max() < 2e-5, f"{edit.operation} moves along the direction only"


@pytest.mark.parametrize("family", FAMILIES)
def test_amount_zero_is_bit_identical_to_no_steering(tiny, family):
    model = tiny(family)
    _, plain, plain_logits = decode(model, [])
    for operation in ("add", "project_out", "clamp"):
        edit = intervention(operation, amounts=torch.zeros(ROWS))
        _, moved, logits = decode(model, [edit], [edit])
        assert torch.equal(logits, plain_logits), operation
        assert all(torch.equal(a, b) for a, b in zip(plain, moved, strict=True)), operation


def test_edits_of_several_layers_may_come_in_any_order(tiny):
    model = tiny("gpt_neo")
    low, high = intervention(layer=0), intervention(layer=2)
    _, only_low, _ = decode(model, [low])
    _, both, logits = decode(model, [high, low])
    _, _, in_order = decode(model, [low, high])
    assert torch.equal(logits, in_order)
    asked = (high.amounts[:, None] * high.directions).expand(STEPS, ROWS, 32)
    torch.testing.assert_close(both[3] - only_low[3], asked, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("share", [0.25, 1.0, 2.0])
def test_project_out_takes_away_the_share_asked_for(share):
    hidden = torch.randn(2, 5, 32, generator=torch.Generator().manual_seed(0))
    edit = intervention("project_out", amounts=torch.full((2,), share), rows=2)
    along = (hidden * edit.directions[:, None]).sum(-1)
    left = (steered(hidden, edit) * edit.directions[:, None]).sum(-1)
    torch.testing.assert_close(left, (1 - share) * along, atol=1e-5, rtol=1e-5)


def test_half_precision_is_edited_in_float32_and_given_back_in_half():
    hidden = torch.randn(2, 3, 32, generator=torch.Generator().manual_seed(0)).to(torch.bfloat16)
    edit = intervention("add", amounts=torch.tensor([0.0, 2.0]), rows=2)
    moved = steered(hidden, edit)
    assert moved.dtype == torch.bfloat16 and torch.equal(moved[0], hidden[0])
    exact = hidden[1].float() + 2.0 * edit.directions[1]
    assert torch.equal(moved[1], exact.to(torch.bfloat16))


@pytest.mark.parametrize("family", ["llama", "gpt_neo"])
def test_steering_works_in_bfloat16(family):
    model = tiny_model(family)
    model.module.to(torch.bfloat16)
    edit = intervention()
    _, plain, _ = decode(model, [])
    _, moved, _ = decode(model, [edit])
    asked = (edit.amounts[:, None] * edit.directions).expand(STEPS, ROWS, 32)
    difference = moved[LAYER + 1].float() - plain[LAYER + 1].float()
    torch.testing.assert_close(difference, asked, atol=0.15, rtol=0.02)
    assert torch.equal(moved[LAYER], plain[LAYER])
