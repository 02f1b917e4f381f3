"""Talking: the same noise, readings as of a pass over the text, and nothing that depends on what was before."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from steering.handmade import random_vectors
from tiny import tiny_model

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.experiments.steering import SWEEP
from emotion_core.experiments.talk import usable_in_sd
from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading import talking
from emotion_core.reading.talk import AlarmRate, Talk, TalkSettings, to_html, to_jsonl
from emotion_core.reading.talking import TalkProgress, TalkScale, forget, known_scale, neutral_peaks, rivals, talk
from emotion_core.runs.codec import to_bytes, vectors_digest
from emotion_core.runs.store import RunStore
from emotion_core.steering.generate import prompt_tokens
from emotion_core.steering.settings import Gate, Schedule, SweepSettings
from emotion_core.steering.sweep import Sweep
from emotion_core.tracing.envoy import Remote
from emotion_core.tracing.record import project_layers
from emotion_core.tracing.score import Continuation, score
from emotion_core.vectors.emotion_vectors import EmotionVectors

TURNS = (Turn("system", "Be brief."), Turn("user", "Who is at the door?"))
TOKENS = 8


@pytest.fixture(scope="module")
def model() -> LoadedModel:
    return tiny_model("llama", max_position_embeddings=512)


@pytest.fixture(scope="module")
def vectors(model: LoadedModel) -> EmotionVectors:
    return random_vectors(model)


@pytest.fixture(scope="module")
def scale(model: LoadedModel, vectors: EmotionVectors) -> TalkScale:
    return run_to_end(known_scale(model, vectors))


@pytest.fixture(scope="module")
def answer(model: LoadedModel, vectors: EmotionVectors, scale: TalkScale) -> Callable[..., Talk]:
    def ask(turns: tuple[Turn, ...] = TURNS, **more: Any) -> Talk:
        asked = {"strengths": (("fear", 4.0),), "max_new_tokens": TOKENS, "seed": 1, **more}
        return run_to_end(talk(model, vectors, TalkSettings(turns=turns, **asked)))

    return ask


def ids_of(found: Talk, reply: int) -> tuple[int, ...]:
    """Tokens of the conversation with a reply."""
    return (*found.prompt_ids, *found.replies[reply].ids)


def test_replies_share_their_noise_and_do_not_depend_on_what_stands_beside_them(answer: Callable[..., Talk]) -> None:
    first = answer()
    with_rival, other = answer(rival=3), answer(strengths=(("joy", -2.0),))
    assert [r.name for r in with_rival.replies] == ["unsteered", "steered", "random direction 3"]
    assert first.replies[0].text == with_rival.replies[0].text == other.replies[0].text
    assert first.replies[1].text == with_rival.replies[1].text
    still = answer(strengths=(("fear", 0.0),))
    assert still.replies[1].tokens == still.replies[0].tokens == first.replies[0].tokens
    np.testing.assert_array_equal(still.replies[1].values, still.replies[0].values)
    assert first.replies[1].tokens != first.replies[0].tokens


def test_a_gate_that_never_opens_and_a_cap_never_reached_change_nothing(answer: Callable[..., Talk]) -> None:
    plain = answer().replies[0]
    shut = answer(gate=Gate("calm", 0.0, below=True))  # below the lowest neutral token, nearly never
    loose = answer(operation="cap", bound=100.0, strengths=(("fear", 1.0),))
    for found in (shut, loose):
        if np.abs(found.replies[1].values[:, 1]).max() < 3:
            assert found.replies[1].tokens == plain.tokens


def test_every_token_reads_as_in_a_pass_over_the_text_by_the_unsteered_model(
    model: LoadedModel, vectors: EmotionVectors, scale: TalkScale, answer: Callable[..., Talk]
) -> None:
    found = answer(rival=2)
    start = len(found.prompt)
    for k, reply in enumerate(found.replies):
        ids = ids_of(found, k)
        matrices = {layer: np.concatenate([vectors.units[:, layer], rivals(32)]) for layer in range(vectors.n_layers)}
        (raw,) = run_to_end(project_layers(model, [Encoding(ids, (True,) * len(ids))], matrices))
        expected = scale.tokens(raw)[:, :, :3]
        assert len(reply.tokens) > 2
        np.testing.assert_allclose(reply.values, expected[start : start + len(reply.tokens)], atol=2e-2)
        np.testing.assert_allclose(found.prompt_values, expected[:start, found.at], atol=2e-2)
        np.testing.assert_allclose(found.before, expected[start - 1], atol=2e-2)
        scores = run_to_end(score(model, [Continuation(ids, start)], 1, vectors.units[:1, 1]))
        np.testing.assert_allclose(reply.surprise, scores.surprise[0][: len(reply.surprise)], atol=1e-3)
    chances = found.replies[0]
    np.testing.assert_allclose(chances.surprise, -np.log(chances.probability), atol=1e-4)
    assert all(len(one) == 5 for one in chances.alternatives) and (np.diff(chances.chances, axis=1) <= 1e-6).all()


def test_the_same_words_read_under_steering_differ_above_the_steered_layer_only(answer: Callable[..., Talk]) -> None:
    found = answer()
    assert found.frozen.shape == (4, 3)
    np.testing.assert_allclose(found.frozen[: found.layer + 1], 0, atol=1e-3)
    assert np.abs(found.frozen[found.layer + 1 :]).max() > 0.05
    assert len(answer(strengths=(("fear", 0.0),)).frozen) == 0


def test_what_was_remembered_changes_no_bit(
    model: LoadedModel, vectors: EmotionVectors, answer: Callable[..., Talk]
) -> None:
    longer = (*answer().going_on(1), Turn("user", "Then open it."))
    warm = answer(longer)
    forget()
    cold = answer(longer)
    assert warm.replies[1].tokens == cold.replies[1].tokens
    np.testing.assert_array_equal(warm.prompt_values, cold.prompt_values)
    np.testing.assert_array_equal(warm.replies[0].values, cold.replies[0].values)
    np.testing.assert_array_equal(warm.replies[1].surprise, cold.replies[1].surprise)


def test_a_steered_prompt_is_steered(answer: Callable[..., Talk]) -> None:
    user = answer(scope="user", strengths=(("fear", 20.0),))
    assert np.abs(user.replies[1].probability[0] - user.replies[0].probability[0]) > 1e-4


def test_it_streams_and_stops(model: LoadedModel, vectors: EmotionVectors, answer: Callable[..., Talk]) -> None:
    whole, seen = answer(), []
    settings = TalkSettings(turns=TURNS, strengths=(("fear", 4.0),), max_new_tokens=TOKENS, seed=1)
    job = talk(model, vectors, settings, lambda: len(seen) == 3)
    while True:
        try:
            progress = next(job)
        except StopIteration as end:
            part: Talk = end.value
            break
        if isinstance(progress, TalkProgress):
            seen.append(progress.so_far())
    assert len(seen) == 3 and part.partial == f"stopped at 3 of {TOKENS} tokens"
    for so_far in seen:
        n = len(so_far.replies[0].tokens)
        assert so_far.replies[0].tokens == whole.replies[0].tokens[:n]
        np.testing.assert_array_equal(so_far.replies[0].values, whole.replies[0].values[:n])


@pytest.mark.parametrize(
    ("more", "requests"),
    [({"rival": 2}, 2), ({"gate": Gate("calm", 50.0), "scope": "both"}, 2), ({"scope": "answer"}, TOKENS)],
)
def test_elsewhere_four_tokens_come_in_a_request_and_are_shown_one_by_one(
    vectors: EmotionVectors, answer: Callable[..., Talk], monkeypatch: pytest.MonkeyPatch, more: Any, requests: int
) -> None:
    mine, seen, calls = answer(**more), [], []
    away = tiny_model("llama", max_position_embeddings=512)
    away.remote = Remote("dry run")
    real = talking.ahead
    monkeypatch.setattr(talking, "ahead", lambda *a: calls.append(1) or real(*a))
    settings = TalkSettings(turns=TURNS, strengths=(("fear", 4.0),), max_new_tokens=TOKENS, seed=1, **more)
    job = talk(away, vectors, settings)
    while True:
        try:
            seen.append(next(job))
        except StopIteration as end:
            theirs: Talk = end.value
            break
    shown = [one for one in seen if isinstance(one, TalkProgress)]
    assert len(shown) == TOKENS and len(calls) == requests
    for one, other in zip(mine.replies, theirs.replies, strict=True):
        assert (one.ids, one.alternatives) == (other.ids, other.alternatives) and len(one.ids) > 2
        for a, b in ((one.values, other.values), (one.surprise, other.surprise), (one.chances, other.chances)):
            np.testing.assert_allclose(a, b, atol=1e-3)
        np.testing.assert_allclose(one.probability, other.probability, atol=1e-4)
    np.testing.assert_allclose(mine.frozen, theirs.frozen, atol=1e-3)
    np.testing.assert_allclose(mine.prompt_values, theirs.prompt_values, atol=1e-3)


def test_alarms_are_set_on_some_neutral_turns_and_measured_on_others(
    vectors: EmotionVectors, scale: TalkScale, answer: Callable[..., Talk]
) -> None:
    for layer in (0, scale.layer):
        alarm = scale.alarms(layer)[0]
        low, high = alarm.interval
        assert 0 <= low <= alarm.fired / alarm.turns <= high <= 1 and alarm.turns > 20
        assert (scale.peaks[:, layer, 0] > alarm.threshold).mean() <= 0.05
        assert alarm.fired == (scale.other_peaks[:, layer, 0] > alarm.threshold).sum()
        found = answer(layer=layer)
        assert found.layer == layer and found.alarms == scale.alarms(layer)
        np.testing.assert_array_equal(found.band, scale.band(layer))
        n = len(vectors.emotions)
        ends = [[scale.percentile(q, layer, d) for q in (2.5, 50, 97.5)] for d in range(n, n + talking.RIVALS)]
        low, high = np.mean([(np.array(e)[[0, 2]] - e[1]) / scale.sd(layer, n + i) for i, e in enumerate(ends)], axis=0)
        np.testing.assert_allclose(found.band, [low, high], rtol=1e-4)
    assert scale.alarms(0) != scale.alarms(scale.layer) and (scale.band(0) != scale.band(scale.layer)).any()
    found = answer()
    never = replace(found, alarms=tuple(replace(one, threshold=1e9) for one in found.alarms))
    always = replace(found, alarms=tuple(replace(one, threshold=-1e9) for one in found.alarms))
    assert never.fires(found.replies[1], "fear") == frozenset()
    assert always.fires(found.replies[1], "fear") == frozenset(range(len(found.replies[1].tokens)))
    assert "3 of 60" in AlarmRate("fear", 1.0, 5, 3, 60, 20.0).sentence


def test_the_peaks_of_a_layer_are_those_of_a_reading_at_it_alone(
    model: LoadedModel, vectors: EmotionVectors, scale: TalkScale
) -> None:
    held = [one.text for one in load_prompts("neutral").part("heldout") if model.fits(one.text)]
    at_chosen = run_to_end(neutral_peaks(model, vectors, scale, held, talking._SEED))
    n = len(scale.other_peaks)
    assert n > 20
    np.testing.assert_allclose(scale.other_peaks[:, scale.layer], at_chosen[:n], atol=1e-4)


@pytest.mark.parametrize("strengths", [(("fear", 4.0),), (("fear", 4.0), ("joy", 3.0)), (("fear", 2.0), ("joy", -5.0))])
def test_along_random_directions_as_much_is_added_as_along_emotions(
    model: LoadedModel, vectors: EmotionVectors, scale: TalkScale, strengths: tuple[tuple[str, float], ...]
) -> None:
    settings = TalkSettings(turns=TURNS, strengths=strengths, rival=2)
    prompt = prompt_tokens(model, settings.writing, 0)
    edits = talking._Writer(model, vectors, settings, scale, prompt, scale.layer).edits
    added = [sum(one.amounts[row] * one.directions[row] for one in edits).norm() for row in range(talking.ROWS)]
    assert added[talking.STEERED] > 0 and added[talking.PLAIN] == 0
    assert float(added[talking.RIVAL]) == pytest.approx(float(added[talking.STEERED]), rel=1e-5)


def test_another_operation_is_not_called_as_hard(answer: Callable[..., Talk]) -> None:
    assert answer(rival=1).title(2) == "Random direction 1, pushed equally hard"
    taken_out = answer(rival=1, operation="project_out", strengths=(("fear", 0.5),))
    assert taken_out.title(2) == "Random direction 1, project out along it instead"


def test_what_goes_out_is_plain_and_escaped(answer: Callable[..., Talk]) -> None:
    found = answer((Turn("user", "<script>alert(1)</script> & who?"),))
    page = to_html(found, "fear", "#b2182b", "#2166ac", 3.0)
    assert "<script" not in page and "fear" in page
    lines = [json.loads(line) for line in to_jsonl(found).splitlines()]
    assert [line["role"] for line in lines] == ["user", "assistant", "assistant"]
    assert set(lines[1]["emotions"]) == {"fear", "calm", "joy"} and lines[2]["strengths"] == {"fear": 4.0}
    document = found.to_json()
    assert document["replies"][1]["name"] == "steered" and document["added"] > 0
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_a_text_can_be_continued_without_a_conversation(answer: Callable[..., Talk]) -> None:
    found = answer((Turn("user", "Tea is"),), chat=False)
    assert "".join(found.prompt) == "Tea is" and found.spans == ((0, len(found.prompt)),)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"turns": (Turn("assistant", "Me."),)}, "not the model's turn"),
        ({"turns": ()}, "no turns"),
        ({"strengths": ()}, "emotions"),
        ({"strengths": (("fear", 1.0), ("fear", 2.0))}, "each emotion once"),
        ({"operation": "cap"}, "share"),
        ({"turns": TURNS[1:], "scope": "user", "chat": False}, "turns of a conversation"),
        ({"chat": False}, "no turns before it"),
        ({"rival": 99}, "random direction"),
    ],
)
def test_what_makes_no_sense_is_refused(more: dict[str, Any], words: str) -> None:
    asked: dict[str, Any] = {"turns": TURNS, "strengths": (("fear", 4.0),), **more}
    with pytest.raises(SettingsError, match=words):
        TalkSettings(**asked)


def test_the_usable_window_is_of_the_last_sweep_that_pushed_alike(
    model: LoadedModel, vectors: EmotionVectors, scale: TalkScale, tmp_path: Path
) -> None:
    store = RunStore(tmp_path)

    def keep(high: float, **more: Any) -> None:
        asked = {"emotion": "fear", "prompts": ("Tea",), "strengths": (high,), **more}
        layers = tuple(range(asked["span"][0], asked["span"][1] + 1)) if "span" in asked else (1,)
        swept = Sweep(
            SweepSettings(**asked), model.info, 1, 10.0, (), (), np.zeros((0, 0), np.float32), (), (0.0, high), (5, 0.3)
        )
        run = store.create(SWEEP.kind, json.dumps({"vectors": vectors_digest(vectors)}))
        store.finish(run, {SWEEP.file: to_bytes(replace(swept, layers=layers))})

    assert usable_in_sd(store, vectors, "fear", scale, 1, chat=False) is None
    keep(0.1, chat=True)
    keep(0.2)
    for other in (
        {"span": (0, 3)},
        {"scope": "prompt"},
        {"schedule": Schedule(30)},
        {"gate": Gate("calm")},
        {"operation": "clamp"},
        {"mix": (("joy", 1.0),)},
        {"emotion": "joy"},
    ):
        keep(0.9, **other)
    found = usable_in_sd(store, vectors, "fear", scale, 1, chat=False)
    assert found is not None and found.tried == (0, found.high), "nothing further was tried"
    talked = usable_in_sd(store, vectors, "fear", scale, 1, chat=True)
    assert talked is not None and talked.high == pytest.approx(found.high / 2)
    assert usable_in_sd(store, vectors, "fear", scale, 1, chat=False, may_see=lambda run: False) is None
    assert found.high == pytest.approx(0.2 * 10 / scale.sd(1, 0)) and found.low == 0
    prompt = usable_in_sd(store, vectors, "fear", scale, 1, scope="prompt", chat=False)
    assert prompt is not None and prompt.high == pytest.approx(0.9 * 10 / scale.sd(1, 0))
