"""Arrow and Feather files, and Arrow streams (what Hugging Face keeps in its cache), told apart by how they begin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from leadline.data.columnar.arrow_stream import pieces
from leadline.data.columnar.flatbuffer import check_contents
from leadline.data.columnar.slices import slices
from leadline.data.contract import Reader, Reading
from leadline.data.opening import as_one_error, head_of, wrong_kind
from leadline.data.places import RowNumbers
from leadline.data.plain import plain
from leadline.data.table import Table
from leadline.errors import LeadlineError

_KIND = "Arrow"
_FILE, _STREAM, _FEATHER_1 = b"ARROW1", b"\xff\xff\xff\xff", b"FEA1"


class Arrow(Reader):
    def read(self, place: str, reading: Reading) -> Table:
        path, head = _checked(place)
        with as_one_error(path, _KIND):
            if head.startswith(_FILE):
                check_contents(path)
                return _table(path, pl.scan_ipc(path, glob=False).collect(), reading, 0)
            return _table(path, pl.read_ipc_stream(path), reading, 0)

    def batches(self, place: str, reading: Reading, rows: int) -> Iterator[Table]:
        path, head = _checked(place)
        with as_one_error(path, _KIND):
            found = _sliced(path, rows) if head.startswith(_FILE) else pieces(path, rows)
            for first_row, frame in found:
                yield _table(path, frame, reading, first_row)


def _sliced(path: Path, rows: int) -> Iterator[tuple[int, pl.DataFrame]]:
    check_contents(path)
    return slices(pl.scan_ipc(path, glob=False), path.stat().st_size, rows)


def _table(path: Path, frame: pl.DataFrame, reading: Reading, first_row: int) -> Table:
    frame, remarks = plain(frame, reading.as_text)
    source = RowNumbers(str(path), first_row)
    return Table(frame, source, path.stem, path.parent, remarks=remarks, origin=str(path), first_row=first_row)


def _checked(place: str) -> tuple[Path, bytes]:
    path = Path(place)
    head = head_of(path)
    if head.startswith(_FEATHER_1):
        raise LeadlineError(
            f"{path} is Feather of version 1, which is no longer written", "Feather of version 2, which is Arrow",
            "in Python: pandas.read_feather(...).to_parquet(...)",
        )  # fmt: skip
    if not head.startswith((_FILE, _STREAM)):
        raise wrong_kind(path, _KIND, head)
    return path, head
