"""The content cache: what was read once is not read again, and nothing wrong is ever found in it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny import TEXTS, Counter, tiny_model
from tracing.plain import blocks

from emotion_core.base.activations import ActivationCache, CachedRow, ReadingPosition
from emotion_core.base.atomic import write_ahead
from emotion_core.base.jobs import run_to_end
from emotion_core.tracing.record import record

MEAN = ReadingPosition("mean")


@pytest.fixture
def cache(tmp_path) -> ActivationCache:
    return ActivationCache(tmp_path / "new folder" / "activations.sqlite")


def rows_read(model, texts, cache, reading=MEAN, **more):
    """The activations, and how many texts the model had to read for them."""
    counter = Counter(blocks(model)[0])
    acts = run_to_end(record(model, texts, reading, cache, **more))
    counter.close()
    return acts, counter.rows


def execute(cache, statement, *values):
    with closing(sqlite3.connect(cache.path)) as db, db:
        return db.execute(statement, values).fetchall()


def same(a, b):
    for name in ("values", "embeddings", "token_norms", "n_tokens"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name))


def test_a_second_read_runs_no_model_and_gives_the_same_bits(tiny, cache):
    model = tiny("gpt2")
    first, n = rows_read(model, TEXTS, cache)
    assert n == len(TEXTS)
    again, n = rows_read(model, TEXTS, cache)
    assert n == 0
    same(first, again)
    reopened, n = rows_read(model, TEXTS, ActivationCache(cache.path))
    assert n == 0
    same(first, reopened)


def test_one_changed_text_costs_one_text(tiny, cache):
    model = tiny("gpt2")
    first, _ = rows_read(model, TEXTS, cache)
    changed = (*TEXTS[:3], "He waits!", *TEXTS[4:])
    acts, n = rows_read(model, changed, cache)
    assert n == 1
    kept = [0, 1, 2, 4, 5, 6]
    np.testing.assert_array_equal(acts.values[kept], first.values[kept])
    assert np.abs(acts.values[3] - first.values[3]).max() > 0.01


@pytest.mark.parametrize("column", ["data", "n_tokens", "checksum"])
def test_a_row_with_a_flipped_bit_is_read_again(tiny, cache, column):
    model = tiny("gpt2")
    first, _ = rows_read(model, TEXTS, cache)
    [(key, value)] = execute(cache, f"SELECT key, {column} FROM rows ORDER BY key LIMIT 1")
    flipped = bytes([*value[:100], value[100] ^ 4, *value[101:]]) if column == "data" else value ^ 4
    execute(cache, f"UPDATE rows SET {column} = ? WHERE key = ?", flipped, key)
    acts, n = rows_read(model, TEXTS, cache)
    assert n == 1
    np.testing.assert_allclose(acts.values, first.values, atol=1e-4)
    np.testing.assert_array_equal(acts.n_tokens, first.n_tokens)
    assert rows_read(model, TEXTS, cache)[1] == 0, "the row must be whole again"


def test_a_file_that_is_no_database_is_begun_anew(tiny, cache):
    model = tiny("gpt2")
    first, _ = rows_read(model, TEXTS, cache)
    cache.path.write_bytes(b"this is no database" * 1000)
    for end in ("-wal", "-shm"):
        cache.path.with_name(cache.path.name + end).unlink(missing_ok=True)
    acts, n = rows_read(model, TEXTS, cache)
    assert n == len(TEXTS)
    same(first, acts)
    assert rows_read(model, TEXTS, ActivationCache(cache.path))[1] == 0


def test_a_damaged_file_is_found_when_it_is_opened(tmp_path):
    path = tmp_path / "activations.sqlite"
    path.write_bytes(b"\x00not a database" * 500)
    cache = ActivationCache(path)
    cache.put_many([("key", CachedRow(np.ones((2, 3), np.float32), np.ones(1, np.float32), 4))])
    assert cache.get_many(["key"], 1, 3)[0].n_tokens == 4


def test_a_file_that_was_tidied_away_is_made_again(tiny, cache):
    model = tiny("gpt2")
    rows_read(model, TEXTS, cache)
    for file in cache.path.parent.iterdir():
        file.unlink()
    cache.path.parent.rmdir()
    assert rows_read(model, TEXTS, cache)[1] == len(TEXTS)
    assert rows_read(model, TEXTS, cache)[1] == 0


def test_another_reading_position_depth_or_model_never_hits(tiny, cache):
    model = tiny("gpt2")
    rows_read(model, TEXTS, cache)
    readings = [ReadingPosition("mean", start=1), ReadingPosition("last"), ReadingPosition("last_content")]
    for reading in [*readings, ReadingPosition("mean", chat=True)]:
        assert rows_read(model, TEXTS, cache, reading)[1] == len(TEXTS)
        assert rows_read(model, TEXTS, cache, reading)[1] == 0
    shallow, n = rows_read(model, TEXTS, cache, last_layer=1)
    assert n == len(TEXTS) and shallow.values.shape[1] == 2
    assert rows_read(model, TEXTS, cache)[1] == 0, "a shallow read does not take the place of a full one"
    other = tiny_model("gpt2", seed=1)  # same shape, other weights
    acts, n = rows_read(other, TEXTS, cache)
    assert n == len(TEXTS)
    same(acts, run_to_end(record(other, TEXTS, MEAN)))


def test_a_row_of_another_shape_is_not_taken(cache):
    cache.put_many([("key", CachedRow(np.ones((3, 4), np.float32), np.ones(2, np.float32), 4))])
    assert cache.get_many(["key"], 2, 4)[0].values.shape == (3, 4)
    assert cache.get_many(["key"], 2, 5) == {} and cache.get_many(["key"], 3, 4) == {}


def test_more_keys_than_one_query_takes(cache):
    rows = [(f"key {i}", CachedRow(np.full((2, 3), i, np.float32), np.zeros(1, np.float32), i)) for i in range(1203)]
    cache.put_many(rows)
    found = cache.get_many([key for key, _ in rows], 1, 3)
    assert len(found) == 1203 and all(found[i].values[0, 0] == i for i in range(1203))


def test_what_was_read_before_a_cancel_is_kept(tiny, cache, monkeypatch):
    from emotion_core.tracing import record as recorder
    from emotion_core.tracing.record import length_sorted

    monkeypatch.setattr(recorder, "length_sorted", lambda lengths, *_: length_sorted(lengths, 40))
    job = record(tiny("gpt2"), TEXTS, MEAN, cache)
    next(job), next(job)
    job.close()
    (kept,) = execute(cache, "SELECT COUNT(*) FROM rows")[0]
    assert 0 < kept < len(TEXTS)
    assert rows_read(tiny("gpt2"), TEXTS, cache)[1] == len(TEXTS) - kept


def test_a_part_of_activations_is_no_copy(tiny):
    acts = run_to_end(record(tiny("gpt2"), TEXTS, ReadingPosition()))
    part = acts.between(1, 3)
    assert part.texts == acts.texts[1:3] and np.shares_memory(part.values, acts.values)
    for name in ("values", "embeddings", "token_norms", "n_tokens"):
        np.testing.assert_array_equal(getattr(part, name), getattr(acts, name)[1:3])


def test_two_programs_that_begin_at_the_same_moment_both_go_on(tmp_path: Path) -> None:
    """SQLite refuses one of two that switch to the write-ahead log, however long its timeout is."""
    path = tmp_path / "new.sqlite"
    first, refused = sqlite3.connect(path), []

    class Second(sqlite3.Connection):
        def execute(self, *arguments: Any) -> sqlite3.Cursor:
            if len(refused) < 3:
                refused.append(arguments)
                raise sqlite3.OperationalError("database is locked")
            return super().execute(*arguments)

    with closing(first), closing(sqlite3.connect(path, factory=Second)) as second:
        write_ahead(first)
        write_ahead(second)
        assert len(refused) == 3
        assert [one.execute("PRAGMA journal_mode").fetchone() for one in (first, second)] == [("wal",), ("wal",)]
