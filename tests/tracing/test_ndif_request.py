"""Requests over a real socket to a stand-in for NDIF that has nnsight, torch and transformers, and not this project."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from nnsight import CONFIG
from nnsight.modeling import huggingface
from steering.handmade import all_written, settings
from tiny import TEXTS, tiny_module, tiny_tokenizer

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.errors import JobCancelled, ModelError
from emotion_core.base.jobs import run_to_end
from emotion_core.models.owner import ModelOwner
from emotion_core.models.prepare import adopt
from emotion_core.runs.limits import where_it_computes
from emotion_core.tracing import envoy as remote_module
from emotion_core.tracing import remote_model
from emotion_core.tracing.decode import prefill, step
from emotion_core.tracing.envoy import Remote
from emotion_core.tracing.logit_lens import unembedded
from emotion_core.tracing.options import Asked, score_options
from emotion_core.tracing.record import record
from emotion_core.tracing.remote_model import Served, load_remote, served
from emotion_core.tracing.score import Continuation, score
from emotion_core.tracing.steer import Intervention
from tracing.ndif_service import KEY, sent_for, standing_in


@pytest.fixture(scope="module")
def served_at(tmp_path_factory, warm_python):
    """The stand-in with a model of its own; gives the folder of the model and the port."""
    folder = tmp_path_factory.mktemp("served")
    tiny_module("llama").save_pretrained(folder)
    tiny_tokenizer().save_pretrained(folder)
    with standing_in(folder, warm_python) as port:
        yield folder, port


@pytest.fixture(scope="module")
def service(served_at):
    return served_at[0]


@pytest.fixture(scope="module")
def port(served_at):
    return served_at[1]


@pytest.fixture
def both(service):
    """The model here, and the same one there."""
    here = adopt(tiny_module("llama"), tiny_tokenizer(), "here")
    return here, load_remote(f"ndif:{service}", Remote("ndif", KEY))


@pytest.fixture
def no_waits(monkeypatch):
    waits: list[float] = []
    monkeypatch.setattr(remote_module, "_pause", lambda remote, seconds, state: waits.append(seconds))
    return waits


def test_the_list_comes_from_the_service(service):
    assert [(one.name, one.state) for one in served()] == [(str(service), "RUNNING")]


def test_every_kind_of_trace_gives_the_numbers_of_here(both):
    direction = np.eye(2, 32, dtype=np.float32)
    assert both[1].info.dtype == "float32" and both[1].info.served and not both[0].info.served
    asked = [Asked((1, 2, 3), ((4,), (5,)), shared=2, amount=0.5, spans=((0, 2),))]
    edit = Intervention(1, "add", torch.eye(3, 32), torch.linspace(0, 2, 3))

    def found(model):
        cache = prefill(model, [[5, 6]] * 3, [edit])
        _, logits = step(model, torch.tensor([7, 7, 7]), cache, [edit])
        scores = run_to_end(score(model, [Continuation((1, 2, 3, 4), 2)], 1, direction))
        return [
            run_to_end(record(model, TEXTS, ReadingPosition())).values,
            logits.numpy(),
            np.stack(run_to_end(score_options(model, asked, 1, direction))),
            scores.readings,
            scores.surprise[0],
            unembedded(model, direction, 5).numpy(),
        ]

    for one, other in zip(*map(found, both), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)


def test_replies_hold_the_numbers_that_are_used_and_little_else(both, port):
    _, away = both
    rows, words, envelope = 16, away.vocabulary, 4_000  # bytes of an answer without a number
    layers, width = away.info.layers, away.info.width
    edit = Intervention(1, "add", torch.eye(rows, 32), torch.ones(rows))
    prompt = prefill(away, [list(range(5, 25))] * rows, [edit])
    _, got = sent_for(port, lambda: step(away, torch.full((rows,), 7), prompt, [edit]))
    assert sum(got) <= 1.5 * 4 * rows * words + envelope, "the last token's logits, not those of all twenty"
    asked = [Asked(tuple(range(2, 30)), ((4, 8), (5,), (6, 7, 9))) for _ in range(30)]
    _, got = sent_for(port, lambda: run_to_end(score_options(away, asked)))
    assert sum(got) <= 1.5 * 8 * 90 * 3 + 3 * envelope, "log-probabilities of the options, not of the vocabulary"
    _, got = sent_for(port, lambda: run_to_end(record(away, TEXTS, ReadingPosition())))
    assert sum(got) <= 1.5 * 4 * len(set(TEXTS)) * (layers + 1) * (width + 1) + 4 * envelope


@pytest.mark.parametrize("scope", ["generated", "both"])
def test_a_sweep_writes_the_texts_of_here_in_few_requests(both, port, scope):
    here, away = both
    prompts = len(settings().prompts)
    mine = all_written(here, scope=scope, controls=1, samples=2, max_new_tokens=40)
    theirs, got = sent_for(port, lambda: all_written(away, scope=scope, controls=1, samples=2, max_new_tokens=40))
    assert [(one.row, one.ids) for one in theirs] == [(one.row, one.ids) for one in mine]
    assert max(len(one.ids) for one in mine) == 40 and len(got) <= 5 * prompts


def test_a_model_that_restarts_is_waited_for(both, no_waits):
    here, away = both
    away = replace(away, remote=replace(away.remote, key=f"{KEY}-restart"))
    values = run_to_end(record(away, TEXTS[:2], ReadingPosition())).values
    assert no_waits == [2.0, 4.0]
    np.testing.assert_allclose(values, run_to_end(record(here, TEXTS[:2], ReadingPosition())).values, atol=1e-4)


def test_of_a_fault_the_useful_lines_are_shown_and_nothing_is_sent_again(both, no_waits):
    _, away = both
    away = replace(away, remote=replace(away.remote, key=f"{KEY}-faulty"))
    with pytest.raises(ModelError, match=r"Could not deploy this model\. \.\.\. TypeError: no such thing") as caught:
        run_to_end(record(away, TEXTS, ReadingPosition()))
    assert not no_waits and "valid key" not in str(caught.value)


def test_vectors_of_one_number_format_do_not_pass_for_those_of_another(service, monkeypatch):
    names = {}
    for dtype in ("float32", "bfloat16"):
        entry = Served(str(service), "RUNNING", "HOT", dtype)
        monkeypatch.setattr(remote_model, "served", lambda entry=entry: (entry,))
        names[dtype] = load_remote(f"ndif:{service}", Remote("ndif", KEY)).info
    assert names["float32"].fingerprint != names["bfloat16"].fingerprint
    assert where_it_computes(names["bfloat16"]).endswith("where it is served, in bfloat16")


@pytest.mark.parametrize("listed_then", [True, False])
def test_a_model_that_is_not_served_yet_gets_the_name_it_has_when_it_is(both, service, port, monkeypatch, listed_then):
    entry, lists = Served(str(service), "RUNNING", "HOT", "float32"), []

    def list_of_the_service():
        lists.append(1)
        return (entry,) if listed_then and len(lists) > 1 else ()

    monkeypatch.setattr(remote_model, "served", list_of_the_service)
    first, answers = sent_for(port, lambda: load_remote(f"ndif:{service}", Remote("ndif", KEY)))
    assert len(answers) == 1 and first.info.fingerprint == both[1].info.fingerprint and first.info.dtype == "float32"
    refused = load_remote(f"ndif:{service}", Remote("ndif", "wrong-key")) if not listed_then else None
    if refused:
        with pytest.raises(ModelError, match="Invalid API key"):
            run_to_end(record(refused, TEXTS, ReadingPosition()))


def test_nothing_is_sent_where_the_number_format_is_not_known(service, monkeypatch):
    monkeypatch.setattr(CONFIG.API, "HOST", "http://127.0.0.1:9")
    away = load_remote(f"ndif:{service}", Remote("ndif", KEY))
    with pytest.raises(ModelError, match="not reached when this model was opened"):
        run_to_end(record(away, TEXTS, ReadingPosition()))
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9"):
        served()


def test_a_silent_hub_is_not_blamed_on_the_service(service, monkeypatch):
    def silent(self):
        raise ConnectionError("no route to the hub")

    monkeypatch.setattr(huggingface.HuggingFaceModel, "to_model_key", silent, raising=False)
    away = load_remote(f"ndif:{service}", Remote("ndif", KEY))
    with pytest.raises(ModelError, match="hub that names the model") as caught:
        run_to_end(record(away, TEXTS, ReadingPosition()))
    assert "NDIF itself was not asked yet" in str(caught.value)


def test_a_wrong_key_is_said_and_not_sent_again(both, no_waits):
    _, away = both
    away = replace(away, remote=replace(away.remote, key="wrong-key-of-somebody"))
    with pytest.raises(ModelError, match="Invalid API key") as caught:
        run_to_end(record(away, TEXTS, ReadingPosition()))
    assert not no_waits and "wrong-key" not in str(caught.value)


def test_a_busy_service_is_asked_again(both, no_waits):
    here, away = both
    away = replace(away, remote=replace(away.remote, key=f"{KEY}-busy"))
    values = run_to_end(record(away, TEXTS[:2], ReadingPosition())).values
    assert no_waits == [2.0, 4.0]
    np.testing.assert_allclose(values, run_to_end(record(here, TEXTS[:2], ReadingPosition())).values, atol=1e-4)


def test_a_request_ends_at_its_limit(both, no_waits):
    _, away = both
    away = replace(away, remote=replace(away.remote, key=f"{KEY}-slow", seconds=0.5))
    with pytest.raises(ModelError, match="did not answer in time"):
        run_to_end(record(away, TEXTS, ReadingPosition()))
    assert not no_waits and not away.remote.waiting.describe()


def test_a_waiting_job_shows_its_state_and_can_be_cancelled(both):
    _, away = both
    owner = ModelOwner(replace(away, remote=replace(away.remote, key=f"{KEY}-slow")))
    handle = owner.submit(record(owner.model, TEXTS, ReadingPosition()))
    for _ in range(100):
        if "in line" in handle.elsewhere:
            break
        time.sleep(0.05)
    assert handle.elsewhere.startswith("NDIF: in line (")
    handle.cancel()
    assert handle.wait(5), "the wait for the service ends with the cancel"
    with pytest.raises(JobCancelled):
        handle.result()
    assert handle.state == "cancelled" and not handle.elsewhere
    assert not [one for one in threading.enumerate() if one.name.startswith("owner of ndif") and owner.busy]


def test_no_network_is_one_clear_sentence(both, no_waits, monkeypatch):
    _, away = both
    monkeypatch.setattr(CONFIG.API, "HOST", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match="NDIF cannot be reached") as caught:
        run_to_end(record(away, TEXTS, ReadingPosition()))
    assert no_waits == [2.0, 4.0] and "after 3 attempts" in str(caught.value) and KEY not in str(caught.value)
