"""A table on disk, a piece at a time: what is held in memory does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

_BYTES = 32 << 20  # of the file that one piece may come from; unpacked, it is some hundred megabytes
_CELLS = 8_000_000


def slices(scan: pl.LazyFrame, file_size: int, rows: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """(first row, about `rows` rows) of a scanned file, from its first to its last.

    Pieces are cut from larger ones, because each is found anew: where the writer made one group of all rows, that takes as long as
    reading the group.
    """
    height, width = scan.select(pl.len()).collect().item(), len(scan.collect_schema())
    fitting = min(_BYTES * height // max(1, file_size), _CELLS // max(1, width))
    step = max(1, rows, fitting // rows * rows)
    for start in range(0, height, step):
        piece = scan.slice(start, step).collect(engine="streaming")
        for offset in range(0, piece.height, rows):
            yield start + offset, piece.slice(offset, rows)
