"""A strength at which the model's numbers overflow is reported as broken there, and the others stand."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import tiny_model

from emotion_core.base.jobs import run_to_end
from emotion_core.steering import generate as generator
from emotion_core.steering.crosstalk import crosstalk
from emotion_core.steering.finding import sweep_finding
from emotion_core.steering.settings import CrossTalkSettings
from emotion_core.steering.sweep import sweep
from steering.handmade import random_vectors, run, settings, written


@pytest.mark.parametrize("scope", ["generated", "both"])
def test_half_precision_overflows_at_one_strength_only(scope):
    model = tiny_model("llama")
    model.module.half()
    model = replace(model, info=replace(model.info, dtype="float16"))
    vectors = random_vectors(model)
    plain = run_to_end(sweep(model, vectors, settings(scope=scope)))
    result = run_to_end(sweep(model, vectors, settings(scope=scope, strengths=(-0.5, 0.5, 1e5))))
    assert tuple(r for r in result.rows if r.strength != 1e5) == plain.rows
    assert [one.broken for one in result.strengths] == [0, 0, 0, 4]
    assert [one.effect for one in result.strengths[:3]] == [one.effect for one in plain.strengths]
    assert result.strengths[-1].effect is None and not result.strengths[-1].coherent
    assert result.usable_window[1] < 1e5 and "not finite" in sweep_finding(result).sentence
    json.dumps(result.to_json(), allow_nan=False)


def test_a_number_that_breaks_in_the_middle_of_a_text_ends_that_text_alone(tiny, monkeypatch):
    model = tiny("gpt2")
    plain, whole = run(model), written(model)
    real, steps = generator.step, []

    def faulty(loaded, tokens, cache, edits=()):
        cache, logits = real(loaded, tokens, cache, edits)
        steps.append(1)
        if len(steps) % 8 == 4 and edits:  # the fourth token of every prompt
            logits = logits.clone()
            logits[edits[0].amounts == 5.0, 7] = torch.nan
        return cache, logits

    monkeypatch.setattr(generator, "step", faulty)
    result = run(model)
    by = {one.strength: one for one in result.strengths}
    assert by[0.5].broken == by[0.5].n == 4 and by[-0.5].broken == by[0.0].broken == 0
    # Controls are written at the ends of the usable window, which is smaller where a strength broke.
    others = [r for r in result.rows if r.strength != 0.5 and r.direction == "emotion"]
    assert others == [r for r in plain.rows if r.strength != 0.5 and r.direction == "emotion"]
    assert by[-0.5].effect == next(one.effect for one in plain.strengths if one.strength == -0.5)
    steps.clear()
    cut = {key: w for key, w in written(model).items() if key[3] == 0.5}
    assert cut and all(w.broken and len(w.ids) <= 3 and w.ids == whole[key].ids[:3] for key, w in cut.items())


def test_cross_talk_leaves_out_what_broke(tiny):
    model = tiny("gpt2")
    vectors = random_vectors(model)
    chosen = CrossTalkSettings(prompts=("Tea is",), strength=0.5, controls=3, samples=2, max_new_tokens=6, layer=1)
    plain = run_to_end(crosstalk(model, vectors, chosen))
    with np.errstate(over="ignore"):
        broken = run_to_end(crosstalk(model, vectors, replace(chosen, strength=1e38)))
    assert np.isfinite(plain.matrix).all() and np.isnan(broken.matrix).all()
    assert broken.coherent == (False, False, False)
