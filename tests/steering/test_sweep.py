"""Whole sweeps on tiny models: where they steer and what they report."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from tiny import MAIN, tiny_model
from tracing.plain import blocks

from emotion_core.base.jobs import run_to_end
from emotion_core.steering import generate
from emotion_core.steering.generate import BASELINE_TEXTS, WRITING, n_texts
from emotion_core.steering.summary import longest_loop, repetition
from emotion_core.steering.sweep import sweep
from steering.handmade import LAYER, all_written, random_controls, random_vectors, run, settings, written


@pytest.mark.parametrize("family", MAIN)
@pytest.mark.parametrize("scope", ["generated", "prompt", "both"])
def test_scope_says_which_positions_are_steered(family, scope):
    """What a block puts out by itself against what the next one gets, in every forward pass of a sweep."""
    model = tiny_model(family)
    outputs, inputs = [], []
    own = blocks(model)[LAYER]
    forward = own.forward

    def watched(*args, **kwargs):
        output = forward(*args, **kwargs)
        outputs.append((output[0] if isinstance(output, tuple) else output).clone())
        return output

    own.forward = watched  # before nnsight wraps it, so that it sees the output without the edit
    blocks(model)[LAYER + 1].register_forward_pre_hook(lambda _, args: inputs.append(args[0].clone()))
    rows = all_written(model, prompts=("The door opens",), scope=scope, controls=1, samples=1, max_new_tokens=5)
    units = np.concatenate([random_vectors(model).units[:1, LAYER], random_controls(model, 1)[:, 0]])
    asked = torch.tensor(np.stack([units[w.row.direction] * w.row.strength * 10 for w in rows]))
    moved = [b - a for a, b in zip(outputs, inputs, strict=True)]
    prefilled, steps = moved[0], moved[1:]
    assert prefilled.shape[1] == len(rows[0].prompt_ids) - 1 and len(steps) == 5
    steered_steps = {"generated": 5, "both": 5, "prompt": 1}[scope]  # the first step reads the prompt's last token
    for t, step in enumerate(steps):
        expected = asked if t < steered_steps else torch.zeros_like(asked)
        torch.testing.assert_close(step[: len(rows), 0], expected, atol=2e-5, rtol=1e-5)
    if scope == "generated":
        assert not prefilled.any()
    else:
        strengths = prefilled.norm(dim=-1)  # a row a condition: unsteered, emotion and control at two strengths
        assert prefilled.shape[0] % generate.ROW_MULTIPLE == 0
        assert sorted(strengths[:5, 0].round(decimals=3).tolist()) == [0.0, 5.0, 5.0, 5.0, 5.0]
        torch.testing.assert_close(strengths, strengths[:, :1].expand_as(strengths), atol=1e-4, rtol=0)


def test_a_huge_strength_is_reported_as_broken_and_harms_no_other(tiny):
    model = tiny("gpt2")
    with np.errstate(over="ignore"):
        result = run(model, strengths=(-0.5, 0.5, 1e38))
    plain = run(model)
    by = {one.strength: one for one in result.strengths}
    assert by[1e38].broken == by[1e38].n == 4 and not by[1e38].coherent and not by[1e38].evidence
    assert by[0.5].broken == by[-0.5].broken == by[0.0].broken == 0
    kept = [row for row in result.rows if row.strength != 1e38]
    assert tuple(kept) == plain.rows
    assert [one.effect for one in result.strengths[:3]] == [one.effect for one in plain.strengths]
    assert all(row.broken and row.text == "" for row in result.rows if row.strength == 1e38)
    document = json.dumps(result.to_json(), allow_nan=False)
    assert json.loads(document)["summary"][-1]["broken"] == 4


def test_rows_say_what_they_are(tiny):
    model = tiny("llama")
    result, rows = run(model), written(model)
    outer = sum(s != 0 for s in result.usable_window)
    assert len(result.rows) == 2 * (2 + 2 * 2 + outer * 2 * 2) and n_texts(result.settings) == 2 * (16 + 2 * 3 * 2)
    keys = [(r.prompt, r.strength, r.direction, r.sample) for r in result.rows]
    places = [(settings().prompts.index(p), s, d != "emotion", d, n) for p, s, d, n in keys]
    assert places == sorted(places) and len(set(keys)) == len(keys)
    for r in result.rows:
        direction = 0 if r.direction == "emotion" else int(r.direction.removeprefix("control-"))
        own = rows[settings().prompts.index(r.prompt), direction, r.sample, r.strength]
        if direction:
            continue  # the controls of a sweep are drawn by itself
        assert r.text == model.decode(list(own.ids)) and not r.broken
        assert (r.repetition, r.loop) == (repetition(own.ids), longest_loop(own.ids))
        unsteered = rows[settings().prompts.index(r.prompt), 0, r.sample, 0.0].ids
        assert (r.differs_at is None) == (own.ids == unsteered)
        if r.differs_at is not None:
            assert own.ids[: r.differs_at] == unsteered[: r.differs_at]


def test_unsteered_texts_are_the_zero_and_the_unit_of_every_reading(tiny):
    result = run(tiny("gpt2"), samples=BASELINE_TEXTS, strengths=(0.5,), controls=0)
    zero = [[r.emotion_score for r in result.rows if r.strength == 0 and r.prompt == p] for p in settings().prompts]
    assert [len(z) for z in zero] == [16, 16]
    assert np.mean(zero, axis=1) == pytest.approx([0, 0], abs=1e-4)
    assert np.sqrt(np.var(zero, axis=1, ddof=1).mean()) == pytest.approx(1.0, abs=1e-4)
    changes = {(r.prompt, r.sample): r.emotion_score for r in result.rows if r.strength == 0.5}
    before = {(r.prompt, r.sample): r.emotion_score for r in result.rows if r.strength == 0}
    effect = np.mean([changes[key] - before[key] for key in changes])
    assert result.strengths[-1].effect == pytest.approx(effect, abs=1e-5)


def test_the_units_of_a_strength(tiny):
    model = tiny("gpt2")
    fraction, raw = run(model), run(model, unit="raw", strengths=(-5.0, 5.0))
    assert (fraction.scale, raw.scale) == (10.0, 1.0)
    assert [r.text for r in fraction.rows] == [r.text for r in raw.rows], "0.5 of a length of 10 is 5 raw"


@pytest.mark.parametrize("operation", ["project_out", "clamp"])
def test_the_other_operations_run(tiny, operation):
    result = run(tiny("gpt_neo"), operation=operation, strengths=(1.0,))
    changed = [row.differs_at is not None for row in result.rows if row.strength == 1.0]
    assert any(changed) and all(row.differs_at is None for row in result.rows if row.strength == 0)


def test_progress_grows_to_the_end(tiny):
    steps = []
    run_to_end(sweep(tiny("gpt2"), random_vectors(tiny("gpt2")), settings()), steps.append)
    writing = [p.done for p in steps if p.what == WRITING]
    assert writing == list(range(1, 17)) and steps[0].total == 16
    assert len({p.what for p in steps}) == 3 and all(0 <= p.fraction <= 1 for p in steps)
