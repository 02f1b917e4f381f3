"""One owner a model in a process: loaded once, kept while it is among the last two, freed after."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import replace

import pytest

from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import Progress
from emotion_core.models import owner as module_under_test
from emotion_core.models.owner import ModelOwner, owner_of

PATIENCE = 30  # seconds; only a broken owner takes that long


@pytest.fixture
def made(monkeypatch, tiny):
    """Names of the models that `owner_of` loaded; loading "slow" waits for the event `gate`."""
    loaded: list[tuple[str, str]] = []
    gate = threading.Event()

    def load(name: str, *, dtype: str, report):
        if name == "unknown":
            raise ModelError("There is no such model", where=name)
        loaded.append((name, dtype))
        if name == "slow":
            gate.wait(PATIENCE)
        return tiny("gpt2")

    monkeypatch.setattr(module_under_test, "load_model", load)
    monkeypatch.setattr(module_under_test, "_OWNERS", type(module_under_test._OWNERS)())
    loaded_and_gate = loaded, gate
    yield loaded_and_gate
    gate.set()


def test_a_model_is_loaded_once_whoever_asks(made):
    loaded, gate = made
    owners: list[ModelOwner] = []
    threads = [threading.Thread(target=lambda: owners.append(owner_of("slow"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert loaded == [("slow", "float32")] and len(owners) == 6 and len(set(map(id, owners))) == 1


def test_a_loaded_model_is_there_while_another_one_loads(made):
    _, gate = made
    ready = owner_of("ready")
    slow = threading.Thread(target=owner_of, args=("slow",))
    slow.start()
    asked: list[ModelOwner] = []
    asking = threading.Thread(target=lambda: asked.append(owner_of("ready")))
    asking.start()
    asking.join(PATIENCE)
    assert asked == [ready] and slow.is_alive()
    gate.set()
    slow.join(PATIENCE)


def test_the_last_two_models_stay_and_older_ones_are_freed(made):
    loaded, gate = made
    gate.set()
    first = owner_of("a")

    def job():
        yield Progress(1, 1, "one step")
        return "done"

    assert first.submit(job()).result(PATIENCE) == "done"
    gone = weakref.ref(first)
    second = owner_of("b")
    assert owner_of("a") is first  # asked for again: now "b" is the older one
    owner_of("c")
    assert owner_of("a") is first and loaded == [("a", "float32"), ("b", "float32"), ("c", "float32")]
    owner_of("a", "bfloat16")
    owner_of("b")
    assert owner_of("b") is not second
    del first
    for thread in threading.enumerate():
        if thread.name.startswith("owner of"):
            thread.join(PATIENCE)
    gc.collect()
    assert gone() is None, "no thread holds the owner of a model that nobody uses"


def test_a_model_that_cannot_be_loaded_says_so_every_time(made):
    for _ in range(2):
        with pytest.raises(ModelError, match="no such model"):
            owner_of("unknown")


def test_a_model_whose_card_is_known_is_loaded_when_it_is_needed_and_once(made, tiny):
    loaded, gate = made
    card = replace(tiny("gpt2").info, name="slow")
    owner = owner_of("slow", known=card)
    assert owner.info == card and not owner.loaded and not loaded
    owner.load_soon()
    owner.load_soon()
    assert owner.info == card and not owner.loaded, "whoever asks for the card does not wait"
    gate.set()
    assert owner.model is tiny("gpt2") and owner.loaded and loaded == [("slow", "float32")]
    assert owner.info == tiny("gpt2").info, "the card is that of the weights from now on"
    assert owner_of("slow") is owner


def test_a_model_that_cannot_be_loaded_behind_a_page_keeps_the_reason(made, tiny):
    owner = owner_of("unknown", known=tiny("gpt2").info)
    assert owner.fault is None
    owner.load_soon()
    for thread in threading.enumerate():
        if thread.name.startswith("loading"):
            thread.join(PATIENCE)
    assert owner.fault is not None and "no such model" in str(owner.fault) and not owner.loaded
