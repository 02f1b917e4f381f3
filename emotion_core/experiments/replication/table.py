"""The table: rows of the book on one model, each a run of its own, so that what is done is found again after a kill."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from emotion_core.base.activations import RECORDER_VERSION, ActivationCache, ModelInfo
from emotion_core.base.errors import EmotionCoreError, RunError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.numbers import finite
from emotion_core.experiments.experiment import Bench, computed, find, require_size
from emotion_core.experiments.replication.book import BookRow, book
from emotion_core.experiments.replication.core import set_name, vectors_of
from emotion_core.experiments.replication.finding import Finding
from emotion_core.experiments.replication.rows import REPLICATION, ROWS, RowSettings, row_settings
from emotion_core.experiments.replication.rule import NOT_TESTABLE, Estimate, Verdict, held_to_false_discovery
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.runs.codec import content_key, from_bytes, schema, to_bytes
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "replication"
FILE = "table.safetensors"


@dataclass(frozen=True)
class Table:
    """What was found on one model.

    Attributes:
        model: Its card.
        findings: The rows that were run.
        failed: Rows that could not be run, each with the reason.
        seconds: What each row took when it was computed.
    """

    model: ModelInfo
    findings: tuple[Finding, ...] = ()
    failed: tuple[tuple[int, str], ...] = ()
    seconds: tuple[tuple[int, float], ...] = ()

    def lines(self, numbers: Sequence[int] | None = None) -> tuple[Line, ...]:
        """The rows of the book with what was found, held to 5 % false discoveries over the rows that were run.

        Args:
            numbers: Rows that are shown; all by default. The correction goes over all that were run in any case.
        """
        tested = [one for one in self.findings if one.verdict != NOT_TESTABLE]
        judged, q = held_to_false_discovery([one.judged for one in tested])
        corrected = {one.row: (j, float(v)) for one, j, v in zip(tested, judged, q, strict=True)}
        by_row = {one.row: one for one in self.findings}
        why_not, took = dict(self.failed), dict(self.seconds)
        lines = []
        for row in book():
            if numbers is not None and row.row not in numbers:
                continue
            found = by_row.get(row.row)
            if found is None:
                built = row.row in ROWS
                reason = why_not.get(row.row, "" if built else row.today)
                lines.append(Line(row, None, "not run" if built else "not built", reason))
            elif found.row in corrected:
                one, value = corrected[found.row]
                lines.append(Line(row, found, one.verdict, one.why, value, took.get(row.row, math.nan)))
            else:
                lines.append(Line(row, found, found.verdict, found.why, seconds=took.get(row.row, math.nan)))
        return tuple(lines)

    def to_json(self, numbers: Sequence[int] | None = None) -> dict[str, Any]:
        """The document of `replicate --json`."""
        return {"model": self.model.name, "rows": [line.to_json() for line in self.lines(numbers)]}


@dataclass(frozen=True)
class Line:
    """One row of the table.

    Attributes:
        book: What the paper did and what decides.
        finding: On this model; None where it was not run.
        verdict: After the correction over rows.
        why: In a sentence.
        q_value: After the correction; nan where nothing was tested.
        seconds: What it took when it was computed; nan where that is not known.
    """

    book: BookRow
    finding: Finding | None
    verdict: Verdict
    why: str
    q_value: float = math.nan
    seconds: float = math.nan

    def to_json(self) -> dict[str, Any]:
        """One entry of `rows`."""
        nothing = Estimate(math.nan, math.nan, math.nan)
        one = nothing if self.finding is None else self.finding.estimate
        return {
            "row": self.book.row,
            "name": self.book.name,
            "paper": self.book.paper,
            "estimate": finite(one.value),
            "low": finite(one.low),
            "high": finite(one.high),
            "null_low": finite(one.null_low),
            "null_high": finite(one.null_high),
            "verdict": self.verdict,
            "seconds": None if math.isnan(self.seconds) else round(self.seconds, 1),
            "reason": self.why,
            "q_value": finite(self.q_value),
            **({} if self.finding is None else self.finding.to_json()),
        }


def runnable(numbers: Sequence[int]) -> tuple[int, ...]:
    """Those of some rows that are built."""
    return tuple(row for row in numbers if row in ROWS)


def replicate(
    model: LoadedModel,
    store: RunStore,
    numbers: Sequence[int],
    cache: ActivationCache | None = None,
    before: Table | None = None,
    so_far: Callable[[Table], object] = lambda table: None,
    allow: Callable[[RowSettings, EmotionVectors], object] = lambda settings, vectors: None,
) -> Job[Table]:
    """Runs rows one after the other, as a job; those that were computed before are found.

    Args:
        model: The model.
        store: Where every row is kept as a run of its own.
        numbers: Rows; those that are not built are left out.
        cache: Activations read before.
        before: Findings to which these are added.
        so_far: Told the table after each row.
        allow: Refuses, with a limit's error, what a hosted app does not allow.
    """
    findings = {one.row: one for one in (before.findings if before else ())}
    failed, took = dict(before.failed if before else ()), dict(before.seconds if before else ())
    chosen = runnable(numbers)
    for done, number in enumerate(chosen):
        name = set_name(model.info, ROWS[number].vectors)
        yield from _counted(done, len(chosen), number, _nothing())
        try:
            vectors = yield from _counted(done, len(chosen), number, vectors_of(model, store, name, cache))
            settings = row_settings(number)
            allow(settings, vectors)
            known, began = find(store, vectors, REPLICATION, settings), time.perf_counter()
            job = computed(Bench(model, vectors, cache, store=store), REPLICATION, settings)
            findings[number] = yield from _counted(done, len(chosen), number, job)
            if known is None:
                took[number] = time.perf_counter() - began
            failed.pop(number, None)
        except EmotionCoreError as error:
            failed[number] = error.message
        so_far(_table(model.info, findings, failed, took))
    return _table(model.info, findings, failed, took)


def _nothing() -> Job[None]:
    yield Progress(0, 1, "beginning")


def _counted(done: int, total: int, number: int, job: Job[Any]) -> Job[Any]:
    """A part of the table's job, whose progress says which row it is and how far the whole is."""
    try:
        while True:
            step = next(job)
            yield Progress(int(1000 * (done + step.fraction)), 1000 * total, f"row {number}: {step.what}")
    except StopIteration as stop:
        return stop.value
    finally:
        job.close()


def _table(info: ModelInfo, findings: dict[int, Finding], failed: dict[int, str], took: dict[int, float]) -> Table:
    rows = tuple(findings[row] for row in sorted(findings))
    return Table(info, rows, tuple(sorted(failed.items())), tuple(sorted(took.items())))


def table_key(fingerprint: str) -> str:
    """What tables of a model that may be added to each other have in common."""
    texts = [row_settings(number).texts for number in ROWS]
    return content_key(KIND, schema(Table), REPLICATION.version, RECORDER_VERSION, fingerprint, texts)


def keep_table(store: RunStore, table: Table, numbers: Sequence[int]) -> str:
    """Keeps a finished table as a run, so that pages and later tables find it; returns the run's id."""
    run_id = store.create(KIND, _described(table.model, numbers), key=table_key(table.model.fingerprint))
    store.finish(run_id, table_files(table))
    return run_id


def _described(info: ModelInfo, numbers: Sequence[int]) -> str:
    rows = ", ".join(map(str, runnable(numbers)))
    named = {"label": f"rows {rows}", "model": info.name, "fingerprint": info.fingerprint, "rows": list(numbers)}
    return json.dumps(named)


def start_table(registry: JobRegistry, owner: ModelOwner, numbers: Sequence[int], cache: ActivationCache) -> str:
    """Starts rows on the owner of a model and returns the run's id; the table is kept after every row.

    Raises:
        LimitError: More open jobs than the limits of the registry allow.
    """
    info = owner.info
    store = registry.store
    before = newest_table(store, info)
    run_id = store.create(KIND, _described(info, numbers), key=table_key(info.fingerprint))

    def keep(table: Table) -> None:
        store.keep(run_id, table_files(table))

    def allow(settings: RowSettings, vectors: EmotionVectors) -> None:
        require_size(registry.limits, REPLICATION.size(settings, vectors))

    def job() -> Job[Table]:
        return (yield from replicate(owner.model, store, numbers, cache, before, keep, allow))

    return registry.start(run_id, job(), table_files, owner.submit)


def table_files(table: Table) -> dict[str, bytes]:
    """The files of a table's run."""
    return {FILE: to_bytes(table)}


def load_table(store: RunStore, run_id: str) -> Table:
    """A table from its run, also one that is still being filled.

    Raises:
        RunError: There is none, or it was written by an incompatible version.
    """
    return from_bytes(Table, store.read(run_id, FILE))


def newest_table(store: RunStore, info: ModelInfo) -> Table | None:
    """All rows that tables of a model in the store hold, the newest of each; None without one."""
    findings: dict[int, Finding] = {}
    failed: dict[int, str] = {}
    took: dict[int, float] = {}
    for table in _tables(store, info):
        for one in table.findings:
            findings.setdefault(one.row, one)
        for row, why in table.failed:
            failed.setdefault(row, why)
        for row, seconds in table.seconds:
            took.setdefault(row, seconds)
    failed = {row: why for row, why in failed.items() if row not in findings}
    return _table(info, findings, failed, took) if findings or failed else None


def _tables(store: RunStore, info: ModelInfo) -> Iterator[Table]:
    key = table_key(info.fingerprint)
    for run in store.recent(KIND):
        if run.key == key and FILE in store.files(run.id):
            try:
                yield load_table(store, run.id)
            except RunError:
                continue
