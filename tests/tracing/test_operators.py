"""Cap, floor and gates: never beyond the bound, only where the reading says, and else the same bits as no steering."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from tiny import TEXTS, tiny_model

from emotion_core.tracing.decode import prefill, step
from emotion_core.tracing.envoy import Remote
from emotion_core.tracing.steer import Intervention, OpenWhen, steered, steered_by
from tracing.plain import block_inputs

ROWS, WIDTH = 16, 32
FAMILIES = ("gpt2", "llama", "gpt_neo")


def units(seed: int, rows: int = ROWS) -> torch.Tensor:
    drawn = torch.randn(rows, WIDTH, generator=torch.Generator().manual_seed(seed))
    return drawn / drawn.norm(dim=-1, keepdim=True)


def bounded(operation, layer=1, bound=0.0, share=1.0, gate=None) -> Intervention:
    return Intervention(layer, operation, units(5), torch.full((ROWS,), share), torch.full((ROWS,), bound), gate)


def written(model, edits):
    """Inputs of every block over the prompt and four steps, [rows, tokens, width] each, and the logits of the steps."""
    ids = model.encode(TEXTS[0]).ids
    with block_inputs(model) as seen:
        cache, logits = prefill(model, [ids] * ROWS, edits), []
        for token in (9, 30, 77, 111):
            cache, one = step(model, torch.full((ROWS,), token), cache, edits)
            logits.append(one)
    return [torch.cat(x, dim=1) for x in seen], torch.stack(logits)


@pytest.fixture(scope="module", params=FAMILIES)
def model(request):
    return tiny_model(request.param)


@pytest.mark.parametrize("operation", ["cap", "floor"])
def test_no_layer_step_or_row_lies_beyond_the_bound_and_nothing_moves_across(model, operation):
    plain, _ = written(model, [])
    edits = [bounded(operation, layer) for layer in (0, 1, 2)]
    held, _ = written(model, edits)
    sign = 1 if operation == "cap" else -1
    for layer in (0, 1, 2):
        along = (held[layer + 1] * units(5)[:, None]).sum(-1)  # (rows, tokens)
        assert (sign * along).max() <= 2e-5
        assert (sign * (plain[layer + 1] * units(5)[:, None]).sum(-1)).max() > 0.5, "there was something to hold"
    moved = held[1] - plain[1]
    across = moved - (moved * units(5)[:, None]).sum(-1, keepdim=True) * units(5)[:, None]
    assert across.abs().max() < 2e-5
    within = sign * (plain[1] * units(5)[:, None]).sum(-1) <= 0
    assert torch.equal(held[1][within], plain[1][within]), "tokens within the bound keep their bits"


@pytest.mark.parametrize(("operation", "bound"), [("cap", 1e6), ("floor", -1e6)])
def test_a_bound_that_is_never_reached_gives_the_same_bits(model, operation, bound):
    plain, logits = written(model, [])
    held, same = written(model, [bounded(operation, bound=bound)])
    assert torch.equal(logits, same) and all(torch.equal(a, b) for a, b in zip(plain, held, strict=True))


def test_a_gate_that_never_opens_gives_the_same_bits_and_an_open_one_those_without_it(model):
    _, logits = written(model, [])
    add = Intervention(1, "add", units(5), torch.full((ROWS,), 3.0))
    shut = OpenWhen(units(6), torch.full((ROWS,), 1e6))
    assert torch.equal(written(model, [replace(add, gate=shut)])[1], logits)
    assert torch.equal(written(model, [replace(add, gate=replace(shut, below=True))])[1], written(model, [add])[1])


@pytest.mark.parametrize("below", [False, True])
def test_a_gate_fires_exactly_where_the_reading_says(model, below):
    plain, _ = written(model, [])
    gate = OpenWhen(units(6), torch.zeros(ROWS), below)
    moved, _ = written(model, [Intervention(0, "add", units(5), torch.full((ROWS,), 3.0), gate=gate)])
    reading = (plain[1] * units(6)[:, None]).sum(-1)  # the block before is the first: it arrives as without steering
    fires = reading < 0 if below else reading > 0
    assert fires.any() and not fires.all()
    change = (moved[1] - plain[1]) * fires[..., None]
    torch.testing.assert_close(change[fires], (3 * units(5))[:, None].expand_as(change)[fires], atol=2e-5, rtol=1e-5)
    assert torch.equal(moved[1][~fires], plain[1][~fires])


def test_gates_of_a_layer_read_the_stream_as_it_arrived():
    hidden = torch.randn(ROWS, 5, WIDTH, generator=torch.Generator().manual_seed(1))
    push = Intervention(1, "add", units(6), torch.full((ROWS,), 100.0))
    late = Intervention(1, "add", units(5), torch.ones(ROWS), gate=OpenWhen(units(6), torch.full((ROWS,), 50.0)))
    assert torch.equal(steered_by(hidden, [push, late]), steered(hidden, push)), "the push itself opens no gate"


def test_amounts_by_token_touch_no_other_token(model):
    ids = model.encode(TEXTS[0]).ids
    weights = torch.zeros(1, len(ids))
    weights[:, 3:5] = 1.0
    edit = Intervention(1, "add", units(5), torch.full((ROWS,), 3.0)).times(weights)
    seen = []
    for edits in ((), [edit]):
        with block_inputs(model) as inputs:
            prefill(model, [ids] * ROWS, edits)
        seen.append([x[0] for x in inputs])
    plain, moved = seen
    touched = (plain[2] != moved[2]).any(-1)
    assert touched[:, 3:5].all() and not touched[:, :3].any() and not touched[:, 5:].any()


@pytest.mark.parametrize("rows", [1, 3, 16])
def test_a_row_is_steered_alike_in_any_batch(rows):
    hidden = torch.randn(ROWS, 5, WIDTH, generator=torch.Generator().manual_seed(1))
    edit = replace(bounded("cap"), gate=OpenWhen(units(6), torch.zeros(ROWS)))
    index = torch.arange(rows)
    assert torch.equal(steered(hidden, edit)[:rows], steered(hidden[:rows], edit.rows(index)))


def test_they_travel_in_a_trace_that_is_sent_away():
    """The dry run serialises the trace and runs it with this project's modules hidden."""
    here, away = tiny_model("llama"), tiny_model("llama")
    away.remote = Remote("dry run")
    gate = OpenWhen(units(6), torch.zeros(ROWS))
    edits = [bounded("cap"), bounded("floor", 2, gate=gate), Intervention(1, "add", units(7), torch.ones(ROWS))]

    def logits(model) -> torch.Tensor:
        cache = prefill(model, [[5, 6, 7]] * ROWS, edits)
        return torch.stack([step(model, torch.full((ROWS,), token), cache, edits)[1] for token in (8,)])

    expected, found = logits(here), logits(away)
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)
