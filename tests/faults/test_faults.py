"""Full disk, locked database, damaged files, a job that raises, a clock that goes back: what stays usable."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from emotion_core.base import activations as cache_module
from emotion_core.base import atomic as atomic_module
from emotion_core.base.activations import ActivationCache, CachedRow
from emotion_core.base.errors import ModelError, RunError
from emotion_core.base.jobs import Job, Progress, run_to_end
from emotion_core.models.catalogue import DEMO_FOLDER
from emotion_core.models.load import load_model
from emotion_core.runs import store as store_module
from emotion_core.runs.registry import recorded
from emotion_core.runs.store import RunStore


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "data")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr(cache_module, "LOCK_SECONDS", 0.05)
    monkeypatch.setattr(atomic_module, "LOCK_SECONDS", 0.05)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another program writes all the while."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")


def job() -> Job[bytes]:
    for done in range(3):
        time.sleep(0.25)  # longer than the time between two notes of the progress
        yield Progress(done, 3, "x")
    return b"result"


def save(result: bytes) -> dict[str, bytes]:
    return {"r": result}


def finished(store: RunStore, data: bytes = b"result") -> str:
    run_id = store.create("build", "{}", key="k")
    store.finish(run_id, {"r": data})
    return run_id


def test_a_damaged_result_is_found_by_its_checksum_and_not_offered_again(store: RunStore) -> None:
    run_id = finished(store)
    path = store.folder / "results" / run_id / "r"
    path.write_bytes(b"resulx")
    with pytest.raises(RunError, match="damaged"):
        store.read(run_id, "r")
    assert store.get(run_id).state == "expired" and store.find("build", "k") is None


def test_a_result_that_somebody_removed_is_not_offered_again(store: RunStore) -> None:
    run_id = finished(store)
    shutil.rmtree(store.folder / "results")
    with pytest.raises(RunError, match="no such result"):
        store.read(run_id, "r")
    assert store.find("build", "k") is None
    with pytest.raises(RunError):
        store.read(finished(store), "never written")


def test_a_full_disk_fails_the_job_with_words_and_leaves_no_half_file(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    run_id = store.create("build", "{}")
    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            run_to_end(recorded(job(), store, run_id, save))
    run = store.get(run_id)
    assert (run.state, run.error) == ("failed", "The disk of this computer is full.")
    assert not any((store.folder / "results" / run_id).iterdir())


def test_a_locked_store_costs_notes_and_not_the_job(store: RunStore, impatient: None) -> None:
    run_id = store.create("build", "{}")
    work = recorded(job(), store, run_id, save)
    next(work)
    with locked(store.folder / "runs.sqlite"):
        next(work)
        with pytest.raises(RunError, match="cannot be used at the moment"):
            store.create("build", "{}")
    assert run_to_end(work) == b"result" and store.get(run_id).state == "done"


def test_a_job_that_ends_while_the_store_is_locked_is_written_down_later(store: RunStore, impatient: None) -> None:
    run_id = store.create("build", "{}")
    work = recorded(job(), store, run_id, save)
    next(work)
    with locked(store.folder / "runs.sqlite"), pytest.raises(RunError):
        run_to_end(work)
    for _ in range(2):
        run = store.get(run_id)
        assert run.state == "failed" and "cannot be used" in run.error


def row(value: float) -> CachedRow:
    return CachedRow(np.full((3, 4), value, np.float32), np.ones(2, np.float32), 5)


def test_a_locked_cache_is_done_without(tmp_path: Path, impatient: None) -> None:
    cache = ActivationCache(tmp_path / "activations.sqlite")
    cache.put_many([("a", row(1))])
    with locked(cache.path):
        cache.put_many([("b", row(2))])
    assert set(cache.get_many(["a", "b"], 2, 4)) == {0}


def test_a_cache_on_a_full_disk_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = ActivationCache(tmp_path / "activations.sqlite")
    connect = cache._connect

    def small() -> sqlite3.Connection:
        db = connect()
        pages = db.execute("PRAGMA page_count").fetchone()[0]
        db.execute(f"PRAGMA max_page_count = {pages}")  # what SQLite sees of a full disk
        return db

    monkeypatch.setattr(cache, "_connect", small)
    cache.put_many([(str(i), row(i)) for i in range(500)])
    assert cache.get_many(["1"], 2, 4) == {}
    monkeypatch.setattr(cache, "_connect", connect)
    cache.put_many([("1", row(1))])
    assert cache.get_many(["1"], 2, 4)[0].n_tokens == 5


@pytest.mark.parametrize("damage", ["bit", "cut", "grown", "garbage"])
def test_damaged_cache_rows_are_not_used(tmp_path: Path, damage: str) -> None:
    cache = ActivationCache(tmp_path / "activations.sqlite")
    cache.put_many([("a", row(1)), ("b", row(2))])
    with closing(sqlite3.connect(cache.path)) as db, db:
        for key, data in db.execute("SELECT key, data FROM rows LIMIT 1").fetchall():
            changed = {"bit": data[:7] + bytes([data[7] ^ 1]) + data[8:], "cut": data[:-4], "grown": data * 2}
            db.execute("UPDATE rows SET data = ? WHERE key = ?", (changed.get(damage, b"x"), key))
    assert len(cache.get_many(["a", "b"], 2, 4)) == 1
    cache.put_many([("a", row(1)), ("b", row(2))])
    assert len(cache.get_many(["a", "b"], 2, 4)) == 2


def test_a_cache_file_of_garbage_is_begun_anew(tmp_path: Path) -> None:
    cache = ActivationCache(tmp_path / "activations.sqlite")
    cache.put_many([("a", row(1))])
    for end in ("-wal", "-shm"):
        cache.path.with_name(cache.path.name + end).unlink(missing_ok=True)
    cache.path.write_bytes(b"not a database " * 1000)
    assert ActivationCache(cache.path).get_many(["a"], 2, 4) == {}


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_truncated_model_is_refused_with_words(tmp_path: Path, share: float) -> None:
    if not (DEMO_FOLDER / "config.json").exists():
        pytest.skip("the bundled model is not built yet")
    folder = tmp_path / "model"
    shutil.copytree(DEMO_FOLDER, folder)
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(ModelError, match="could not be loaded"):
        load_model(str(folder))


def test_a_clock_set_back_in_the_middle_harms_nothing(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = store.create("build", "{}", key="k")
    work = recorded(job(), store, run_id, save)
    next(work)
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 86_400)
    assert run_to_end(work) == b"result"
    second = finished(store, b"later")
    assert store.get(run_id).state == "done" and store.read(run_id, "r") == b"result"
    assert store.find("build", "k") is not None and store.get(second).used <= time.time() + 1
    assert len(store.recent()) == 2
