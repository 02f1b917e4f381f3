"""Whole sweeps on tiny models: where they steer, what they reuse, what they report, what they refuse."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
import torch
from tiny import CONTEXT, FAMILIES, MAIN, tiny_model
from tracing.plain import blocks

from emotion_core.errors import ModelError, SettingsError, TextTooLongError, VectorFileError
from emotion_core.runs.progress import run_to_end
from emotion_core.steering import generate as generator
from emotion_core.steering import plan
from emotion_core.steering.generate import generate, generation_ids
from emotion_core.steering.measures import longest_loop, repetition
from emotion_core.steering.plan import BASELINE_TEXTS, control_directions, n_texts
from emotion_core.steering.sweep import sweep
from steering.handmade import random_vectors, run, settings, texts

LAYER = 1


def all_written(model, **more):
    """Everything a sweep generates, baseline texts included, in order."""
    chosen, vectors = settings(**more), random_vectors(model)
    units = np.concatenate([vectors.units[:1, LAYER], control_directions(32, chosen.controls, chosen.seed)])
    return run_to_end(generate(model, chosen, LAYER, units, 10.0))


def written(model, **more):
    """The reported texts of a sweep as tokens, by (prompt, direction, sample, strength)."""
    reported = [w for w in all_written(model, **more) if w.row.reported]
    return {(w.row.prompt, w.row.direction, w.row.sample, w.row.strength): w for w in reported}


@pytest.mark.parametrize("family", FAMILIES)
def test_strength_zero_equals_transformers_own_greedy_generate(family):
    model = tiny_model(family, tie_word_embeddings=False)  # tied random weights repeat the last token for ever
    rows = written(model, strengths=(0.0, 0.7), samples=1, decoding="greedy", max_new_tokens=20)
    for number, prompt in enumerate(settings().prompts):
        ids = torch.tensor([model.encode(prompt).ids])
        whole = model.module.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=20, do_sample=False, pad_token_id=0
        )
        own = [i for i in whole[0, ids.shape[1] :].tolist() if i not in model.stop_ids]
        assert list(rows[number, 0, 0, 0.0].ids) == own and len(own) > 3
        assert rows[number, 0, 0, 0.7].ids != rows[number, 0, 0, 0.0].ids


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
    units = np.concatenate([random_vectors(model).units[:1, LAYER], control_directions(32, 1, 0)])
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
        assert prefilled.shape[0] % plan.ROW_MULTIPLE == 0
        assert sorted(strengths[:5, 0].round(decimals=3).tolist()) == [0.0, 5.0, 5.0, 5.0, 5.0]
        torch.testing.assert_close(strengths, strengths[:, :1].expand_as(strengths), atol=1e-4, rtol=0)


@pytest.mark.parametrize("family", [*MAIN, "falcon", "mistral", "mixtral"])
@pytest.mark.parametrize("scope", ["generated", "both"])
def test_texts_do_not_depend_on_how_the_rows_are_split(tiny, family, scope, monkeypatch):
    model = tiny(family)
    whole = run(model, scope=scope, samples=3, controls=4)
    monkeypatch.setattr(plan, "CACHE_BYTES", 1)
    assert len(plan.blocks(plan.plan_rows(whole.settings, 0), 10**6)) > 2
    split = run(model, scope=scope, samples=3, controls=4)
    assert texts(split) == texts(whole)
    np.testing.assert_allclose(split.readings, whole.readings, atol=1e-3)


def test_texts_do_not_depend_on_the_order_or_number_of_strengths(tiny):
    model = tiny("gpt2")
    whole = run(model, strengths=(-0.5, -0.2, 0.1, 0.5))
    assert run(model, strengths=(0.5, 0.1, -0.2, -0.5)).rows == whole.rows
    alone = texts(run(model, strengths=(0.1,)))
    assert alone == {key: text for key, text in texts(whole).items() if key[3] in (0.0, 0.1)}


def test_equal_settings_give_equal_sweeps_and_another_seed_another_one(tiny):
    model = tiny("llama")
    first = run(model)
    again = run(tiny_model("llama"))  # a copy of the model in memory of its own
    assert again.rows == first.rows and again.strengths == first.strengths
    assert texts(run(model, seed=1)) != texts(first)


def test_all_strengths_share_the_noise_of_their_sample(tiny):
    model = tiny("gpt2")
    rows = written(model, strengths=(-1e-6, 1e-6), samples=3, max_new_tokens=16)
    for prompt in (0, 1):
        own = [rows[prompt, 0, sample, 0.0].ids for sample in range(3)]
        assert len(set(own)) == 3, "samples draw different noise"
        for sample in range(3):
            for strength in (-1e-6, 1e-6):
                for direction in range(3):
                    assert rows[prompt, direction, sample, strength].ids == own[sample]


def test_prompts_draw_different_noise(tiny, monkeypatch):
    drawn = []
    real = generator.gumbel

    def noted(*args):
        drawn.append(args)
        return real(*args)

    monkeypatch.setattr(generator, "gumbel", noted)
    written(tiny("gpt2"), max_new_tokens=3)
    assert {args[1] for args in drawn} == set(settings().prompts)
    assert {args[2:4] for args in drawn} == {(s, t) for s in range(BASELINE_TEXTS) for t in range(3)}


def test_rows_that_end_early_are_kept():
    model, endless = tiny_model("gpt2"), tiny_model("gpt2")
    ends = list(range(0, 320, 3))
    model.module.generation_config.eos_token_id = ends
    endless.module.generation_config.eos_token_id = None
    endless.tokenizer.eos_token = None
    free = written(endless, max_new_tokens=12)
    cut = written(model, max_new_tokens=12)
    assert set(cut) == set(free)
    lengths = set()
    for key, row in cut.items():
        stop = next((i for i, token in enumerate(free[key].ids) if token in model.stop_ids), 12)
        assert row.ids == free[key].ids[:stop], "up to the token that ends it, as if there were no end"
        lengths.add(stop)
    assert 0 in lengths and len(lengths) > 4
    result = run(model, max_new_tokens=12)
    empty = [row for row in result.rows if row.text == ""]
    assert empty and all(r.emotion_score is None and r.surprise is None and r.repetition == 0 for r in empty)
    assert len(result.rows) == 2 * 2 * (1 + 2 * 3)


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
    assert all(row.broken for row in result.rows if row.strength == 1e38)
    document = json.dumps(result.to_json(), allow_nan=False)
    assert json.loads(document)["summary"][-1]["broken"] == 4


def test_rows_say_what_they_are(tiny):
    model = tiny("llama")
    result, rows = run(model), written(model)
    assert len(result.rows) == 2 * (2 + 2 * 3 * 2) and n_texts(result.settings) == 2 * (16 + 2 * 3 * 2)
    keys = [(r.prompt, r.strength, r.direction, r.sample) for r in result.rows]
    places = [(settings().prompts.index(p), s, d != "emotion", d, n) for p, s, d, n in keys]
    assert places == sorted(places) and len(set(keys)) == len(keys)
    for r in result.rows:
        direction = 0 if r.direction == "emotion" else int(r.direction.removeprefix("control-"))
        own = rows[settings().prompts.index(r.prompt), direction, r.sample, r.strength]
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


def test_controls_are_unit_vectors_of_the_seed():
    directions = control_directions(32, 8, 3)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(control_directions(32, 3, 3), directions[:3])
    assert np.abs(directions @ directions.T - np.eye(8)).max() < 0.8
    assert (control_directions(32, 8, 4) != directions).all()
    assert control_directions(32, 0, 0).shape == (0, 32)


def test_progress_grows_to_the_end(tiny):
    steps = []
    run_to_end(sweep(tiny("gpt2"), random_vectors(tiny("gpt2")), settings()), steps.append)
    writing = [p.done for p in steps if p.what == "writing texts"]
    assert writing == list(range(1, 17)) and steps[0].total == 16
    assert len({p.what for p in steps}) == 2 and all(0 <= p.fraction <= 1 for p in steps)


def test_a_prompt_too_long_is_named_with_its_tokens(tiny):
    model = tiny("gpt2")
    long = "word " * 18
    n = len(model.encode(long))
    assert n <= CONTEXT < n + 60
    with pytest.raises(TextTooLongError, match=rf"'word word.*at most {CONTEXT} tokens.*{n} \+ 60 tokens"):
        run(model, prompts=("fine", long), max_new_tokens=60)
    with pytest.raises(
        TextTooLongError, match=rf"at most {CONTEXT} tokens.*Found: {len(model.tokenizer(long * 9).input_ids)} tokens"
    ):
        run(model, prompts=(long * 9,))


def test_a_prompt_that_fills_the_context_exactly_runs(tiny):
    model = tiny("gpt2")
    n = len(model.encode("The door opens and"))
    result = run(model, prompts=("The door opens and",), samples=1, controls=0, max_new_tokens=CONTEXT - n)
    assert len(result.rows) == 3
    with pytest.raises(TextTooLongError):
        run(model, prompts=("The door opens and",), max_new_tokens=CONTEXT - n + 1)


def test_a_prompt_of_one_token_runs(tiny):
    model = tiny("gpt2")
    assert len(model.encode("T")) == 1
    for scope in ("generated", "prompt", "both"):
        assert len(run(model, prompts=("T",), scope=scope).rows) == 14


def test_vectors_of_another_model_are_refused_with_both_fingerprints(tiny):
    model, other = tiny("gpt2"), tiny_model("gpt2", seed=7)
    with pytest.raises(VectorFileError) as raised:
        next(sweep(other, random_vectors(model), settings()))
    assert model.info.fingerprint in str(raised.value) and other.info.fingerprint in str(raised.value)
    assert model.info.fingerprint != other.info.fingerprint


@pytest.mark.parametrize("layer", [-1, 4])
def test_a_layer_that_is_not_there_is_refused(tiny, layer):
    with pytest.raises(SettingsError, match=f"no such layer.*0 to 3.*Found: {layer}"):
        run(tiny("gpt2"), layer=layer)


def test_an_emotion_without_a_vector_is_refused(tiny):
    with pytest.raises(VectorFileError, match=r"no vector for 'awe'.*fear, calm, joy"):
        run(tiny("gpt2"), emotion="awe")


@pytest.mark.parametrize("broken", [0.0, math.nan, math.inf])
def test_a_vector_without_length_is_refused(tiny, broken):
    model = tiny("gpt2")
    vectors = random_vectors(model)
    vectors.values[0, 1] = broken
    with pytest.raises(SettingsError, match="fear, layer 1"), np.errstate(invalid="ignore"):
        next(sweep(model, vectors, settings()))


def test_chat_prompts_are_wrapped(tiny):
    model = tiny("gpt2")
    ids = generation_ids(model, "He waits.", chat=True)
    assert model.tokenizer.decode(ids) == "[user] He waits. [/user]\n"
    assert len(run(model, prompts=("He waits.",), chat=True).rows) == 14
    bare = tiny_model("gpt2")
    bare.tokenizer.chat_template = None
    with pytest.raises(ModelError, match="no chat template"):
        run(bare, chat=True)


def test_an_end_token_that_the_tokenizer_adds_is_not_continued_from():
    model = tiny_model("gpt2")
    from tokenizers.processors import TemplateProcessing

    model.tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="$A <|end|>", special_tokens=[("<|end|>", 0)]
    )
    assert model.encode("He waits.").ids[-1] == 0
    assert 0 not in generation_ids(model, "He waits.", chat=False)
