"""Caps, gates, schedules and scopes as settings: thresholds from neutral tokens, and bits where nothing fires."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import TEXTS, tiny_model

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import Turn
from emotion_core.steering import generate as generator
from emotion_core.steering.crosstalk import crosstalk
from emotion_core.steering.directions import Directions, sweep_directions, with_thresholds
from emotion_core.steering.generate import generate, prompt_tokens
from emotion_core.steering.settings import (
    CrossTalkSettings,
    Gate,
    PlannedRow,
    Schedule,
    SweepSettings,
    Where,
    parse_gate,
    parse_schedule,
    thinking,
)
from emotion_core.steering.sweep import sweep
from emotion_core.tracing.record import project_tokens
from emotion_core.vectors.build import neutral_texts
from steering.handmade import LAYER, random_vectors, settings

CLOSED = Gate("calm", 100.0)
TALK = (Turn("user", "Who is at the door?"), Turn("assistant", "Nobody you know."))


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return tiny_model("llama", max_position_embeddings=512)


def at_of(model: LoadedModel, chosen: SweepSettings) -> Directions:
    vectors = random_vectors(model)
    return run_to_end(with_thresholds(model, vectors, chosen, sweep_directions(chosen, vectors, LAYER)))


def steps(model: LoadedModel, **more: Any) -> list[list[float]]:
    """Amounts of the edits of every decoding step of one steered row, [steps][layers]."""
    chosen = settings(controls=0, max_new_tokens=6, decoding="greedy", samples=1, **more)
    seen: list[list[float]] = []
    real = generator.step

    def spy(model: LoadedModel, tokens: torch.Tensor, cache: Any, edits: Any = ()) -> Any:
        seen.append([float(edit.amounts.flatten()[0]) for edit in edits])
        return real(model, tokens, cache, edits)

    generator.step = spy
    try:
        plan = [[PlannedRow(0, 0, 0, 0.5, greedy=True)]]
        run_to_end(generate(model, replace(chosen, prompts=chosen.prompts[:1]), at_of(model, chosen), plan))
    finally:
        generator.step = real
    return seen


def test_bounds_and_gates_are_percentiles_of_neutral_tokens_but_the_first(model):
    chosen = settings(controls=0, operation="cap", bound=75.0, strengths=(1.0,), gate=Gate("joy", 25.0))
    at = at_of(model, chosen)
    vectors = random_vectors(model)
    encodings = [model.encode(text) for text in neutral_texts(model, vectors.reading)[:120]]
    rows = run_to_end(project_tokens(model, encodings, LAYER, vectors.units[:, LAYER]))
    tokens = np.concatenate([one[1:] for one in rows])
    np.testing.assert_allclose(at.bounds, [[np.percentile(tokens[:, 0], 75)]], rtol=1e-4)
    np.testing.assert_allclose(at.opens_at, [[np.percentile(tokens[:, 2], 25)]], rtol=1e-4)
    np.testing.assert_array_equal(at.gates[0], vectors.units[[2], LAYER])


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(), [5, 5, 5, 5, 5, 5]),
        (Schedule(tokens=2), [5, 5, 0, 0, 0, 0]),
        (Schedule(start=3), [0, 0, 0, 5, 5, 5]),
        (Schedule(start=1, tokens=2, half_life=1), [0, 5, 2.5, 0, 0, 0]),
    ],
)
def test_a_schedule_steers_the_tokens_it_names(model, schedule, expected):
    found = steps(model, schedule=schedule)
    assert [one[0] if one else 0 for one in found] == pytest.approx(expected[: len(found)])


def test_what_never_fires_writes_the_same_texts_as_no_steering(model):
    vectors = random_vectors(model)
    for more in (
        {"gate": Gate("calm", 100.0)},
        {"operation": "cap", "bound": 100.0, "strengths": (1.0,)},
        {"operation": "floor", "bound": 0.0, "strengths": (1.0,)},
        {"schedule": Schedule(start=50)},
    ):
        chosen = settings(controls=0, samples=1, **more)
        at = at_of(model, chosen)
        far = {"bounds": None if at.bounds is None else at.bounds + (1e6 if chosen.operation == "cap" else -1e6)}
        at = replace(at, **far, opens_at=None if at.opens_at is None else at.opens_at + 1e6)
        plan = [[PlannedRow(p, 0, 0, s) for s in (0.0, max(chosen.strengths))] for p in range(2)]
        written = run_to_end(generate(model, chosen, at, plan)).written
        assert [w.ids for w in written[::2]] == [w.ids for w in written[1::2]], more
    assert vectors.emotions


def test_scopes_touch_no_other_token(model):
    turns = [Turn(role=one.role, content=one.content) for one in (*TALK, Turn("user", "Tea is"))]
    for scope, turn in (("user", 0), ("assistant", 1), ("user", 2)):
        chosen = settings(
            prompts=("Tea is",), before=(TALK,), chat=True, controls=0, scope=scope, turns=(turn,), samples=1
        )
        prompt = prompt_tokens(model, chosen, 0)
        spelled = "".join(model.pieces([i for i, w in zip(prompt.ids[:-1], prompt.weights, strict=True) if w]))
        assert spelled.strip() == turns[turn].content
        assert prompt.turns == 3 and set(prompt.weights.tolist()) == {0.0, 1.0}
        at = at_of(model, chosen)
        with_row = [PlannedRow(0, 0, 0, 0.5)]
        from tracing.plain import block_inputs

        with block_inputs(model) as seen:
            generator.steered_prompt(model, chosen, [prompt] * 2, [*with_row, PlannedRow(0, 0, 0, 0.0)], at)
        touched = (seen[LAYER + 1][0][0] != seen[LAYER + 1][0][1]).any(-1)
        np.testing.assert_array_equal(touched.numpy(), prompt.weights == 1)


def test_a_steered_beginning_of_each_row_is_that_of_its_own_prompt(model):
    """Rows of two prompts of as many tokens, in any order, beside each prompt alone."""
    chosen = settings(prompts=("Tea is", "Tea was"), controls=0, scope="prompt", samples=2)
    both = [prompt_tokens(model, chosen, p) for p in (0, 1)]
    assert len(both[0].ids) == len(both[1].ids) and both[0].weights.any()
    at = at_of(model, chosen)
    rows = [PlannedRow(p, s, 0, strength) for s in (0, 1) for strength in (0.0, 5.0) for p in (0, 1)]
    caches = [generator.steered_prompt(model, chosen, [both[row.prompt] for row in rows], rows, at)]
    caches += [generator.steered_prompt(model, chosen, [both[p]] * len(rows), rows, at) for p in (0, 1)]
    together, *alone = (one.value.layers[-1].keys for one in caches)
    for r, row in enumerate(rows):
        torch.testing.assert_close(together[r], alone[row.prompt][r], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(together[0], together[1], atol=1e-2)


def test_the_generated_turn_belongs_to_the_assistant_and_has_a_number():
    assert Where("assistant").written(3, 2, thinking=False) == 1
    assert Where("assistant", turns=(1,)).written(3, 2, thinking=False) == 0
    assert Where("both", turns=(2,)).written(0, 2, thinking=False) == 1
    assert [Where("prompt").written(t, 0, thinking=False) for t in (0, 1)] == [1, 0]
    assert Where("user").written(0, 1, thinking=False) == 0
    assert Where("thinking").written(0, 1, thinking=True) == 1 == Where("answer").written(0, 1, thinking=False)
    assert thinking("<think> a") and not thinking("<think> a </think> b") and not thinking("a")


def test_a_thought_is_steered_until_it_ends_and_the_answer_from_there_on(model):
    plain = settings(prompts=("<think> Tea",), controls=0, scope="thinking", samples=1)
    prompt = prompt_tokens(model, plain, 0)
    assert prompt.thinking
    over = [model.tokenizer("so </think>")["input_ids"], model.tokenizer("so")["input_ids"]]
    assert generator.written_weights(model, plain, [prompt] * 2, over, 1).tolist() == [0, 1]
    answer = replace(plain, scope="answer")
    assert generator.written_weights(model, answer, [prompt] * 2, over, 1).tolist() == [1, 0]


def test_a_capped_and_gated_sweep_has_its_controls_held_to_the_same_percentiles(model):
    chosen = settings(operation="cap", bound=20.0, strengths=(1.0,), gate=Gate("joy", 10.0), gates=3, controls=6)
    result = run_to_end(sweep(model, random_vectors(model), chosen))
    assert {row.direction for row in result.rows} >= {"gate-1", "gate-3", "control-1", "control-6"}
    assert result.control_kinds[-3:] == ("gate",) * 3
    assert result.test is None or result.test.sign == -1


def test_crosstalk_takes_the_same_settings(model):
    chosen = CrossTalkSettings(
        prompts=("Tea is",), strength=1.0, operation="floor", bound=90.0, gate=CLOSED, controls=3, samples=1
    )
    assert run_to_end(crosstalk(model, random_vectors(model), chosen)).matrix.shape == (3, 3)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"operation": "cap", "strengths": (-0.5, 1.0)}, "share of what lies beyond"),
        ({"bound": 101.0}, "bound"),
        ({"operation": "clamp", "schedule": Schedule(half_life=3)}, "half-life"),
        ({"gates": 2}, "gate that they stand beside"),
        ({"scope": "user"}, "turns of a conversation"),
        ({"before": ((),)}, "turns for every prompt"),
    ],
)
def test_what_makes_no_sense_is_refused(more, words):
    with pytest.raises(SettingsError, match=words):
        settings(**more)


def test_a_gate_out_of_range_is_refused():
    with pytest.raises(SettingsError, match="percentile"):
        Gate("fear", -1)
    with pytest.raises(SettingsError, match="schedule"):
        Schedule(start=-1)


def test_conversations_are_prompts(model):
    assert TEXTS
    chosen = settings(prompts=("Tea is",), before=(TALK,), chat=True, controls=0, samples=1, strengths=(0.5,))
    result = run_to_end(sweep(model, random_vectors(model), chosen))
    assert {row.prompt for row in result.rows} == {"Tea is"}
    with_turns = prompt_tokens(model, chosen, 0).ids
    assert "Nobody you know." in model.decode(list(with_turns))


def test_gates_and_schedules_as_they_are_typed():
    assert parse_gate("fear>90") == Gate("fear", 90.0) and parse_gate("calm<5") == Gate("calm", 5.0, True)
    assert parse_gate("fear") == Gate("fear", 95.0)
    assert parse_schedule("5") == Schedule(5) and parse_schedule("1:2/8") == Schedule(1, 2, 8)
    assert parse_schedule("") == Schedule()
    for text, parse in (("fear>high", parse_gate), ("soon", parse_schedule)):
        with pytest.raises(SettingsError, match="cannot be read"):
            parse(text)
