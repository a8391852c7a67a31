"""PostgreSQL by its address: one table or the answer to one query, in a transaction that cannot write and is rolled back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import chain
from typing import Any

import polars as pl

from leadline.data.contract import Reader, Reading
from leadline.data.databases.postgres_types import Kind, kind_of
from leadline.data.databases.sql import ROWS_AT_ONCE, Named, check_columns, check_question, choose_table, file_name, one_table
from leadline.data.table import Table
from leadline.errors import LeadlineError, masked
from leadline.findings import Finding, Severity

_WANTED = "postgresql://user:***@host:5432/database"  # as any address is shown
_ENCODE = "write the characters @ / : ? # % and spaces of a password as %40 %2F %3A %3F %23 %25 %20, or put it into PGPASSWORD"
# How long, in seconds, to wait for a server that does not answer; what the address says itself goes before.
_CONNECT = {"connect_timeout": "10", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
# For this transaction alone: what is set for a session would stay behind where a pooler hands the session on to others.
_SETTINGS = {
    "statement_timeout": "'10min'",  # fetching one portion of rows is one statement
    "lock_timeout": "'30s'",
    "synchronize_seqscans": "off",  # or a large table would begin in its middle, wherever another reader happens to be
    "datestyle": "'ISO'",
    "timezone": "'UTC'",
}
_CURSOR = "leadline"
_BEFORE_QUERY = len(f'DECLARE "{_CURSOR}" CURSOR FOR ')  # what psycopg puts before a query that is read in portions
_TABLES = """
SELECT CASE WHEN n.nspname = ANY (current_schemas(false)) THEN c.relname ELSE n.nspname || '.' || c.relname END,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname), NULLIF(GREATEST(c.reltuples, 0), 0)::bigint
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY n.nspname = ANY (current_schemas(false)) DESC, 1
"""


class PostgreSql(Reader):
    """Rows come through a cursor of the server, a portion at a time; the server itself refuses a query that would write."""

    def read(self, place: str, reading: Reading) -> Table:
        return one_table(list(self.batches(place, reading, ROWS_AT_ONCE)))

    def batches(self, place: str, reading: Reading, rows: int) -> Iterator[Table]:
        check_question(reading)
        origin = masked(place)
        with _transaction(place) as connection, _explained(origin):
            query, name = _question(connection, origin, reading)
            with closing(connection.connection.cursor(_CURSOR)) as cursor:
                kinds = _declare(cursor, query, origin)
                remarks = tuple(f'column "{column}" {kind.remark}' for column, kind in kinds.items() if kind.remark)
                portions, first_row, lost = iter(lambda: cursor.fetchmany(rows), []), 0, 0
                for some in chain([next(portions, [])], portions):  # at least one: an empty answer has columns too
                    columns = zip(*some, strict=True) if some else [()] * len(kinds)
                    made = [kind.series(column, values) for (column, kind), values in zip(kinds.items(), columns, strict=True)]
                    lost += sum(unreadable for _, unreadable in made)
                    yield Table(
                        pl.DataFrame([series for series, _ in made]), _Rows(origin, first_row), name, remarks=remarks, origin=origin,
                        first_row=first_row, findings=_findings(lost),
                    )  # fmt: skip
                    first_row += len(some)


class _Rows:
    """`address:row 7` of a row, without the password."""

    def __init__(self, origin: str, first_row: int) -> None:
        self.origin, self.first_row = origin, first_row

    def __call__(self, row: int) -> str:
        return f"{self.origin}:row {self.first_row + row}"


def _findings(lost: int) -> tuple[Finding, ...]:
    if not lost:
        return ()
    title = f"{lost:,} dates are infinite or before the year 1 and count as missing"
    return (Finding("missing-values", Severity.LOW, title, fix="leave these rows out in the query"),)


@contextmanager
def _transaction(place: str) -> Iterator[Any]:
    """An SQLAlchemy connection in a transaction that cannot write, rolled back at the end."""
    try:
        import psycopg  # noqa: F401 - SQLAlchemy would only find out while connecting
        import sqlalchemy
    except ImportError as error:
        saw = f"reading from PostgreSQL needs the package {error.name}, which is not installed here"
        raise LeadlineError(saw, "an installation that reads databases", 'pip install "leadline[database]"') from None
    url, origin = _url(place), masked(place)
    waits = {name: value for name, value in _CONNECT.items() if name not in url.query}
    engine = sqlalchemy.create_engine(url, poolclass=sqlalchemy.NullPool, connect_args={**waits, "client_encoding": "utf8"})
    with _explained(origin), engine.connect() as connection:
        connection = connection.execution_options(postgresql_readonly=True, no_parameters=True)
        for name, value in _SETTINGS.items():
            connection.exec_driver_sql(f"SET LOCAL {name} = {value}")
        yield connection
        connection.rollback()


def _url(place: str) -> Any:
    """The parts of an address. Raises LeadlineError where they cannot be told apart for certain."""
    import sqlalchemy

    rest = place.partition("://")[2]
    unclear = LeadlineError("the address of the database cannot be understood", _WANTED, _ENCODE)
    if any(character.isspace() for character in rest):
        raise unclear
    try:
        url = sqlalchemy.make_url(f"postgresql+psycopg://{rest}")
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise unclear from None
    if "@" in f"{url.host}{url.database}":  # a password with an @ in it was cut there
        raise unclear
    if url.password == "***":  # as we show it: the command was copied from our screen
        if "PGPASSWORD" not in os.environ:
            raise LeadlineError("*** stands for a password, which we never write down", _WANTED, "put the password in, or into PGPASSWORD")
        return url.set(password=os.environ["PGPASSWORD"])
    return url


def _question(connection: Any, origin: str, reading: Reading) -> tuple[str, str]:
    """What to ask, and what to call the answer."""
    if reading.query is not None:
        return reading.query.strip().rstrip("; \t\r\n"), file_name(connection.engine.url.database or "query")
    quoted, known = dict[str, str](), list[Named]()
    for name, identifier, rows in connection.exec_driver_sql(_TABLES):
        quoted[name] = identifier
        known.append(Named(name, rows))
    chosen = choose_table(known, reading.table, origin).name
    return f"SELECT * FROM {quoted[chosen]}", file_name(chosen)


def _declare(cursor: Any, query: str, origin: str) -> dict[str, Kind]:
    """Opens the cursor for the query; how each column of the answer is read."""
    with _explained(origin, query):
        cursor.execute(query)
    check_columns([column.name for column in cursor.description], origin)
    kinds = {column.name: kind_of(column) for column in cursor.description}
    for kind in kinds.values():
        if kind.loader is not None:
            cursor.adapters.register_loader(kind.oid, kind.loader())
    return kinds


@contextmanager
def _explained(origin: str, query: str = "") -> Iterator[None]:
    """What the server or its driver complains of, in words that say what to do; `query` is what it may name a place in."""
    import psycopg
    import sqlalchemy

    try:
        yield
    except (psycopg.Error, sqlalchemy.exc.SQLAlchemyError, UnicodeDecodeError) as error:
        cause = getattr(error, "orig", None) or error
        state = getattr(cause, "sqlstate", None)
        raise (_complaint(cause, state, origin, query) if state else _no_connection(str(cause), origin)) from None


def _complaint(error: Any, state: str, origin: str, query: str) -> LeadlineError:
    reason, place = error.diag.message_primary or str(error), _place_in_query(error, query)
    for states, expected, advice in _ADVICE:
        if state.startswith(states):
            return LeadlineError(f"the database refused: {reason}{place}", expected, advice, file=origin)
    return LeadlineError(f"the database could not answer: {reason}{place}", "a query that it can answer", file=origin)


_QUERY = '--query "SELECT ..."'
_ADVICE: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (("42501",), "a user who may read this", "GRANT SELECT ON the table TO this user, or connect as another one"),
    (("57014",), "an answer within 10 minutes for each portion of rows", "ask for less, or keep the answer in a table first"),
    (("55P03",), "a table that nobody is changing as a whole", "try again when the other work is done"),
    (("25006", "25001", "0A000"), "a query that only reads: one SELECT", _QUERY),
    (("42P01", "42703", "3F000"), "tables and columns that are there", 'in SQL, names with capital letters stand in "double quotes"'),
    (("42",), "one SELECT in the words of PostgreSQL", _QUERY),
    (("57P", "08"), "a server that stays up while it is read", "try again"),
    (("22",), "values that the query can work with", "look at that expression in the query"),
)  # fmt: skip


def _place_in_query(error: Any, query: str) -> str:
    """`, in line 2 of the query at "FORM people"`: where the server found fault, counted in what the user wrote."""
    position = int(error.diag.statement_position or 0) - 1 - _BEFORE_QUERY
    if not 0 <= position < len(query):
        return ""
    line = query.count("\n", 0, position) + 1
    return f', in line {line} of the query at "{query[position : position + 30].partition(chr(10))[0]}"'


def _no_connection(reason: str, origin: str) -> LeadlineError:
    """Refusals while connecting have no code of their own, only words."""
    told = [line for line in reason.splitlines() if "failed: " in line] or reason.strip().splitlines() or ["no reason given"]
    last = told[-1].rpartition("failed: ")[2].removeprefix("FATAL:").strip()
    for words, expected, advice in _CONNECTION_ADVICE:
        if words in reason:
            return LeadlineError(f"the database does not let us in: {last}", expected, advice, file=origin)
    return LeadlineError(
        f"the database cannot be reached: {last}", _WANTED, "check host, port and network; is the server running?", file=origin
    )


_CONNECTION_ADVICE = (
    ("password authentication failed", "the right user and password", _ENCODE),
    ("no password supplied", "a password", "put it into the address, or into PGPASSWORD"),
    ("does not exist", "a user and a database that are there", _WANTED),
    ("no pg_hba.conf entry", "a server that lets this user in from here", "ask who runs the server, or add ?sslmode=require"),
    ("permission denied for database", "a user who may connect", "GRANT CONNECT ON DATABASE to this user"),
    ("too many", "a free connection", "try again later"),
)
