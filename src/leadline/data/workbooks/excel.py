"""Workbooks of Excel and OpenDocument: one sheet, its header found below titles, its empty edges left out."""

from __future__ import annotations

import logging
import zipfile
import zlib
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from leadline.data.contract import Reader, Reading
from leadline.data.opening import as_one_error, head_of, wrong_kind
from leadline.data.plain import plain, unique_names
from leadline.data.table import Table
from leadline.data.workbooks.workbook_size import check_workbook
from leadline.errors import LeadlineError, listed, need_extra

_KIND = "Excel"
_ZIP, _OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream that holds a workbook protected by a password
_TOP = 50  # rows in which the header is looked for
_WHOLE = 2.0**53  # from here on a float64 no longer tells whole numbers apart
_FIRST_DAYS = [date(1899, 12, 30), date(1899, 12, 31), date(1904, 1, 1)]  # a time of day is written as one of a day before all others


class Excel(Reader):
    """Without `reading.table` the first sheet that holds something is read. Empty rows are left out, wherever they are."""

    def read(self, place: str, reading: Reading) -> Table:
        path = Path(place)
        try:
            import fastexcel
        except ImportError:
            raise need_extra("fastexcel", "reading workbooks", "excel") from None
        for name in ("fastexcel", "calamine"):  # they would tell of every empty column
            logging.getLogger(name).setLevel(logging.CRITICAL)
        _check(path)
        with as_one_error(path, _KIND, fastexcel.FastExcelError, zipfile.BadZipFile):
            workbook = fastexcel.read_excel(str(path))
            sheet, top, remarks = _chosen(workbook, path, reading.table)
            header = _header_row(top)
            frame = _load(workbook, sheet, skip_rows=header + 1, schema_sample_rows=None)
        frame, lines, renamed = _trimmed(frame, top, header, path)
        frame, changed = plain(frame, reading.as_text)
        remarks = (*remarks, *_titles(top.head(header)), *renamed, *changed)
        source = _Cells(f"{path}:{sheet}" if len(workbook.sheet_names) > 1 else str(path), lines)
        return Table(frame, source, path.stem, path.parent, remarks=remarks, origin=str(path))


class _Cells:
    """`book.xlsx:12` or `book.xlsx:Sheet:12`, rows counting from 1 as on the screen."""

    def __init__(self, name: str, lines: np.ndarray) -> None:
        self.name, self.lines = name, lines

    def __call__(self, row: int) -> str:
        return f"{self.name}:{self.lines[row]}"


def _check(path: Path) -> None:
    head = head_of(path)
    if head.startswith(_OFFICE):
        if _ENCRYPTED in path.read_bytes():
            advice = "open it in the spreadsheet program and save it without a password"
            raise LeadlineError(f"{path} is protected by a password", "a workbook that opens without one", advice, file=str(path))
    elif head.startswith(_ZIP):
        with as_one_error(path, _KIND, zipfile.BadZipFile, NotImplementedError, EOFError, zlib.error):
            check_workbook(path)
    else:
        raise wrong_kind(path, _KIND, head)


def _load(workbook: Any, sheet: str, **how: Any) -> pl.DataFrame:
    """Rows of a sheet, whatever they hold, under names of no meaning; cells that hold only blanks are empty."""
    return pl.DataFrame(workbook.load_sheet(sheet, header_row=None, whitespace_as_null=True, **how))


def _chosen(workbook: Any, path: Path, wanted: str | None) -> tuple[str, pl.DataFrame, tuple[str, ...]]:
    """The name of the sheet to read, its first rows as text, and what is to be said of the others."""
    names: list[str] = workbook.sheet_names
    if wanted is not None:
        same = [name for name in names if name == wanted] or [name for name in names if name.lower() == wanted.lower()]
        if not same:
            raise LeadlineError(f'{path} has no sheet "{wanted}"', f"one of: {listed(names)}", f'--table "{names[0]}"', file=str(path))
        return same[0], _top(workbook, same[0]), ()
    for name in names:
        if (top := _top(workbook, name)).width:
            others = [other for other in names if other != name]
            said = f'the sheet "{name}" is read, the first that holds something; others (--table NAME): {listed(others, shown=5)}'
            return name, top, (said,) if others else ()
    raise LeadlineError(f"{path} is an empty workbook", "a sheet with a header line and rows", file=str(path))


def _top(workbook: Any, sheet: str) -> pl.DataFrame:
    return _load(workbook, sheet, skip_rows=0, dtypes="string", n_rows=_TOP)


def _header_row(top: pl.DataFrame) -> int:
    """The first row that is at least half as full as the fullest: what stands above it are titles."""
    if top.width == 0:
        return 0
    filled = top.select(pl.sum_horizontal(pl.all().is_not_null())).to_series()
    return int((2 * filled >= filled.max()).arg_max() or 0)


def _titles(above: pl.DataFrame) -> tuple[str, ...]:
    words = [cell for row in above.iter_rows() for cell in row if cell is not None]
    return (f"above the header, not read: {listed(words, shown=3)}",) if words else ()


def _trimmed(frame: pl.DataFrame, top: pl.DataFrame, header: int, path: Path) -> tuple[pl.DataFrame, np.ndarray, tuple[str, ...]]:
    """Named columns and full rows only, the lines of the sheet that the rows stand on, and what was renamed.

    Raises LeadlineError where numbers stand in place of names.
    """
    titles: Sequence[Any] = top.row(header) if header < top.height else [None] * frame.width
    written = [title for title in titles if title is not None]
    if written and all(_is_number(title) for title in written):
        advice = "write the name of each column above it"
        raise LeadlineError(f"{path} has no header: its first row is {listed(written, shown=5)}", "a row of names", advice, file=str(path))
    empty = (frame.null_count() == frame.height).row(0)
    kept = [place for place, title in enumerate(titles) if title is not None or not empty[place]]
    names, renamed = unique_names(titles[place] for place in kept)
    frame = frame[:, kept]
    frame = _natural(frame.rename(dict(zip(frame.columns, names, strict=True))))
    if not kept:
        return frame, np.zeros(0, dtype=np.int64), renamed
    rows = frame.select(pl.any_horizontal(pl.all().is_not_null()).arg_true()).to_series().to_numpy()
    return frame[rows], rows + header + 2, renamed


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _natural(frame: pl.DataFrame) -> pl.DataFrame:
    """Whole numbers as such: a sheet knows only fractions; and times of day without the day that a sheet gives them."""
    fractions, moments, filled = pl.col(pl.Float64), pl.col(pl.Datetime), frame.count().row(0, named=True)
    whole = frame.select(((fractions % 1 == 0) & (fractions.abs() < _WHOLE)).all())
    clocks = frame.select(moments.dt.date().is_in(_FIRST_DAYS).all())
    integers = [name for name in whole.columns if whole[name].item() and filled[name]]
    times = [name for name in clocks.columns if clocks[name].item() and filled[name]]
    return frame.with_columns(pl.col(integers).cast(pl.Int64), pl.col(times).dt.time())
