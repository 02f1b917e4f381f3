"""The dose-response at the next token: one forward pass, no sampling."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import false_discovery_control, zmap
from tiny import MAIN

from emotion_core.base.jobs import run_to_end
from emotion_core.charts.crosstalk import next_token_sentence, words_sentence
from emotion_core.steering import generate as generator
from emotion_core.steering.next_token import (
    AgainstUnsteered,
    NextTokenDose,
    _by_kind,
    _own_words,
    lens_tokens,
    next_token_dose,
)
from steering.handmade import along_fear, random_vectors, settings, written

FORTY_ONE = tuple(i / 20 for i in range(-20, 21))


def dose(model, **more) -> NextTokenDose:
    return run_to_end(next_token_dose(model, random_vectors(model), settings(**more)))


def test_change_and_divergence_by_hand():
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25], [0.5, 0.25, 0.25]]))
    logits[2, 0] = torch.inf
    filler = torch.ones((1, 3))
    found = AgainstUnsteered(torch.tensor([[1, 2]] * 3), torch.tensor([1]))(torch.cat([logits, filler]))
    # Token 1 gains ln 2, token 2 nothing; KL = .25 ln(.5) + .5 ln(2) = .25 ln 2.
    np.testing.assert_allclose(found[:, 0], [0, np.log(2) / 2, np.nan], atol=1e-6)
    np.testing.assert_allclose(found[:, 1], [0, np.log(2) / 4, np.nan], atol=1e-6)
    np.testing.assert_allclose(found[:, 2], [0, np.log(2), np.nan], atol=1e-6)


@pytest.mark.parametrize("family", MAIN)
@pytest.mark.parametrize("scope", ["generated", "prompt", "both"])
def test_forty_one_strengths_take_a_few_steps_and_agree_with_the_texts(tiny, family, scope, monkeypatch):
    model, calls = tiny(family), []
    real = generator.step
    monkeypatch.setattr(generator, "step", lambda *a: calls.append(1) or real(*a))
    found = dose(model, strengths=FORTY_ONE, controls=3, scope=scope, prompts=("The door opens",))
    assert len(calls) < 9 and found.strengths == FORTY_ONE
    zero = found.strengths.index(0.0)
    assert found.change[zero] == 0 and found.divergence[zero] == pytest.approx(0, abs=1e-6)
    assert (np.delete(found.divergence, zero) > 0).all() and np.isfinite(found.band).all()
    assert found.tested == (-1.0, -0.5, 0.5, 1.0) and found.kinds.count("random") == 100 and 0 < found.p_value <= 1
    # The greedy text at a strength begins with the most probable token of the same row.
    rows = written(
        model, strengths=(0.5,), controls=0, samples=1, decoding="greedy", scope=scope, prompts=("The door opens",)
    )
    chosen = settings(strengths=(0.5,), controls=0, scope=scope, prompts=("The door opens",), max_new_tokens=1)
    plan = [generator.PlannedRow(0, 0, 0, s) for s in (0.0, 0.5)]
    logits = generator.first_logits(model, chosen, plan, along_fear(model))
    for i, strength in enumerate((0.0, 0.5)):
        assert rows[0, 0, 0, strength].ids[:1] in ((int(logits[i].argmax()),), ())


def test_the_lens_tokens_are_those_the_direction_raises(tiny):
    """At the last layer a small step along the direction raises what the unembedding says it raises."""
    model = tiny("llama")
    last = model.info.layers - 1
    vectors = random_vectors(model)
    found = run_to_end(next_token_dose(model, vectors, settings(strengths=(-0.2, 0.2), layer=last)))
    assert found.change[0] < 0 < found.change[2] and len(found.tokens) == 20
    weight = model.module.get_output_embeddings().weight.detach()
    unit = vectors.units[0, last]
    along = (weight - weight.mean(0)) @ torch.from_numpy(unit)
    assert lens_tokens(model, unit)[0] == along.argmax()


def test_prompts_are_averaged_and_a_broken_strength_stands_alone(tiny):
    model = tiny("gpt2")
    both = dose(model)
    single = [dose(model, prompts=(prompt,)) for prompt in settings().prompts]
    np.testing.assert_allclose(both.change, np.mean([one.change for one in single], axis=0), atol=1e-6)
    with np.errstate(over="ignore"):
        broken = dose(model, strengths=(-0.5, 0.5, 1e38))
    np.testing.assert_allclose(broken.change, [*both.change, np.nan], atol=1e-6)
    rows = json.loads(json.dumps(broken.to_json(), allow_nan=False))["rows"]
    assert rows[-1]["change"] is None and rows[0]["change"] is not None


def test_every_control_is_measured_on_its_own_tokens(tiny):
    """A random direction raises its own tokens as much as any other does: it is one of them."""
    model = tiny("llama")
    hits = 0
    for seed in range(40):
        vectors = random_vectors(model, seed=1000 + seed)
        found = run_to_end(next_token_dose(model, vectors, settings(strengths=(-0.4, 0.4), prompts=("Tea is",))))
        assert found.slope > 0 and (found.control_slopes > 0).mean() > 0.8, "any direction raises its own tokens"
        hits += found.evidence
    assert hits <= 5, "5 % of 40 is 2; more than 5 have a chance of 1 in 100"


def test_what_is_taken_away_is_tested_for_a_fall(tiny):
    """Projecting out less than nothing adds: the slope over shares from -.4 to .4 is that of the fall."""
    found = dose(tiny("llama"), strengths=(-0.4, 0.4), operation="project_out")
    assert found.slope < 0 and found.control_slopes is not None
    assert (found.hardest, found.p_value) == _by_kind(-found.slope, -found.control_slopes, found.kinds)
    sentence = next_token_sentence(found)
    assert "lower" in sentence and "raise" not in sentence
    hit = replace(found, p_value=0.01, word_p=np.full(len(found.words), 0.01))
    assert next_token_sentence(hit).startswith("Steering lowers fear's own tokens more")
    assert "their own word less likely" in words_sentence(hit) and "own word loses most" in words_sentence(hit)


def test_where_most_controls_changed_nothing_there_is_no_test(tiny):
    slopes = np.concatenate([np.zeros(180), np.linspace(-1, 1, 18)])
    kind, p = _by_kind(2.0, slopes, ("random",) * 99 + ("neutral",) * 99)
    assert kind == "" and np.isnan(p)
    found = replace(dose(tiny("llama"), strengths=(0.4,)), p_value=p, hardest=kind)
    assert next_token_sentence(found).startswith("Most control directions changed nothing") and not found.evidence


def test_a_slope_goes_by_its_hardest_kind_and_own_words_are_corrected_together():
    narrow, wide = np.linspace(0, 1, 99), np.linspace(0, 10, 99)
    both, kinds = np.concatenate([narrow, wide]), ("random",) * 99 + ("neutral",) * 99
    kind, p = _by_kind(8.0, both, kinds)
    assert kind == "neutral" and p == pytest.approx((1 + (wide >= 8).sum()) / 100)
    rng = np.random.default_rng(0)
    words, changes = rng.normal([0, 1, 2], [1, 2, 5], (198, 3)), np.diag([3.5, 3.0, 2.0])
    found = _own_words(changes, words, kinds)
    p_values = []
    for own, word in zip(np.diagonal(changes), range(3), strict=True):
        by_kind = []
        for some in (words[:99], words[99:]):
            beside = [zmap(row, np.delete(some, i, axis=0), ddof=1) for i, row in enumerate(some)]
            z = (own - some[:, word].mean()) / some[:, word].std(ddof=1)
            by_kind.append((1 + (np.array(beside) >= z).sum()) / (1 + 3 * 99))
        p_values.append(max(by_kind))
    np.testing.assert_allclose(found, false_discovery_control(p_values))
    assert found[0] <= 0.05 < found[1] < found[2]
    never = np.column_stack([words, np.full(198, np.nan)])
    again = _own_words(np.pad(changes, (0, 1), constant_values=np.nan), never, kinds)
    np.testing.assert_array_equal(again, [*found, np.nan])  # a word without a number takes nothing from the others


def test_one_word_of_a_dozen_can_be_found_and_seldom_is_by_chance():
    rng, kinds = np.random.default_rng(1), ("random",) * 100 + ("neutral",) * 100
    said = []
    for _ in range(60):
        null = rng.normal(0, 1, (200, 12)) * rng.uniform(0.2, 5, 12)
        changes = rng.normal(0, 1, (12, 12)) * null.std(axis=0)
        said.append((_own_words(changes, null, kinds) <= 0.05).any())
        changes[4, 4] = 5 * null[:, 4].std()
        assert _own_words(changes, null, kinds)[4] <= 0.05
    assert sum(said) <= 8, "5 % of 60 is 3; more than 8 have a chance of 1 in 250"


def test_rows_of_lens_tokens_are_those_of_each_row():
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]]))
    found = AgainstUnsteered(torch.tensor([[0], [1]]), torch.tensor([0]))(logits)
    np.testing.assert_allclose(found[:, 0], [0, np.log(2)], atol=1e-6)


def test_words_are_those_of_the_emotions(tiny):
    found = dose(tiny("gpt2"), strengths=(-0.5, 0.25, 0.5))
    assert found.words == ("fear", "calm", "joy") and found.word_changes.shape == (3, 3) and found.word_strength == 0.25
    document = found.to_json()
    assert set(document["own_words"]) == {"fear", "calm", "joy"} and isinstance(document["evidence"], bool)
    assert document["own_words"]["joy"] == pytest.approx(float(found.word_changes[2, 2]))
    assert all(0 < p <= 1 for p in found.word_p)
