"""Writing many predictions to a file of a kind that its name says."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from leadline.errors import LeadlineError
from leadline.files import write_atomically

_WRITERS = {".csv": pl.DataFrame.write_csv, ".parquet": pl.DataFrame.write_parquet, ".jsonl": pl.DataFrame.write_ndjson}


def write_table(table: pl.DataFrame, path: Path) -> None:
    """Raises LeadlineError for a kind of file we do not write."""
    import io

    if path.suffix.lower() not in _WRITERS:
        raise LeadlineError(f"{path} is a kind of table we do not write", f"one of {', '.join(_WRITERS)}")
    stream = io.BytesIO()
    _WRITERS[path.suffix.lower()](table, stream)
    write_atomically(path, stream.getvalue())
