"""Tables that name files in their folder: metadata.csv or metadata.jsonl as Hugging Face has it, or any table beside pictures or texts.

The files become one column among the others, so that pictures, texts and table columns are one data set.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from leadline.columns.contract import ColumnType
from leadline.data.contract import Reading
from leadline.data.folders.class_folders import split_folders
from leadline.data.folders.stray import ending_of, reason_for
from leadline.data.folders.table_names import stem_of, tables_in
from leadline.data.folders.walk import Level, Walk
from leadline.data.joined import Part, read_parts
from leadline.data.named_files import Listed, kind_named, kinds_of_files, share_that_ends
from leadline.data.split_names import SPLIT_NAMES
from leadline.data.table import Table
from leadline.errors import LeadlineError, listed
from leadline.findings import Finding, Severity

_STEM = "metadata"
_CONVENTIONAL = ("file_name", "file_names")
_LOOKED_FOR = 200  # values of which one at least must be a file that is there


@dataclass(frozen=True)
class FileColumn:
    name: str
    kind: ColumnType


def read_metadata(walk: Walk, top: Level, reading: Reading) -> Listed | None:
    """`metadata.*` at the top, or in folders named after splits; None where there is none that names files."""
    parts = metadata_in(walk, top)
    if not parts:
        return None
    table = read_parts(walk, parts, reading, below_top(walk))
    return with_files(walk, top, table, {part.name for part in parts}, _conventional(table))


def metadata_in(walk: Walk, top: Level) -> list[Part]:
    """The tables called metadata, at the top or in folders named after splits, train among them."""
    at_top = _called_metadata(top)
    if at_top:
        return [Part(at_top[0], "")]
    parts = [Part(name, split) for folder, split in split_folders(walk, top).items() for name in _called_metadata(walk.level(folder))[:1]]
    return parts if any(part.split == "train" for part in parts) else []


def _called_metadata(level: Level) -> list[str]:
    return [name for name in tables_in(level.files) if stem_of(name).lower() == _STEM]


def below_top(walk: Walk) -> Callable[[Part, Table], Table]:
    """Names in a table below the top are relative to that table's folder."""

    def change(part: Part, table: Table) -> Table:
        frame = table.frame.with_columns(_unwrapped(table, name) for name in _conventional(table))
        folder = part.name.rpartition("/")[0]
        if folder:
            like_files = [name for name in frame.columns if kind_named(frame[name].head(_LOOKED_FOR))]
            known = set(walk.files(folder)) if like_files else set()
            names = [*_conventional(table), *(name for name in like_files if _names_some(frame[name], known, f"{folder}/"))]
            frame = frame.with_columns((pl.lit(f"{folder}/") + pl.col(name)).alias(name) for name in dict.fromkeys(names))
        return replace(table, frame=frame)

    return change


def _conventional(table: Table) -> list[str]:
    return [name for name in table.frame.columns if name.lower() in _CONVENTIONAL]


def _unwrapped(table: Table, name: str) -> pl.Series:
    """A column of names, also where each is written as a list of one."""
    column = table.frame[name]
    if not isinstance(column.dtype, pl.List):
        return column.cast(pl.String)
    if (column.list.len() > 1).any():
        saw = f"{table.origin} names several files in one row"
        raise LeadlineError(saw, "one file for each row", "write a row for each file, or a column for each", column=name)
    return column.list.first().cast(pl.String)


def with_files(walk: Walk, top: Level, table: Table, own: Collection[str], certain: Collection[str] = ()) -> Listed | None:
    """The table with the files that its columns name; None where none names any. `own` are the files that the table came from.

    What no row names is said, rows whose file is missing are broken. `certain` columns name files even if none of them is there.
    """
    wanted = {name: kind for name in table.frame.columns if (kind := kind_named(table.frame[name].head(_LOOKED_FOR)))}
    for name in certain:
        wanted.setdefault(name, _main_kind(table, name))
    if not wanted:
        return None
    files = list(walk.files())
    known = set(files)
    columns = [FileColumn(name, kind) for name, kind in wanted.items() if name in certain or _names_some(table.frame[name], known)]
    if not columns:
        return None
    named = set[str]()
    for column in columns:
        table = _with_column(walk, table, column, known, named)
    used = {name.partition("/")[0] for name in (*named, *own)}
    walk.left.stray += [name for name in (*top.folders, *top.files) if name not in used]
    endings = tuple({ending for column in columns for ending in column.kind.extensions})
    unnamed = [name for name in files if name not in named and name.lower().endswith(endings)]
    table = replace(table, findings=(*table.findings, *_unnamed(table, unnamed)))
    return Listed(table, {column.name: column.kind for column in columns})


def _main_kind(table: Table, name: str) -> ColumnType:
    """The kind of most files named. Raises LeadlineError where they are of no kind that we read."""
    names = table.frame[name].drop_nulls()
    best = max(kinds_of_files(), key=lambda kind: share_that_ends(names, kind.extensions))
    if share_that_ends(names, best.extensions) > 0:
        return best
    endings = ", ".join(names.head(1_000).map_elements(ending_of, pl.String).unique(maintain_order=True).head(5))
    known = ", ".join(ending for kind in kinds_of_files() for ending in kind.extensions)
    reason = reason_for(names[0]) if len(names) else None
    saw = f"{table.origin} names files that we do not read: {reason.what if reason else endings or 'none'}"
    raise LeadlineError(saw, f"files of the kinds {known}", reason.fix if reason else "", column=name)


def _names_some(values: pl.Series, known: set[str], folder: str = "") -> bool:
    if kind_named(values.head(_LOOKED_FOR)) is None:
        return False
    return any(_plain(folder + value) in known for value in values.head(_LOOKED_FOR).drop_nulls())


def _with_column(walk: Walk, table: Table, column: FileColumn, known: set[str], named: set[str]) -> Table:
    """One column of names settled: each is a file of the folder, or its row is broken."""
    names, bad = list[str | None](), {}
    for row, value in enumerate(table.frame[column.name]):
        name = value if value is None or value in known else _plain(value)
        fits = name is not None and name in known and name.lower().endswith(column.kind.extensions)
        names.append(name if fits else None)
        if not fits:
            bad[row] = _error(walk, table, column, row, value, name is not None and name in known)
    named.update(name for name in names if name is not None)
    split, remarks = _split_of(table, column, names)
    return replace(
        table, frame=table.frame.with_columns(pl.Series(column.name, names, dtype=pl.String)), broken={**bad, **table.broken},
        types={**table.types, column.name: column.kind.name}, split=split, remarks=(*table.remarks, *remarks), root=walk.root,
    )  # fmt: skip


def _plain(name: str) -> str:
    """A name without "./" and with "/" between its parts; one that leads out of the folder stays so, and is the name of no file."""
    return posixpath.normpath(name.replace("\\", "/"))


def _error(walk: Walk, table: Table, column: FileColumn, row: int, value: str | None, there: bool) -> LeadlineError:
    if value is None:
        saw, advice = "the row names no file", "name one, or remove the row"
    elif there:
        reason = reason_for(value)
        saw, advice = f"{value} is of another kind than the other files", reason.fix if reason else "name files of one kind in a column"
    else:
        saw, advice = f"{value} is not there", "check the name; it is relative to the folder, and may not lead out of it"
    return LeadlineError(saw, f"a file in {walk.root}", advice, file=table.source(row), row=row, column=column.name)


def _split_of(table: Table, column: FileColumn, names: list[str | None]) -> tuple[np.ndarray | None, list[str]]:
    """The splits that the folders of the named files tell, where all of them do."""
    if table.split is not None:
        return table.split, []
    folders = pl.Series(names, dtype=pl.String).str.extract(r"^([^/]+)/").str.to_lowercase()
    splits = folders.replace_strict(SPLIT_NAMES, default=None, return_dtype=pl.String)
    present = pl.Series(names, dtype=pl.String).is_not_null()
    if "train" not in splits or splits.filter(present).null_count():
        return None, []
    return splits.fill_null("train").to_numpy().astype(str), [f"the folders that {column.name} names are the splits"]


def _unnamed(table: Table, names: list[str]) -> list[Finding]:
    if not names:
        return []
    title = f"no row of {table.origin} names {len(names):,} of the files there, which are not used"
    return [Finding("unread-files", Severity.LOW, title, listed(names), fix="add rows for them, or remove them")]
