"""Tables in memory: polars, and anything that hands itself over through the Arrow C stream or like pandas."""

from __future__ import annotations

from typing import Any

import polars as pl

from leadline.data.table import Table
from leadline.errors import LeadlineError


def read_frame(source: Any) -> Table:
    return Table(_to_polars(source), lambda row: f"row {row}", "table", origin="the table")


def _to_polars(source: Any) -> pl.DataFrame:
    try:
        return _converted(source)
    except LeadlineError:
        raise
    except Exception as error:  # pandas, pyarrow and polars each have their own
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise LeadlineError(f"the table cannot be read: {reason}", "columns with one name and one kind of value each") from error


def _converted(source: Any) -> pl.DataFrame:
    if isinstance(source, pl.DataFrame):
        return source
    if isinstance(source, pl.LazyFrame):
        return source.collect()
    if hasattr(source, "__arrow_c_stream__"):
        return pl.DataFrame(source)
    if type(source).__module__.partition(".")[0] == "pandas":
        return pl.from_pandas(source)
    if isinstance(source, list) and source and all(isinstance(row, dict) for row in source):
        return pl.DataFrame(source, infer_schema_length=None)
    raise LeadlineError(
        f"we cannot read a {type(source).__name__} as data",
        "a path, or a polars or pandas table, or a list of dictionaries",
    )
