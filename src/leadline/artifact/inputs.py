"""Rows to predict, from whatever the user points at, in the columns that a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl

from leadline.artifact.manifest import Manifest
from leadline.columns.contract import ColumnType
from leadline.data.contract import Reading
from leadline.data.read import is_written, read_table
from leadline.data.table import Data, Table
from leadline.data.walk import visible
from leadline.errors import LeadlineError, listed
from leadline.registry import COLUMNS

_TRAINED = "as in training"


def read_for(manifest: Manifest, source: Any) -> Data:
    """`Data` with exactly the model's columns and types; the target is there too where the source has it.

    Raises LeadlineError when a column is missing, or a lone file is of a kind that the model does not take.
    """
    if isinstance(source, Mapping):
        source = [dict(source)]
    table = _read_path(manifest, Path(source)) if isinstance(source, str | Path) else read_table(source)
    missing = [name for name in manifest.types if name not in table.frame.columns]
    if missing:
        raise LeadlineError(
            f"{table.origin} has no column {listed(missing)}",
            f"the columns the model was trained on: {listed(list(manifest.types))}",
            f"what is there: {listed(table.frame.columns)}",
        )
    columns = {name: replace(choice, missing=table.frame[name].null_count()) for name, choice in manifest.choices.items()}
    target = manifest.target if manifest.target in table.frame.columns else None
    return Data(table, columns, target, _TRAINED)


def _read_path(manifest: Manifest, path: Path) -> Table:
    """A lone file of a type that files hold (a picture, a text), a folder full of them, or a table."""
    kinds: list[ColumnType] = [kind for kind in COLUMNS.make_all() if kind.extensions]
    for kind in kinds:
        if path.is_file() and path.suffix.lower() in kind.extensions:
            return _one_column(manifest, kind, [path], path)
        if path.is_dir() and not any(child.is_dir() for child in visible(path)):
            files = [child for child in visible(path) if child.suffix.lower() in kind.extensions]
            if files:
                return _one_column(manifest, kind, files, path)
    return read_table(path, Reading(_as_written(manifest)))


def _as_written(manifest: Manifest) -> list[str]:
    """Columns whose values must not pass through numbers on the way: a lone 02 would arrive as 2, a lone 1.234 as little more than 1."""
    return [name for name, choice in manifest.choices.items() if is_written(choice.type) or choice.settings]


def _one_column(manifest: Manifest, kind: ColumnType, files: list[Path], path: Path) -> Table:
    if list(manifest.types.values()) != [kind.name]:
        names = ", ".join(f"{name} ({type_name})" for name, type_name in manifest.types.items())
        saw = f"{path} holds nothing but {kind.name}, and the model answers from {names}"
        raise LeadlineError(saw, "a table with these columns", "leadline predict MODEL rows.csv")
    frame = pl.DataFrame({next(iter(manifest.types)): [kind.from_file(file) for file in files]})
    return Table(frame, [str(file) for file in files].__getitem__, path.name, origin=str(path))
