"""Text tables: what is written arrives, a broken row is named by its line and costs nothing else, and pieces agree with the whole."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import leadline.data.text.blocks
from leadline.columns.contract import Where
from leadline.columns.recognise import Choice, recognise
from leadline.data.contract import Reading
from leadline.data.table import Table
from leadline.data.text.csv import Csv
from leadline.errors import LeadlineError

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def made(content: str | bytes, name: str = "t.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return made


def read(path: Path, *as_text: str) -> Table:
    return Csv().read(str(path), Reading(as_text=as_text))


def lines(table: Table) -> list[int]:
    return [int(table.source(row).rpartition(":")[2]) for row in range(table.frame.height)]


def in_pieces(path: Path, rows: int, *as_text: str) -> Table:
    """The batches put together again, which must be the whole."""
    parts = list(Csv().batches(str(path), Reading(as_text=as_text), rows))
    assert all(0 < part.frame.height <= rows for part in parts)
    sources = [part.source(row) for part in parts for row in range(part.frame.height)]
    broken = {part.first_row + row: error for part in parts for row, error in part.broken.items()}
    first_rows = [part.first_row for part in parts]
    assert first_rows == [sum(part.frame.height for part in parts[:place]) for place in range(len(parts))]
    return Table(pl.concat([part.frame for part in parts]), sources.__getitem__, "", broken=broken)


def assert_same(pieces: Table, whole: Table) -> None:
    assert pieces.frame.equals(whole.frame) and pieces.frame.schema == whole.frame.schema
    assert [pieces.source(row) for row in range(whole.frame.height)] == [whole.source(row) for row in range(whole.frame.height)]
    assert {row: str(error) for row, error in pieces.broken.items()} == {row: str(error) for row, error in whole.broken.items()}


# What is written arrives


@st.composite
def dialects(draw: st.DrawFn) -> dict[str, object]:
    return {
        "delimiter": draw(st.sampled_from(",;\t|")), "quotechar": draw(st.sampled_from("\"'")),
        "quoting": draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        "lineterminator": draw(st.sampled_from(["\n", "\r\n", "\r"])),
    }  # fmt: skip


CELLS = st.text(st.sampled_from("ab ,;\t|\"'\n\r#é€日1"), max_size=8)


@settings(max_examples=150)
@given(dialects(), st.integers(1, 4), st.lists(st.lists(CELLS, min_size=4, max_size=4), min_size=1, max_size=12), st.integers(1, 5))
def test_any_table_of_strings_comes_back(
    tmp_path_factory: pytest.TempPathFactory, dialect: dict[str, object], width: int, cells: list[list[str]], rows: int
) -> None:
    other = "'" if dialect["quotechar"] == '"' else '"'
    left_out = {"\n": "\r", "\r\n": "", "\r": "\n"}[str(dialect["lineterminator"])]  # Python writes it without quotes: nobody can tell
    values = [[cell.replace(left_out, "") if left_out else cell for cell in row[:width]] for row in cells]
    assume(not any(cell.startswith(other) for row in values for cell in row))  # such values may be quoted values of the other kind
    if width == 1:  # a line of spaces is blank, and single quotes show only beside separators
        assume(dialect["quotechar"] == '"' and all(not cell or cell.strip(" \t") for row in values for cell in row))
    if dialect["quotechar"] == "'":  # beside these, carriage returns and double quotes may be line ends and quotes
        values = [[cell.replace("\r", "").replace('"', "") for cell in row] for row in values]
    names = [f"c{place}" for place in range(width)]
    text = io.StringIO()
    csv.writer(text, **dialect).writerows([names, *values])  # type: ignore[arg-type]
    path = tmp_path_factory.mktemp("any") / "t.csv"
    path.write_bytes(text.getvalue().encode())
    table = read(path, *names)
    assert table.frame.columns == names and not table.broken
    assert [list(row) for row in table.frame.rows()] == [[cell or None for cell in row] for row in values]
    assert_same(in_pieces(path, rows, *names), table)


KINDS = st.sampled_from(["short", "long", "zero", "open"])
WORDS = st.text(st.sampled_from('ab, "\n'), max_size=6).map(lambda text: "x" + text)
PLANTED = st.lists(st.tuples(st.integers(-99, 99), WORDS, st.none() | KINDS), min_size=3, max_size=40)


def planted(rows: list[tuple[int, str, str | None]]) -> str:
    text = ["n,t,label"]
    for number, word, broken in rows:
        quoted = '"' + word.replace('"', '""') + '"'
        text.append({
            None: f"{number},{quoted},a", "short": f"{number},{quoted}", "long": f"{number},{quoted},a,5", "zero": f"{number},x\0,a",
            "open": f'{number},"open,a',
        }[broken])  # fmt: skip
    return "\n".join(text) + "\n"


@settings(max_examples=100)
@given(PLANTED, st.integers(1, 5), st.sampled_from([7, 40, 1 << 20]))
def test_broken_rows_are_exactly_the_ones_reported(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str, str | None]], pieces: int, block: int
) -> None:
    assume(2 * sum(kind is not None for *_, kind in rows) < len(rows) and rows[0][2] is None)
    path = tmp_path_factory.mktemp("broken") / "t.csv"
    path.write_text(planted(rows))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leadline.data.text.blocks, "BLOCK", block)
        table = read(path)
        assert set(table.broken) == {row for row, (*_, kind) in enumerate(rows) if kind}
        wanted = [(None, None, None) if kind else (number, word, "a") for number, word, kind in rows]
        assert table.frame.rows() == wanted
        assert table.frame["n"].dtype == pl.Int64
        assert lines(table) == [
            2 + sum(1 + word.count("\n") * (kind not in ("zero", "open")) for _, word, kind in rows[:row]) for row in range(len(rows))
        ]
        assert_same(in_pieces(path, pieces), table)


def test_spaces_behind_separators_are_left_out(write: Write) -> None:
    table = read(write('a, b, c\n1, "x, y",  2.5\n2, z, 3\n'))
    assert table.frame.rows() == [(1, "x, y", 2.5), (2, "z", 3.0)] and "spaces" in table.remarks[0]
    plain = read(write("a, b\n1, x\n2, y\n"))
    assert plain.frame.rows() == [(1, "x"), (2, "y")]


# What is broken


@pytest.mark.parametrize(
    ("row", "saw"),
    [
        ("5", "1 value instead of 2"),
        ("5,x,y,z", "4 values instead of 2"),
        ('5,"x', "a quote that does not close"),
        ("5,x\0", "a zero byte"),
        ("5,é\udcff", "letters that are not UTF-8"),
    ],
)
def test_a_broken_row_is_named_by_its_line_and_the_others_are_read(write: Write, row: str, saw: str) -> None:
    path = write(f"n,label\n1,é\n\n{row}\n6,ü\n7,ö\n".encode("utf-8", "surrogateescape"))
    table = read(path)
    assert table.frame.rows() == [(1, "é"), (None, None), (6, "ü"), (7, "ö")]
    error = table.broken[1]
    assert (error.saw, error.file, error.row) == (saw, f"{path}:4", 1)
    assert error.expected == "2 values, as in the header"
    assert lines(table) == [2, 4, 5, 6]


def test_a_quote_that_never_closes_costs_its_own_line_only(write: Write) -> None:
    rows = "".join(f"{number},word\n" for number in range(60_000))
    table = read(write("n,label\n" + '0,"open\n' + rows))
    assert list(table.broken) == [0] and table.frame.height == 60_001 and table.frame["n"].sum() == sum(range(60_000))


def test_quotes_that_are_not_doubled_are_read_where_the_line_adds_up(write: Write) -> None:
    table = read(write('t,n\n"He said "hi", twice",5\n5" disk,6\n"a ""b"" c",7\n'))
    assert table.frame.rows() == [('He said "hi", twice', 5), ('5" disk', 6), ('a "b" c', 7)] or table.broken


def test_blank_lines_are_no_rows(write: Write) -> None:
    table = read(write("\n\na,b\r\n1,x\r\n\r\n   \r\n2,y\r\n\r\n"))
    assert table.frame.rows() == [(1, "x"), (2, "y")] and lines(table) == [4, 7]


def test_blank_lines_in_one_column_are_no_rows_and_quoted_ones_are(write: Write) -> None:
    assert read(write('v\n1\n\n""\n3\n')).frame.rows() == [(1,), (None,), (3,)]


def test_missing_values_in_the_last_column_are_no_missing_fields(write: Write) -> None:
    table = read(write('a,b\n1,\n2,"x, y"\n3,\n'))
    assert table.frame.rows() == [(1, None), (2, "x, y"), (3, None)] and not table.broken


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"), (b"\n \n\n", "blank lines only"), (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "looks like a picture"),
        (b"PK\x03\x04" + bytes(range(256)), "workbook"), (bytes(range(256)) * 4, "binary"), (b"<!DOCTYPE html><html>", "HTML"),
        (b'[{"a": 1}]', "JSON"), (b"version https://git-lfs.github.com/spec/v1\n", "git LFS"), (b"a\0b,label\n1,x\n", "zero bytes"),
        (b"a,b,c\n" + b"1,2,3,4,5\n" * 9, "9 of 9 rows are broken"),
        (b"," * 100_001 + b"\n1,2\n", "100,002 values"), (b"a,b\n1,2\n3," + b"x," * 100_001 + b"\n", "100,003 values"),
        (b"a," + b"x" * (65 << 20), "longer than 64 MB"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_one_clear_error(write: Write, content: bytes, words: str) -> None:
    path = write(content)
    with pytest.raises(LeadlineError, match=words):
        read(path)
    with pytest.raises(LeadlineError, match=words):
        list(Csv().batches(str(path), Reading(), 10))


def test_a_table_of_which_half_the_rows_are_broken_is_none(write: Write) -> None:
    with pytest.raises(LeadlineError, match=r"3 of 5 rows are broken, the first .*t.csv:3. with 1 value instead of 2"):
        read(write("a,b\n1,2\n1\n2\n3,4\n3\n"))


def test_a_value_that_is_far_too_long_is_refused(write: Write) -> None:
    with pytest.raises(LeadlineError, match="longer than 64 MB"):
        read(write(b"a,b\n" + b"1,2\n" * 100_000 + b"3," + b"x" * (74 << 20)))


def test_a_header_without_rows_is_a_table_without_rows(write: Write) -> None:
    assert read(write("a,b\n")).frame.shape == (0, 2)


# What values become


def test_numbers_are_numbers_and_everything_else_is_as_written(write: Write) -> None:
    table = read(write('i,f,zip,flag,token,huge,thousands\n1,1.50,01234,True,5,12345678901234567890,"1,234"\n-2,2e3,10001,False,?,1,5\n'))
    assert table.frame.row(0) == (1, 1.5, "01234", "True", "5", "12345678901234567890", "1,234")
    assert table.frame.row(1) == (-2, 2000.0, "10001", "False", "?", "1", "5")


def test_columns_named_as_text_are_kept_as_written(write: Write) -> None:
    assert read(write("a,b\n1.50,2\n007,3\n"), "a").frame["a"].to_list() == ["1.50", "007"]


@pytest.mark.parametrize(
    ("late", "dtype"), [("2.5", pl.Float64), ("word", pl.String), ("99999999999999999999", pl.String), ("2 ", pl.Int64)]
)
def test_a_value_of_another_kind_far_down_changes_the_whole_column(write: Write, late: str, dtype: type[pl.DataType]) -> None:
    table = read(write("a,b\n" + "01,x\n" * 2 + "1,x\n" * 200_000 + f"{late},y\n"))
    assert table.frame["a"].dtype == dtype
    assert table.frame["a"][0] == ("01" if dtype == pl.String else 1)


def test_many_columns_of_another_kind_far_down_are_no_trouble(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leadline.data.text.blocks, "BLOCK", 10_000)
    rows = "".join(row * 30_000 for row in ("1,2,3,4,5\n", "x,2,3,4,5\n", "1,x,3,4,5\n", "1,2,x,4,5\n", "1,2,3,x,x\n"))
    table = read(write("a,b,c,d,e\n" + rows))
    assert [str(dtype) for dtype in table.frame.dtypes] == ["String"] * 5 and not table.broken


def test_a_column_that_is_empty_at_first_and_holds_numbers_further_down_is_numbers(write: Write) -> None:
    assert read(write("a,b\n" + "1,\n" * 100_000 + "1,5\n2,6\n")).frame["b"].dtype == pl.Int64


def test_codes_whose_zeros_come_late_keep_them(write: Write) -> None:
    table = read(write("zip,n\n" + "90210,1\n" * 50_000 + "01234,2\n"))
    assert table.frame["zip"][-1] == "01234"


def test_decimal_commas(write: Write) -> None:
    """Such columns stay as they are written: their type settles how to read them, and a model keeps that for later rows."""
    table = read(write("price;many;few;whole;n\n1,5;1.234,5;2,5;1.000;1\n2,25;5,5;?;2.500;2\n3;1.000;3,5;900;3\n"))
    assert table.frame["price"].to_list() == ["1,5", "2,25", "3"] and table.frame["n"].to_list() == [1, 2, 3]
    numbers = {"price": [1.5, 2.25, 3.0], "many": [1234.5, 5.5, 1000.0], "few": [2.5, math.nan, 3.5], "whole": [1000.0, 2500.0, 900.0]}
    for name, expected in numbers.items():
        choice = recognise(name, table.frame[name], decimal=table.decimal)
        assert isinstance(choice, Choice) and choice.settings == {"decimal": ","}
        assert np.array_equal(choice.kind().decode(table.frame[name], Where(name)).values, expected, equal_nan=True)
    assert any("decimal comma" in remark for remark in table.remarks)


def test_a_column_that_counts_the_rows_is_left_out_unless_it_is_asked_for(write: Write) -> None:
    path = write(",a,label\n0,5,x\n1,6,y\n")
    assert read(path).frame.columns == ["a", "label"]
    assert in_pieces(path, 1).frame.columns == ["a", "label"]


def test_names_of_columns_are_made_unique_and_it_is_said(write: Write) -> None:
    table = read(write("a,a,label\n1,2,x\n3,4,y\n"))
    assert table.frame.columns == ["a", "a_2", "label"] and table.findings[0].severity == "low"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"])
def test_other_encodings_are_read_and_said(write: Write, encoding: str) -> None:
    text = "name,n\n" + "Jürgen,1\nRené,2\n\n" * 40_000
    path = write(text.encode(encoding))
    table = read(path)
    assert table.frame.height == 80_000 and table.frame.row(-1) == ("René", 2)
    assert table.source(79_999) == f"{path}:{3 * 40_000}"
    assert bool(table.remarks) == (encoding != "utf-8-sig")


@pytest.mark.parametrize(("name", "separator"), [("t.tsv", "\t"), ("t.tab", "\t"), ("t.csv", "|"), ("t.csv", ";")])
def test_separators(write: Write, name: str, separator: str) -> None:
    table = read(write(f"a{separator}b\n1{separator}x, y\n2{separator}z\n", name))
    assert table.frame.rows() == [(1, "x, y"), (2, "z")] and "separated by" in table.remarks[0]


def test_lines_above_the_table_are_counted(write: Write) -> None:
    table = read(write('# a comment\n\n"na\nme",b\n"x\ny",1\nz,2\n'))
    assert lines(table) == [5, 7]


def test_old_mac_lines(write: Write) -> None:
    table = read(write("a,b\r1,x\r2,y\r"))
    assert table.frame.rows() == [(1, "x"), (2, "y")] and lines(table) == [2, 3]


# In pieces


def test_pieces_of_a_large_file_agree_with_the_whole(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leadline.data.text.blocks, "BLOCK", 100_000)
    rows = [
        f'{number},{number / 4},"word {number % 7}{chr(10) * (number % 3)}"' + ",5" * (number % 5_000 == 4_999) for number in range(30_000)
    ]
    path = write("n,f,t\n" + "\n".join(rows))
    table = read(path)
    assert sorted(table.broken) == [4_999 + 5_000 * place for place in range(6)]
    assert_same(in_pieces(path, 777), table)


def test_a_stream_is_read_as_a_file_is(write: Write) -> None:
    path = write("a,b\n1,x\n2\n3,y\n4,z\n")
    parts = list(Csv().stream_batches(io.BytesIO(path.read_bytes()), "stdin", Reading(), 2))
    assert [part.frame.rows() for part in parts] == [[(1, "x"), (None, None)], [(3, "y"), (4, "z")]]
    assert parts[0].broken[1].file == "stdin:3" and parts[1].source(1) == "stdin:5"


def test_one_broken_row_of_few_is_marked_in_pieces(write: Write) -> None:
    parts = list(Csv().batches(str(write("a,label\n1,x\n1,2,3,4\n")), Reading(), 10))
    assert list(parts[0].broken) == [1]


def test_a_file_that_is_gone_still_has_rows_with_places(write: Write) -> None:
    path = write('a,b\n"x\ny",1\nz,2\n')
    table = read(path)
    path.unlink()
    assert table.source(1) == f"{path}:row 1"


def test_real_tables_come_back_whole(shared: Callable[[str], Path]) -> None:
    for path in [*shared("tabular").glob("*.csv"), *shared("intents").rglob("*.csv"), *shared("series").rglob("*.csv")]:
        with path.open(newline="") as stream:
            header, *rows = [row for row in csv.reader(stream) if row]
        table = read(path, *header)
        assert table.frame.columns == header and not table.broken and not table.remarks
        assert table.frame.rows() == [tuple(cell or None for cell in row) for row in rows]
