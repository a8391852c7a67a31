"""Columns whose values name files: found by looking for the files, and read where a type holds what is in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import polars as pl

from leadline.columns.contract import ColumnType
from leadline.data.table import Table
from leadline.errors import LeadlineError
from leadline.registry import COLUMNS

MOST_BYTES = 64 << 20  # of a file that is one value
_GLANCED_AT = 5
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
    if values.dtype != pl.String or not values.len() - values.null_count():
        return None
    present, kinds = values.drop_nulls(), kinds_of_files()
    endings = tuple(ending for kind in kinds for ending in kind.extensions)
    if not any(value.lower().endswith(endings) for value in present.head(_GLANCED_AT)):  # thousands of columns are soon looked at
        return None
    return next((kind for kind in kinds if share_that_ends(present, kind.extensions) >= _SHARE), None)


def read_files(kind: ColumnType, root: Path, names: Sequence[str | None], first_row: int = 0) -> tuple[pl.Series, dict[int, LeadlineError]]:
    """Raw values of files named relative to `root`, and for each row whose file cannot be read the error saying so."""
    if kind.by_name:
        return pl.Series(names, dtype=pl.String), {}
    values, bad = list[object](), {}
    for row, name in enumerate(names):
        value = None
        try:
            value = None if name is None else _contents(kind, root / name)
        except (LeadlineError, OSError, ValueError) as error:
            bad[row] = _unread(error, root / str(name), first_row + row)
        values.append(value)
    return pl.Series(values, dtype=None if any(value is not None for value in values) else pl.String), bad


def _contents(kind: ColumnType, path: Path) -> object:
    if (size := path.stat().st_size) > MOST_BYTES:
        raise LeadlineError(f"a file of {size >> 20:,} MB", f"at most {MOST_BYTES >> 20} MB for one value", "split it", file=str(path))
    return kind.from_file(path)


def _unread(error: Exception, path: Path, row: int) -> LeadlineError:
    if isinstance(error, LeadlineError):
        return error
    reason = error.strerror if isinstance(error, OSError) else error
    return LeadlineError(f"{path.name} cannot be opened: {reason}", "a file that you may read", file=str(path), row=row)


@dataclass(frozen=True)
class Listed:
    """A table in which the columns of `files` still hold the names of files, relative to its root: nothing is opened yet."""

    table: Table
    files: Mapping[str, ColumnType] = field(default_factory=dict)

    def read(self) -> Table:
        """The table with what is in the files, for types that do not keep them by name."""
        table = self.table
        for name, kind in self.files.items():
            if table.root is not None and not kind.by_name:
                values, bad = read_files(kind, table.root, table.frame[name].to_list(), table.first_row)
                table = replace(table, frame=table.frame.with_columns(values.alias(name)), broken={**bad, **table.broken})
        return table

    def batches(self, rows: int) -> Iterator[Table]:
        """The same in tables of `rows` rows each, whose files are opened as they come."""
        return (replace(self, table=part).read() for part in self.table.parts(rows))


def with_contents(table: Table) -> Table:
    """The table with what is in the files in place of their names, for columns that name files inside the table's folder.

    Some of the first names have to lead to a file there; rows whose file is absent are then broken rows. Types that keep files by
    their names (pictures) look after themselves.
    """
    return _with_columns_read(table, _columns_of_files([table]))


def batches_with_contents(tables: Iterator[Table]) -> Iterator[Table]:
    """The same for a table that comes in parts, however small: as many first rows decide as for the whole, once and for all parts."""
    ahead = list[Table]()
    for table in tables:
        ahead.append(table)
        if table.root is None or sum(part.frame.height for part in ahead) >= _LOOKED_FOR:
            break
    kinds = _columns_of_files(ahead)
    for table in chain(ahead, tables):
        yield _with_columns_read(table, kinds)


def _columns_of_files(parts: Sequence[Table]) -> dict[str, ColumnType]:
    """Column -> type of the files that it names, by the first rows of a table."""
    root = parts[0].root if parts else None
    if root is None:
        return {}
    written = [part.frame.head(_LOOKED_FOR).select(pl.selectors.string()) for part in parts]
    first, kinds = pl.concat(written, how="diagonal").head(_LOOKED_FOR), dict[str, ColumnType]()
    for values in first:
        kind = kind_named(values)
        if kind is not None and not kind.by_name and any(_is_inside(root, value) for value in values.drop_nulls()):
            kinds[values.name] = kind
    return kinds


def _with_columns_read(table: Table, kinds: Mapping[str, ColumnType]) -> Table:
    for name, kind in kinds.items():
        if table.root is not None and table.frame.schema.get(name) == pl.String:
            table = _read_column(table, table.root, name, kind)
    return table


def _read_column(table: Table, root: Path, name: str, kind: ColumnType) -> Table:
    column = table.frame[name]
    names = [value if value is not None and _is_inside(root, value) else None for value in column]
    values, bad = read_files(kind, root, names, table.first_row)
    missing = {
        row: _absent(table, name, row, value)
        for row, (value, found) in enumerate(zip(column, names, strict=True))
        if value is not None and found is None
    }
    remark = f"{name} names files in {table.origin}'s folder: what is in them is read"
    return replace(
        table, frame=table.frame.with_columns(values.alias(name)), broken={**bad, **missing, **table.broken},
        types={**table.types, name: kind.name}, remarks=(*table.remarks, remark),
    )  # fmt: skip


def _absent(table: Table, column: str, row: int, name: str) -> LeadlineError:
    expected, where = "a file in the table's folder", table.source(row)
    return LeadlineError(f"{name} is not there", expected, file=where, row=table.first_row + row, column=column)


def _is_inside(root: Path, name: str) -> bool:
    """Whether a name, whatever links and dots are in it, leads to a file inside the folder."""
    try:
        path = (root / name).resolve()
        return path.is_relative_to(root.resolve()) and path.is_file()
    except (OSError, ValueError, RuntimeError):
        return False
