"""What a visitor may ask for, and that nobody gets more by asking elsewhere."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from emotion_core.base.errors import LimitError, ModelError, RunError
from emotion_core.base.jobs import Job, Progress, run_to_end
from emotion_core.base.settings import HOSTED, Settings, settings
from emotion_core.behavior.scenes import Scene
from emotion_core.models.catalogue import allowed_models, require_allowed
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.limits import (
    require_prompts,
    require_sweep,
    require_texts,
    strings_in,
    within_asked,
    within_time,
    within_tokens,
)
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore

Tiny = Callable[[str], LoadedModel]


def three_steps() -> Job[str]:
    for done in range(3):
        yield Progress(done, 3, "x")
    return "result"


class Held:
    """A handle that stays as the test sets it."""

    def __init__(self, visitor: str) -> None:
        self.visitor, self.state, self.place = visitor, "queued", 0

    def cancel(self) -> None:
        self.state = "cancelled"

    def result(self) -> None: ...


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def start(registry: JobRegistry) -> str:
    run_id = registry.store.create("build", "{}")
    return registry.start(run_id, three_steps(), lambda result: {"r": result.encode()}, lambda job, who: Held(who))


@pytest.mark.parametrize("name", ["/tmp", ".", "someone/model", "../x", "gpt2"])
def test_a_hosted_app_loads_only_what_is_listed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = dataclasses.replace(HOSTED, model="demo", models=("demo",))
    assert allowed_models(limits) == ("demo",)
    require_allowed("demo", limits)
    with pytest.raises(ModelError, match="not offered"):
        require_allowed(name, limits)
    require_allowed(name, Settings())
    monkeypatch.setenv("EMOTION_HOSTED", "1")
    monkeypatch.setenv("EMOTION_MODELS", "demo")
    settings.cache_clear()
    try:
        with pytest.raises(ModelError, match="not offered"):
            load_model(name)
    finally:
        settings.cache_clear()


def test_builds_and_sweeps_have_a_size() -> None:
    prompt_set = load_prompts("fear-calm")
    require_texts(Settings(), [prompt_set])
    require_sweep(Settings(), 10**6, 400)
    with pytest.raises(LimitError, match=r"at most 99 texts\. Found: 100 texts"):
        require_texts(Settings(max_texts=99), [prompt_set])
    with pytest.raises(LimitError, match="at most 10 texts"):
        require_sweep(Settings(max_sweep_texts=10), 11, 1)
    with pytest.raises(LimitError, match=r"at most 100 tokens\. Found: 110 tokens"):
        require_sweep(Settings(max_sweep_tokens=100), 11, 10)


def test_prompts_that_are_kept_with_a_run_have_a_length() -> None:
    few = Settings(max_sweep_tokens=100)
    require_prompts(few, ["a" * 200, "b" * 200])
    require_prompts(Settings(), ["a" * 10_000_000])
    with pytest.raises(LimitError, match="400 characters"):
        require_prompts(few, ["a" * 200, "b" * 201])


def test_tokens_are_counted_before_the_work_begins(tiny: Tiny) -> None:
    model, texts = tiny("gpt2"), ["the old house"] * 500
    tokens = 500 * len(model.tokenizer(texts[0])["input_ids"])
    assert run_to_end(within_tokens(Settings(max_tokens=tokens), model, texts, three_steps())) == "result"
    begun = three_steps()
    with pytest.raises(LimitError, match="tokens"):
        run_to_end(within_tokens(Settings(max_tokens=tokens - 1), model, texts, begun))
    assert next(begun).done == 0, "the job itself has not begun"


def test_every_text_of_a_request_counts() -> None:
    scene = Scene("a", "b", ("c", "d"), (True, False))
    assert strings_in((scene,))[:4] == ["a", "b", "c", "d"]
    assert strings_in(7) == [] and strings_in({"x": ["y", None]}) == ["y"]


def test_only_time_in_the_job_counts() -> None:
    def slow(seconds: float) -> Job[int]:
        for _ in range(4):
            time.sleep(seconds)
            yield Progress(0, 0, "x")
        return 1

    quick = within_time(Settings(max_job_seconds=1), slow(0))
    next(quick)
    time.sleep(1.2)  # somebody else's turn
    assert run_to_end(quick) == 1
    with pytest.raises(LimitError, match="at most 1 seconds"):
        run_to_end(within_time(Settings(max_job_seconds=1), slow(0.6)))


def test_a_visitor_has_only_so_many_open_jobs(store: RunStore) -> None:
    registry = JobRegistry(store, Settings(visitor_open=2))
    ann, bob = registry.of("ann"), registry.of("bob")
    first, _ = start(ann), start(ann)
    with pytest.raises(LimitError, match="at most 2"):
        start(ann)
    assert len(store.recent()) == 2, "what was refused leaves nothing behind"
    start(bob)
    ann.cancel(first)
    start(ann)


def test_the_line_has_an_end(store: RunStore) -> None:
    registry = JobRegistry(store, Settings(max_waiting=3))
    for number in range(3):
        start(registry.of(str(number)))
    with pytest.raises(LimitError, match="Too many people"):
        start(registry.of("late"))


def test_a_run_is_its_owners_when_hosted(store: RunStore) -> None:
    registry = JobRegistry(store, Settings(hosted=True))
    run_id = start(registry.of("ann"))
    for stranger in (registry, registry.of(""), registry.of("bob")):
        for act in (stranger.cancel, stranger.delete):
            with pytest.raises(RunError, match="somebody else"):
                act(run_id)
    assert store.get(run_id).state == "queued"
    store.finish(run_id, {"r": b"1"})
    registry.of("ann").delete(run_id)
    with pytest.raises(RunError):
        store.get(run_id)
    assert not (store.folder / "results" / run_id).exists()
    alone = JobRegistry(store, Settings())
    alone.of("tab 2").delete(start(alone.of("tab 1")))


def test_the_wait_is_estimated_from_what_jobs_took(store: RunStore) -> None:
    registry = JobRegistry(store, Settings(max_running=2))
    run_id = store.create("build", "{}")
    work: list[Job[str]] = []

    def submit(job: Job[str], visitor: str) -> Held:
        work.append(job)
        return Held(visitor)

    registry.start(run_id, three_steps(), lambda _: {}, submit)
    assert registry.wait_seconds(run_id) is None
    run_to_end(work[0])
    estimate = registry.wait_seconds(run_id)
    assert estimate is not None and 0 <= estimate < 30


def test_a_text_counts_as_often_as_it_is_asked(tiny: Tiny) -> None:
    """Two activities of about equal length, in 400 questions: each is read 400 times."""
    model, names = tiny("gpt2"), ("sing in a choir", "mop the floor")
    once = sum(len(ids) for ids in model.tokenizer(list(names))["input_ids"])

    def job(most: int) -> Job[str]:
        return within_asked(Settings(max_asked_tokens=most), model, names, (1.0, 1.0), 400, three_steps())

    assert run_to_end(job(400 * once)) == run_to_end(job(0)) == "result"
    with pytest.raises(LimitError, match="400 questions"):
        run_to_end(job(400 * once - 1))
