"""Data: rows of typed columns, perhaps already split, and one target column."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.contract import Decoded, Where, digest_of
from leadline.columns.recognise import Choice
from leadline.errors import LeadlineError, listed
from leadline.findings import Finding
from leadline.registry import COLUMNS
from leadline.reports import Block, Grid, Heading, Paragraph, Report

_NAMES_SHOWN = 6
_COLUMNS_SHOWN = 30
SPLITS = ("train", "valid", "test")


@dataclass(frozen=True)
class Table:
    """What a reader returns: raw columns, where each row came from, given splits, what was assumed, and what is wrong.

    `target` is set where the source itself says so (class folders).
    """

    frame: pl.DataFrame
    source: Callable[[int], str]
    name: str
    root: Path | None = None
    split: np.ndarray | None = None  # (n,) of "train", "valid", "test"
    target: str | None = None
    remarks: tuple[str, ...] = ()  # what was assumed, one sentence each without its full stop
    types: Mapping[str, str] = field(default_factory=dict)  # column types that the source settles: files of one kind
    decimal: str = ""  # the mark before the decimals of its numbers, where the source as a whole tells
    origin: str = ""  # the path or object as the user named it, without any password
    first_row: int = 0  # the number of the first row in reading order, where this is a part of a larger source
    of: int | None = None  # how many rows that source has, where it is known
    broken: Mapping[int, LeadlineError] = field(default_factory=dict)  # rows that could not be read: they hold no values here
    findings: tuple[Finding, ...] = ()
    unlabelled: LeadlineError | None = None  # what to say where answers are wanted, and such a source has none: loose files

    def parts(self, rows: int) -> Iterator[Table]:
        """The same rows in their order, `rows` at a time."""
        if 0 < self.frame.height <= rows:
            yield self
            return
        for start in range(0, self.frame.height, rows):
            yield self.sliced(start, rows)

    def sliced(self, start: int, rows: int) -> Table:
        """`rows` rows from `start` on, as a table of their own."""
        split = None if self.split is None else self.split[start : start + rows]
        broken = {row - start: error for row, error in self.broken.items() if start <= row < start + rows}
        return replace(
            self, frame=self.frame.slice(start, rows), source=lambda row: self.source(start + row), split=split,
            first_row=self.first_row + start, of=self.of or self.frame.height, broken=broken,
        )  # fmt: skip


@dataclass(frozen=True)
class Data(Report):
    """`columns` are the feature columns with their types; `target` is None for rows to predict."""

    table: Table
    columns: Mapping[str, Choice]
    target: str | None = None
    target_why: str = ""
    findings: tuple[Finding, ...] = ()
    group: str | None = None
    time: str | None = None  # the column by which rows are ordered, where a split should be by time
    kept: np.ndarray | None = field(default=None, repr=False)  # rows of the table still here, where some were left out
    edits: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)  # lines of the edit list that these data are changed by

    def __len__(self) -> int:
        return self.table.frame.height

    @property
    def name(self) -> str:
        return self.table.name

    @cached_property
    def types(self) -> dict[str, str]:
        return {name: choice.type for name, choice in self.columns.items()}

    @cached_property
    def forms(self) -> dict[str, str]:
        """Feature -> its form, which is what encoders and learners ask for. A column is one feature or several."""
        return forms_of(self.types)

    def features_of(self, *forms: str) -> list[str]:
        """Features of these forms, such as "image" and "text"."""
        return [name for name, form in self.forms.items() if form in forms]

    @property
    def remarks(self) -> list[str]:
        """What was assumed about the source and about columns, a sentence each without its full stop."""
        said = [(remark, name) for name, choice in self.columns.items() for remark in choice.remarks]
        return [*self.table.remarks, *together(said)]

    @property
    def split(self) -> np.ndarray | None:
        return self.table.split

    def source(self, row: int) -> str:
        """`path` or `path:line` of a row."""
        return self.table.source(self._place(row))

    def source_row(self, row: int) -> int:
        """The 0-based row in reading order, counted before any row was left out."""
        return self.table.first_row + self._place(row)

    def source_rows(self) -> np.ndarray:
        """(n,) int64: `source_row` of every row."""
        return self.table.first_row + (np.arange(len(self)) if self.kept is None else self.kept)

    def _place(self, row: int) -> int:
        return row if self.kept is None else int(self.kept[row])

    def raw(self, column: str) -> pl.Series:
        return self.table.frame[column]

    def where(self, column: str) -> Where:
        return Where(column, self.source, self.table.root, self.table.first_row)

    def decode(self, column: str) -> Decoded:
        """The column's values as its type reads them. Raises LeadlineError where the type cannot read such values at all."""
        try:
            decoded = self.columns[column].kind().decode(self.raw(column), self.where(column))
        except (pl.exceptions.PolarsError, TypeError, ValueError, AttributeError) as error:
            saw = f"its values ({self.raw(column).dtype}) cannot be read as {self.types[column]}: {str(error).splitlines()[0][:200]}"
            raise LeadlineError(
                saw, f"a column of the type {self.types[column]}", f"--type {column}=TYPE or --exclude {column}", column=column
            ) from error
        return decoded

    def features(self, column: str) -> tuple[dict[str, Any], dict[int, LeadlineError]]:
        """The features that a column becomes, by their names in `forms`, and its rows that could not be read."""
        decoded = self.decode(column)
        made = self.columns[column].kind().features(decoded.values)
        return {column + suffix: values for suffix, values in made.items()}, decoded.bad

    def all_features(self) -> tuple[dict[str, Any], dict[int, LeadlineError]]:
        """Those of every column; what a type can read of several columns at once is read so."""
        kinds = {name: choice.kind() for name, choice in self.columns.items()}
        known, made, bad = dict[str, Any](), dict[str, Any](), dict[int, LeadlineError]()
        for kind in {type(kind): kind for kind in kinds.values()}.values():
            known |= kind.decode_together(self.table.frame, [name for name, own in kinds.items() if type(own) is type(kind)])
        for column, kind in kinds.items():
            decoded = Decoded(known[column]) if column in known else self.decode(column)
            made |= {column + suffix: values for suffix, values in kind.features(decoded.values).items()}
            bad |= decoded.bad
        return made, bad

    def feature(self, name: str) -> Any:
        """The values of one feature."""
        likely = [name] if name in self.columns else []  # mostly it is called as its column, and columns may be thousands
        column = next(column for column in chain(likely, self.columns) if name in forms_of({column: self.columns[column].type}))
        return self.features(column)[0][name]

    def show(self, column: str, row: int) -> str:
        """One value as a line a person can look at."""
        raw = self.raw(column)[row]
        return self.columns[column].kind().show(raw) if column in self.columns else str(raw)

    def tell(self, row: int) -> dict[str, str]:
        """The values of a row that are there and that words can say, each by its column."""
        told = {name: choice.kind().tell(self.raw(name)[row]) for name, choice in self.columns.items()}
        return {name: value for name, value in told.items() if value}

    def thumbnail(self, row: int) -> bytes | None:
        """A small JPEG file of the row's first value that can be seen."""
        seen = (self.columns[name].kind().thumbnail(self.raw(name).slice(row, 1), self.where(name)) for name in self.columns)
        return next(filter(None, seen), None)

    def take(self, rows: np.ndarray) -> Data:
        """The data with these rows only; sources and row numbers stay those of the file."""
        split = None if self.table.split is None else self.table.split[rows]
        known = self.table.broken
        broken = {place: known[row] for place, row in enumerate(rows.tolist()) if row in known} if known else {}
        table = replace(self.table, frame=self.table.frame[rows], split=split, broken=broken)
        kept = rows if self.kept is None else self.kept[rows]
        return replace(self, table=table, kept=kept)

    def parts(self, rows: int) -> Iterator[Data]:
        """The same rows in their order, `rows` at a time."""
        for start in range(0, len(self), rows):
            if self.kept is None:
                yield replace(self, table=self.table.sliced(start, rows))
            else:
                yield self.take(np.arange(start, min(start + rows, len(self))))

    def with_findings(self, *more: Finding) -> Data:
        return replace(self, findings=(*self.findings, *more))

    def row_hashes(self, rows: np.ndarray) -> list[str]:
        """A stable SHA-256 of each row's raw content, so that a held-back row can be recognised later."""
        chosen = self.table.frame[rows]
        return [hashlib.sha256(repr(row).encode()).hexdigest() for row in chosen.iter_rows()]

    def fingerprint(self) -> str:
        """SHA-256 over column names and raw values: says whether two reads met the same data."""
        return self._fingerprint

    @cached_property
    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for name in self.table.frame.columns:
            raw = self.raw(name)
            own = self.columns[name].kind().digest(raw, self.where(name)) if name in self.columns else digest_of(raw)
            digest.update(f"{name}\0".encode() + own)
        if self.split is not None:
            digest.update("\0".join(self.split).encode())
        return digest.hexdigest()

    def describe(self) -> dict[str, Any]:
        """The `data` object of the public JSON."""
        columns = [{"name": name, **choice.to_json()} for name, choice in self.columns.items()]
        splits = {} if self.split is None else {s: int((self.split == s).sum()) for s in SPLITS if (self.split == s).any()}
        return {"rows": len(self), "columns": columns, "target": self.target, "target_why": self.target_why, "splits": splits}

    def to_json(self) -> dict[str, Any]:
        return self.describe()

    def blocks(self) -> list[Block]:
        """What was read; what `train` would make of it is told by `leadline read`."""
        shown = list(self.columns.items())[:_COLUMNS_SHOWN]
        more = len(self.columns) - len(shown)
        target = f'; the target is "{self.target}": {self.target_why}' if self.target else ""
        splits = ", ".join(f"{rows:,} {name}" for name, rows in self.describe()["splits"].items())
        grid = Grid(("column", "type", "missing", "why"), [(n, c.type, f"{c.missing:,}" if c.missing else "", c.why) for n, c in shown])
        blocks: list[Block] = [
            Heading(self.table.origin or self.name),
            Paragraph(f"{len(self):,} rows{splits and f' ({splits})'}{target}."),
            grid,
        ]
        return [*blocks, *([Paragraph(f"and {more:,} more columns", "quiet")] if more else [])]

    def require_target(self) -> str:
        if self.target is None:
            raise LeadlineError("these data have no target column", "labelled examples", "name the column with --target COL")
        return self.target


def together(said: Iterable[tuple[str, str]]) -> list[str]:
    """(what is said, of which column) -> each saying once, with the columns before it."""
    found = dict[str, list[str]]()
    for remark, name in said:
        found.setdefault(remark, []).append(name)
    return [f"{listed(names, _NAMES_SHOWN)}: {remark}" for remark, names in found.items()]


def forms_of(types: Mapping[str, str]) -> dict[str, str]:
    """Feature -> form for columns of these types."""
    return {column + suffix: form for column, kind in types.items() for suffix, form in COLUMNS.get(kind).forms.items()}
