"""Writing many predictions to a file of a kind that its name says."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import polars as pl

from leadline.errors import LeadlineError
from leadline.files import write_atomically

_WRITERS: dict[str, Callable[[pl.DataFrame, io.BytesIO], None]] = {
    ".csv": lambda table, stream: table.write_csv(stream),
    ".parquet": lambda table, stream: table.write_parquet(stream),
    ".jsonl": lambda table, stream: table.write_ndjson(stream),
}


def check_kind(path: Path) -> None:
    """Raises LeadlineError for a kind of file we do not write: to be asked before the work."""
    if path.suffix.lower() not in _WRITERS:
        raise LeadlineError(f"{path} is a kind of table we do not write", f"one of {', '.join(_WRITERS)}")


def write_table(table: pl.DataFrame, path: Path) -> None:
    """The whole file or none."""
    check_kind(path)
    stream = io.BytesIO()
    _WRITERS[path.suffix.lower()](table, stream)
    write_atomically(path, stream.getvalue())
