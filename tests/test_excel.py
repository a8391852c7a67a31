"""Workbooks: the sheet and the header found, cells as what they are, and workbooks that are traps refused before they are opened."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Callable
from datetime import datetime, time
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from leadline.data.contract import Reading
from leadline.data.read import read
from leadline.data.table import Table
from leadline.data.workbooks.excel import Excel
from leadline.errors import LeadlineError

Fill = Callable[[xlsxwriter.Workbook, Any], None]


def book(path: Path, *sheets: list[list[Any]], fill: Fill | None = None) -> Path:
    """A workbook of these sheets (Sheet1, Sheet2, ...), None being an empty cell."""
    with xlsxwriter.Workbook(path) as workbook:
        kinds = {datetime: workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"}), time: workbook.add_format({"num_format": "hh:mm"})}
        for rows in sheets:
            sheet = workbook.add_worksheet()
            for row, cells in enumerate(rows):
                for column, value in enumerate(cells):
                    if type(value) in kinds:
                        sheet.write_datetime(row, column, value, kinds[type(value)])
                    elif value is not None:
                        sheet.write(row, column, value)
            if fill is not None:
                fill(workbook, sheet)
    return path


def whole(path: Path, table: str | None = None) -> Table:
    return Excel().read(str(path), Reading(table=table))


ROWS = [["n", "t", "label"], [1, "a", "x"], [2, None, "y"]]


def test_cells_are_what_they_hold(tmp_path: Path) -> None:
    path = book(
        tmp_path / "a.xlsx",
        [["whole", "part", "when", "clock", "yes", "code", "mixed"], [1, 0.5, datetime(2024, 1, 2, 3), time(6), True, "007", 1],
         [2, 1, datetime(2024, 1, 3), time(7, 30), False, "08", "two"]],
    )  # fmt: skip
    table = whole(path)
    assert table.frame.rows() == [
        (1, 0.5, datetime(2024, 1, 2, 3), time(6), True, "007", "1"), (2, 1.0, datetime(2024, 1, 3), time(7, 30), False, "08", "two"),
    ]  # fmt: skip
    assert [dtype.is_integer() for dtype in table.frame.dtypes[:2]] == [True, False]
    assert table.source(1) == f"{path}:3"
    assert table.remarks == ()


def test_titles_above_the_header_and_empty_edges_are_left_out(tmp_path: Path) -> None:
    rows = [["Sales of 2024"], [], [None, *ROWS[0], None, None], [None, *ROWS[1]], [], [None, *ROWS[2]], [None, " ", None], [], [None] * 9]
    table = whole(book(tmp_path / "a.xlsx", rows, fill=lambda workbook, sheet: sheet.write_blank(40, 20, None, workbook.add_format())))
    assert table.frame.columns == ["n", "t", "label"] and table.frame.rows() == [(1, "a", "x"), (2, None, "y")]
    assert [table.source(row).rpartition(":")[2] for row in (0, 1)] == ["4", "6"]
    assert table.remarks == ("above the header, not read: Sales of 2024",)


def test_a_merged_cell_counts_once(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [*ROWS, [None, None, "z"]], fill=lambda workbook, sheet: sheet.merge_range(2, 0, 3, 1, 5))
    assert whole(path).frame.rows()[1:] == [(5, None, "y"), (None, None, "z")]


def test_names_that_are_missing_or_equal_are_made_and_said(tmp_path: Path) -> None:
    table = whole(book(tmp_path / "a.xlsx", [["a", "a", None, "b"], [1, 2, 3, 4]]))
    assert table.frame.columns == ["a", "a_2", "column_3", "b"]
    assert len(table.remarks) == 2


def test_the_first_sheet_that_holds_something_is_read_and_said(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [], ROWS, [["other"], [1]])
    table = whole(path)
    assert table.frame.height == 2 and table.source(0) == f"{path}:Sheet2:2"
    assert '"Sheet2" is read' in table.remarks[0] and "--table" in table.remarks[0]
    assert whole(path, "sheet3").frame.columns == ["other"]
    assert read(path, table="Sheet2").target == "label"
    with pytest.raises(LeadlineError, match='no sheet "Sheet9"') as caught:
        whole(path, "Sheet9")
    assert "Sheet1, Sheet2, Sheet3" in caught.value.expected


def test_a_header_of_numbers_is_none(tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="has no header: its first row is 1, 2"):
        whole(book(tmp_path / "a.xlsx", [[1, 2], [3, 4]]))


def test_only_a_header_is_no_rows_and_nothing_at_all_is_empty(tmp_path: Path) -> None:
    with pytest.raises(LeadlineError, match="has no rows"):
        read(book(tmp_path / "a.xlsx", ROWS[:1]))
    with pytest.raises(LeadlineError, match="empty workbook"):
        whole(book(tmp_path / "b.xlsx", []))


def encrypted(path: Path) -> None:
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600))


def other_archive(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("photo.txt", "x")


def bomb(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as stream,
    ):
        for _ in range(300):
            stream.write(bytes(1 << 20))


def liar(path: Path) -> None:
    """Its directory says that a sheet of a megabyte has ten bytes."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(1 << 20))
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 24 : directory + 28] = (10).to_bytes(4, "little")
    path.write_bytes(content)


def far_cell(path: Path) -> None:
    book(path, ROWS, fill=lambda workbook, sheet: sheet.write(1_048_575, 16_383, 1))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_text("a,b\n1,2\n"), "perhaps CSV"),
        (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(500)), "cannot be read as Excel"),
        (lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), "cannot be read as Excel"),
        (encrypted, "protected by a password"),
        (other_archive, "no workbook"),
        (bomb, "that would become"),
        (liar, "says 10 bytes and becomes more"),
        (far_cell, "scattered over room for 17,179,869,184"),
    ],
)
def test_what_is_no_workbook_or_a_trap_is_one_error(tmp_path: Path, make: Callable[[Path], Any], words: str) -> None:
    path = tmp_path / "a.xlsx"
    make(path)
    with pytest.raises(LeadlineError, match=words) as caught:
        whole(path)
    assert "a.xlsx" in str(caught.value)


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fastexcel", None)
    with pytest.raises(LeadlineError) as caught:
        whole(tmp_path / "a.xlsx")
    assert caught.value.try_this == 'pip install "leadline[excel]"'


def test_numbers_asked_for_as_text_are_written_without_a_fraction(tmp_path: Path) -> None:
    table = Excel().read(str(book(tmp_path / "a.xlsx", [["zip", "label"], [1234, "x"], [5678, "y"]])), Reading(as_text=["zip"]))
    assert table.frame["zip"].to_list() == ["1234", "5678"]


def test_a_wide_sheet(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", [[f"c{place}" for place in range(2_000)], list(range(2_000))])
    frame = whole(path).frame
    assert frame.shape == (1, 2_000) and frame.row(0) == tuple(range(2_000)) and frame.dtypes[0] == pl.Int64
