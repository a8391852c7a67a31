"""Columns whose values name files: found by looking for the files, and read where a type holds what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from leadline.columns.contract import ColumnType
from leadline.data.table import Table
from leadline.errors import LeadlineError
from leadline.registry import COLUMNS

_LOOKED_FOR = 20  # files whose existence is checked
_SHARE = 0.9  # of the values that must end like such files


def kinds_of_files() -> list[ColumnType]:
    """The column types that files hold one value of each."""
    return [kind for kind in COLUMNS.make_all() if kind.extensions]


def share_that_ends(names: pl.Series, extensions: Sequence[str]) -> float:
    """The share of names with one of these endings, 0 where there are no names."""
    return float(ends_with(names, extensions).mean() or 0)  # type: ignore[arg-type]


def ends_with(names: pl.Series, extensions: Sequence[str]) -> pl.Series:
    """(n,) Boolean: which names have one of these endings, upper or lower case."""
    return names.str.extract(r"(\.[^./\\]*)$").str.to_lowercase().is_in(list(extensions)).fill_null(False)


def kind_named(values: pl.Series) -> ColumnType | None:
    """The type of the files that nearly all values name, by their endings; None where they name none."""
    present = values.drop_nulls() if values.dtype == pl.String else pl.Series([], dtype=pl.String)
    return next((kind for kind in kinds_of_files() if share_that_ends(present, kind.extensions) >= _SHARE), None)


def read_files(kind: ColumnType, root: Path, names: Sequence[str | None]) -> tuple[pl.Series, dict[int, LeadlineError]]:
    """Raw values of files named relative to `root`, and for each row whose file cannot be read the error saying so."""
    if kind.by_name:
        return pl.Series(names, dtype=pl.String), {}
    values, bad = list[object](), {}
    for row, name in enumerate(names):
        value = None
        try:
            value = None if name is None else kind.from_file(root / name)
        except LeadlineError as error:
            bad[row] = error
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            bad[row] = LeadlineError(f"{name} cannot be opened: {reason}", "a file that you may read", file=str(root / str(name)), row=row)
        values.append(value)
    return pl.Series(values, dtype=None if any(value is not None for value in values) else pl.String), bad


def with_contents(table: Table) -> Table:
    """The table with what is in the files in place of their names, for columns that name files inside the table's folder.

    Types that keep files by their names (pictures) look after themselves.
    """
    for name in table.frame.columns if table.root is not None else ():
        kind = kind_named(table.frame[name].head(_LOOKED_FOR))
        if table.root is not None and kind is not None and not kind.by_name:
            table = _read_column(table, table.root, name, kind)
    return table


def _read_column(table: Table, root: Path, name: str, kind: ColumnType) -> Table:
    column = table.frame[name]
    if not all(_is_inside(root, value) for value in column.head(_LOOKED_FOR).drop_nulls()):
        return table
    names = [value if value is not None and _is_inside(root, value) else None for value in column]
    values, bad = read_files(kind, root, names)
    missing = {
        row: LeadlineError(f"{value} is not there", "a file in the table's folder", file=table.source(row), row=row, column=name)
        for row, (value, found) in enumerate(zip(column, names, strict=True))
        if value is not None and found is None
    }
    remark = f"{name} names files in {table.origin}'s folder: what is in them is read"
    return replace(
        table, frame=table.frame.with_columns(values.alias(name)), broken={**bad, **missing, **table.broken},
        types={**table.types, name: kind.name}, remarks=(*table.remarks, remark),
    )  # fmt: skip


def _is_inside(root: Path, name: str) -> bool:
    """Whether a name, whatever links and dots are in it, leads to a file inside the folder."""
    try:
        path = (root / name).resolve()
        return path.is_relative_to(root.resolve()) and path.is_file()
    except (OSError, ValueError, RuntimeError):
        return False
