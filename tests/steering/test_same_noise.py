"""The same settings give the same texts, however the rows are split; strengths share the noise of their sample."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import FAMILIES, tiny_model

from emotion_core.steering import generate
from emotion_core.steering.directions import Directions
from emotion_core.steering.generate import BASELINE_TEXTS
from emotion_core.steering.settings import PlannedRow
from steering.handmade import all_written, run, settings, texts, written


@pytest.mark.parametrize("family", FAMILIES)
def test_strength_zero_equals_transformers_own_greedy_generate(family):
    model = tiny_model(family, tie_word_embeddings=False)  # tied random weights repeat the last token for ever
    rows = written(model, strengths=(0.7,), controls=0, samples=1, decoding="greedy", max_new_tokens=12)
    for number, prompt in enumerate(settings().prompts):
        ids = torch.tensor([model.encode(prompt).ids])
        whole = model.module.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=12, do_sample=False, pad_token_id=0
        )
        own = [i for i in whole[0, ids.shape[1] :].tolist() if i not in model.stop_ids]
        assert list(rows[number, 0, 0, 0.0].ids) == own and len(own) > 3
        assert rows[number, 0, 0, 0.7].ids != rows[number, 0, 0, 0.0].ids


@pytest.mark.parametrize(
    ("family", "scope"),
    [("gpt2", "generated"), ("llama", "both"), ("neox", "prompt"), ("gpt_neo", "both"), ("mixtral", "generated")],
)
def test_texts_do_not_depend_on_how_the_rows_are_split(tiny, family, scope, monkeypatch):
    model = tiny(family)
    whole = run(model, scope=scope, samples=3, controls=4, others=("joy", "calm"))
    monkeypatch.setattr(generate, "CACHE_BYTES", 1)
    assert len(generate.blocks(generate.plan_rows(whole.settings, 0), 10**6)) > 2
    split = run(model, scope=scope, samples=3, controls=4, others=("joy", "calm"))
    assert texts(split) == texts(whole)
    np.testing.assert_allclose(split.readings, whole.readings, atol=1e-3)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_prompts_of_as_many_tokens_are_gone_on_from_together_as_alone(tiny, family):
    model = tiny(family)
    prompts = [(5, 9, 7, 11), (5, 9, 8, 12), (6, 3, 2, 11)]
    at = Directions((1,), torch.eye(2, model.info.width).numpy()[:, None], np.array([5.0], np.float32))

    def after(texts, block):
        steps = generate.write_after(model, texts, block, at, tokens=9, seed=3)
        *_, last = steps
        return [one.ids for one in last.so_far()]

    block = [
        PlannedRow(prompt, sample, direction, strength)
        for prompt in range(3)
        for sample in range(2)
        for direction, strength in ((0, 0.0), (0, 0.7), (1, 0.7))
    ]
    together = after(prompts, block)
    alone = [
        ids
        for prompt, own in enumerate(prompts)
        for ids in after([own], [replace(row, prompt=0) for row in block if row.prompt == prompt])
    ]
    assert together == alone and len(set(together)) > len(block) // 2


def test_every_forward_pass_takes_a_multiple_of_the_rows_that_give_equal_bits(tiny, monkeypatch):
    rows = []
    real = generate.step

    def noted(model, tokens, *more):
        rows.append(len(tokens))
        return real(model, tokens, *more)

    monkeypatch.setattr(generate, "step", noted)
    assert len(all_written(tiny("gpt2"), controls=1, samples=3)) % generate.ROW_MULTIPLE
    assert rows and all(n % generate.ROW_MULTIPLE == 0 for n in rows)


def test_texts_do_not_depend_on_the_order_or_number_of_strengths(tiny):
    model = tiny("gpt2")
    whole = run(model, strengths=(-0.5, -0.2, 0.1, 0.5))
    assert run(model, strengths=(0.5, 0.1, -0.2, -0.5)).rows == whole.rows
    alone = own_texts(run(model, strengths=(0.1,)))
    assert alone == {key: text for key, text in own_texts(whole).items() if key[3] in (0.0, 0.1)}


def own_texts(result):
    """Texts of the emotion: controls are written at the ends of the usable window."""
    return {key: text for key, text in texts(result).items() if key[1] == "emotion"}


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
    real = generate.gumbel

    def noted(*args):
        drawn.append(args)
        return real(*args)

    monkeypatch.setattr(generate, "gumbel", noted)
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


def test_one_logit_that_is_no_number_marks_its_row_and_no_other() -> None:
    logits = torch.zeros(5, 7)
    logits[1, 2], logits[2, 3], logits[3, 4], logits[4, 5] = torch.inf, -torch.inf, torch.nan, 3e38
    for streams in ((None,) * 5, (("a prompt", 0),) * 5):
        tokens, finite = generate.Sampling(0, streams, 1.0, 1.0)(logits, 0)
        assert finite.tolist() == [True, False, False, False, True] and tokens[4] == 5
