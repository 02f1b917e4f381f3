import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from emotion_core.base.atomic import write_atomically
from emotion_core.base.errors import RunError
from emotion_core.base.jobs import Progress
from emotion_core.runs.codec import ENDING, compressed
from emotion_core.runs.store import RunStore

CHILD = """
import sys, time
from pathlib import Path
from emotion_core.runs.store import RunStore
from emotion_core.base.jobs import Progress
store = RunStore(Path(sys.argv[1]))
finished = store.create("build", '{"seed": 1}', key="k")
store.report(finished, Progress(1, 2, "reading texts"))
store.finish(finished, {"result.bin": b"whole" * 1000})
working = store.create("sweep", "{}")
store.report(working, Progress(3, 9, "writing"))
print(finished, working, flush=True)
time.sleep(60)
"""


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path / "data")


def test_a_write_stays_in_the_log_until_the_store_goes_and_is_there_for_the_next_one(tmp_path: Path) -> None:
    """Written back in every call, each write would wait for the disk."""
    first = RunStore(tmp_path)
    run_id = first.create("build", "{}")
    log = tmp_path / "runs.sqlite-wal"
    assert log.stat().st_size and RunStore(tmp_path).get(run_id).state == "queued"
    assert log.exists(), "another store that goes leaves it alone"
    del first
    assert not log.exists() and RunStore(tmp_path).get(run_id).kind == "build"


def test_a_run_goes_from_queued_to_done(store: RunStore) -> None:
    run_id = store.create("build", '{"a": 1}')
    assert len(run_id) >= 20
    assert store.get(run_id).state == "queued"
    store.report(run_id, Progress(2, 5, "reading texts"))
    run = store.get(run_id)
    assert (run.state, run.progress.fraction, run.what, run.settings) == ("running", 0.4, "reading texts", '{"a": 1}')
    store.finish(run_id, {"a.json": b"{}"})
    assert store.get(run_id).state == "done"
    assert store.read(run_id, "a.json") == b"{}"


def test_an_ended_run_stays_ended(store: RunStore) -> None:
    run_id = store.create("build", "{}")
    store.cancel(run_id)
    store.report(run_id, Progress(1, 2, "late"))
    store.fail(run_id, "late")
    assert store.get(run_id).state == "cancelled"


def test_the_newest_finished_run_is_found_by_content(store: RunStore) -> None:
    assert store.find("build", "k") is None
    first, second, other = (store.create("build", "{}", key=key) for key in ("k", "k", "x"))
    store.finish(first, {})
    store.finish(second, {})
    store.fail(other, "no")
    found = store.find("build", "k")
    assert found is not None
    assert found.id == second
    assert store.find("build", "x") is None
    assert store.find("sweep", "k") is None


@pytest.mark.parametrize("bad", ["nothing", "../../etc/passwd", "", "a/b", "a\x00b"])
def test_unknown_ids_are_refused(store: RunStore, bad: str) -> None:
    with pytest.raises(RunError):
        store.get(bad)
    with pytest.raises(RunError):
        store.read(bad, "passwd")


def test_a_result_name_cannot_leave_its_folder(store: RunStore) -> None:
    run_id = store.create("build", "{}")
    with pytest.raises(RunError):
        store.finish(run_id, {"../../out": b""})
    assert store.get(run_id).state == "queued"


def test_runs_survive_a_kill(tmp_path: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", CHILD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    finished, working = child.stdout.readline().split()
    store = RunStore(tmp_path)
    assert store.get(working).state == "running", "the child still lives"
    child.kill()
    child.wait()
    assert store.get(finished).state == "done"
    assert store.read(finished, "result.bin") == b"whole" * 1000
    interrupted = store.get(working)
    assert interrupted.state == "interrupted"
    assert "stopped" in interrupted.error
    assert [run.state for run in store.recent()] == ["interrupted", "done"]


def test_old_runs_make_room(tmp_path: Path) -> None:
    store = RunStore(tmp_path, keep=2)
    ids = []
    for _ in range(4):
        ids.append(store.create("build", "{}"))
        store.finish(ids[-1], {"a": b"1"})
        time.sleep(0.01)
    store.create("build", "{}")
    with pytest.raises(RunError):
        store.get(ids[0])
    assert not (tmp_path / "results" / ids[0]).exists()
    assert store.read(ids[3], "a") == b"1"


def test_many_threads_write_at_once(store: RunStore) -> None:
    ids: list[str] = []

    def work(number: int) -> None:
        run_id = store.create("build", "{}", key=str(number))
        for done in range(10):
            store.report(run_id, Progress(done, 10, "reading"))
        store.finish(run_id, {"n": str(number).encode()})
        ids.append(run_id)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(ids)) == 12
    assert {store.get(run_id).state for run_id in ids} == {"done"}


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "vectors"
    write_atomically(path, b"old")

    def broken(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="disk full"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["vectors"]


def test_a_file_that_came_compressed_is_read_as_it_was(store: RunStore) -> None:
    run_id = store.create("build", "{}")
    store.finish(run_id, {"a.bin" + ENDING: compressed(b"whole" * 1000), "b.json": b"{}"})
    assert store.files(run_id) == ("a.bin", "b.json")
    assert store.read(run_id, "a.bin") == b"whole" * 1000 and store.read(run_id, "b.json") == b"{}"
    path = store.folder / "results" / run_id / ("a.bin" + ENDING)
    assert path.stat().st_size < 500
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(RunError, match="damaged"):
        store.read(run_id, "a.bin")
    assert store.get(run_id).state == "expired"
