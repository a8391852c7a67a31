"""What a column type is: how a kind of value is recognised, read, and shown to a person."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadline.columns.missing import TOKENS
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
    decimal: str = ""  # the decimal mark of other columns, where they tell

    @cached_property
    def num_distinct(self) -> int:
        return self.values.n_unique()


@dataclass(frozen=True)
class Where:
    """Where a column's values came from, so that an error can name file and row; `first_row` is the number of the first of them."""

    column: str
    source: Callable[[int], str] = str
    root: Path | None = None
    first_row: int = 0

    def error(self, row: int, saw: str, expected: str, try_this: str = "") -> LeadlineError:
        return LeadlineError(saw, expected, try_this, file=self.source(row), row=self.first_row + row, column=self.column)


@dataclass(frozen=True)
class Decoded:
    """Row-aligned values, and for each row that could not be read the error saying so (its value then counts as missing)."""

    values: Any
    bad: dict[int, LeadlineError] = field(default_factory=dict)


class ColumnType(ABC):
    """`decode` is used in training and predicting alike, so that both see the same values.

    `forms` says what encoders and learners get of a column: the suffix of each feature and its form, which is one of "number"
    (float64, NaN missing), "category" (polars String, null missing), "text" (polars String), "image" (Pictures), "tags" (polars
    List(String), null missing). Most types are one feature, {"": FORM}; a date is several numbers ({".year": "number", ...}), which
    `features` makes of the decoded values.

    Keyword arguments of the constructor are settings: what a column's values settled about how they are written (31.12. or 12/31), so
    that every later row, even one alone, is read alike. `type(kind)(**kind.config())` reads the same; most types have none.
    """

    name: ClassVar[str]
    forms: ClassVar[Mapping[str, str]]
    tokens: ClassVar[frozenset[str]] = TOKENS  # what stands for a missing value, trimmed and in lower case
    extensions: ClassVar[tuple[str, ...]] = ()  # of files that hold one value each, lower case: class folders and lone files are of these
    by_name: ClassVar[bool] = False  # whether a raw value may be the name of such a file, opened only when it is needed

    def from_file(self, path: Path) -> Any:
        """The raw value that such a file stands for."""
        raise LeadlineError(f"{path} holds no {self.name}")

    @classmethod
    def for_values(cls, sample: Sample) -> Self:
        """With the settings that suit values like these, whether it would recognise them or was told."""
        return cls()

    def config(self) -> dict[str, Any]:
        """The settings that differ from the usual, JSON-able."""
        return {}

    @abstractmethod
    def recognise(self, sample: Sample) -> Confidence | WhyNot: ...

    def remarks(self, sample: Sample, values: pl.Series) -> list[str]:
        """What was assumed about the values, or looks odd in them: a sentence each without its full stop. `values` is the whole column."""
        return []

    @abstractmethod
    def decode(self, raw: pl.Series, where: Where) -> Decoded: ...

    @classmethod
    def decode_together(cls, frame: pl.DataFrame, names: Sequence[str]) -> dict[str, Any]:
        """What `decode` makes of some of these columns of this type, whose settings do not matter, in a few steps for all of them.

        A step takes microseconds however few its values are, and a row alone should not take one for each column. May leave out any.
        """
        return {}

    def features(self, decoded: Any) -> Mapping[str, Any]:
        """Row-aligned values for each suffix of `forms`."""
        return {"": decoded}

    def order(self, decoded: Any) -> np.ndarray | None:
        """(n,) float64 by which rows can be put in an order, NaN where missing; None where such values have none."""
        return None

    def show(self, raw: Any) -> str:
        """One line a person can look at."""
        return "" if raw is None else str(raw)

    def tell(self, raw: Any) -> str:
        """The same where there is room for a paragraph; empty where words say nothing of the value."""
        return self.show(raw)

    def thumbnail(self, raw: pl.Series, where: Where) -> bytes | None:
        """A small JPEG file of the one value in `raw`; None where it is nothing to see, or cannot be read."""
        return None

    def to_json(self, raw: Any) -> Any:
        return raw

    def from_json(self, value: Any) -> Any:
        return value

    @abstractmethod
    def summary(self, present: pl.Series, where: Where) -> str:
        """How the values are spread, in a few words for one cell of a table; of raw values without the missing ones."""

    def sketch(self, raw: pl.Series) -> list[tuple[str, str, float]]:
        """(statistic, key, value) rows that say how the values are spread without giving one away; may be empty."""
        return []

    def digest(self, raw: pl.Series, where: Where) -> bytes:
        """SHA-256 that changes when the values do."""
        return digest_of(raw)

    @abstractmethod
    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        """Raw values of this type out of nothing: what a machine is measured with, and what contract tests use."""


def digest_of(values: pl.Series) -> bytes:
    """SHA-256 over a column: of numbers their float64 bytes, of anything else what is written."""
    if isinstance(values.dtype, pl.Struct) and any(field.name == "bytes" for field in values.dtype.fields):
        values = values.struct.field("bytes")
    if values.dtype == pl.Binary:
        return hashlib.sha256(b"".join(hashlib.sha256(value or b"").digest() for value in values)).digest()
    if values.dtype.is_numeric():
        numbers = values.cast(pl.Float64)
        return hashlib.sha256((numbers.fill_null(float("nan")) if numbers.null_count() else numbers).to_numpy().data).digest()
    if values.dtype.is_nested():
        text = "\0".join(str(value) for value in values.to_list())
    else:
        text = values.cast(pl.String).fill_null("\1").str.join("\0").item()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
