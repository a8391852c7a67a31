"""Parquet files, pictures embedded in them included (`struct{bytes, path}`, the Hugging Face convention)."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from leadline.data.contract import Reader, Reading
from leadline.data.table import Table
from leadline.errors import LeadlineError


class Parquet(Reader):
    """A Parquet file says itself what its columns hold, so nothing is inferred."""

    def read(self, place: str, reading: Reading) -> Table:
        path = Path(place)
        try:
            frame = pl.read_parquet(path)
        except (pl.exceptions.PolarsError, OSError) as error:
            reason = str(error).strip().splitlines()[0]
            saw = f"{path} cannot be read as Parquet: {reason}"
            raise LeadlineError(saw, "a whole Parquet file", "write or copy the file again") from None
        return Table(frame, lambda row: f"{path}:row {row}", path.stem, path.parent, origin=str(path))
