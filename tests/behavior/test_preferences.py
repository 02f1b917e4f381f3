"""Preferences against plain forward passes on tiny models, and against what was planted on the bundled one."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from bundled import Bundled
from steering.handmade import random_vectors
from tracing.plain import logits, streams

from emotion_core.base.errors import ModelError, SettingsError, TextTooLongError
from emotion_core.base.jobs import run_to_end
from emotion_core.behavior import steered_preferences as steered_module
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings, Wording, standard_wording
from emotion_core.behavior.preferences import preferences
from emotion_core.behavior.scale import BothOrders
from emotion_core.behavior.steered_preferences import follow, opposing, steer_preferences
from emotion_core.models.load import load_model
from emotion_core.prompts.library import load_activities
from emotion_core.stats.intervals import adjusted
from emotion_core.tracing.options import score_options

NAMES = ("sing", "count {second} beans", "sit in the sun", "lift stones", "read a map")


def asked(**more) -> PreferenceSettings:
    return PreferenceSettings(NAMES, **more)


def plain_log_odds(model, wording: Wording, first: str, second: str) -> float:
    """From one forward pass over the question and each answer."""
    before, between, after = wording.parts
    text = before + first + between + second + after
    sums = []
    for answer in wording.answers:
        ids, whole = (tuple(model.tokenizer(t)["input_ids"]) for t in (text, text + answer))
        assert whole[: len(ids)] == ids
        nats = torch.log_softmax(logits(model, whole).float(), -1)
        sums.append(sum(float(nats[t - 1, whole[t]]) for t in range(len(ids), len(whole))))
    return sums[0] - sums[1]


@pytest.mark.parametrize("family", ["gpt2", "llama"])
@pytest.mark.parametrize("answers", [("A", "B"), ("first one", "other")])
def test_answers_equal_plain_forward_passes(tiny, family, answers):
    model = tiny(family)
    wording = Wording(answers=answers)
    found = run_to_end(preferences(model, random_vectors(model), asked(wording=wording)))
    assert len(found.pairs) == 10
    for k, (a, b) in enumerate(found.pairs):
        assert found.forth[k] == pytest.approx(plain_log_odds(model, wording, NAMES[a], NAMES[b]), abs=3e-4)
        assert found.back[k] == pytest.approx(plain_log_odds(model, wording, NAMES[b], NAMES[a]), abs=3e-4)


def test_an_activity_knows_whom_it_met(tiny):
    found = run_to_end(preferences(tiny("gpt2"), random_vectors(tiny("gpt2")), asked()))
    for i in range(5):
        ranked = found.met(i)
        assert sorted(j for j, _ in ranked) == [j for j in range(5) if j != i]
        assert [v for _, v in ranked] == sorted((v for _, v in ranked), reverse=True)
        for j, lead in ranked:
            assert dict(found.met(j))[i] == pytest.approx(-lead)
    emotion, value = found.highest(0, 1)[0]
    assert value == pytest.approx(found.readings[0].max()) and emotion in found.emotions


def test_readings_are_those_of_the_activity_alone(tiny):
    model = tiny("gpt2")
    vectors = random_vectors(model)
    found = run_to_end(preferences(model, vectors, asked()))
    raw = []
    for name in NAMES:
        before = "Would you prefer to (A) "
        ids = tuple(model.tokenizer(before + name)["input_ids"])
        start = len(model.tokenizer(before.rstrip())["input_ids"])
        start += not model.decode([ids[start]]).strip()  # a space on its own is no part of the activity
        raw.append(streams(model, ids)[1 + found.layer, start:].mean(0) @ vectors.units[:, found.layer].T)
    expected = (np.array(raw) - np.mean(raw, axis=0)) / np.std(raw, axis=0, ddof=1)
    np.testing.assert_allclose(found.readings, expected, atol=5e-3)


def test_steering_moves_the_tokens_of_the_steered_half_only(tiny, monkeypatch):
    model = tiny("gpt2")
    vectors = random_vectors(model)
    base = run_to_end(preferences(model, vectors, asked()))
    seen = []

    def watched(model, asked, *rest):
        seen.extend(asked)
        return score_options(model, asked, *rest)

    monkeypatch.setattr(steered_module, "score_options", watched)
    settings = SteeredSettings(("fear",), strength=0.5, opponents=9, controls=3, seed=1)
    found = run_to_end(steer_preferences(model, vectors, base, settings))
    assert found.steered.sum() in (2, 3) and np.isnan(found.shifts[:, ~found.steered]).all()
    steered = {name for name, one in zip(NAMES, found.steered, strict=True) if one}
    assert {model.decode(list(one.ids[slice(*one.spans[0])])).strip() for one in seen} == steered
    assert {one.amount for one in seen} == {0.0, 5.0} and not any(one.option_weights for one in seen)
    assert len(seen) == 5 * 2 * 6, "unsteered, an emotion and three controls; six pairs in both orders"
    assert np.isfinite(found.shift).all() and len(found.controls) == 3
    document = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert document["shift_steered"] - document["shift_unsteered"] == pytest.approx(found.shift[0])


def test_a_direction_that_does_nothing_shifts_nothing(tiny):
    model = tiny("llama")
    vectors = random_vectors(model)
    base = run_to_end(preferences(model, vectors, asked()))
    weak = run_to_end(steer_preferences(model, vectors, base, SteeredSettings(vectors.emotions, 1e-9, controls=4)))
    strong = run_to_end(steer_preferences(model, vectors, base, SteeredSettings(vectors.emotions, 1.0, controls=4)))
    assert np.abs(weak.shift).max() < 1e-3 < np.abs(strong.shift).max()


def test_the_last_layer_is_not_steered_since_it_reaches_no_answer(tiny):
    model = tiny("gpt2")
    vectors = random_vectors(model, layer=3)
    base = run_to_end(preferences(model, vectors, asked()))
    found = run_to_end(steer_preferences(model, vectors, base, SteeredSettings(("fear",), controls=3)))
    assert (base.layer, found.layer) == (3, 2) and abs(found.shift[0]) > 1e-4
    with pytest.raises(SettingsError, match="cannot reach the answer"):
        run_to_end(steer_preferences(model, vectors, base, SteeredSettings(("fear",), controls=3, layer=3)))


def test_opponents_are_spread_evenly():
    half = np.arange(64) % 2 == 0
    pairs = opposing(half, 8, 0)
    assert len(pairs) == 256 and half[pairs[:, 0]].all() and not half[pairs[:, 1]].any()
    assert set(np.bincount(pairs[:, 0], minlength=64)[half]) == {8} and len(np.unique(pairs, axis=0)) == 256
    assert np.bincount(pairs[:, 1]).max() <= 9


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"activities": ("sing",)}, "1 activity"),
        ({"activities": ()}, "0 activities"),
        ({"activities": ("sing", "Sing ")}, "there twice"),
        ({"activities": ("sing", " ")}, "activity 2"),
        ({"activities": tuple(f"task {i}" for i in range(5000))}, "24,995,000"),
    ],
)
def test_lists_that_cannot_be_compared_are_refused(change, says):
    with pytest.raises(SettingsError, match=says):
        PreferenceSettings(**change)


@pytest.mark.parametrize("question", ["Which?", "{second} or {first}?", "{first} {first} {second}", "{first}"])
def test_a_question_without_both_places_is_refused(question):
    with pytest.raises(SettingsError, match="no place for both"):
        Wording(question=question)


def test_answers_that_the_tokenizer_writes_alike_are_refused(tiny):
    model = tiny("gpt2")
    vocabulary = model.tokenizer.get_vocab()
    unknown, letters = vocabulary["s"], {vocabulary["A"], vocabulary["B"]}

    class Lower:
        """The same tokenizer without capitals."""

        def __getattr__(self, name):
            return getattr(model.tokenizer, name)

        def __call__(self, *args, **more):
            coded = model.tokenizer(*args, **more)
            ids = coded["input_ids"]
            rows = [ids] if isinstance(args[0], str) else ids
            lower = [[unknown if i in letters else i for i in row] for row in rows]
            return {**coded, "input_ids": lower[0] if isinstance(args[0], str) else lower}

    blind = replace(model, tokenizer=Lower())
    with pytest.raises(ModelError, match="cannot tell two options apart"):
        run_to_end(preferences(blind, random_vectors(model), asked()))
    found = run_to_end(preferences(blind, random_vectors(model), asked(wording=standard_wording(False, "", "x, y"))))
    assert np.abs(found.forth).max() > 0


def test_a_question_longer_than_the_context_is_refused(tiny):
    with pytest.raises(TextTooLongError, match="96 tokens"):
        job = preferences(tiny("gpt2"), random_vectors(tiny("gpt2")), PreferenceSettings(("sing", "very " * 200)))
        run_to_end(job)


def test_a_chat_model_answers_as_the_assistant(tiny):
    model = tiny("gpt2")
    found = run_to_end(preferences(model, random_vectors(model), asked(wording=standard_wording(chat=True))))
    assert np.isfinite(found.scores.score).all()


def test_the_bundled_model_prefers_what_was_planted_as_pleasant():
    """A sample of the pairs: all of them are the benchmark's business."""
    truth = {"caring": 0.9, "creative": 0.8, "curious": 0.65, "useful routine": 0.25}
    truth |= {"tedious": -0.35, "unpleasant": -0.55, "dishonest": -0.75, "harmful": -0.95}
    model, items = load_model("demo"), load_activities()
    settings = PreferenceSettings(tuple(a.activity for a in items), tuple(a.kind for a in items), opponents=4)
    found = run_to_end(preferences(model, random_vectors(model), settings))
    assert np.corrcoef(found.scores.score, [truth[a.kind] for a in items])[0, 1] > 0.4
    assert found.consistent > 0.6
    document = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert set(document["activities"][0]) >= {"activity", "score", "readings"}
    assert set(document["emotions"][0]) >= {"emotion", "r", "r_low", "r_high", "p_value"}


def test_random_directions_seldom_pass_for_emotions(bundled: Bundled):
    """Activities of a kind are alike; 204 random directions in 17 sets of twelve, on the bundled model."""
    model, items = bundled.model, load_activities()
    settings = PreferenceSettings(tuple(a.activity for a in items), tuple(a.kind for a in items), opponents=4)
    rng = np.random.default_rng(5)
    values = rng.normal(size=(204, *bundled.twelve.values.shape[1:])).astype(np.float32)
    flat = np.zeros((204, bundled.twelve.n_layers), np.float32)
    names = tuple(f"d{i}" for i in range(204))
    made = replace(bundled.twelve, emotions=names, values=values, selected_layers=(0,) * 204, prompt_sets=())
    made = replace(made, cv_auroc=flat, train_midpoints=flat)
    found = run_to_end(preferences(model, made, settings, bundled.cache))
    p_value = found.correlation.p_value
    random = found.against.p_by_kind[found.against.kinds.index("random")]
    assert found.orders.testable and set(found.against.kinds) >= {"random", "neutral"}
    assert 0.02 <= np.mean(random < 0.05) <= 0.09 and np.mean(p_value < 0.05) <= 0.09
    assert p_value.min() > 0 and (p_value >= random).all(), "the verdict goes by the hardest kind"
    assert np.mean([(adjusted(part) < 0.05).any() for part in p_value.reshape(17, 12)]) <= 2 / 17
    row = json.loads(json.dumps(found.to_json(), allow_nan=False))["emotions"][0]
    assert set(row) >= {"evidence", "p_value", "q_value", "hardest", "controls"}


def test_evidence_is_corrected_for_all_emotions_and_asks_for_preferences(tiny):
    model = tiny("gpt2")
    vectors = random_vectors(model)
    base = run_to_end(preferences(model, vectors, asked()))
    p, q = np.array([0.01, 0.04, 0.5]), np.array([0.03, 0.06, 0.5])
    base = replace(base, correlation=replace(base.correlation, p_value=p, q_value=q))
    for p_order, first in ((0.001, True), (0.5, False)):
        found = replace(base, orders=BothOrders(0.9, p_order))
        said = [found.evidence(e) for e in range(3)]
        assert said == [first, False, False] == [one["evidence"] for one in found.to_json()["emotions"]]
    moved = run_to_end(steer_preferences(model, vectors, base, SteeredSettings(vectors.emotions, controls=3)))
    moved = replace(moved, p_value=p, q_value=q)
    assert [moved.evidence(e) for e in range(3)] == [True, False, False]


def linear(rng: np.random.Generator, directions: int, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Readings' correlation and shift of directions in a model that answers linearly: both depend on the direction."""
    with_preference = rng.normal(size=directions)
    return with_preference, 0.6 * with_preference + noise * rng.normal(size=directions)


def test_a_shift_that_follows_for_any_direction_is_not_claimed_for_emotions():
    rng, said, r = np.random.default_rng(0), [], []
    for seed in range(200):
        controls = {"random": linear(rng, 16, 0.8), "neutral": linear(rng, 16, 0.8)}
        found = follow(*linear(rng, 12, 0.8), controls, True, seed)
        said.append(found.evidence)
        r.append(found.r)
    assert np.mean(said) <= 0.07 and np.mean(r) > 0.5, "though the correlation itself is high"
    found = follow(*linear(rng, 12, 0.02), {"random": linear(rng, 16, 0.8)}, True)
    assert found.evidence and found.r > found.control_r[0] and 0 < found.p_value < 0.05
    assert not follow(*linear(rng, 12, 0.02), {"random": linear(rng, 16, 0.8)}, False).evidence, "nothing to follow"
    assert not follow(*linear(rng, 12, 0.02), {}, True).evidence, "nothing to compare with"
