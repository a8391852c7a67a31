"""The store's SQLite index: which key's vector is where. Every method is one transaction; a damaged file is set aside, not an error."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, TypeVar

from leadline.errors import LeadlineError

_VERSION = 1
_WAIT_SECONDS = 60  # for another process's transaction
_PARAMETERS = 900  # SQLite builds allow 999 or more in one statement
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS segments (name TEXT PRIMARY KEY, dimension INTEGER, sha256 BLOB, bytes INTEGER, used REAL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, segment TEXT, position INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS vectors_of_segment ON vectors (segment);
PRAGMA user_version = {_VERSION};
COMMIT;
"""

Connection = sqlite3.Connection
Result = TypeVar("Result")


@dataclass(frozen=True)
class Segment:
    """A file of float16 rows. `used` is in seconds since 1970."""

    name: str
    dimension: int
    sha256: bytes
    bytes: int
    used: float


class Index:
    """key -> (segment, position within it). Nothing is created before the first `add`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / f"index-{_VERSION}.sqlite"

    def look_up(self, keys: Sequence[bytes]) -> dict[bytes, tuple[str, int]]:
        """Places of those keys that are known."""
        select = "SELECT key, segment, position FROM vectors WHERE key"
        rows = self._read(lambda connection: list(_select_in(connection, select, keys)))
        return {key: (segment, position) for key, segment, position in rows}

    def segments(self, names: Sequence[str]) -> list[Segment]:
        select = "SELECT name, dimension, sha256, bytes, used FROM segments WHERE name"
        return [Segment(*row) for row in self._read(lambda connection: list(_select_in(connection, select, names)))]

    def sizes(self) -> list[tuple[str, int]]:
        """(name, bytes) of all segments, the one used last first."""
        return self._read(lambda connection: connection.execute("SELECT name, bytes FROM segments ORDER BY used DESC").fetchall())

    def totals(self) -> tuple[int, int]:
        """Number of vectors, bytes of all segments."""
        query = "SELECT (SELECT COUNT(*) FROM vectors), (SELECT COALESCE(SUM(bytes), 0) FROM segments)"
        [(vectors, size)] = self._read(lambda connection: connection.execute(query).fetchall()) or [(0, 0)]
        return vectors, size

    def add(self, segment: Segment, keys: Sequence[bytes]) -> None:
        """A new segment whose row i belongs to `keys[i]`. The newest wins: an older one may be damaged without our knowing."""
        places = [(key, segment.name, position) for position, key in enumerate(keys)]

        def work(connection: Connection) -> None:
            connection.execute("INSERT INTO segments VALUES (?, ?, ?, ?, ?)", astuple(segment))
            connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", places)

        self._write(work)

    def touch(self, names: Sequence[str], now: float) -> None:
        if names:
            update = "UPDATE segments SET used = ? WHERE name = ?"
            self._write(lambda connection: connection.executemany(update, [(now, name) for name in names]))

    def forget(self, names: Sequence[str]) -> None:
        def work(connection: Connection) -> None:
            connection.executemany("DELETE FROM vectors WHERE segment = ?", [(name,) for name in names])
            connection.executemany("DELETE FROM segments WHERE name = ?", [(name,) for name in names])

        if names:
            self._write(work)

    def _read(self, work: Callable[[Connection], list[Any]]) -> list[Any]:
        return self._transaction(work) if self._path.exists() else []

    def _write(self, work: Callable[[Connection], Any]) -> None:
        def locked(connection: Connection) -> None:
            connection.execute("BEGIN IMMEDIATE")  # waits its turn here; a lock taken later could only fail
            work(connection)
            connection.execute("COMMIT")

        self._transaction(locked)

    def _transaction(self, work: Callable[[Connection], Result]) -> Result:
        """`work` on the index; if that turns out damaged it is set aside, and the work done on a new, empty one."""
        try:
            return self._attempt(work)
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _DAMAGE:
                raise unusable(self._folder, str(error)) from error
        self._set_aside()
        try:
            return self._attempt(work)
        except sqlite3.Error as error:
            raise unusable(self._folder, str(error)) from error

    def _attempt(self, work: Callable[[Connection], Result]) -> Result:
        connection = self._open()
        try:
            if connection.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
                connection.executescript(_SCHEMA)
            return work(connection)
        finally:
            connection.close()  # an unfinished transaction is rolled back

    def _open(self) -> Connection:
        # SQLite's rollback journal, not its write-ahead log: a home folder may lie on a network, where only the first is safe.
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise unusable(self._folder, str(error)) from error
        return sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)

    def _set_aside(self) -> None:
        for ending in ("", "-journal"):  # the journal of a damaged index must not be played into the next
            with suppress(OSError):
                self._path.with_name(self._path.name + ending).replace(self._folder / f"damaged{ending}")


def unusable(folder: Path, reason: str) -> LeadlineError:
    advice = "free some space, or set LEADLINE_CACHE to a folder that can be written to"
    return LeadlineError(f"the store of computed vectors cannot be used: {reason}", "a folder to keep vectors in", advice, file=str(folder))


def _select_in(connection: Connection, select: str, wanted: Sequence[Any]) -> Iterator[Any]:
    """Rows of `select ... IN wanted`, asked for in portions that every SQLite build takes."""
    for start in range(0, len(wanted), _PARAMETERS):
        some = list(wanted[start : start + _PARAMETERS])
        yield from connection.execute(f"{select} IN ({','.join('?' * len(some))})", some)
