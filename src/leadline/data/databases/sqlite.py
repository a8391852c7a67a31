"""SQLite files by the standard library: opened so that nothing can be written, one table or the answer to one query."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import polars as pl

from leadline.data.contract import Reader, Reading
from leadline.data.databases.sql import ROWS_AT_ONCE, Named, check_columns, check_question, choose_table, file_name, one_table
from leadline.data.opening import head_of
from leadline.data.table import Table
from leadline.errors import LeadlineError
from leadline.findings import Finding, Severity

_MAGIC = b"SQLite format 3\0"
_WRITES_AHEAD = 2  # the value of byte 18 where changes first go to a file NAME-wal
_WAIT_SECONDS = 5  # for another program's lock
_LOOK_EVERY = 1_000_000  # steps of SQLite's machine between two looks for Ctrl-C
_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_KINDS = ("integer", "real", "text", "blob")  # what typeof() answers
# By the sum of the bits of its kinds (1, 2, 4, 8); any other sum is a mixture.
_TYPES: dict[int, Any] = {0: pl.String, 1: pl.Int64, 2: pl.Float64, 3: pl.Float64, 4: pl.String, 8: pl.Binary}
_MIXED = "values of several kinds and is read as it is written"
_VIEW = "leadline_answer"
_TABLES = """SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' AND name NOT GLOB 'sqlite_*' ORDER BY name"""

Connection = sqlite3.Connection


class Sqlite(Reader):
    """SQLite keeps a kind with every value and none with the column, so all values are asked for theirs before one is read."""

    def read(self, place: str, reading: Reading) -> Table:
        return one_table(list(self.batches(place, reading, ROWS_AT_ONCE)))

    def batches(self, place: str, reading: Reading, rows: int) -> Iterator[Table]:
        path = _path_of(place)
        check_question(reading)
        text = _Texts()
        with _opened(path, text) as connection, _explained(path):
            query, name = _question(connection, path, reading)
            connection.set_authorizer(_only_reading)
            cursor = connection.execute(query)
            names = check_columns([column[0] for column in cursor.description or ()], str(path))
            connection.set_authorizer(None)
            kept = _kept_as(connection, query, names)
            kinds = [_TYPES.get(kept[column], pl.String) for column in names]
            remarks = tuple(f'column "{column}" holds {_MIXED}' for column in names if kept[column] not in _TYPES)
            portions, first_row = iter(lambda: cursor.fetchmany(rows), []), 0
            for some in chain([next(portions, [])], portions):  # at least one: an empty answer has columns too
                columns = zip(*some, strict=True) if some else [()] * len(names)
                frame = pl.DataFrame([_series(*column) for column in zip(names, columns, kinds, strict=True)])
                source = _Rows(str(path), first_row)
                yield Table(
                    frame, source, name, path.parent, remarks=remarks, origin=str(path), first_row=first_row, findings=text.findings()
                )
                first_row += len(some)


class _Rows:
    """`path:row 7` of a row."""

    def __init__(self, path: str, first_row: int) -> None:
        self.path, self.first_row = path, first_row

    def __call__(self, row: int) -> str:
        return f"{self.path}:row {self.first_row + row}"


class _Texts:
    """Decodes what is kept as text. SQLite does not check that it is UTF-8; what is not is taken for Latin-1 and counted."""

    def __init__(self) -> None:
        self.odd = 0

    def __call__(self, raw: bytes) -> str:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            self.odd += 1
            return raw.decode("latin-1")

    def findings(self) -> tuple[Finding, ...]:
        if not self.odd:
            return ()
        title = f"{self.odd:,} texts are not UTF-8 and are read as Latin-1"
        return (Finding("encoding", Severity.LOW, title, fix="write these texts again as UTF-8"),)


def _path_of(place: str) -> Path:
    """`sqlite:///shop.db` is relative to the current folder, `sqlite:////data/shop.db` is not; a plain path is itself."""
    beginning, mark, rest = place.partition("://")
    path = (
        Path(place)
        if not mark or beginning.lower().partition("+")[0] != "sqlite"
        else Path(unquote(rest.removeprefix("/").partition("?")[0]))
    )
    if not path.is_file():
        raise LeadlineError(
            f"{path} is not there", "an SQLite file", "sqlite:///shop.db, or sqlite:////data/shop.db for a path from the root"
        )
    return path


@contextmanager
def _opened(path: Path, text: _Texts) -> Iterator[Connection]:
    """A connection that cannot write, that waits for other programs, and leaves no file beside the database."""
    head = head_of(path, 100)
    if not head.startswith(_MAGIC):
        advice = "if it is encrypted, write an unencrypted copy with the program that made it; or export the table as CSV"
        raise LeadlineError(f"{path} does not begin as SQLite files do", "an SQLite 3 file that is not encrypted", advice)
    # Who opens a database in this mode leaves files behind unless it may write; without a NAME-wal nobody else has it open.
    still = "&immutable=1" if head[18:19] == bytes([_WRITES_AHEAD]) and not Path(f"{path}-wal").exists() else ""
    address = f"file:{quote(str(path.resolve()))}?mode=ro{still}"
    with _explained(path):
        connection = sqlite3.connect(address, uri=True, timeout=_WAIT_SECONDS, isolation_level=None)
    with closing(connection):
        connection.text_factory = text
        connection.set_progress_handler(lambda: None, _LOOK_EVERY)
        yield connection


def _only_reading(action: int, what: str | None, *_: Any) -> int:
    """Asked once when a statement is understood. Searchable tables look at the version of the data themselves."""
    allowed = action in _ALLOWED or (action, what) == (sqlite3.SQLITE_PRAGMA, "data_version")
    return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """What SQLite complains of, in words that say what to do."""
    try:
        yield
    except (sqlite3.Error, sqlite3.Warning) as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_INTERRUPT:  # the look for Ctrl-C found one
            raise KeyboardInterrupt from None
        raise _complaint(path, code, str(error)) from error


def _complaint(path: Path, code: int, reason: str) -> LeadlineError:
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LeadlineError(
            f"{path} is locked by another program", "a database that nobody is changing", "close that program, or copy the file"
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        advice = "copy the file again; sqlite3 FILE .recover saves what can be saved"
        return LeadlineError(f"{path} is damaged: {reason}", "a whole SQLite file", advice)
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR):
        advice = "open and close it once with the program that wrote it, or copy it with the files -wal, -shm and -journal beside it"
        return LeadlineError(f"{path} cannot be opened for reading alone: {reason}", "a database that was closed well", advice)
    if code == sqlite3.SQLITE_AUTH or "one statement at a time" in reason:
        return LeadlineError("the query does more than read", "one SELECT, or WITH ... SELECT", '--query "SELECT ..."', file=str(path))
    return LeadlineError(
        f"the query cannot be answered: {reason}", "one SELECT in the words of SQLite", '--query "SELECT ..."', file=str(path)
    )


def _question(connection: Connection, path: Path, reading: Reading) -> tuple[str, str]:
    """What to ask, and what to call the answer."""
    if reading.query is not None:
        return reading.query, path.stem
    listing = connection.execute(_TABLES)
    known = [Named(name) for (name,) in listing]
    if reading.table is None and len(known) > 1:
        known = [Named(one.name, _count(connection, one.name)) for one in known]
    chosen = choose_table(known, reading.table, str(path)).name
    return f"SELECT * FROM {_identifier(chosen)}", path.stem if len(known) == 1 else file_name(f"{path.stem}-{chosen}")


def _count(connection: Connection, table: str) -> int | None:
    """Rows of a table; None where they cannot be counted, as in a view of a table that is gone."""
    try:
        return int(connection.execute(f"SELECT COUNT(*) FROM {_identifier(table)}").fetchone()[0])
    except sqlite3.Error:
        return None


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _kept_as(connection: Connection, query: str, names: Sequence[str]) -> dict[str, int]:
    """The kinds that the values of each column are kept as: bit i for `_KINDS[i]`."""
    asked = [
        " + ".join(f"{1 << bit} * COALESCE(MAX(typeof({_identifier(name)}) = '{kind}'), 0)" for bit, kind in enumerate(_KINDS))
        for name in names
    ]
    connection.execute("PRAGMA temp_store = MEMORY")
    connection.execute(f"CREATE TEMP VIEW {_VIEW} AS {query}")  # not in brackets: the query may end with a comment
    found = connection.execute(f"SELECT {', '.join(asked)} FROM temp.{_VIEW}").fetchone()
    return dict(zip(names, found, strict=True))


def _series(name: str, values: Sequence[Any], kind: Any) -> pl.Series:
    if kind == pl.String:
        return pl.Series(name, [value if value is None or isinstance(value, str) else _written(value) for value in values], pl.String)
    return pl.Series(name, values, kind)


def _written(value: float | bytes) -> str:
    """A number as SQLite would write it; bytes among texts as the text they most likely are."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
