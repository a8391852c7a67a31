"""Rows to predict, from whatever the user points at, in the columns that a model was trained on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from leadline.artifact.manifest import Manifest
from leadline.data.classes import name_classes
from leadline.data.contract import Reading
from leadline.data.named_files import kinds_of_files, read_files
from leadline.data.read import read_batches, read_table
from leadline.data.table import Data, Table
from leadline.errors import LeadlineError, listed

_TRAINED = "as in training"


def read_for(manifest: Manifest, source: Any, table: str | None = None, query: str | None = None) -> Data:
    """All rows as `Data` with exactly the model's columns and types; the target is there too where the source has it.

    `table` and `query` choose within a source as in `Reading`. Raises LeadlineError when a column is missing, or a lone file is of a
    kind that the model does not take.
    """
    rows = _lone_file(source) or read_table(_rows(source), Reading(manifest.written, table, query))
    data = as_trained(manifest, Data(rows, {}))
    if data.target is not None and manifest.classes:
        data = replace(data, table=name_classes(data.table, data.target, manifest.classes))
    return data


def read_batches_for(manifest: Manifest, source: Any, rows: int, table: str | None = None, query: str | None = None) -> Iterator[Data]:
    """The same, `rows` rows or so at a time, as they come; a source without rows is one batch without rows.

    Of data read before, rows keep their numbers.
    """
    empty = True
    for data in _parts(source, rows, Reading(manifest.written, table, query)):
        yield as_trained(manifest, data)
        empty = False
    if empty:
        frame = pl.DataFrame(schema=dict.fromkeys(manifest.types, pl.String))
        yield as_trained(manifest, Data(Table(frame, str, "no rows"), {}))


def _parts(source: Any, rows: int, reading: Reading) -> Iterator[Data]:
    if isinstance(source, Data):
        yield from source.parts(rows)
        return
    lone = _lone_file(source)
    tables = iter([lone]) if lone is not None else read_batches(_rows(source), reading, rows)
    for table in tables:
        yield Data(table, {})


def _rows(source: Any) -> Any:
    """One row may come as a dictionary."""
    return [dict(source)] if isinstance(source, Mapping) else source


def _lone_file(source: Any) -> Table | None:
    """A file that is a single value: a picture, a text."""
    if not isinstance(source, str | Path) or not Path(source).is_file():
        return None
    path = Path(source)
    for kind in kinds_of_files():
        if path.suffix.lower() in kind.extensions:
            values, bad = read_files(kind, path.parent, [path.name])
            frame = pl.DataFrame([values.alias(kind.name)])
            return Table(frame, lambda row: str(path), path.stem, path.parent, types={kind.name: kind.name}, origin=str(path), broken=bad)
    return None


def as_trained(manifest: Manifest, data: Data) -> Data:
    """The same rows with the model's columns, in its types. Raises LeadlineError when a column is missing."""
    table = _named_as_trained(manifest, data.table)
    empty = dict(zip(table.frame.columns, table.frame.null_count().row(0), strict=True))
    missing = [name for name in manifest.types if name not in empty]
    if missing:
        raise _missing(manifest, table, missing)
    columns = {name: replace(choice, missing=empty[name]) if empty[name] else choice for name, choice in manifest.choices.items()}
    target = manifest.target if manifest.target in empty else None
    return replace(data, table=table, columns=columns, target=target, target_why=_TRAINED)


def _named_as_trained(manifest: Manifest, table: Table) -> Table:
    """Files have no column name of their own: where the model takes one column of such files, that is what they are."""
    for kind in set(table.types.values()):
        wanted = [name for name, type_name in manifest.types.items() if type_name == kind]
        found = [name for name, type_name in table.types.items() if type_name == kind]
        if len(wanted) == len(found) == 1 and wanted[0] not in table.frame.columns:
            table = replace(table, frame=table.frame.rename({found[0]: wanted[0]}), types={**table.types, wanted[0]: kind})
    return table


def _missing(manifest: Manifest, table: Table, missing: list[str]) -> LeadlineError:
    there = table.frame.columns
    if set(there) <= {*table.types, *([table.target] if table.target else [])}:
        names = listed([f"{name} ({kind})" for name, kind in manifest.types.items()])
        saw = f"{table.origin} holds nothing but {listed(sorted(set(table.types.values())))}, and the model answers from {names}"
        return LeadlineError(saw, "a table with these columns", "leadline predict MODEL rows.csv")
    expected = f"the columns the model was trained on: {listed(list(manifest.types))}"
    alike = {name: other for name in missing for other in there if _plainly(other) == _plainly(name)}
    advice = "; ".join(f'rename "{other}" to "{name}"' for name, other in alike.items()) or f"what is there: {listed(there)}"
    return LeadlineError(f"{table.origin} has no column {listed(missing)}", expected, advice)


def _plainly(name: str) -> str:
    """Without what is easily written differently: upper and lower case, spaces, underscores, hyphens."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())
