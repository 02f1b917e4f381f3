"""The runs of this folder: what was asked, how far it is, and where the result lies.

One SQLite file in write-ahead mode, so that several processes may read while one writes, and one folder a run for its
result files. A run is marked as done only after its files are whole, so a finished run survives whatever comes after.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Literal

from emotion_core.base.atomic import LOCK_SECONDS, write_ahead, write_atomically
from emotion_core.base.errors import RunError
from emotion_core.base.jobs import Progress
from emotion_core.base.settings import settings
from emotion_core.runs.codec import ENDING, restored

try:
    import fcntl
except ImportError:  # Windows: without locks, only this process counts as alive
    fcntl = None  # type: ignore[assignment]

_lock = threading.Lock()
_held: dict[tuple[Path, int], tuple[str, IO[bytes]]] = {}


def own_token(folder: Path) -> str:
    """The token of this process in a folder; the first call takes the lock.

    A forked child gets a token of its own, because the process number is part of what is remembered here.
    """
    key = (folder.resolve(), os.getpid())
    with _lock:
        if key not in _held:
            folder.mkdir(parents=True, exist_ok=True)
            token = secrets.token_hex(8)
            stream = (folder / f"{token}.lock").open("wb")
            if fcntl is not None:
                fcntl.flock(stream, fcntl.LOCK_EX)
            _held[key] = (token, stream)
        return _held[key][0]


def is_alive(folder: Path, token: str) -> bool:
    """Whether the process with this token still runs."""
    held = _held.get((folder.resolve(), os.getpid()))
    if held is not None and held[0] == token:
        return True
    path = folder / f"{token}.lock"
    if fcntl is None or not path.exists():
        return False
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    path.unlink(missing_ok=True)
    return False


_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


def require_id(run_id: str) -> None:
    """Refuses what cannot be the id of a run; ids come from links.

    Raises:
        RunError: It has other characters, none, or too many.
    """
    if not _ID.fullmatch(run_id):
        raise RunError("This is not the id of a run", where=repr(run_id[:40]), remedy="Check the link")


def result_path(folder: Path, run_id: str, name: str) -> Path:
    """Place of a result file; nothing that could leave the folder passes.

    Raises:
        RunError: This is no id, or the name has folders in it.
    """
    require_id(run_id)
    if not _NAME.fullmatch(name):
        raise RunError("This is not the name of a result", where=repr(name[:40]))
    return folder / "results" / run_id / name


def result_names(folder: Path) -> tuple[str, ...]:
    """Names of the whole files in the folder of a run; what begins with a dot was being written at a kill."""
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else iter(())
    return tuple(sorted(name.removesuffix(ENDING) for name in names if name[0] != "."))


def folder_bytes(folder: Path) -> int:
    """Size of all files in the folder of a run."""
    return sum(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else 0


RunState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted", "expired"]

OPEN_STATES: tuple[RunState, ...] = ("queued", "running")

# In the order of the fields of Run.
COLUMNS = "id, kind, key, settings, state, done, total, what, error, process, created, updated, visitor, used"


@dataclass(frozen=True)
class Run:
    """One row of the store.

    Attributes:
        id: Long and random; whoever has it may see the result.
        kind: Such as `build` or `sweep`.
        key: Hash of what the result depends on; empty where none was given.
        settings: JSON, everything needed to do it again.
        state: `interrupted` where the process ended before the run did; `expired` where the result was removed.
        done: Steps finished.
        total: Steps in all, 0 where unknown.
        what: What is being done.
        error: Message for the visitor; empty unless failed or interrupted.
        process: Token of the process that runs it.
        created: Seconds since 1970.
        updated: Seconds since 1970 of the last change.
        visitor: Who started it, hashed, and may delete it; empty where nobody in particular did.
        used: Seconds since 1970 when somebody last looked at it.
    """

    id: str
    kind: str
    key: str
    settings: str
    state: RunState
    done: int
    total: int
    what: str
    error: str
    process: str
    created: float
    updated: float
    visitor: str = ""
    used: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it is still waiting or working."""
        return self.state in OPEN_STATES

    @property
    def pinned(self) -> bool:
        """Whether it came with the app, and so is never removed to make room."""
        return "shipped" in json.loads(self.settings)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return Progress(self.done, self.total, self.what)


_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, key TEXT NOT NULL, settings TEXT NOT NULL, state TEXT NOT NULL,
    done INTEGER NOT NULL, total INTEGER NOT NULL, what TEXT NOT NULL, error TEXT NOT NULL, process TEXT NOT NULL,
    created REAL NOT NULL, updated REAL NOT NULL, visitor TEXT NOT NULL DEFAULT '', used REAL NOT NULL DEFAULT 0,
    checksums TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS runs_by_key ON runs (kind, key, state);
"""


def prepare(database: sqlite3.Connection) -> None:
    """Makes the table, or the columns that it lacks."""
    database.executescript(_SCHEMA)
    database.execute("BEGIN IMMEDIATE")  # two processes may start at once
    there = {row[1] for row in database.execute("PRAGMA table_info(runs)")}
    if "visitor" not in there:
        database.execute("ALTER TABLE runs ADD COLUMN visitor TEXT NOT NULL DEFAULT ''")
    if "checksums" not in there:
        database.execute("ALTER TABLE runs ADD COLUMN checksums TEXT NOT NULL DEFAULT '{}'")
    if "used" not in there:
        database.execute("ALTER TABLE runs ADD COLUMN used REAL NOT NULL DEFAULT 0")
        database.execute("UPDATE runs SET used = updated")


_TOUCH_EVERY = 300.0  # seconds


class RunStore:
    """Runs on disk. Safe for several threads and processes: every call opens its own short connection.

    One more stays open and idle: the last one that closes would write the whole log back and wait for the disk, in
    every call. A loss of power may take the last seconds of the list, and leaves it whole; a kill takes nothing.

    Args:
        folder: Where `runs.sqlite` and the result files lie; made when missing.
        keep: Number of runs kept; those that nobody has looked at for longest go first.
    """

    def __init__(self, folder: Path, *, keep: int = 500) -> None:
        self.folder = folder
        self._keep = keep
        self._owed: dict[str, str] = {}  # faults of runs that could not be written down yet
        self._processes = folder / "processes"
        folder.mkdir(parents=True, exist_ok=True)
        with self._database() as database:
            write_ahead(database)
            prepare(database)
        self._open = sqlite3.connect(folder / "runs.sqlite", check_same_thread=False)
        self._open.execute("SELECT id FROM runs LIMIT 1").fetchall()
        weakref.finalize(self, self._open.close)

    def create(self, kind: str, settings_json: str, *, key: str = "") -> str:
        """Notes down a queued run and returns its id, which is long and random: who has the link may look.

        Args:
            kind: Such as `build` or `sweep`.
            settings_json: Everything needed to do it again.
            key: Hash of what the result depends on, for `find`.
        """
        run_id = secrets.token_urlsafe(16)
        now = time.time()
        token = own_token(self._processes)
        row = (run_id, kind, key, settings_json, "queued", 0, 0, "waiting", "", token, now, now, "", now)
        with self._database() as database:
            database.execute(f"INSERT INTO runs ({COLUMNS}) VALUES ({','.join('?' * len(row))})", row)
        self._forget_oldest()
        return run_id

    def get(self, run_id: str) -> Run:
        """One run as it stands now; an open run of a dead process comes back as interrupted.

        Raises:
            RunError: There is no such run.
        """
        require_id(run_id)
        row = next(iter(self._rows(f"SELECT {COLUMNS} FROM runs WHERE id = ?", run_id)), None)
        if row is None:
            raise RunError(
                "There is no run with this id",
                where=run_id[:40],
                remedy="The link may come from another computer, or the run was removed to make room; start it again",
            )
        run = self._checked(Run(*row))
        self._touch(run)
        return run

    def find(self, kind: str, key: str) -> Run | None:
        """The newest finished run with the same content, or None."""
        query = (
            f"SELECT {COLUMNS} FROM runs WHERE kind = ? AND key = ? AND state = 'done' ORDER BY updated DESC LIMIT 1"
        )
        row = next(iter(self._rows(query, kind, key)), None)
        return None if row is None else Run(*row)

    def find_open(self, kind: str, key: str) -> Run | None:
        """A run of a living process that is working on the same content, or None."""
        states = ",".join(f"'{state}'" for state in OPEN_STATES)
        query = f"SELECT {COLUMNS} FROM runs WHERE kind = ? AND key = ? AND state IN ({states}) ORDER BY created"
        with self._database() as database:
            rows = database.execute(query, (kind, key)).fetchall()
        return next((run for run in (self._checked(Run(*row)) for row in rows) if run.is_open), None)

    def recent(self, kind: str | None = None, limit: int = 50) -> tuple[Run, ...]:
        """The newest runs first."""
        query = f"SELECT {COLUMNS} FROM runs WHERE ? IS NULL OR kind = ? ORDER BY created DESC LIMIT ?"
        rows = self._rows(query, kind, kind, limit)
        return tuple(self._checked(Run(*row)) for row in rows)

    def of(self, visitor: str, limit: int = 50) -> tuple[Run, ...]:
        """The runs that a visitor started, the newest first."""
        query = f"SELECT {COLUMNS} FROM runs WHERE visitor = ? ORDER BY created DESC LIMIT ?"
        with self._database() as database:
            rows = database.execute(query, (visitor, limit)).fetchall()
        return tuple(self._checked(Run(*row)) for row in rows)

    def report(self, run_id: str, progress: Progress) -> None:
        """Notes down how far a run is; a run that has ended stays ended."""
        self._set(
            run_id, "state = 'running', done = ?, total = ?, what = ?", progress.done, progress.total, progress.what
        )

    def finish(self, run_id: str, files: Mapping[str, bytes]) -> None:
        """Stores the result files, then marks the run as done."""
        self.keep(run_id, files)
        checksums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
        self._set(run_id, "state = 'done', error = '', checksums = ?", json.dumps(checksums))

    def keep(self, run_id: str, files: Mapping[str, bytes]) -> None:
        """Stores result files of a run that goes on, or that ends before its time."""
        for name, data in files.items():
            write_atomically(self._path(run_id, name), data)

    def fail(self, run_id: str, error: str) -> None:
        """Marks a run as failed, with the message for the visitor; as soon as it can be written down."""
        try:
            self._set(run_id, "state = 'failed', error = ?", error)
        except RunError:
            self._owed[run_id] = error

    def cancel(self, run_id: str) -> None:
        """Marks a run as cancelled."""
        self._set(run_id, "state = 'cancelled'")

    def own(self, run_id: str, visitor: str) -> None:
        """Notes down who started a run and may delete it."""
        with self._database() as database:
            database.execute("UPDATE runs SET visitor = ? WHERE id = ? AND visitor = ''", (visitor, run_id))

    def reopen(self, run_id: str) -> None:
        """Makes a run that ended without a result, or lost it, wait again under its old id, as if just asked for."""
        now = time.time()  # with its old time of use, the next round of tidying would take the new result away
        query = (
            "UPDATE runs SET state = 'queued', done = 0, total = 0, what = 'waiting', error = '', process = ?, created "
            "= ?, updated = ?, used = ? WHERE id = ? AND state IN ('expired', 'interrupted', 'failed', 'cancelled')"
        )
        with self._database() as database:
            database.execute(query, (own_token(self._processes), now, now, now, run_id))

    def delete(self, run_id: str) -> None:
        """Removes a run and its files; its link then leads nowhere."""
        with self._database() as database:
            database.execute("DELETE FROM runs WHERE id = ?", (run_id,))
        shutil.rmtree(self._path(run_id, "any").parent, ignore_errors=True)

    def expire(self, run_id: str) -> None:
        """Removes the files of a finished run and keeps its settings, so that it can be done again."""
        with self._database() as database:
            query = "UPDATE runs SET state = 'expired' WHERE id = ? AND state IN ('done', 'cancelled')"
            database.execute(query, (run_id,))
        shutil.rmtree(self._path(run_id, "any").parent, ignore_errors=True)

    def stored(self) -> tuple[Run, ...]:
        """All runs that have files, whole or in part; the one first that nobody has looked at for longest."""
        rows = self._rows(f"SELECT {COLUMNS} FROM runs WHERE state IN ('done', 'cancelled') ORDER BY used")
        return tuple(Run(*row) for row in rows)

    def ids(self) -> frozenset[str]:
        """The ids of all runs."""
        return frozenset(row[0] for row in self._rows("SELECT id FROM runs"))

    def counts(self) -> dict[str, int]:
        """Number of runs by state."""
        return dict(self._rows("SELECT state, COUNT(*) FROM runs GROUP BY state"))

    def n_bytes(self, run_id: str) -> int:
        """Size of the result files of a run."""
        return folder_bytes(self._path(run_id, "any").parent)

    def read(self, run_id: str, name: str) -> bytes:
        """One result file of a run; one that came compressed lies so, and is restored here.

        Raises:
            RunError: The file is gone, or not what was written; the run then counts as expired.
        """
        row = self._rows("SELECT checksums FROM runs WHERE id = ?", run_id)
        checksums = json.loads(row[0][0]) if row else {}
        small = name + ENDING in checksums
        path = self._path(run_id, name + ENDING * small)
        expected = checksums.get(path.name)
        data = path.read_bytes() if path.is_file() else None
        if data is not None and expected in (None, hashlib.sha256(data).hexdigest()):
            return restored(data) if small else data
        if expected is not None:
            self.expire(run_id)
        raise RunError(
            "The run has no such result" if data is None else "A stored result is damaged",
            where=name,
            remedy="Start the run again",
        )

    def files(self, run_id: str) -> tuple[str, ...]:
        """Names of the result files of a run."""
        return result_names(self._path(run_id, "any").parent)

    def _path(self, run_id: str, name: str) -> Path:
        return result_path(self.folder, run_id, name)

    def _touch(self, run: Run) -> None:
        """Notes down that somebody looks at a result or a part of one; once in a while, as every note is a write."""
        now = time.time()
        # A clock that was set back has left a time ahead of us.
        if run.state in ("done", "cancelled") and not run.used <= now <= run.used + _TOUCH_EVERY:
            with self._database() as database:
                database.execute("UPDATE runs SET used = ? WHERE id = ?", (now, run.id))

    def _set(self, run_id: str, assignments: str, *values: object) -> None:
        states = ",".join(f"'{state}'" for state in OPEN_STATES)
        query = f"UPDATE runs SET {assignments}, updated = ? WHERE id = ? AND state IN ({states})"
        with self._database() as database:
            database.execute(query, (*values, time.time(), run_id))

    def _checked(self, run: Run) -> Run:
        if run.state in OPEN_STATES and run.id in self._owed:
            error = self._owed.pop(run.id)
            self.fail(run.id, error)
            return replace(run, state="failed", error=error)
        if run.state not in OPEN_STATES or is_alive(self._processes, run.process):
            return run
        self._set(run.id, "state = 'interrupted', error = ?", "The app was stopped before this run had finished")
        return Run(*self._rows(f"SELECT {COLUMNS} FROM runs WHERE id = ?", run.id)[0])

    def _forget_oldest(self) -> None:
        states = ",".join(f"'{state}'" for state in OPEN_STATES)
        query = f"SELECT {COLUMNS} FROM runs WHERE state NOT IN ({states}) ORDER BY used DESC LIMIT -1 OFFSET ?"
        with self._database() as database:
            rows = database.execute(query, (self._keep,)).fetchall()
            old = [run.id for run in (Run(*row) for row in rows) if not run.pinned]
            database.executemany("DELETE FROM runs WHERE id = ?", [(run_id,) for run_id in old])
        for run_id in old:
            shutil.rmtree(self.folder / "results" / run_id, ignore_errors=True)

    def _rows(self, query: str, *values: object) -> list[Any]:
        with self._database() as database:
            try:
                return database.execute(query, values).fetchall()
            except UnicodeEncodeError:  # half of a character, in the address of a link: nothing is called so
                return []

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.folder / "runs.sqlite", timeout=LOCK_SECONDS)) as connection, connection:
                connection.execute("PRAGMA synchronous=NORMAL")
                yield connection
        except sqlite3.OperationalError as error:  # locked by another program, disk full, folder gone
            what, remedy = "The list of runs cannot be used at the moment", "Try again, or make room on the disk"
            raise RunError(what, found=str(error), remedy=remedy) from error


def open_store() -> RunStore:
    """The runs in the data folder of this process, which pages, commands and the library share."""
    return RunStore(settings().data_dir, keep=settings().keep_runs)
