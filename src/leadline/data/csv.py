"""CSV files: separator found from the header line, whole columns typed by polars, lines remembered for error messages."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from leadline.columns.missing import MISSING_TOKENS
from leadline.data.contract import Reader, Reading
from leadline.data.table import Table
from leadline.errors import LeadlineError

_SEPARATORS = (",", ";", "\t", "|")


class Csv(Reader):
    def read(self, place: str, reading: Reading) -> Table:
        path = Path(place)
        separator = _separator(path)
        frame = _parse(path, separator, reading)
        remarks = (f'columns are separated by "{separator}"',) if separator != "," else ()
        return Table(frame, Lines(str(path), frame), path.stem, path.parent, remarks=remarks, origin=str(path))


def _separator(path: Path) -> str:
    with path.open("rb") as stream:
        header = stream.readline(1 << 20)
    if not header.strip():
        raise LeadlineError(f"{path} is empty", "a header line and rows")
    if b"\0" in header:
        raise LeadlineError(f"{path} holds zero bytes, so it is not text in UTF-8", "a CSV file in UTF-8", "save it again as CSV (UTF-8)")
    return max(_SEPARATORS, key=lambda mark: header.count(mark.encode()))


def _parse(path: Path, separator: str, reading: Reading) -> pl.DataFrame:
    def attempt(inferred_from: int | None) -> pl.DataFrame:
        kept = dict.fromkeys(reading.as_text, pl.String)
        return pl.read_csv(path, separator=separator, null_values=MISSING_TOKENS, infer_schema_length=inferred_from, schema_overrides=kept)

    try:
        try:
            return attempt(10_000)
        except pl.exceptions.ComputeError:
            return attempt(None)  # a value further down did not fit the type that the first rows suggested
    except (pl.exceptions.PolarsError, UnicodeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise LeadlineError(
            f"{path} cannot be read as a table: {reason}",
            f'rows with as many values as the header, separated by "{separator}", in UTF-8',
            "open it in a spreadsheet, look at that place, and save it again as CSV (UTF-8)",
        ) from None


class Lines:
    """`path:line` of a row, counting the line breaks inside quoted values before it."""

    def __init__(self, path: str, frame: pl.DataFrame) -> None:
        self.path, self.frame = path, frame

    def __call__(self, row: int) -> str:
        return f"{self.path}:{row + 2 + int(self._breaks_before[row])}"

    @cached_property
    def _breaks_before(self) -> np.ndarray:
        breaks = np.zeros(self.frame.height + 1, dtype=np.int64)
        for column in self.frame.iter_columns():
            if column.dtype == pl.String:
                breaks[1:] += column.str.count_matches("\n").fill_null(0).cum_sum().to_numpy()
        return breaks
