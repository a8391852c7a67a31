"""Parquet files, pictures embedded in them included (`struct{bytes, path}`, the Hugging Face convention)."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import polars as pl

from leadline.data.table import Table
from leadline.errors import LeadlineError


def read_parquet(path: Path, as_text: Collection[str] = ()) -> Table:
    """`as_text` asks for nothing here: a Parquet file says itself what its columns hold."""
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise LeadlineError(f"{path} cannot be read as Parquet: {reason}", "a whole Parquet file", "write or copy the file again") from None
    return Table(frame, lambda row: f"{path}:row {row}", path.stem, path.parent, origin=str(path))
