"""Pooled residual-stream activations of texts, and the reading position that they were pooled at."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
import time
import weakref
import zlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from emotion_core.base.atomic import LOCK_SECONDS, write_ahead
from emotion_core.base.errors import SettingsError
from emotion_core.base.settings import settings

FloatArray = npt.NDArray[np.float32]
Pooling = Literal["mean", "last_content", "last", "answer"]
POOLINGS: tuple[Pooling, ...] = get_args(Pooling)

# Part of every cache key: raise it when the recorder's numbers change.
RECORDER_VERSION = 3


@dataclass(frozen=True)
class ReadingPosition:
    """Which tokens of a text are read.

    Attributes:
        pooling: `mean` over content tokens from `start` on; `last_content`, the last token that is neither a special
            token nor part of the chat template; `last`, the last token; `answer`, the last token before the answer to
            the text as a user message begins, behind a `<think>` that is opened and closed (with `chat`).
        start: First token of the mean, counted from 0 over the content tokens (special tokens and chat template
            are skipped); a shorter text is read at its last content token.
        chat: Whether the text is wrapped as a user message in the model's chat template first.
        first_token: Whether the first token of the sequence counts in a mean where it belongs to the text. Models
            without a token for the beginning make an attention sink of it, hundreds of times as long as the others in
            some, and a mean that holds it is mostly the length of the text.
    """

    pooling: Pooling = "mean"
    start: int = 0
    chat: bool = False
    first_token: bool = False

    def __post_init__(self) -> None:
        if self.pooling not in POOLINGS:
            raise SettingsError("Unknown reading position", expected=", ".join(POOLINGS), found=str(self.pooling))
        if self.reply and not self.chat:
            raise SettingsError(
                "Only a message in the chat template has an answer",
                expected="the reading position answer together with the chat template",
                remedy="Turn the chat template on, or choose another reading position",
            )
        if self.start < 0:
            raise SettingsError("The first token read cannot be negative", found=str(self.start))

    @property
    def reply(self) -> bool:
        """Whether texts are followed by the beginning of an answer."""
        return self.pooling == "answer"

    @property
    def key(self) -> str:
        """The reading position as part of a cache key and a manifest."""
        # The ending came later: keys of readings with the first token are as they were.
        ending = ":rest" if self.pooling == "mean" and not self.first_token else ""
        return f"{self.pooling}:{self.start}:{'chat' if self.chat else 'plain'}{ending}"


# What names of models begin with that a service runs.
SERVED = "ndif:"


@dataclass(frozen=True)
class ModelInfo:
    """What an artifact remembers of the model it belongs to.

    Attributes:
        name: Catalogue name, hub id or folder name, as the visitor chose it.
        fingerprint: sha256 over configuration, tokenizer and weights: equal means the same activations.
        layers: Number of blocks; layer i is the output of block i, counted from 0.
        width: Size of the residual stream.
        context: Most tokens a text may have.
        architecture: The class in transformers, such as GPT2LMHeadModel.
        dtype: Of the weights as loaded; `int8` for weights in 8 bits that are computed with in float32.
        device: Where they lie, such as cpu or cuda:0.
        parameters: Number of parameters.
    """

    name: str
    fingerprint: str
    layers: int
    width: int
    context: int
    architecture: str = ""
    dtype: str = "float32"
    device: str = "cpu"
    parameters: int = 0

    @property
    def computes_in(self) -> str:
        """Number format of the activations."""
        return "float32" if self.dtype == "int8" else self.dtype

    @property
    def served(self) -> bool:
        """Whether its weights are on another machine, behind a service."""
        return self.name.startswith(SERVED)


@dataclass(frozen=True)
class Activations:
    """One pooled row a text.

    Attributes:
        model: The model that was read.
        reading: The reading position.
        texts: The texts, in the order asked for.
        values: float32 [texts, layers, width], residual stream after each block.
        embeddings: float32 [texts, width], input of block 0 pooled the same way: the "raw embedding" rival.
        token_norms: float32 [texts, layers], mean length of the residual stream over the tokens of a text, without
            its first token (an attention sink that can be fifty times as long as all others).
        n_tokens: int64 [texts], tokens of each text, template and special tokens included.
    """

    model: ModelInfo
    reading: ReadingPosition
    texts: tuple[str, ...]
    values: FloatArray
    embeddings: FloatArray
    token_norms: FloatArray
    n_tokens: npt.NDArray[np.int64]

    def rows(self, index: npt.ArrayLike) -> Activations:
        """The same for a selection of texts, given by integer or boolean index."""
        chosen = np.arange(len(self.texts))[np.asarray(index)]
        return Activations(
            self.model,
            self.reading,
            tuple(self.texts[i] for i in chosen),
            self.values[chosen],
            self.embeddings[chosen],
            self.token_norms[chosen],
            self.n_tokens[chosen],
        )

    def between(self, begin: int, end: int) -> Activations:
        """The same for the texts from `begin` to before `end`, without a copy."""
        part = slice(begin, end)
        return Activations(
            self.model,
            self.reading,
            self.texts[part],
            self.values[part],
            self.embeddings[part],
            self.token_norms[part],
            self.n_tokens[part],
        )


# The activation cache: pooled rows by content, in SQLite, so that a text is read once a model.

# SQLite takes at most 999 variables a statement in its oldest builds.
_KEYS_PER_QUERY = 500

_TABLE = (
    "CREATE TABLE IF NOT EXISTS rows (key BLOB PRIMARY KEY, checksum INTEGER NOT NULL, n_tokens INTEGER NOT NULL, "
    "data BLOB NOT NULL, used REAL NOT NULL DEFAULT 0)"
)

# The rows beyond a number of bytes, counted from the one used last, in pages as SQLite stores them.
_TRIM = (
    "DELETE FROM rows WHERE key IN (SELECT key FROM (SELECT key, SUM((LENGTH(data) / 4096 + 1) * 4096) OVER "
    "(ORDER BY used DESC, rowid DESC) AS bytes FROM rows) WHERE bytes > ?)"
)
_KEPT_AT_TRIM = 0.8
# Seconds between two notes that a row is in use: every note is a write.
_NOTE_EVERY = 3600.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CachedRow:
    """What the recorder keeps of one text.

    Attributes:
        values: float32 [1 + layers, width]; row 0 is the input of block 0.
        token_norms: float32 [layers].
        n_tokens: Tokens of the text.
    """

    values: FloatArray
    token_norms: FloatArray
    n_tokens: int


class ActivationCache:
    """A file of rows under the hash of everything they depend on.

    Safe for several threads and processes: each call opens its own connection, SQLite's write-ahead log orders them.
    One more stays open and idle, since the last one that closes writes the whole log back and waits for the disk.
    A row whose checksum does not match is dropped and read again; a file that SQLite cannot read is begun anew.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write_lock = threading.Lock()
        try:
            with closing(self._connect()) as db, db:
                _add_column(db)
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)
        self._open = self._connect()
        weakref.finalize(self, self._open.close)

    def get_many(self, keys: Sequence[str], layers: int, width: int) -> dict[int, CachedRow]:
        """Rows that are there, by position in `keys`."""
        digests = {_digest(key): i for i, key in enumerate(keys)}
        found: dict[int, CachedRow] = {}
        wanted = list(digests)
        try:
            with closing(self._connect()) as db:
                for start in range(0, len(wanted), _KEYS_PER_QUERY):
                    part = wanted[start : start + _KEYS_PER_QUERY]
                    marks = ",".join("?" * len(part))
                    query = f"SELECT key, checksum, n_tokens, data FROM rows WHERE key IN ({marks})"
                    for key, checksum, n_tokens, data in db.execute(query, part):
                        row = _unpack(data, checksum, n_tokens, layers, width)
                        if row is not None:
                            found[digests[key]] = row
                    _note_use(db, part)
        except sqlite3.OperationalError as error:
            _log.warning("kept activations are not used: %s", error)
        except sqlite3.DatabaseError as error:
            self._begin_anew(error)
        return found

    def put_many(self, rows: Sequence[tuple[str, CachedRow]]) -> None:
        """Keeps rows; one transaction, so a kill leaves all of them or none.

        A locked file or a full disk is no reason to fail: the rows are read again another time.
        """
        packed = []
        for key, row in rows:
            data = row.values.tobytes() + row.token_norms.tobytes()
            packed.append((_digest(key), _checksum(data, row.n_tokens), row.n_tokens, data))
        try:
            try:
                self._insert(packed)
            except sqlite3.DatabaseError as error:
                self._begin_anew(error)
                self._insert(packed)
        except sqlite3.OperationalError as error:
            _log.warning("activations are not kept: %s", error)

    def _insert(self, packed: Sequence[tuple[bytes, int, int, bytes]]) -> None:
        with self._write_lock, closing(self._connect()) as db, db:
            now = time.time()
            query = "INSERT OR REPLACE INTO rows (key, checksum, n_tokens, data, used) VALUES (?, ?, ?, ?, ?)"
            db.executemany(query, [(*row, now) for row in packed])

    def n_bytes(self) -> int:
        """Size of the file, with what is not merged into it yet."""
        files = [self.path.with_name(self.path.name + end) for end in ("", "-wal")]
        return sum(file.stat().st_size for file in files if file.exists())

    def trim(self, max_bytes: int) -> None:
        """Makes the file smaller than a size where it is larger; rows that nobody read for longest go first."""
        if self.n_bytes() <= max_bytes:
            return
        with self._write_lock, closing(self._connect()) as db:
            with db:
                db.execute(_TRIM, (_KEPT_AT_TRIM * max_bytes,))
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _begin_anew(self, error: sqlite3.DatabaseError) -> None:
        """Replaces a damaged file; an error of another kind (locked, disk full) is raised again."""
        if isinstance(error, sqlite3.OperationalError | sqlite3.IntegrityError):
            raise error
        for end in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)

    def _connect(self) -> sqlite3.Connection:
        """Opens the file, making it where it is missing: somebody may tidy the folder while the app runs."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(self.path, timeout=LOCK_SECONDS, check_same_thread=False)
        try:
            write_ahead(db)
            db.execute("PRAGMA synchronous=NORMAL")
            db.execute(_TABLE)
        except sqlite3.Error:
            db.close()
            raise
        return db


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _checksum(data: bytes, n_tokens: int) -> int:
    return zlib.crc32(data, zlib.crc32(str(n_tokens).encode()))


def _unpack(data: bytes, checksum: int, n_tokens: int, layers: int, width: int) -> CachedRow | None:
    n_values = (1 + layers) * width
    if _checksum(data, n_tokens) != checksum or len(data) != 4 * (n_values + layers):
        return None
    numbers = np.frombuffer(data, dtype=np.float32)
    return CachedRow(numbers[:n_values].reshape(1 + layers, width), numbers[n_values:], n_tokens)


def _note_use(db: sqlite3.Connection, keys: Sequence[bytes]) -> None:
    """Notes down that rows are in use, for `trim`."""
    now = time.time()
    marks = ",".join("?" * len(keys))
    # A clock that was set back has left times ahead of us.
    old = f"key IN ({marks}) AND (used < ? OR used > ?)"
    values = (*keys, now - _NOTE_EVERY, now + _NOTE_EVERY)
    if db.execute(f"SELECT 1 FROM rows WHERE {old} LIMIT 1", values).fetchone() is not None:
        with db:
            db.execute(f"UPDATE rows SET used = ? WHERE {old}", (now, *values))


def _add_column(db: sqlite3.Connection) -> None:
    """Brings a file of an earlier version up to date."""
    if "used" not in {row[1] for row in db.execute("PRAGMA table_info(rows)")}:
        db.execute("ALTER TABLE rows ADD COLUMN used REAL NOT NULL DEFAULT 0")


def open_cache() -> ActivationCache:
    """The cache in the data folder of this process, which pages, commands and the library share."""
    return ActivationCache(settings().data_dir / "activations.sqlite")
