"""Rates of behaviours: exact probabilities, patterns over texts, random directions, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from scipy.stats import t
from steering.handmade import random_vectors
from tracing.plain import logits

from emotion_core.base.activations import ModelInfo
from emotion_core.base.errors import PromptSetError, SettingsError, TextTooLongError
from emotion_core.base.jobs import run_to_end
from emotion_core.behavior.behavior_settings import BehaviorSettings, n_questions, n_texts
from emotion_core.behavior.behaviors import Behaviors, Coherence, behaviors, draw, option_log_odds, pose
from emotion_core.behavior.effects import changes, effect_matrix, effects, headline, headline_json, rate_rows
from emotion_core.behavior.nulls import beside_controls, over_cells
from emotion_core.behavior.options import PromptTokens, tokenize
from emotion_core.behavior.rates import as_rate, log_odds
from emotion_core.behavior.scenes import Scene
from emotion_core.runs.codec import from_bytes, to_bytes

DOOR = Scene("door", "It knocks.", ("I run.", "I sit."), (True, False), group="both")
TEA = Scene("tea", "Tea is cold.", ("I drink.", "I pour.", "No."), (True, False, True), group="both")
WORD = Scene("word", "He says", pattern="[aeiou]{2}")


def asked(*scenes: Scene, **more) -> BehaviorSettings:
    small = {"controls": 4, "samples": 3, "texts": 2, "max_new_tokens": 5, "words": ""}
    return BehaviorSettings(scenes, ("fear", "joy"), (-0.4, 0.4), **{**small, **more})


def measured(model, *scenes: Scene, **more):
    return run_to_end(behaviors(model, random_vectors(model), asked(*scenes, **more)))


def plain_log_odds(model, scene: Scene, scoring: str) -> float:
    """From one forward pass over the scenario and each option."""
    begin = tuple(model.tokenizer(scene.text)["input_ids"])
    scores = []
    for option in scene.options:
        ids = tuple(model.tokenizer(f"{scene.text} {option}")["input_ids"])
        assert ids[: len(begin)] == begin
        nats = torch.log_softmax(logits(model, ids).double(), -1)
        total = sum(float(nats[t - 1, ids[t]]) for t in range(len(begin), len(ids)))
        scores.append(total if scoring == "sum" else total / (len(ids) - len(begin)))
    which = np.array(scene.counts)
    return float(logsumexp(np.array(scores)[which]) - logsumexp(np.array(scores)[~which]))


@pytest.mark.parametrize("family", ["gpt2", "llama"])
@pytest.mark.parametrize("scoring", ["sum", "mean"])
def test_probabilities_equal_a_plain_forward_of_the_whole_text(tiny, family, scoring):
    model = tiny(family)
    found = measured(model, DOOR, TEA, scoring=scoring, texts=0)
    for s, scene in enumerate((DOOR, TEA)):
        expected = plain_log_odds(model, scene, scoring)
        assert found.nats[s, 0, found.zero] == pytest.approx(expected, abs=1e-3)
        assert np.allclose(found.control_nats[s, :, found.zero], found.nats[s, 0, found.zero])
    assert np.abs(found.nats[:, :, 0] - found.nats[:, :, 2]).min() > 0.001, "steering does something"
    assert set(found.n.ravel()) == {100} and found.texts == ()


def test_listed_options_are_asked_in_both_orders(tiny):
    forth, back = pose(DOOR, asked(DOOR, form="letters"))
    assert forth.prompt == "It knocks.\n(A) I run.\n(B) I sit.\nAnswer: ("
    assert back.counts == (False, True) and forth.answers == back.answers == ("A", "B")
    found = measured(tiny("gpt2"), DOOR, form="letters", texts=0)
    assert np.isfinite(found.nats).all()


def test_patterns_are_counted_in_the_texts(tiny):
    found = measured(tiny("gpt2"), WORD, words="You feel {emotion}.")
    own = [one for one in found.texts if one.direction == 1 and one.strength == 0.4]
    assert len(own) == 3 and found.n[0, 1, 2] == 3
    assert found.hits[0, 1, 2] == sum(one.counted for one in own)
    assert as_rate(found.nats[0, 1, 2]) == pytest.approx((found.hits[0, 1, 2] + 0.5) / 4)
    assert found.n[0, 0, 1] == 16 and found.words_n.tolist() == [[3, 3]]
    assert found.control_n[0, :, 0].tolist() == [3] * 4
    assert {one.in_words for one in found.texts} == {-1, 0, 1}


def test_options_and_patterns_in_one_run_come_out_as_rows_and_survive_the_store(tiny):
    found = measured(tiny("gpt2"), DOOR, WORD, TEA, words="You feel {emotion}.")
    rows = rate_rows(found)
    assert {(r.scenario, r.direction) for r in rows} >= {("door", "emotion"), ("word", "control-4"), ("tea", "prompt")}
    assert all(r.low - 1e-9 <= r.rate <= r.high + 1e-9 and r.n for r in rows)
    assert all((r.null_low is None) == (r.strength == 0) for r in rows if r.direction == "emotion")
    assert [r.probability is None for r in rows if r.scenario == "word"] and rows[0].probability is not None
    matrix = effect_matrix(found, 0.4)
    assert matrix.scenarios == ("door", "word", "tea", "both (all)") and matrix.effect.shape == (2, 4)
    own, _ = changes(found)
    np.testing.assert_allclose(matrix.effect[:, 3], own[[0, 2], :, 2].mean(axis=0))
    json.dumps([vars(r) for r in rows] + [matrix.to_json()], allow_nan=False)
    again = from_bytes(type(found), to_bytes(found))
    assert rate_rows(again) == rows


def test_an_effect_outside_of_the_random_directions_is_found_and_one_inside_is_not(tiny):
    found = measured(tiny("gpt2"), DOOR, texts=0)
    found.nats[0, :, found.zero] = 0.2
    found.control_nats[0, :, 2] = 0.2 + np.array([-0.1, 0.0, 0.1, 0.05])
    found.nats[0, :, 2] = [2.0, 0.3]
    matrix = effect_matrix(found, 0.4)
    assert matrix.evidence(0, 0) and not matrix.evidence(1, 0)
    by = {(r.emotion, r.strength): r for r in rate_rows(found, controls=False)}
    assert by["fear", 0.4].evidence and not by["joy", 0.4].evidence
    assert by["fear", 0.4].null_low < found.unsteered(0) < by["fear", 0.4].null_high


def test_a_planted_effect_is_found_and_a_planted_null_is_not(tiny):
    """`fear` points from the word of one option to that of the other at the last layer, `joy` nowhere in particular."""
    model = tiny("gpt2")
    vectors = random_vectors(model, layer=3)
    counted, other = tokenize(model, [DOOR.text], [[f" {one}" for one in DOOR.options]])[0].options
    k = next(i for i, (a, b) in enumerate(zip(counted, other, strict=False)) if a != b)
    weight = model.module.get_output_embeddings().weight.detach().numpy()
    vectors.values[0, 3] = weight[counted[k]] - weight[other[k]]
    for e, emotion in enumerate(("fear", "joy")):
        settings = BehaviorSettings((DOOR,), (emotion,), (-0.3, 0.3), controls=32, texts=0, words="", scoring="mean")
        found = run_to_end(behaviors(model, vectors, settings))
        up, down = effect_matrix(found, 0.3), effect_matrix(found, -0.3)
        assert up.evidence(0, 0) == down.evidence(0, 0) == headline(found, 0).evidence == (e == 0)
        assert e or up.effect[0, 0] > 0 > down.effect[0, 0]


def simulated(
    rates: np.ndarray, seed: int, emotions: int = 1, strength: float = 0.0, groups: bool = False, push: float = 1.0
) -> Behaviors:
    """A run in which emotions do what control directions do, and the first one moves the last scenario by `strength`.

    Effects of a direction go together over scenarios and turn round with the sign of the strength; neutral mixes push
    twice as far as random directions, emotions `push` times as far.
    """
    rng = np.random.default_rng(seed)
    scenes = tuple(
        Scene(f"s{i}", f"Then {i}.", ("I run.", "I sit."), (True, False), group="all" if groups else "")
        for i in range(len(rates))
    )
    names = tuple(f"e{i}" for i in range(emotions))
    settings = BehaviorSettings(scenes, names, (-0.2, 0.2), controls=16, texts=0, words="")
    kinds = ("random",) * 16 + ("neutral",) * 16

    def effects_of(directions: int) -> np.ndarray:
        pushed = rng.normal(size=(1, directions, 1)) + rng.normal(size=(len(rates), directions, 1))
        return pushed * [-1.0, 0.0, 1.0] + 0.3 * rng.normal(size=(len(rates), directions, 3)) * [1, 0, 1]

    own, null = push * effects_of(emotions), effects_of(32)
    null[:, 16:] *= 2
    own[-1, 0] += np.array([-1, 0, 1]) * strength
    zero = log_odds(rates)[:, None, None]
    counts = [np.zeros((len(rates), n, 3), np.int64) for n in (emotions, 32)]
    fine = Coherence(np.zeros((emotions, 3)), np.zeros((emotions, 3)), np.ones((emotions, 3), bool), (1.0, 1.0))
    info = ModelInfo("made", "f", 4, 32, 96, "X", "float32", "cpu", 1)
    words = np.full((len(rates), emotions), np.nan)
    none = words.astype(bool).astype(np.int64) * 0
    shown = (own + zero, counts[0], counts[0], null + zero, counts[1], counts[1])
    return Behaviors(settings, info, 1, 1.0, *shown, kinds, ((),) * 32, words, none, none, (), fine)


def test_a_direction_like_the_controls_seldom_gets_the_headline_and_a_strong_one_does():
    rates = np.linspace(0.2, 0.8, 10)
    said = [headline(simulated(rates, seed), 0).evidence for seed in range(300)]
    assert np.mean(said) <= 0.07
    strong = [headline(simulated(rates, seed, strength=17.0), 0) for seed in range(30)]
    assert np.mean(["s9" in one.moved and one.p_value < 0.05 for one in strong]) > 0.9
    sets = [headline_json(simulated(rates, seed, emotions=12, groups=True))["evidence"] for seed in range(100)]
    assert np.mean(sets) <= 0.08, "twelve emotions and a group of scenarios are corrected together"


def test_scenarios_emotions_and_groups_are_looked_at_together():
    """Emotions that push as far as the hardest kind; scenario by scenario one in six would have the headline."""
    rates = np.linspace(0.2, 0.8, 10)
    one = [headline(simulated(rates, seed, push=2.0), 0).evidence for seed in range(150)]
    assert np.mean(one) <= 0.085
    sets = [simulated(rates, seed, emotions=12, push=2.0) for seed in range(40)]
    assert np.mean([headline_json(found)["evidence"] for found in sets]) <= 0.12
    plain, grouped = (effects(simulated(rates, 3, strength=17.0, groups=groups)).q_value for groups in (False, True))
    np.testing.assert_allclose(grouped[:10], np.minimum(1, 2 * plain))


def test_the_range_of_controls_is_where_one_more_of_them_would_fall():
    controls = np.array([0.0, 1.0, 2.0, 3.0, np.nan])
    found = beside_controls(np.array(7.0), controls)
    spread = np.std(controls[:4], ddof=1) * np.sqrt(1 + 1 / 4)
    assert found.p_value == pytest.approx(2 * t.sf(5.5 / spread, 3))
    assert (found.low, found.high) == pytest.approx((1.5 - t.ppf(0.975, 3) * spread, 1.5 + t.ppf(0.975, 3) * spread))


@pytest.mark.parametrize("cells", [1, 20])
def test_a_direction_among_some_that_push_far_keeps_the_level(cells):
    """One in seven pushes five times as far as the others, in all cells."""
    rng, smallest = np.random.default_rng(4), []
    for _ in range(600):
        pushed = rng.normal(size=(17, cells)) + rng.normal(size=(17, 1))
        pushed *= np.where(rng.random((17, 1)) < 1 / 7, 5.0, 1.0)
        smallest.append(over_cells(pushed[0], pushed[1:]).min())
    assert 0.005 < np.mean(np.array(smallest) < 0.05) < 0.075


def test_headline_curves_and_matrix_never_contradict_each_other():
    for seed in range(40):
        found = simulated(np.linspace(0.05, 0.8, 5), seed, emotions=3, strength=seed / 3, groups=seed % 2 == 0)
        matrices = [effect_matrix(found, strength) for strength in (-0.2, 0.2)]
        for e in range(3):
            head = headline(found, e)
            dots = {m.scenarios[c] for m in matrices for c in range(len(m.scenarios)) if m.evidence(e, c)}
            points = {row.scenario for row in rate_rows(found) if row.evidence and row.emotion == f"e{e}"}
            assert set(head.moved) == dots and {name for name in dots if "(all)" not in name} == points
            assert head.evidence == bool(dots) == (head.p_value < 0.05)
            assert ("evidence" if dots else "no evidence") == head.mark


def test_where_texts_make_no_sense_nothing_is_evidence():
    found = simulated(np.array([0.5]), 0, strength=50.0)
    assert headline(found, 0).evidence
    broken = replace(found, coherence=replace(found.coherence, coherent=np.zeros((1, 3), bool)))
    assert not headline(broken, 0).evidence and not any(row.evidence for row in rate_rows(broken))


def test_scenarios_that_cannot_move_are_left_out_and_named():
    found = simulated(np.array([0.02, 0.5, 0.97]), 0, strength=50.0)
    head = headline(found, 0)
    assert head.left_out == ("s0", "s2") and head.n_testable == 1 and "s0, s2" in head.sentence()
    assert "s2" not in head.moved, "however far it goes"
    none = headline(simulated(np.array([0.02, 0.97]), 0, strength=50.0), 0)
    assert none.mark == "not testable here" and not none.evidence and none.p_value is None


def test_a_model_that_breaks_has_no_rate_and_no_evidence(tiny):
    found = run_to_end(
        behaviors(tiny("gpt2"), random_vectors(tiny("gpt2")), BehaviorSettings((DOOR,), ("fear",), (1e38,), texts=2))
    )
    broken = next(r for r in rate_rows(found) if r.strength and r.direction == "emotion")
    assert broken.rate is None and broken.probability is None and not broken.evidence and not broken.coherent


def test_draws_are_the_same_dice_at_every_strength():
    hits = draw(np.array([0.0, 0.2, 0.5, 1.0, np.nan]), 1000, (1, 2))
    assert hits[0] == 0 and hits[3] == 1000 and hits[4] == -1 and abs(hits[2] - 500) < 60
    assert (draw(np.array([0.2]), 1000, (1, 2)) == hits[1]).all() and list(hits[:4]) == sorted(hits[:4])


def test_the_mean_takes_the_length_out():
    tokens = PromptTokens((1,), ((2,), (3, 4, 5, 6)), (), 0)
    nats = np.array([-2.0, -8.0])
    assert option_log_odds(nats, tokens, (True, False), "mean") == pytest.approx(0)
    assert option_log_odds(nats, tokens, (True, False), "sum") == pytest.approx(6)


def test_sizes_are_known_before(tiny):
    settings = asked(DOOR, WORD, words="You feel {emotion}.")
    assert n_questions(settings) == 1 + 2 * (2 + 3 * 4) + 2, "four controls of each of three kinds at most"
    assert n_texts(settings) == 3 * (1 + 2 * (2 + 3 * 4) + 2) + 16 + 2 * 2 * 2
    with pytest.raises(SettingsError, match="too large"):
        asked(*(Scene(f"s{i}", f"x{i}", ("a", "b"), (True, False)) for i in range(200)), controls=64)


def test_what_makes_no_sense_is_refused(tiny):
    with pytest.raises(SettingsError, match="strengths"):
        BehaviorSettings((DOOR,), ("fear",), (0.0,))
    with pytest.raises(SettingsError, match="different emotions"):
        BehaviorSettings((DOOR,), (), (0.1,))
    with pytest.raises(PromptSetError, match="no scenarios"):
        BehaviorSettings((), ("fear",), (0.1,))
    with pytest.raises(TextTooLongError):
        measured(tiny("gpt2"), Scene("long", "very " * 300, ("a", "b"), (True, False)))


def test_an_option_that_merges_with_the_prompt_is_still_scored_whole(tiny):
    """The tokenizer of the tests has merges across letters: "fl" + "ickers" is one prompt and option."""
    model = tiny("gpt2")
    one = tokenize(model, ["The lamp fli"], [("ckers in", "es in")])[0]
    for k, text in enumerate(("The lamp flickers in", "The lamp flies in")):
        assert (*one.ids, *one.options[k]) == tuple(model.tokenizer(text)["input_ids"])
