"""PostgreSQL: read by address from a real server, which refuses to be written to; and the password is nowhere to be found afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.data.contract import Reading
from leadline.data.read import read, read_batches, read_table
from leadline.errors import LeadlineError

psycopg = pytest.importorskip("psycopg")
pytest.importorskip("sqlalchemy")

SECRET = "Tide/9@lead:line?&%#"  # every character that means something in an address
NOBODY = 65534  # the server refuses to run as root


@dataclass(frozen=True)
class Server:
    port: int
    folder: Path

    def address(self, password: str | None = SECRET, user: str = "owner", name: str = "harbour", more: str = "") -> str:
        secret = "" if password is None else f":{quote(password, safe='')}"
        return f"postgresql://{user}{secret}@127.0.0.1:{self.port}/{name}{more}"

    def run(self, *statements: str, name: str = "harbour") -> None:
        settings = {"host": "127.0.0.1", "port": self.port, "user": "owner", "password": SECRET, "dbname": name, "autocommit": True}
        with psycopg.connect(**settings) as connection:
            for statement in statements:
                connection.execute(statement)

    def ask(self, query: str, user: str = "owner") -> pl.DataFrame:
        return read_table(self.address(user=user), Reading(query=query)).frame


def program(name: str) -> str:
    """Debian keeps most of PostgreSQL's programs out of the path."""
    found = shutil.which(name) or next((str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))), None)
    if found is None:
        pytest.skip(f"PostgreSQL's {name} is not installed here")
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own on a free port of this machine, with the password asked for."""
    initdb, postgres = program("initdb"), program("postgres")
    folder = Path("/tmp") / f"leadline-postgres-{os.getpid()}"  # short, and in reach of the other user
    folder.mkdir(mode=0o755)
    (folder / "password").write_text(SECRET)
    as_other: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, NOBODY, NOBODY)
        as_other = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C"}
    words = [initdb, "-D", f"{folder}/data", "-U", "owner", f"--pwfile={folder}/password", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync"]
    subprocess.run(words, env=environment, check=True, capture_output=True, **as_other)
    words = [postgres, "-D", f"{folder}/data", "-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(words, env=environment, stdout=log, stderr=log, **as_other)
    try:
        made = Server(port, folder)
        wait_for(made, process)
        made.run("CREATE DATABASE harbour", name="postgres")
        made.run("CREATE TABLE people (id int PRIMARY KEY, age int, label text)", "INSERT INTO people VALUES (1, 30, 'a'), (2, NULL, 'b')")
        made.run("CREATE SCHEMA office", "CREATE TABLE office.people (name text)", "INSERT INTO office.people VALUES ('ann')")
        made.run("""CREATE TABLE office."Odd; ""name"" %s" ("a ""b"" :c %d" int)""", """INSERT INTO office."Odd; ""name"" %s" VALUES (7)""")
        made.run("CREATE ROLE guest LOGIN PASSWORD 'guest'", "ANALYZE")
        yield made
    finally:
        process.terminate()
        process.wait(30)
        shutil.rmtree(folder)


def wait_for(server: Server, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        try:
            return server.run(name="postgres")
        except psycopg.OperationalError:
            assert process.poll() is None, (server.folder / "log").read_text()
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def test_a_table_is_read_with_its_types(server: Server) -> None:
    data = read(server.address(), table="people")
    assert data.raw("age").to_list() == [30, None] and data.target == "label" and data.name == "people"
    masked = f"postgresql://owner:***@127.0.0.1:{server.port}/harbour"
    assert data.table.origin == masked and data.source(1) == f"{masked}:row 1"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg", "postgresql+psycopg2", "PostgreSQL"])
def test_other_beginnings_of_addresses(server: Server, scheme: str) -> None:
    address = server.address().replace("postgresql", scheme, 1)
    assert read_table(address, Reading(table="people")).frame.height == 2


def test_tables_are_found_in_their_schemas_under_any_name(server: Server) -> None:
    with pytest.raises(LeadlineError) as caught:
        read_table(server.address())
    assert '3 tables: people (2 rows), office.Odd; "name" %s (1 rows), office.people (1 rows)' in caught.value.saw
    assert "--table people" in caught.value.try_this
    assert read_table(server.address(), Reading(table="office.people")).frame.to_dict(as_series=False) == {"name": ["ann"]}
    odd = read_table(server.address(), Reading(table='office.Odd; "name" %s'))
    assert odd.frame.to_dict(as_series=False) == {'a "b" :c %d': [7]} and odd.name == "office.Odd-name-s"
    with pytest.raises(LeadlineError, match='no table "peple"') as caught:
        read_table(server.address(), Reading(table="peple"))
    assert "people" in caught.value.try_this


def test_queries_are_taken_as_they_are(server: Server) -> None:
    frame = server.ask("WITH p AS (SELECT * FROM people) SELECT age::text AS a, '100 % :x %s' AS b FROM p WHERE label LIKE 'a%' ; -- all")
    assert frame.to_dicts() == [{"a": "30", "b": "100 % :x %s"}]


def test_what_becomes_of_types(server: Server) -> None:
    values = {
        "yes": ("true", True), "small": ("7::smallint", 7), "large": ("9007199254740993::bigint", 9007199254740993),
        "real": ("1.5::real", 1.5),
        "whole": ("123456789012345678::numeric(18, 0)", 123456789012345678), "decimal": ("0.1::numeric(10, 2)", 0.1),
        "endless": ("'infinity'::float", float("inf")), "letters": ("'é'::char(3)", "é  "), "picture": ("'\\x89504e47'::bytea", b"\x89PNG"),
        "tags": ("ARRAY['a', NULL, 'b,c']", ["a", None, "b,c"]), "numbers": ("ARRAY[[1, 2], [3, 4]]", [1.0, 2.0, 3.0, 4.0]),
        "json": ("""'{"a": [1]}'::jsonb""", '{"a": [1]}'), "nothing": ("NULL", None), "long": ("interval '1 day 1 second'", 86401.0),
        "address": ("'10.0.0.1'::inet", "10.0.0.1"), "empty": ("''", ""),
    }  # fmt: skip
    table = read_table(server.address(), Reading(query="SELECT " + ", ".join(f"{sql} AS {name}" for name, (sql, _) in values.items())))
    assert table.frame.to_dicts() == [{name: value for name, (_, value) in values.items()}]
    assert table.remarks == ('column "long" holds lengths of time and is read as seconds',)


def test_dates_keep_their_instant_and_those_without_one_are_counted(server: Server) -> None:
    rows = (
        "('2020-01-01 10:00+02'::timestamptz, '2020-01-01 10:00:00.25'::timestamp, '2020-01-01'::date), ('infinity', '0044-03-15 BC', NULL)"
    )
    table = read_table(server.address(), Reading(query=f"SELECT * FROM (VALUES {rows}) AS t (a, b, c)"))
    assert table.frame.dtypes == [pl.Datetime("us", "UTC"), pl.Datetime("us"), pl.Date]
    assert [str(value) for value in table.frame.row(0)] == ["2020-01-01 08:00:00+00:00", "2020-01-01 10:00:00.250000", "2020-01-01"]
    assert table.frame.row(1) == (None, None, None) and table.findings[0].title.startswith("2 dates")


def test_pictures_in_a_table_can_be_learned_from(server: Server, stripes: Path) -> None:
    server.run("CREATE TABLE pictures (picture bytea, label text)")
    with psycopg.connect(server.address()) as connection:
        for path in sorted(stripes.rglob("*.png"))[:12]:
            connection.execute("INSERT INTO pictures VALUES (%s, %s)", (path.read_bytes(), path.parent.name))
    data = read(server.address(), table="pictures")
    server.run("DROP TABLE pictures")
    assert data.types == {"picture": "image"} and len(data.decode("picture").bad) == 0


def test_portions_are_the_same_rows(server: Server) -> None:
    query = Reading(query="SELECT i, i::text AS t, CASE WHEN i > 50 THEN i END AS late FROM generate_series(0, 99) i")
    parts = list(read_batches(server.address(), query, 30))
    assert [part.frame.height for part in parts] == [30, 30, 30, 10] and [part.first_row for part in parts] == [0, 30, 60, 90]
    assert pl.concat([part.frame for part in parts]).equals(read_table(server.address(), query).frame)
    assert parts[2].source(5).endswith(":row 65")


def test_reading_that_is_given_up_closes_the_connection(server: Server) -> None:
    query = Reading(query="SELECT i FROM generate_series(1, 1000000) i")
    portions = read_batches(server.address(), query, 10)
    assert next(portions).frame.height == 10
    portions.close()  # type: ignore[attr-defined]
    others = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = 'harbour' AND pid <> pg_backend_pid()"
    assert any(server.ask(others)["n"][0] == 0 or time.sleep(0.1) for _ in range(50))


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM people", "DELETE FROM people RETURNING *", "WITH x AS (DELETE FROM people RETURNING *) SELECT * FROM x",
     "DROP TABLE people",
     "SELECT 1; DROP TABLE people", "SELECT 1; COMMIT; DROP TABLE people", "COPY people TO '/tmp/people'", "SELECT * INTO copy FROM people",
     "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "SELECT set_config('transaction_read_only', 'off', true) FROM people",
     "SELECT pg_notify('a', 'b'), nextval('counter')", "CALL change()", "SELECT change()", "DO 'BEGIN END'"],
)  # fmt: skip
def test_nothing_can_be_written(server: Server, query: str) -> None:
    change = "CREATE OR REPLACE FUNCTION change() RETURNS int LANGUAGE sql AS 'DELETE FROM people RETURNING 1'"
    server.run("CREATE SEQUENCE IF NOT EXISTS counter", change)
    with pytest.raises(LeadlineError, match="the database refused") as caught:
        server.ask(query)
    server.run("DROP SEQUENCE counter", "DROP FUNCTION change")
    assert "SELECT" in caught.value.expected
    assert server.ask("SELECT count(*) AS n, current_setting('transaction_read_only') AS mode FROM people").row(0) == (2, "on")


def test_what_the_server_lets_through_is_rolled_back(server: Server) -> None:
    assert server.ask("SELECT lo_create(0) > 0 AS made")["made"].to_list() == [True]  # servers from 16 on refuse this too
    assert server.ask("SELECT count(*) AS n FROM pg_largeobject_metadata")["n"].to_list() == [0]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT age\nFORM people", "in line 2 of the query at \"people\""),
        ("SELECT nothing FROM people", 'column "nothing" does not exist, in line 1'),
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELECT 1 / (age - 30) FROM people", "division by zero"),
        ("SELECT 1 AS a, 2 AS a", "several columns called a"),
        ("SELECT 1 WHERE false", "has no rows"),
        (" ; ", "query is empty"),
    ],
)  # fmt: skip
def test_queries_that_fail_say_where(server: Server, query: str, words: str) -> None:
    with pytest.raises(LeadlineError) as caught:
        server.ask(query)
    assert words in caught.value.saw and "DECLARE" not in str(caught.value)


def test_queries_without_end_are_ended(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules["leadline.data.databases.database"]._SETTINGS, "statement_timeout", "'200ms'")
    with pytest.raises(LeadlineError, match="statement timeout"):
        server.ask("SELECT pg_sleep(60)")


def test_a_locked_table_is_said(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules["leadline.data.databases.database"]._SETTINGS, "lock_timeout", "'200ms'")
    with psycopg.connect(server.address()) as connection:
        connection.execute("LOCK TABLE people IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(LeadlineError, match="lock timeout"):
            server.ask("SELECT * FROM people")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password": "wrong-Tide"}, "password authentication failed"),
        ({"password": None}, "no password supplied"),
        ({"user": "stranger"}, "password authentication failed"),
        ({"name": "nowhere"}, 'database "nowhere" does not exist'),
        ({"more": "?nonsense=1"}, 'invalid connection option "nonsense"'),
        ({"more": "?sslmode=require"}, "server does not support SSL"),
    ],
)
def test_who_is_not_let_in_learns_why(server: Server, changes: dict[str, str], words: str) -> None:
    with pytest.raises(LeadlineError) as caught:
        read_table(server.address(**changes))
    shown = str(caught.value)
    assert (
        words in shown
        and caught.value.try_this
        and SECRET not in shown
        and quote(SECRET, safe="") not in shown
        and "wrong-Tide" not in shown
    )


def test_no_server(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        with pytest.raises(LeadlineError, match="cannot be reached: Connection refused"):
            read_table(f"postgresql://owner:{SECRET[:4]}@127.0.0.1:{free.getsockname()[1]}/harbour")


def test_a_table_that_may_not_be_read_is_said(server: Server) -> None:
    with pytest.raises(LeadlineError, match="permission denied for table people") as caught:
        read_table(server.address("guest", user="guest"), Reading(table="people"))
    assert "GRANT SELECT" in caught.value.try_this


@pytest.mark.parametrize("password", ["pass@word", "a@b/c", "a b"])
def test_an_address_that_may_be_understood_in_two_ways_is_refused(server: Server, password: str) -> None:
    with pytest.raises(LeadlineError, match="cannot be understood") as caught:
        read_table(f"postgresql://owner:{password}@127.0.0.1:{server.port}/harbour")
    assert "%40" in caught.value.try_this and password not in str(caught.value)


def test_the_password_may_come_from_elsewhere(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Reading(table="people")
    as_shown = f"postgresql://owner:***@127.0.0.1:{server.port}/harbour"
    with pytest.raises(LeadlineError, match="stands for a password"):
        read_table(as_shown, asked)
    assert read_table(server.address(None, more=f"?password={quote(SECRET, safe='')}"), asked).frame.height == 2
    monkeypatch.setenv("PGPASSWORD", SECRET)
    assert read_table(as_shown, asked).frame.height == read_table(server.address(None), asked).frame.height == 2


def test_without_the_driver_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(LeadlineError) as caught:
        read_table(f"postgresql://owner:{SECRET[:4]}@127.0.0.1/harbour")
    assert 'pip install "leadline[database]"' in caught.value.try_this and SECRET[:4] not in str(caught.value)


def test_other_databases_are_refused_with_what_to_do() -> None:
    with pytest.raises(LeadlineError, match="kind of address") as caught:
        read_table("mysql://owner:secret@host/harbour")
    assert "secret" not in str(caught.value) and "Parquet" in caught.value.try_this


texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
rows = st.tuples(st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.floats(allow_nan=False), st.none() | texts,
                 st.binary(max_size=8),
                 st.lists(st.none() | texts, min_size=1, max_size=3), st.none() | st.datetimes())  # fmt: skip


@given(st.lists(rows, min_size=1, max_size=8))
@settings(max_examples=15)
def test_whatever_is_kept_comes_back(server: Server, given_rows: list[tuple[Any, ...]]) -> None:
    server.run("DROP TABLE IF EXISTS anything", "CREATE TABLE anything (a bigint, b float8, c text, d bytea, e text[], f timestamp)")
    with psycopg.connect(server.address()) as connection, connection.cursor() as cursor:
        cursor.executemany("INSERT INTO anything VALUES (%s, %s, %s, %s, %s, %s)", given_rows)
        connection.commit()
    found = read_table(server.address(), Reading(table="anything")).frame.rows()
    server.run("DROP TABLE anything")
    assert found == given_rows


def everything_in(folder: Path) -> bytes:
    return b"\0".join(str(path).encode() + b"\0" + (path.read_bytes() if path.is_file() else b"") for path in folder.rglob("*"))


def test_the_password_is_written_nowhere(server: Server, people: pl.DataFrame, tmp_path: Path, own_cache: Path) -> None:
    people.head(120).write_csv(server.folder / "people.csv")
    (server.folder / "people.csv").chmod(0o644)
    columns = "age int, colour text, height float, answer text"
    server.run(f"CREATE TABLE examples ({columns})", f"COPY examples FROM '{server.folder}/people.csv' CSV HEADER")
    table, model = ("--table", "examples"), str(tmp_path / "examples.leadline")
    shown = b""
    for words in (
        ("train", server.address(), *table, "--target", "answer", "--budget", "15s", "--html", "report.html"),
        ("train", server.address(), *table, "--target", "answer", "--budget", "15s", "--json", "-o", "other"),
        ("train", server.address(), *table, "--target", "nothing"),
        ("--debug", "train", server.address(), "--query", "SELECT * FROM nowhere"),
        ("--debug", "train", server.address(name="nowhere")),
        ("train", server.address(), "x", "--table"),
        ("read", server.address(), *table, "--html", "read.html"),
        ("predict", model, server.address(), *table, "-o", "answers.csv"),
        ("predict", model, server.address(), "--query", "SELECT * FROM examples LIMIT 3", "--json"),
        ("predict", model, server.address(name="nowhere"), "--json"),
        ("predict", server.address(), server.address()),
        ("evaluate", model, server.address(), *table, "--html", "evaluation.html"),
    ):
        done = subprocess.run([sys.executable, "-m", "leadline.cli.main", *words], cwd=tmp_path, capture_output=True)
        assert b"Traceback" not in done.stderr or words[0] == "--debug"
        shown += done.stdout + done.stderr
    server.run("DROP TABLE examples")
    assert (tmp_path / "examples.leadline" / "manifest.json").is_file() and (tmp_path / "read.html").is_file()
    assert pl.read_csv(tmp_path / "answers.csv")["source"][7].endswith(":row 7") and (tmp_path / "evaluation.html").is_file()
    assert f"examples.leadline 'postgresql://owner:***@127.0.0.1:{server.port}/harbour' --table examples".encode() in shown
    written = everything_in(tmp_path) + everything_in(own_cache)
    for secret in (SECRET, quote(SECRET, safe=""), quote(SECRET), SECRET[-8:], SECRET[:6]):
        assert secret.encode() not in shown, secret
        assert secret.encode() not in written, secret
