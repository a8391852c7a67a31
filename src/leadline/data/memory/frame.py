"""Tables in memory: whichever package they are from, and whatever hands itself over through the Arrow C stream."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from leadline.data.plain import plain, side_by_side, unique_names
from leadline.data.split_names import splits_of
from leadline.data.table import Table
from leadline.errors import LeadlineError, listed
from leadline.registry import TABLES

_WANTED = "a path, a table of polars, pandas or Arrow, a Hugging Face dataset, a list of dictionaries, or a pair (X, y) of arrays"
_ORIGIN = "the table"


def read_frame(source: Any) -> Table:
    """Raises LeadlineError where it is no table, or one that cannot be read."""
    read = _reader_of(source)
    try:
        table = read(source)
        frame, remarks = plain(table.frame)
    except LeadlineError:
        raise
    except Exception as error:  # each package has its own
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
        raise LeadlineError(f"the table cannot be read: {reason}", "columns with one name and one kind of value each") from error
    return replace(table, frame=frame, remarks=(*table.remarks, *remarks), origin=_ORIGIN, name="table")


def _reader_of(source: Any) -> Callable[[Any], Table]:
    packages = [kind.__module__.partition(".")[0] for kind in type(source).__mro__[:-1]]
    for package in packages:
        if package in TABLES:
            found: Callable[[Any], Table] = TABLES.get(package)
            return found
    if hasattr(source, "__arrow_c_stream__"):
        return read_arrow
    if hasattr(source, "__array__"):
        return TABLES.get("numpy")  # type: ignore[no-any-return]
    raise LeadlineError(f"we cannot read a {type(source).__name__} as data", _WANTED)


def is_frame(source: Any) -> bool:
    """Whether it has named columns of its own."""
    return hasattr(source, "columns") or hasattr(source, "column_names")


def read_polars(source: pl.DataFrame | pl.LazyFrame | pl.Series) -> Table:
    if isinstance(source, pl.LazyFrame):
        source = source.collect()
    return numbered(source.to_frame() if isinstance(source, pl.Series) else source)


def read_arrow(source: Any) -> Table:
    """Whatever has an Arrow C stream; columns with equal names, which Arrow may have, are told apart."""
    names = getattr(source, "column_names", None)
    if isinstance(names, list) and len(set(names)) < len(names):
        return named_once([pl.Series(name, source.column(place)) for place, name in enumerate(names)])
    return numbered(pl.DataFrame(source))


def named_once(columns: Sequence[pl.Series], names: Sequence[str] | None = None, remarks: tuple[str, ...] = ()) -> Table:
    """A table of these columns, each under a name of its own."""
    asked = [column.name for column in columns] if names is None else names
    unique, said = unique_names(asked)
    named = [column.alias(name) for column, name in zip(columns, unique, strict=True)]
    return numbered(side_by_side(named, 0), (*remarks, *said))


def numbered(frame: pl.DataFrame, remarks: tuple[str, ...] = ()) -> Table:
    return Table(frame, lambda row: f"row {row}", "table", remarks=remarks)


def split_tables(tables: Mapping[str, Table]) -> Table:
    """Tables by the names of splits, below each other. Raises LeadlineError where no name says which is for training."""
    splits = splits_of(tables)
    if len(tables) == 1:
        return next(iter(tables.values()))
    if "train" not in splits.values():
        advice = f'name one of them: data["{next(iter(tables))}"]'
        raise LeadlineError(f"the tables are called {listed(list(tables))}", "one called train, perhaps valid and test", advice)
    chosen = [tables[name] for name in splits]
    frame = pl.concat([table.frame.select(chosen[0].frame.columns) for table in chosen], how="vertical_relaxed", rechunk=False)
    starts = np.cumsum([0, *(table.frame.height for table in chosen)])
    names = list(splits)

    def source(row: int) -> str:
        part = int(np.searchsorted(starts, row, side="right")) - 1
        return f"{names[part]} row {row - starts[part]}"

    left = [name for name in tables if name not in splits]
    remarks = [remark for table in chosen for remark in table.remarks]
    remarks += [f"not read, as their names say no split: {listed(left, shown=5)}"] if left else []
    split = np.repeat(list(splits.values()), np.diff(starts))
    return Table(frame, source, "table", split=split, remarks=tuple(dict.fromkeys(remarks)))
