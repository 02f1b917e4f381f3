"""Budgets of disk and memory: what is idle or was used longest ago goes, what came with the app stays."""

from __future__ import annotations

import dataclasses
import sqlite3
import time
from pathlib import Path

import numpy as np
import pytest

from emotion_core.base.activations import ActivationCache, CachedRow
from emotion_core.base.errors import RunError
from emotion_core.base.settings import Settings
from emotion_core.runs import housekeeping as memory
from emotion_core.runs.housekeeping import Housekeeper, Tidied, tidy
from emotion_core.runs.store import RunStore

HOUR = 3600.0


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "data")


@pytest.fixture
def cache(tmp_path: Path) -> ActivationCache:
    return ActivationCache(tmp_path / "data" / "activations.sqlite")


def finished(store: RunStore, *, used: float, n_bytes: int = 10, settings: str = "{}") -> str:
    run_id = store.create("build", settings, key="k")
    store.finish(run_id, {"a": b"x" * n_bytes})
    with sqlite3.connect(store.folder / "runs.sqlite") as db:
        db.execute("UPDATE runs SET used = ? WHERE id = ?", (used, run_id))
    return run_id


def row(value: float) -> CachedRow:
    return CachedRow(np.full((3, 512), value, np.float32), np.zeros(2, np.float32), 4)


def test_idle_results_expire_and_keep_their_settings(store: RunStore, cache: ActivationCache) -> None:
    now = time.time()
    idle = finished(store, used=now - 3 * HOUR, settings='{"seed": 7}')
    fresh, shipped = finished(store, used=now - HOUR), finished(store, used=0, settings='{"shipped": "x"}')
    open_run = store.create("sweep", "{}")
    found = tidy(store, cache, Settings(expire_hours=2))
    assert found.idle == (idle,) and found.room == ()
    assert {run.id: run.state for run in store.recent()} == {
        idle: "expired", fresh: "done", shipped: "done", open_run: "queued",
    }  # fmt: skip
    assert store.get(idle).settings == '{"seed": 7}' and not store.files(idle)
    assert store.read(shipped, "a") and tidy(store, cache, Settings(expire_hours=2)).idle == ()
    assert store.find("build", "k").id != idle, "an expired run is not found as a result"


def test_looking_at_a_run_keeps_it(store: RunStore, cache: ActivationCache) -> None:
    run_id = finished(store, used=time.time() - 3 * HOUR)
    store.get(run_id)
    assert tidy(store, cache, Settings(expire_hours=2)).idle == ()


def test_a_run_that_is_done_again_is_not_taken_away_at_once(store: RunStore, cache: ActivationCache) -> None:
    idle = finished(store, used=time.time() - 3 * HOUR)
    with sqlite3.connect(store.folder / "runs.sqlite") as db:
        db.execute("UPDATE runs SET created = used")
    limits = Settings(expire_hours=2)
    assert tidy(store, cache, limits).idle == (idle,)
    store.reopen(idle)
    assert time.time() - store.get(idle).created < 60, "its waiting is counted from now"
    store.finish(idle, {"a": b"again"})
    assert tidy(store, cache, limits).idle == () and store.read(idle, "a") == b"again"


def test_looking_at_a_part_keeps_it(store: RunStore, cache: ActivationCache) -> None:
    part = store.create("sweep", "{}")
    store.keep(part, {"a": b"part"})
    store.cancel(part)
    with sqlite3.connect(store.folder / "runs.sqlite") as db:
        db.execute("UPDATE runs SET used = 0")
    store.get(part)
    assert tidy(store, cache, Settings(expire_hours=2)).idle == () and store.read(part, "a") == b"part"


def test_a_clock_that_was_set_back_removes_nothing_and_keeps_nothing_for_ever(
    store: RunStore, cache: ActivationCache
) -> None:
    ahead = finished(store, used=time.time() + 1000 * HOUR)
    assert tidy(store, cache, Settings(expire_hours=2)).idle == ()
    store.get(ahead)
    assert abs(store.get(ahead).used - time.time()) < 60


def test_the_disk_budget_is_kept_by_removing_what_was_used_longest_ago(store: RunStore, cache: ActivationCache) -> None:
    now = time.time()
    runs = [finished(store, used=now - age, n_bytes=400_000) for age in (50, 40, 30, 20)]
    shipped = finished(store, used=0, n_bytes=400_000, settings='{"shipped": "x"}')
    found = tidy(store, cache, Settings(disk_mb=1))
    assert found.room == (runs[0], runs[1])
    assert [store.get(one).state for one in (*runs, shipped)] == ["expired", "expired", "done", "done", "done"]
    assert sum(store.n_bytes(one) for one in runs) <= 1_000_000


def test_the_cache_shrinks_and_keeps_what_was_read_last(tmp_path: Path) -> None:
    cache = ActivationCache(tmp_path / "activations.sqlite")
    for start in range(0, 300, 50):
        cache.put_many([(str(i), row(i)) for i in range(start, start + 50)])
    with sqlite3.connect(cache.path) as db:
        db.execute("UPDATE rows SET used = rowid")
    assert cache.get_many(["0"], 2, 512)[0].values[0, 0] == 0  # the oldest row is used again
    with sqlite3.connect(cache.path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = cache.n_bytes()
    cache.trim(before // 2)
    assert cache.n_bytes() <= before // 2
    kept = cache.get_many([str(i) for i in range(300)], 2, 512)
    assert 0 in kept and 299 in kept and 1 not in kept and 50 < len(kept) < 200
    cache.trim(before)
    assert len(cache.get_many([str(i) for i in range(300)], 2, 512)) == len(kept)


def test_a_cache_of_an_earlier_version_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "activations.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE rows (key BLOB PRIMARY KEY, checksum INTEGER, n_tokens INTEGER, data BLOB)")
    cache = ActivationCache(path)
    cache.put_many([("a", row(1))])
    assert cache.get_many(["a"], 2, 512)[0].n_tokens == 4


def test_folders_without_a_run_are_swept_away(store: RunStore, cache: ActivationCache) -> None:
    stray, kept = store.folder / "results" / "stray", finished(store, used=time.time())
    stray.mkdir(parents=True)
    tidy(store, cache, Settings())
    assert not stray.exists() and store.read(kept, "a")


def test_memory_is_given_back_when_it_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr(memory, "_FORGET", [])
    memory.on_pressure(lambda: asked.append("forget"))
    monkeypatch.setattr(memory, "release_idle", lambda keep: asked.append(f"release to {keep}"))
    assert memory.resident_mb() > 50
    assert not memory.relieve(0) and not memory.relieve(10**6) and not asked
    assert memory.relieve(1) and asked == ["release to 1", "forget"]


def test_the_housekeeper_works_when_it_is_woken_and_survives_a_fault(
    store: RunStore, cache: ActivationCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def broken(*_: object) -> None:
        calls.append("call")
        raise OSError("disk full")

    monkeypatch.setattr("emotion_core.runs.housekeeping.tidy", broken)
    keeper = Housekeeper(store, cache, dataclasses.replace(Settings(), expire_hours=1))
    for wanted in (1, 2, 3):
        end = time.monotonic() + 20
        while len(calls) < wanted and time.monotonic() < end:
            time.sleep(0.01)
        keeper.wake()
    assert len(calls) >= 3


def test_memory_is_given_back_after_what_left_much_of_it_and_while_nothing_works(
    store: RunStore, cache: ActivationCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, at_work, rounds, given = 500.0, False, [0], []

    def give_back() -> None:
        nonlocal held
        given.append(held)
        held = 510.0

    def tidied(*_: object) -> Tidied:
        rounds[0] += 1
        return Tidied()

    monkeypatch.setattr(memory, "tidy", tidied)
    monkeypatch.setattr(memory, "give_back", give_back)
    monkeypatch.setattr(memory, "resident_mb", lambda: held)
    monkeypatch.setattr(memory, "loaded_models", lambda: {"demo": at_work})
    keeper = Housekeeper(store, cache, dataclasses.replace(Settings(), memory_mb=0))

    def a_round(megabytes: float) -> list[float]:
        nonlocal held
        held = megabytes
        before = rounds[0]
        for _ in range(2):  # the second begins when the first is over
            keeper.wake()
            end = time.monotonic() + 20
            while rounds[0] == before and time.monotonic() < end:
                time.sleep(0.001)
            before = rounds[0]
        return given

    assert a_round(540.0) == []
    at_work = True
    assert a_round(900.0) == []
    at_work = False
    assert a_round(900.0) == [900.0]
    assert a_round(560.0) == [900.0], "50 MB more than what was left the last time"
    assert a_round(580.0) == [900.0, 580.0]


def test_a_deleted_run_is_gone(store: RunStore) -> None:
    run_id = finished(store, used=0)
    store.delete(run_id)
    with pytest.raises(RunError):
        store.get(run_id)
    with pytest.raises(RunError):
        store.read(run_id, "a")
