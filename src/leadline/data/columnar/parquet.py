"""Parquet files, pictures embedded in them included (`struct{bytes, path}`, the Hugging Face convention)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from leadline.data.columnar.slices import slices
from leadline.data.contract import Reader, Reading
from leadline.data.opening import as_one_error, head_of, wrong_kind
from leadline.data.places import RowNumbers
from leadline.data.plain import plain
from leadline.data.table import Table
from leadline.errors import LeadlineError

_KIND = "Parquet"


class Parquet(Reader):
    """A Parquet file says itself what its columns hold, so nothing is inferred."""

    def read(self, place: str, reading: Reading) -> Table:
        path = _checked(place)
        with as_one_error(path, _KIND):
            return _table(path, pl.read_parquet(path, glob=False), reading, 0)

    def batches(self, place: str, reading: Reading, rows: int) -> Iterator[Table]:
        path = _checked(place)
        with as_one_error(path, _KIND):
            for first_row, frame in slices(pl.scan_parquet(path, glob=False), path.stat().st_size, rows):
                yield _table(path, frame, reading, first_row)


def _table(path: Path, frame: pl.DataFrame, reading: Reading, first_row: int) -> Table:
    frame, remarks = plain(frame, reading.as_text)
    source = RowNumbers(str(path), first_row)
    return Table(frame, source, path.stem, path.parent, remarks=remarks, origin=str(path), first_row=first_row)


def _checked(place: str) -> Path:
    path = Path(place)
    head = head_of(path)
    if head.startswith(b"PARE"):
        raise LeadlineError(f"{path} is encrypted", "a Parquet file that can be read without a key", "write it again without encryption")
    if not head.startswith(b"PAR1"):
        raise wrong_kind(path, _KIND, head)
    return path
