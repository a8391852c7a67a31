"""SQLite: a table or a query comes back as it is kept, nothing is written, and what cannot be read says why."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.data.contract import Reading
from leadline.data.read import read, read_batches, read_table
from leadline.errors import LeadlineError


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def database(path: Path, **tables: Sequence[Sequence[Any]]) -> Path:
    """Each table's first row are its column names, without types, so that values are kept as they are given."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for name, (header, *rows) in tables.items():
            connection.execute(f"CREATE TABLE {quoted(name)} ({', '.join(map(quoted, header))})")
            connection.executemany(f"INSERT INTO {quoted(name)} VALUES ({', '.join('?' * len(header))})", rows)
    return path


PEOPLE = [("age", "name", "label"), (1, "ann", "a"), (2, "bob", "b"), (None, "cy", "a")]


def test_the_only_table_is_read(tmp_path: Path) -> None:
    data = read(database(tmp_path / "shop.db", people=PEOPLE))
    assert data.raw("age").to_list() == [1, 2, None] and data.types["age"] == "number" and data.target == "label"
    assert data.name == "shop" and data.source(1) == f"{tmp_path / 'shop.db'}:row 1"
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]


@pytest.mark.parametrize("ending", ["db", "sqlite", "sqlite3", "DB"])
def test_every_ending(tmp_path: Path, ending: str) -> None:
    assert len(read(database(tmp_path / f"shop.{ending}", people=PEOPLE))) == 3


def test_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = database(tmp_path / "my shop.db", people=PEOPLE)
    monkeypatch.chdir(tmp_path)
    for place in (f"sqlite:///{path}", "sqlite:///my shop.db", "sqlite:///my%20shop.db", "SQLite+pysqlite:///my shop.db"):
        assert read_table(place).frame.height == 3
    with pytest.raises(LeadlineError, match="is not there"):
        read_table("sqlite:///other.db")


def test_several_tables_are_listed_with_their_rows_and_what_to_type(tmp_path: Path) -> None:
    path = database(tmp_path / "shop.db", customers=PEOPLE, orders=[("id",), (1,)], **{"odd name": [("id",)]})
    with pytest.raises(LeadlineError) as caught:
        read_table(path)
    assert "customers (3 rows), odd name (0 rows), orders (1 rows)" in caught.value.saw
    assert "--table customers" in caught.value.try_this and "--query" in caught.value.try_this
    assert read_table(path, Reading(table="Customers")).name == "shop-customers"
    with pytest.raises(LeadlineError) as caught:
        read_table(path, Reading(table="custmers"))
    assert "did you mean --table customers" in caught.value.try_this


def test_tables_and_columns_may_have_any_name(tmp_path: Path) -> None:
    name, column = 'a "strange" [name]; --', 'col\'umn "x"'
    path = database(tmp_path / "shop.db", **{name: [(column, "b"), (1, 2)], "other": [("c",), (1,)]})
    assert read_table(path, Reading(table=name)).frame.to_dict(as_series=False) == {column: [1], "b": [2]}


def test_a_query_is_answered(tmp_path: Path) -> None:
    path = database(tmp_path / "shop.db", people=PEOPLE, notes=[("name", "text"), ("ann", "hello")])
    joint = "WITH n AS (SELECT * FROM notes) SELECT p.*, n.text FROM people p LEFT JOIN n USING (name) ORDER BY age DESC; -- newest"
    frame = read_table(path, Reading(query=joint)).frame
    assert frame["name"].to_list() == ["bob", "ann", "cy"] and frame["text"].to_list() == [None, "hello", None]


@pytest.mark.parametrize(
    "query",
    ["DELETE FROM people", "UPDATE people SET age = 1", "DROP TABLE people", "PRAGMA user_version = 3", "ATTACH 'x.db' AS x",
     "VACUUM INTO 'y.db'", "SELECT 1; DELETE FROM people", "INSERT INTO people VALUES (1, 2, 3) RETURNING *", "BEGIN", ";", "SELECT",
     "SELECT load_extension('x')", "SELECT nothing FROM people", "SELECT 1 AS a, 2 AS a"],
)  # fmt: skip
def test_only_one_statement_that_reads_is_taken(tmp_path: Path, query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = database(tmp_path / "shop.db", people=PEOPLE).read_bytes()
    with pytest.raises(LeadlineError, match="query"):
        read_table("shop.db", Reading(query=query))
    assert (tmp_path / "shop.db").read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_table_and_query_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="both"):
        read_table(database(tmp_path / "shop.db", people=PEOPLE), Reading(table="people", query="SELECT 1"))


def test_kinds_follow_the_values_and_a_mixture_is_said(tmp_path: Path) -> None:
    rows = [("whole", "real", "both", "mixed", "picture", "nothing"), (1, 1.5, 1, 1, b"\x89PNG", None), (2**62, 2.5, 2.5, "x", b"\0", None)]
    table = read_table(database(tmp_path / "shop.db", rows=rows))
    kinds = [pl.Int64, pl.Float64, pl.Float64, pl.String, pl.Binary, pl.String]
    assert table.frame.dtypes == kinds and table.frame["mixed"].to_list() == ["1", "x"] and table.frame["whole"][1] == 2**62
    assert len(table.remarks) == 1 and '"mixed"' in table.remarks[0]


def test_texts_that_are_not_utf_8_are_kept_and_said(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("CREATE TABLE people AS SELECT CAST(x'4dfc6c6c6572' AS TEXT) AS name")
    table = read_table(tmp_path / "shop.db")
    assert table.frame["name"].to_list() == ["Müller"] and table.findings[0].title.startswith("1 texts are not UTF-8")


def test_views_and_searchable_tables_are_tables(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db")) as connection, connection:
        connection.execute("CREATE VIRTUAL TABLE notes USING fts5(text, label)")
        connection.execute("INSERT INTO notes VALUES ('hello there', 'a')")
        connection.execute("CREATE VIEW upper AS SELECT upper(text) AS text FROM notes")
    with pytest.raises(LeadlineError) as caught:
        read_table(tmp_path / "shop.db")
    assert "2 tables: notes (1 rows), upper (1 rows)" in caught.value.saw
    assert read_table(tmp_path / "shop.db", Reading(table="upper")).frame["text"].to_list() == ["HELLO THERE"]


def test_portions_are_the_same_rows_in_the_same_types(tmp_path: Path) -> None:
    path = database(tmp_path / "shop.db", rows=[("n", "m"), *((i, i if i % 7 else "x") for i in range(100))])
    parts = list(read_batches(path, Reading(), 30))
    assert [part.frame.height for part in parts] == [30, 30, 30, 10] and [part.first_row for part in parts] == [0, 30, 60, 90]
    assert pl.concat([part.frame for part in parts]).equals(read_table(path).frame)
    assert parts[2].source(5).endswith(":row 65") == read_table(path).source(65).endswith(":row 65") is True


def broken(folder: Path, how: str) -> Path:
    path = database(folder / "shop.db", people=[("age", "label"), *((i, "x" * 200) for i in range(500))])
    content = path.read_bytes()
    page = b"\xff" * 4_096
    changed = {
        "empty": b"", "text": b"a,b\n1,2\n" * 50, "encrypted": bytes(range(1, 256)) * 64, "header": content[:40], "cut": content[:-9_000],
        "middle": content[:4_096] + page + content[8_192:], "tail": content[:8_192] + page * (len(content) // 4_096 - 2),
    }  # fmt: skip
    path.write_bytes(changed[how])
    return path


@pytest.mark.parametrize("how", ["empty", "text", "encrypted", "header", "cut", "middle", "tail"])
def test_broken_files_are_one_clear_error(tmp_path: Path, how: str) -> None:
    with pytest.raises(LeadlineError, match=r"empty|does not begin|damaged|cannot be opened") as caught:
        read_table(broken(tmp_path, how))
    assert caught.value.expected and len(list(tmp_path.iterdir())) == 1


def test_a_locked_database_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("leadline.data.databases.sqlite._WAIT_SECONDS", 0.1)
    path = database(tmp_path / "shop.db", people=PEOPLE)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(LeadlineError, match="locked by another program"):
            read_table(path)


def write_ahead(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / "shop.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = wal")
    connection.execute("CREATE TABLE people (age)")
    connection.execute("INSERT INTO people VALUES (7)")
    return connection


def test_what_another_program_wrote_ahead_is_seen(tmp_path: Path) -> None:
    with closing(write_ahead(tmp_path)):
        assert read_table(tmp_path / "shop.db").frame["age"].to_list() == [7]
    assert read_table(tmp_path / "shop.db").frame["age"].to_list() == [7]
    assert [path.name for path in tmp_path.iterdir()] == ["shop.db"]


def test_a_database_in_the_middle_of_a_change_is_read_as_it_was_before_or_refused(tmp_path: Path) -> None:
    """A copy made while another program was writing: its journal says that pages must be put back, which takes writing."""
    path = database(tmp_path / "shop.db", people=[("age",), *((i,) for i in range(5_000))])
    (tmp_path / "copy").mkdir()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA cache_size = 2")
        other.execute("BEGIN IMMEDIATE")
        other.execute("UPDATE people SET age = 'gone'")
        for name in ("shop.db", "shop.db-journal"):
            shutil.copy(tmp_path / name, tmp_path / "copy" / name)
    with pytest.raises(LeadlineError, match="cannot be opened for reading alone"):
        read_table(tmp_path / "copy" / "shop.db")


values = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.text(max_size=8), st.binary(max_size=8))


@given(st.lists(st.tuples(values, st.text(max_size=8), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=12))
@settings(max_examples=60)
def test_whatever_is_kept_comes_back(rows: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            path = database(Path(folder) / "any.db", rows=[("a", "b", "c"), *rows])
        except UnicodeEncodeError:
            return  # a lone surrogate is no text
        frame = read_table(path).frame
    assert frame["b"].to_list() == [row[1] for row in rows] and frame["c"].to_list() == [row[2] for row in rows]
    assert [value is None for value in frame["a"]] == [row[0] is None for row in rows]
    if frame["a"].dtype != pl.String:
        assert frame["a"].to_list() == [row[0] for row in rows]
