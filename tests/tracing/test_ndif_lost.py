"""A service that is lost in the middle of a run: what was read stays, the run goes on, and no number is wrong.

Between this process and the stand-in stands a gate that cuts every connection at some byte, as a server that is killed
does, and lets nobody in for a while.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from nnsight import CONFIG
from steering.handmade import all_written, along_fear, random_vectors, settings
from tiny import TEXTS, tiny_module, tiny_tokenizer

from emotion_core.base.activations import ActivationCache, ReadingPosition
from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import run_to_end
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.prepare import adopt
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.talk import TalkSettings
from emotion_core.reading.talking import TalkScale, known_scale, remember_scale, talk
from emotion_core.steering.generate import first_logits
from emotion_core.steering.next_token import AgainstUnsteered
from emotion_core.steering.settings import PlannedRow
from emotion_core.tracing import envoy as remote_module
from emotion_core.tracing import record as recorder
from emotion_core.tracing.envoy import PATIENT_ATTEMPTS, Remote
from emotion_core.tracing.options import Asked, score_options
from emotion_core.tracing.record import length_sorted, project_layers, project_sums, record, record_places
from emotion_core.tracing.remote_model import load_remote
from emotion_core.tracing.score import Continuation, score
from scripts.real_ndif.__main__ import Gate
from tracing.ndif_service import KEY, sent_for, standing_in

# Of each kind of run a few here and many in `make nightly`: every one is at another random byte.
KILLS = int(os.environ.get("EMOTION_TEST_KILLS", "3"))


@pytest.fixture(scope="module")
def served(tmp_path_factory, warm_python):
    """Folder of the model, port of the stand-in, and the gate before it, which requests go to."""
    folder = tmp_path_factory.mktemp("served")
    tiny_module("llama", max_position_embeddings=512).save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    with standing_in(folder, warm_python) as port:
        gate = Gate(0, port)
        CONFIG.API.HOST = f"http://127.0.0.1:{gate.port}"
        yield folder, port, gate


@pytest.fixture
def away(served, monkeypatch):
    monkeypatch.setattr(remote_module, "_pause", lambda remote, seconds, state: None)
    return load_remote(f"ndif:{served[0]}", Remote("ndif", KEY))


@pytest.fixture
def here():
    return adopt(tiny_module("llama", max_position_embeddings=512), tiny_tokenizer(), "here")


def _sweep(model: LoadedModel, scope: str) -> list[Any]:
    written = all_written(
        model, scope=scope, controls=1, samples=1, max_new_tokens=9, strengths=(0.0, 0.5), prompts=("Tea is",)
    )
    return [np.array(one.ids) for one in written]


def _encoded(model: LoadedModel) -> list[Any]:
    return [model.encode(text) for text in TEXTS]


def _sums(model: LoadedModel) -> list[Any]:
    places = [(list(range(1, len(one))), [[0], [0, 1]]) for one in _encoded(model)]
    weights = np.random.default_rng(0).random((100, 3))
    found = []
    for count in (2, 40):  # fewer directions than the stream is wide, and more
        matrix = {1: np.random.default_rng(1).standard_normal((count, 32)).astype(np.float32)}
        sums = run_to_end(project_sums(model, _encoded(model), matrix, places, weights))
        found += [sums.weighted, sums.squares, *sums.means]
    return found


def _next_token(model: LoadedModel) -> list[Any]:
    asked = settings(strengths=(-0.4, 0.4), prompts=("Tea is",), max_new_tokens=1)
    rows = [PlannedRow(0, 0, 0, strength) for strength in (0.0, -0.4, 0.4)]
    wanted = AgainstUnsteered(torch.tensor([[3, 4, 5]] * 3), torch.tensor([6, 7]))
    return [first_logits(model, asked, rows, along_fear(model), wanted).numpy()]


@cache
def _scale() -> TalkScale:
    model = adopt(tiny_module("llama", max_position_embeddings=512), tiny_tokenizer(), "here")
    return run_to_end(known_scale(model, random_vectors(model)))


def _talk(model: LoadedModel) -> list[Any]:
    vectors = random_vectors(model)
    remember_scale(vectors, _scale())
    asked = TalkSettings(turns=(Turn("user", "Tea?"),), strengths=(("fear", 4.0),), max_new_tokens=7)
    found = run_to_end(talk(model, vectors, asked))
    return [np.array(found.replies[1].ids), found.replies[1].values, found.replies[1].surprise, found.frozen]


_AXES = np.eye(2, 32, dtype=np.float32)
_ASKED = [Asked((1, 2, 3), ((4, 6), (5,)), amount=0.5, spans=((0, 2),)), Asked((1, 7), ((4,), (5,)))]
# What every kind of run is made of: its requests.
KINDS: dict[str, Callable[[LoadedModel], list[Any]]] = {
    "build": lambda model: [run_to_end(record(model, TEXTS, ReadingPosition())).values],
    "read": lambda model: run_to_end(project_layers(model, _encoded(model), {1: _AXES, 2: _AXES})),
    "read at places": lambda model: [run_to_end(record_places(model, _encoded(model), [[[0], [1]]] * len(TEXTS)))],
    "sweep": lambda model: _sweep(model, "generated"),
    "sweep, prompt steered": lambda model: _sweep(model, "both"),
    "score": lambda model: [
        *(scores := run_to_end(score(model, [Continuation(tuple(range(1, 30)), 2)] * 3, 1, _AXES))).surprise,
        scores.readings,
    ],
    "zero point": _sums,
    "next token": _next_token,
    "talk": _talk,
    "behave": lambda model: run_to_end(score_options(model, _ASKED, 1, _AXES)),
}


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_run_that_is_cut_anywhere_ends_with_the_numbers_of_here(kind, served, away, here):
    gate, run = served[2], KINDS[kind]
    expected = run(here)
    passed = gate.received + gate.sent
    run(away)  # from now on the service is known to be there
    usual = gate.received + gate.sent - passed
    draw = random.Random(kind)
    for _ in range(KILLS):
        before = gate.requests
        gate.cut(draw.randrange(usual), draw.randrange(PATIENT_ATTEMPTS - 1))
        for one, other in zip(expected, run(away), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-4)
        assert gate.requests > before


def test_a_service_that_is_lost_in_the_first_request_is_waited_for(served, away, here):
    folder, _, gate = served
    passed = gate.received + gate.sent
    KINDS["build"](load_remote(f"ndif:{folder}", Remote("ndif", KEY)))
    usual = gate.received + gate.sent - passed
    gate.cut(usual // 2, PATIENT_ATTEMPTS - 2)
    np.testing.assert_allclose(KINDS["build"](away)[0], KINDS["build"](here)[0], atol=1e-4)


def test_what_was_read_before_the_service_was_lost_is_not_asked_for_again(served, away, here, tmp_path, monkeypatch):
    _, port, gate = served
    monkeypatch.setattr(recorder, "length_sorted", lambda lengths, *_: length_sorted(lengths, 40))

    def read(name):
        return run_to_end(record(away, TEXTS, ReadingPosition(), ActivationCache(tmp_path / name))).values

    _, answers = sent_for(port, lambda: read("undisturbed"))
    assert len(answers) >= 4

    def interrupted():
        gate.cut(sum(answers[:3]), 10**6)  # what is sent counts too
        with pytest.raises(ModelError, match=r"NDIF cannot be reached.*What was read is kept"):
            read("lost")

    _, first = sent_for(port, interrupted)
    gate.cut(-1, 0)
    values, second = sent_for(port, lambda: read("lost"))
    assert 0 < len(first) < len(answers) and 0 < len(second) < len(answers)
    assert len(first) + len(second) <= len(answers) + 1, "the one that was cut is all that is asked for twice"
    np.testing.assert_allclose(values, run_to_end(record(here, TEXTS, ReadingPosition())).values, atol=1e-4)


def test_a_service_that_was_never_there_is_not_waited_for(served, away):
    gate = served[2]
    gate.cut(-1, 10**6)
    with pytest.raises(ModelError, match="after 3 attempts"):
        run_to_end(record(away, TEXTS, ReadingPosition()))
    gate.cut(-1, 0)
    run_to_end(record(away, TEXTS, ReadingPosition()))
    gate.cut(-1, 10**6)
    with pytest.raises(ModelError, match=f"after {PATIENT_ATTEMPTS} attempts"):
        run_to_end(record(away, TEXTS, ReadingPosition()))
    gate.cut(-1, 0)
    assert torch.isfinite(torch.tensor(run_to_end(record(away, TEXTS, ReadingPosition())).values)).all()
