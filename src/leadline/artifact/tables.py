"""Writing many rows to a table of a kind that its name says, as they come: memory does not grow with them."""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import polars as pl

from leadline.errors import LeadlineError
from leadline.files import file_written_whole, scratch_folder

_ROWS_HELD = 500_000  # of a Parquet file, before they go to disk as a part of it


class Writer(Protocol):
    """Writes one file: `add` takes tables of one schema in their order, at least one, and `finish` completes it. Nothing stays open."""

    def add(self, table: pl.DataFrame) -> None: ...

    def finish(self) -> None: ...


class _Lines:
    """Formats to which rows can be appended. `put` writes a table, and whether it is the first, to memory: not to the file itself,
    as an error of the disk then reaches us as what it is."""

    def __init__(self, path: Path, put: Callable[[pl.DataFrame, bool, io.BytesIO], object]) -> None:
        self.path, self.put, self.first = path, put, True

    def add(self, table: pl.DataFrame) -> None:
        memory = io.BytesIO()
        self.put(table, self.first, memory)
        with self.path.open("ab") as stream:
            stream.write(memory.getbuffer())
        self.first = False

    def finish(self) -> None:
        pass


def _csv(table: pl.DataFrame, first: bool, memory: io.BytesIO) -> None:
    """Several labels share one cell."""
    lists = [name for name, dtype in table.schema.items() if isinstance(dtype, pl.List)]
    table.with_columns(pl.col(lists).list.join(";")).write_csv(memory, include_header=first)


class _Parquet:
    """Rows that fit into memory are written at once; more go to disk in parts, which are streamed together in the end."""

    def __init__(self, path: Path) -> None:
        self.path, self.held = path, list[pl.DataFrame]()
        self.parts: Path | None = None
        self.num_parts = 0

    def add(self, table: pl.DataFrame) -> None:
        self.held.append(table)
        if sum(held.height for held in self.held) >= _ROWS_HELD:
            self._put_aside()

    def _put_aside(self) -> None:
        self.parts = self.parts or scratch_folder()
        with _disk_errors(self.parts):
            pl.concat(self.held).write_parquet(self.parts / f"{self.num_parts:09}.parquet", compression="lz4")
        self.num_parts, self.held = self.num_parts + 1, []

    def finish(self) -> None:
        if self.parts is not None and self.held:
            self._put_aside()
        with _disk_errors(self.path):
            if self.parts is None:
                pl.concat(self.held).write_parquet(self.path)
            else:
                pl.scan_parquet(self.parts / "*.parquet").sink_parquet(self.path)
                shutil.rmtree(self.parts, ignore_errors=True)


@contextmanager
def _disk_errors(path: Path) -> Iterator[None]:
    """Polars reports some errors of the system as its own, with their number in the text."""
    try:
        yield
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        number = re.search(r"os error (\d+)", str(error))
        if number is None:
            raise
        raise OSError(int(number[1]), os.strerror(int(number[1])), str(path)) from error


_WRITERS: dict[str, Callable[[Path], Writer]] = {
    ".csv": lambda path: _Lines(path, _csv),
    ".parquet": _Parquet,
    ".jsonl": lambda path: _Lines(path, lambda table, first, memory: table.write_ndjson(memory)),
}


def check_kind(path: Path) -> None:
    """Raises LeadlineError for a kind of file we do not write: to be asked before the work."""
    if path.suffix.lower() not in _WRITERS:
        raise LeadlineError(f"{path} is a kind of table we do not write", f"one of {', '.join(_WRITERS)}")


@contextmanager
def rows_to_file(path: Path) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Yields a function that adds a table of rows; the file is there whole when the block has ended well, else not at all."""
    check_kind(path)
    with file_written_whole(path) as building:
        writer = _WRITERS[path.suffix.lower()](building)
        yield writer.add
        writer.finish()
