"""Data: rows of typed columns, perhaps already split, and one target column."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.contract import Decoded, Where
from leadline.columns.recognise import Choice
from leadline.errors import LeadlineError
from leadline.findings import Finding
from leadline.registry import COLUMNS

SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Table:
    """What a reader returns: raw columns, where each row came from, given splits, and remarks for the user.

    `target` is set where the source itself says so (class folders).
    """

    frame: pl.DataFrame
    source: Callable[[int], str]
    name: str
    root: Path | None = None
    split: np.ndarray | None = None  # (n,) of "train", "valid", "test"
    target: str | None = None
    remarks: tuple[str, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)  # column types that the source settles: files of one kind
    origin: str = ""  # the path or object as the user named it


@dataclass(frozen=True)
class Data:
    """`columns` are the feature columns with their types; `target` is None for rows to predict."""

    table: Table
    columns: Mapping[str, Choice]
    target: str | None = None
    target_why: str = ""
    findings: tuple[Finding, ...] = ()
    group: str | None = None
    kept: np.ndarray | None = field(default=None, repr=False)  # rows of the source still here, where some were left out

    def __len__(self) -> int:
        return self.table.frame.height

    @property
    def name(self) -> str:
        return self.table.name

    @property
    def types(self) -> dict[str, str]:
        return {name: choice.type for name, choice in self.columns.items()}

    @property
    def forms(self) -> dict[str, str]:
        """Column -> the form of its decoded values, which is what encoders and learners ask for."""
        return {name: COLUMNS.get(choice.type).form for name, choice in self.columns.items()}

    @property
    def split(self) -> np.ndarray | None:
        return self.table.split

    def source(self, row: int) -> str:
        """`path` or `path:line` of a row."""
        return self.table.source(self.source_row(row))

    def source_row(self, row: int) -> int:
        """The 0-based row in reading order, counted before any row was left out."""
        return row if self.kept is None else int(self.kept[row])

    def raw(self, column: str) -> pl.Series:
        return self.table.frame[column]

    def decode(self, column: str) -> Decoded:
        where = Where(column, self.source, self.table.root)
        try:
            decoded: Decoded = COLUMNS.get(self.types[column])().decode(self.raw(column), where)
        except (pl.exceptions.PolarsError, TypeError, ValueError, AttributeError) as error:
            saw = f"its values ({self.raw(column).dtype}) cannot be read as {self.types[column]}: {str(error).splitlines()[0][:200]}"
            raise LeadlineError(
                saw, f"a column of the type {self.types[column]}", f"--type {column}=TYPE or --exclude {column}", column=column
            ) from error
        return decoded

    def show(self, column: str, row: int) -> str:
        """One value as a line a person can look at."""
        kind = self.types.get(column)
        raw = self.raw(column)[row]
        return str(raw) if kind is None else str(COLUMNS.get(kind)().show(raw))

    def take(self, rows: np.ndarray) -> Data:
        """The data with these rows only; sources and row numbers stay those of the file."""
        split = None if self.table.split is None else self.table.split[rows]
        table = replace(self.table, frame=self.table.frame[rows], split=split)
        kept = rows if self.kept is None else self.kept[rows]
        return replace(self, table=table, kept=kept)

    def with_findings(self, *more: Finding) -> Data:
        return replace(self, findings=(*self.findings, *more))

    def row_hashes(self, rows: np.ndarray) -> list[str]:
        """A stable SHA-256 of each row's raw content, so that a held-back row can be recognised later."""
        chosen = self.table.frame[rows]
        return [hashlib.sha256(repr(row).encode()).hexdigest() for row in chosen.iter_rows()]

    def fingerprint(self) -> str:
        """SHA-256 over column names and raw values: says whether two reads met the same data."""
        digest, forms = hashlib.sha256(), self.forms
        for name in self.table.frame.columns:
            digest.update(f"{name}\0".encode())
            digest.update(_bytes_of(self.table.frame[name], forms.get(name) == "image", self.table.root))
        if self.split is not None:
            digest.update("\0".join(self.split).encode())
        return digest.hexdigest()

    def describe(self) -> dict[str, Any]:
        """The `data` object of the public JSON."""
        columns = [{"name": n, "type": c.type, "why": c.why, "missing": c.missing} for n, c in self.columns.items()]
        splits = {} if self.split is None else {s: int((self.split == s).sum()) for s in SPLITS if (self.split == s).any()}
        return {"rows": len(self), "columns": columns, "target": self.target, "target_why": self.target_why, "splits": splits}

    def require_target(self) -> str:
        if self.target is None:
            raise LeadlineError("these data have no target column", "labelled examples", "name the column with --target COL")
        return self.target


def _bytes_of(values: pl.Series, name_files: bool, root: Path | None) -> bytes:
    """Bytes that change when the values do; files named by the values count with their size."""
    if isinstance(values.dtype, pl.Struct):
        values = values.struct.field("bytes")
    if values.dtype == pl.Binary:
        return b"".join(hashlib.sha256(value or b"").digest() for value in values)
    if values.dtype.is_numeric():
        return values.cast(pl.Float64).fill_null(float("nan")).to_numpy().tobytes()
    text = values.cast(pl.String).fill_null("\1").to_list()
    if name_files:  # by their own names, so that data are the same whichever way the folder was named
        paths = [Path(name) if root is None else root / name for name in text]
        text = [f"{path.name} {_size_of(path)}" for path in paths]
    return "\0".join(text).encode("utf-8", "surrogatepass")


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):
        return -1
