"""The table of runs, and how a table of an earlier version is brought up to date."""

from __future__ import annotations

import sqlite3

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
