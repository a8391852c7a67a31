"""Dates that no calendar of ours holds: databases and Parquet files can say "infinity" or the year 290,000, and nothing can show those."""

from __future__ import annotations

import datetime
from dataclasses import replace

import polars as pl

from leadline.data.table import Table
from leadline.findings import Finding, Severity

_DATED = frozenset({pl.Date, pl.Datetime})
_ENDS = pl.Series([datetime.datetime.min, datetime.datetime.max])


def within_calendar(table: Table) -> Table:
    """The table with dates outside the years 1 to 9999 read as missing, and a finding for each such column."""
    dated = [name for name, dtype in zip(table.frame.columns, table.frame.dtypes, strict=True) if type(dtype) in _DATED]
    frame, findings = table.frame, list[Finding]()
    for name in dated:
        outside = _outside(frame[name])
        if outside.any():
            frame = frame.with_columns(frame[name].set(outside, None))
            rows = [table.first_row + row for row in outside.arg_true().to_list()]
            title = f'{len(rows):,} dates of column "{name}" lie outside the years 1 to 9999 and are read as missing'
            findings.append(Finding("out-of-range", Severity.MEDIUM, title, column=name, rows=rows))
    return replace(table, frame=frame, findings=(*table.findings, *findings)) if findings else table


def _outside(dates: pl.Series) -> pl.Series:
    """Compared as whole numbers: polars itself fails on such dates."""
    unit = getattr(dates.dtype, "time_unit", None)
    if unit == "ns":  # reaches from 1677 to 2262
        return pl.repeat(False, len(dates), eager=True)
    first, last = _ENDS.cast(pl.Datetime(unit) if unit else pl.Date).to_physical()
    return ~dates.to_physical().is_between(first, last).fill_null(True)
