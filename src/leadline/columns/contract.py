"""What a column type is: how a kind of value is recognised, read, and shown to a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Protocol

import polars as pl

from leadline.errors import LeadlineError


@dataclass(frozen=True)
class Confidence:
    """How sure a type is (0 to 1) that a column is of its kind, and why, in words that follow "it ..."."""

    value: float
    why: str


@dataclass(frozen=True)
class WhyNot:
    why: str


@dataclass(frozen=True)
class Sample:
    """What a type may look at to recognise a column: up to some thousand raw values without the missing ones."""

    name: str
    values: pl.Series
    num_rows: int
    root: Path | None = None

    @property
    def num_distinct(self) -> int:
        return self.values.n_unique()


@dataclass(frozen=True)
class Where:
    """Where a column's values came from, so that an error can name file and row."""

    column: str
    source: Callable[[int], str] = str
    root: Path | None = None

    def error(self, row: int, saw: str, expected: str, try_this: str = "") -> LeadlineError:
        return LeadlineError(saw, expected, try_this, file=self.source(row), row=row, column=self.column)


@dataclass(frozen=True)
class Decoded:
    """Row-aligned values, and for each row that could not be read the error saying so (its value then counts as missing)."""

    values: Any
    bad: dict[int, LeadlineError] = field(default_factory=dict)


class ColumnType(Protocol):
    """`decode` is used in training and predicting alike, so that both see the same values."""

    name: ClassVar[str]
    # What decoded values are, and so which encoders and learners take them: "number" (float64, NaN missing), "category" (polars
    # String, null missing), "text" (polars String), "image" (Pictures). A new type usually has one of these forms.
    form: ClassVar[str]
    extensions: ClassVar[tuple[str, ...]]  # of files that hold one value each, lower case: class folders and lone files are made of these

    def from_file(self, path: Path) -> Any:
        """The raw value that such a file stands for."""
        ...

    def recognise(self, sample: Sample) -> Confidence | WhyNot: ...

    def decode(self, raw: pl.Series, where: Where) -> Decoded: ...

    def show(self, raw: Any) -> str:
        """One line a person can look at."""
        ...

    def to_json(self, raw: Any) -> Any: ...

    def from_json(self, value: Any) -> Any: ...

    def sketch(self, raw: pl.Series) -> list[tuple[str, str, float]]:
        """(statistic, key, value) rows that say how the values are spread without giving one away; may be empty."""
        ...

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        """Raw values of this type out of nothing: what a machine is measured with, and what contract tests use."""
        ...
