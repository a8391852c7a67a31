"""Vectors already computed, on disk: float16 rows in segment files, found by key through an SQLite index.

A segment is written whole (temporary file, fsync, rename) before the index learns of it in one transaction, so a process killed
at any moment leaves at worst a file that nobody points to. Everything here can be computed again: what is damaged is dropped.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from leadline.encoders.contract import PretrainedEncoder, rounded
from leadline.encoders.engine import engine_version, open_engine
from leadline.errors import LeadlineError
from leadline.files import write_atomically
from leadline.machine import cache_folder, num_threads
from leadline.values import take_rows

CAP_BYTES = 8 << 30
CHUNK = 256  # examples computed between two writes: what Ctrl-C may lose, about two seconds of pictures
_EVICT_TO = 0.8  # of the cap, so that not every write has to evict
_ORPHAN_SECONDS = 3_600  # a segment that no index knows this long after it was written belongs to a process that died
_WAIT_SECONDS = 60  # for another process's transaction
_HASHED_TOGETHER = 64  # values a thread hashes between two looks at the queue
_PARAMETERS = 900  # SQLite builds allow 999 or more in one statement
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_VERSION = 1
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS segments (
    name TEXT PRIMARY KEY, rows INTEGER, dimension INTEGER, sha256 BLOB, bytes INTEGER, used REAL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, segment TEXT, position INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS vectors_of_segment ON vectors (segment);
PRAGMA user_version = {_VERSION};
COMMIT;
"""

Bad = dict[int, LeadlineError]
Index = sqlite3.Connection
Result = TypeVar("Result")


class Store:
    """Safe for several processes at once. `folder` defaults to the user's cache; `cap_bytes` is for the vectors alone."""

    def __init__(self, folder: Path | None = None, cap_bytes: int = CAP_BYTES) -> None:
        self.folder = folder or cache_folder() / "store"
        self.cap_bytes = cap_bytes
        self._index = self.folder / f"index-{_VERSION}.sqlite"
        self._swept = False

    def get(self, keys: Sequence[bytes], dimension: int) -> tuple[np.ndarray, np.ndarray]:
        """(found (n,) bool, vectors (n, dimension) float32 with NaN where not found)."""
        found, vectors = np.zeros(len(keys), bool), np.full((len(keys), dimension), np.nan, np.float32)
        places = self._look_up(keys)
        rows_of: dict[str, list[int]] = defaultdict(list)
        for row, key in enumerate(keys):
            if key in places:
                rows_of[places[key][0]].append(row)
        stored = self._read_segments(list(rows_of), dimension)
        for name in stored:
            rows = rows_of[name]
            vectors[rows] = stored[name][[places[keys[row]][1] for row in rows]]
            found[rows] = True
        return found, vectors

    def put(self, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Keeps vectors (n, dimension), rounded to float16. Evicts what was used longest ago when the cap is passed.

        Raises:
            LeadlineError: the folder cannot be written to.
        """
        if not keys:
            return
        content, name = vectors.astype("<f2").tobytes(), uuid.uuid4().hex
        try:
            write_atomically(self._path(name), content)
        except OSError as error:
            raise self._unusable(str(error)) from error
        entry = (name, len(keys), vectors.shape[1], hashlib.sha256(content).digest(), len(content), time.time())
        places = [(key, name, position) for position, key in enumerate(keys)]

        def add(index: Index) -> None:
            index.execute("INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?)", entry)
            # The newest segment wins: an older one that holds the same key may be damaged without our knowing.
            index.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", places)

        self._write(add)
        self._evict()

    def num_missing(self, encoder: PretrainedEncoder, values: Any, engine: str) -> int:
        """How many distinct values would have to be computed; those that cannot be read would not."""
        keys, _ = keys_of(encoder, values, engine)
        wanted = {key for key in keys if key is not None}
        return len(wanted) - len(self._look_up(list(wanted)))

    def positions_held(self, encoder: PretrainedEncoder, values: Any, engine: str) -> np.ndarray:
        """Positions (int64) of the values whose vectors are here."""
        keys, _ = keys_of(encoder, values, engine)
        held = self._look_up([key for key in keys if key is not None])
        return np.array([row for row, key in enumerate(keys) if key in held], np.int64)

    def summary(self) -> dict[str, Any]:
        """Number of vectors, and the megabytes they take on disk."""
        if not self._index.exists():
            return {"vectors": 0, "megabytes": 0.0}
        query = "SELECT (SELECT COUNT(*) FROM vectors), (SELECT COALESCE(SUM(bytes), 0) FROM segments)"
        vectors, size = self._transaction(lambda index: index.execute(query).fetchone())
        return {"vectors": vectors, "megabytes": size / 1e6}

    def _look_up(self, keys: Sequence[bytes]) -> dict[bytes, tuple[str, int]]:
        """key -> (segment, position) of those the index knows."""

        def look(index: Index) -> dict[bytes, tuple[str, int]]:
            rows = _select_in(index, "SELECT key, segment, position FROM vectors WHERE key", keys)
            return {key: (segment, position) for key, segment, position in rows}

        return self._transaction(look) if self._index.exists() else {}

    def _read_segments(self, names: Sequence[str], dimension: int) -> dict[str, np.ndarray]:
        """name -> (rows, dimension) float16. Those whose bytes are not what was written are dropped and left out."""
        if not names:
            return {}
        entries = self._transaction(lambda index: list(_select_in(index, "SELECT name, dimension, sha256 FROM segments WHERE name", names)))
        good, damaged = {}, []
        for name, width, checksum in entries:
            content = self._content(name)
            if width == dimension and hashlib.sha256(content).digest() == checksum:
                good[name] = np.frombuffer(content, "<f2").reshape(-1, dimension)
            else:
                damaged.append(name)
        self._drop(damaged)
        now = time.time()
        self._write(lambda index: index.executemany("UPDATE segments SET used = ? WHERE name = ?", [(now, name) for name in good]))
        return good

    def _content(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except OSError:
            return b""

    def _evict(self) -> None:
        """Drops the segments used longest ago until what is left is well below the cap; the newest always stays."""
        kept = self._transaction(lambda index: index.execute("SELECT name, bytes FROM segments ORDER BY used DESC").fetchall())
        if sum(size for _, size in kept) > self.cap_bytes:
            ends = np.cumsum([size for _, size in kept])
            self._drop([name for (name, _), end in zip(kept[1:], ends[1:], strict=True) if end > self.cap_bytes * _EVICT_TO])
        if not self._swept:
            self._sweep()

    def _sweep(self) -> None:
        """Removes files that killed processes left; once per process is enough."""
        self._swept = True
        known = {name for (name,) in self._transaction(lambda index: index.execute("SELECT name FROM segments").fetchall())}
        for path in (self.folder / "segments").iterdir():
            with suppress(OSError):  # another process may be sweeping too
                if path.stem not in known and path.stat().st_mtime < time.time() - _ORPHAN_SECONDS:
                    path.unlink()

    def _drop(self, names: Sequence[str]) -> None:
        """Out of the index first: a file without an entry is harmless, an entry without its file would have to be found out."""
        if not names:
            return

        def forget(index: Index) -> None:
            index.executemany("DELETE FROM vectors WHERE segment = ?", [(name,) for name in names])
            index.executemany("DELETE FROM segments WHERE name = ?", [(name,) for name in names])

        self._write(forget)
        for name in names:
            with suppress(OSError):
                self._path(name).unlink()

    def _path(self, name: str) -> Path:
        return self.folder / "segments" / f"{name}.f16"

    def _write(self, work: Callable[[Index], Any]) -> None:
        def locked(index: Index) -> None:
            index.execute("BEGIN IMMEDIATE")  # waits its turn here; a lock taken later could only fail
            work(index)
            index.execute("COMMIT")

        self._transaction(locked)

    def _transaction(self, work: Callable[[Index], Result]) -> Result:
        """`work` on the index; if that turns out damaged it is set aside, and the work done on a new, empty one."""
        for last_try in (False, True):
            index: Index | None = None
            try:
                self.folder.mkdir(parents=True, exist_ok=True)
                index = self._open_index()
                return work(index)
            except (sqlite3.Error, OSError) as error:
                if last_try or getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGE:
                    raise self._unusable(str(error)) from error
            finally:
                if index is not None:
                    index.close()  # an unfinished transaction is rolled back
            self._set_index_aside()
        raise AssertionError("the second try returns or raises")

    def _open_index(self) -> Index:
        # SQLite's rollback journal, not its write-ahead log: a home folder may lie on a network, where only the first is safe.
        index = sqlite3.connect(self._index, timeout=_WAIT_SECONDS, isolation_level=None)
        try:
            if index.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                index.executescript(_SCHEMA)
        except BaseException:
            index.close()
            raise
        return index

    def _set_index_aside(self) -> None:
        for ending in ("", "-journal"):  # the journal of a damaged index must not be played into the next
            with suppress(OSError):
                self._index.with_name(self._index.name + ending).replace(self.folder / f"damaged{ending}")

    def _unusable(self, reason: str) -> LeadlineError:
        advice = "free some space, or set LEADLINE_CACHE to a folder that can be written to"
        return LeadlineError(
            f"the store of computed vectors cannot be used: {reason}", "a folder to keep vectors in", advice, file=str(self.folder)
        )


def _select_in(index: Index, select: str, wanted: Sequence[Any]) -> Iterator[Any]:
    """Rows of `select ... IN wanted`, asked for in portions that every SQLite build takes."""
    for start in range(0, len(wanted), _PARAMETERS):
        some = wanted[start : start + _PARAMETERS]
        yield from index.execute(f"{select} IN ({','.join('?' * len(some))})", some)


def context_of(encoder: PretrainedEncoder, engine: str) -> bytes:
    """What besides the value decides a vector: weights, preparation, engine, its version and precision."""
    settings = json.dumps(encoder.key_settings(), sort_keys=True)
    text = f"{encoder.kind} {encoder.card.sha256} {settings} {engine_version(engine)}"
    return hashlib.sha256(text.encode()).digest()


def keys_of(encoder: PretrainedEncoder, values: Any, engine: str) -> tuple[list[bytes | None], Bad]:
    """The store's key of every value, None where it cannot be read, and the errors of those."""
    context, bad, listed = context_of(encoder, engine), Bad(), list(values)

    def key(row: int) -> bytes | None:
        try:
            return hashlib.sha256(hashlib.sha256(encoder.raw(listed[row])).digest() + context).digest()
        except LeadlineError as error:
            bad[row] = error
            return None

    def some(start: int) -> list[bytes | None]:
        return [key(row) for row in range(start, min(start + _HASHED_TOGETHER, len(listed)))]

    with ThreadPoolExecutor(num_threads()) as pool:  # reading files and hashing both let other threads run
        return [one for part in pool.map(some, range(0, len(listed), _HASHED_TOGETHER)) for one in part], bad


def encode_through_store(
    encoder: PretrainedEncoder, values: Any, engine: str, store: Store, progress: Callable[[int, int], None] | None = None
) -> tuple[np.ndarray, Bad]:
    """Vectors (n, dimension) float32 of all values, from the store or computed and put there, and the rows that could not be read.

    A vector is rounded to float16 either way, so it never tells which. Equal values are computed once; unreadable ones are NaN.
    `progress` is told (done, total) in values.
    """
    tell = progress or (lambda done, total: None)
    keys, bad = keys_of(encoder, values, engine)
    rows_of: dict[bytes, list[int]] = defaultdict(list)
    for row, key in enumerate(keys):
        if key is not None:
            rows_of[key].append(row)
    distinct = list(rows_of)
    found, known = store.get(distinct, encoder.card.dimension)
    missing = [distinct[place] for place in np.flatnonzero(~found).tolist()]
    vectors = np.full((len(keys), encoder.card.dimension), np.nan, np.float32)
    for place in np.flatnonzero(found).tolist():
        vectors[rows_of[distinct[place]]] = known[place]
    done = len(keys) - sum(len(rows_of[key]) for key in missing)
    tell(done, len(keys))
    for start in range(0, len(missing), CHUNK):
        chunk = missing[start : start + CHUNK]
        computed, unreadable = _compute(encoder, take_rows(values, np.array([rows_of[key][0] for key in chunk])), engine, store, chunk)
        for place, key in enumerate(chunk):
            vectors[rows_of[key]] = computed[place]
        for place in unreadable:
            bad.update(_own_errors(encoder, values, rows_of[chunk[place]], engine))
        done += sum(len(rows_of[key]) for key in chunk)
        tell(done, len(keys))
    return vectors, bad


def _compute(encoder: PretrainedEncoder, values: Any, engine: str, store: Store, keys: list[bytes]) -> tuple[np.ndarray, Bad]:
    encoded = encoder.encode_with(open_engine(encoder.network(), engine), values)
    good = [row for row in range(len(values)) if row not in encoded.bad]
    store.put([keys[row] for row in good], encoded.vectors[good])
    return rounded(encoded.vectors), encoded.bad


def _own_errors(encoder: PretrainedEncoder, values: Any, rows: list[int], engine: str) -> Bad:
    """The same broken bytes may stand in several rows: each gets the error that names its own file."""
    encoded = encoder.encode_with(open_engine(encoder.network(), engine), take_rows(values, np.array(rows)))
    return {rows[place]: error for place, error in encoded.bad.items()}
