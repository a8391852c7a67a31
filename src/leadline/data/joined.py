"""Several tables that are one: put below each other, each row still knowing its file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from leadline.data.contract import Reading
from leadline.data.folders.walk import Walk
from leadline.data.read import reader_for
from leadline.data.table import Table
from leadline.errors import LeadlineError, listed
from leadline.findings import Finding


@dataclass(frozen=True)
class Part:
    """One table of several that belong together."""

    name: str  # relative to the folder
    split: str  # empty where its name says none


Change = Callable[[Part, Table], Table]


def read_parts(walk: Walk, parts: Sequence[Part], reading: Reading, change: Change = lambda part, table: table) -> Table:
    """`change` is what becomes of each table first. Raises LeadlineError where one cannot be read, or their columns differ."""
    tables = _read(walk, parts, reading, change)
    for table in tables[1:]:
        _refuse_other_columns(walk, tables[0], table)
    if mixed := _mixed(tables):
        tables = _read(walk, parts, replace(reading, as_text=[*reading.as_text, *mixed]), change)
    return joined(walk, parts, tables)


def _read(walk: Walk, parts: Sequence[Part], reading: Reading, change: Change) -> list[Table]:
    return [change(part, reader_for(str(walk.path(part.name))).read(str(walk.path(part.name)), reading)) for part in parts]


def batches_of_parts(walk: Walk, parts: Sequence[Part], reading: Reading, rows: int) -> Iterator[Table]:
    """The rows of one table after the other, in tables of about `rows` each."""
    first_row = 0
    for part in parts:
        place = str(walk.path(part.name))
        for table in reader_for(place).batches(place, reading, rows):
            split = np.full(table.frame.height, part.split) if part.split else None
            numbered = {row: error.at_row(first_row + row) for row, error in table.broken.items()}
            yield replace(table, first_row=first_row, split=split, name=walk.name, origin=walk.origin, broken=numbered)
            first_row += table.frame.height


def _mixed(tables: Sequence[Table]) -> list[str]:
    """Columns that hold text in one table and something else in another: they are read again as they are written."""
    text = dict[str, set[bool]]()
    for table in tables:
        for values in table.frame.iter_columns():
            if values.null_count() < len(values):
                text.setdefault(values.name, set()).add(values.dtype == pl.String)
    return [name for name, kinds in text.items() if len(kinds) > 1]


def joined(walk: Walk, parts: Sequence[Part], tables: Sequence[Table]) -> Table:
    """One table of several, one below the other. Raises LeadlineError where their kinds of values do not fit together."""
    columns = tables[0].frame.columns
    try:
        frame = pl.concat(_alike([table.frame.select(columns) for table in tables]), how="vertical_relaxed")
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().splitlines()[0]
        raise LeadlineError(f"the tables in {walk.root} do not fit together: {reason}", "the same kind of values in each column") from None
    starts = np.cumsum([0, *(table.frame.height for table in tables)])
    split = np.repeat([part.split for part in parts], np.diff(starts)) if parts[0].split else None
    return Table(
        frame, _Chained(tables, starts), walk.name, walk.root, split, types=tables[0].types, origin=walk.origin,
        remarks=tuple(dict.fromkeys(remark for table in tables for remark in table.remarks)),
        broken={row: error for start, table in zip(starts.tolist(), tables, strict=False) for row, error in _moved(table, start).items()},
        findings=tuple(_shifted(tables, starts)), decimal=max(table.decimal for table in tables),
    )  # fmt: skip


def _moved(table: Table, start: int) -> dict[int, LeadlineError]:
    """The table's broken rows where they stand among all."""
    return {start + row: error.at_row(start + row) for row, error in table.broken.items()}


def _alike(frames: list[pl.DataFrame]) -> list[pl.DataFrame]:
    """Columns without a single value take the kind that they have elsewhere: an empty column of a CSV file would count as text."""
    kinds = {name: frame[name].dtype for frame in frames[::-1] for name in frame.columns if frame[name].null_count() < frame.height}
    return [
        frame.with_columns(
            pl.lit(None, kinds[name]).alias(name) for name in frame.columns if name in kinds and frame[name].null_count() == frame.height
        )
        for frame in frames
    ]


def _shifted(tables: Sequence[Table], starts: np.ndarray) -> Iterator[Finding]:
    for table, start in zip(tables, starts.tolist(), strict=False):
        yield from (replace(finding, rows=[start + row for row in finding.rows]) for finding in table.findings)


def _refuse_other_columns(walk: Walk, first: Table, other: Table) -> None:
    lacking = [name for name in first.frame.columns if name not in other.frame.columns]
    more = [name for name in other.frame.columns if name not in first.frame.columns]
    if not lacking and not more:
        return
    odd = f"{other.origin} lacks {listed(lacking, shown=5)}" if lacking else ""
    odd += ("; " if lacking and more else "") + (f"only {other.origin} has {listed(more, shown=5)}" if more else "")
    advice = "mend the header lines, or name one table"
    if lacking and not more:  # as on Kaggle: the test part has no answers
        advice = f"if it holds rows to predict: leadline train {first.origin}, then leadline predict MODEL {other.origin}"
    raise LeadlineError(f"the tables in {walk.root} have different columns: {odd}", f"the columns of {first.origin} in each", advice)


class _Chained:
    """Sources of tables put below each other."""

    def __init__(self, tables: Sequence[Table], starts: np.ndarray) -> None:
        self.tables, self.starts = tables, starts

    def __call__(self, row: int) -> str:
        part = int(np.searchsorted(self.starts, row, side="right")) - 1
        return self.tables[part].source(row - int(self.starts[part]))
