"""Categories: one of a limited number of names. Decoded as a polars String Series, null where missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import polars as pl

from leadline.columns.contract import ColumnType, Confidence, Decoded, Sample, Where, WhyNot
from leadline.columns.missing import FEW, WORDS, missing_rows, stays, trimmed
from leadline.columns.sketch import Sketch, counts

_EXACT = 2.0**53  # from here on a float64 no longer tells whole numbers apart
_COMMON = 0.02  # share of the rows from which a name is worth mentioning
_NAMED, _ALL_NAMED = 2, 3  # names mentioned, and so many different ones that all are
_FEW_CODES = 20  # different whole numbers that may as well be names
_LONGEST_NAME = 64  # characters; longer values are written by people, not picked from a list


def as_names(values: pl.Series) -> pl.Series:
    """Values as the names they are, trimmed: 3.0 is the name 3, as one gap in a file turns whole numbers into fractions.

    Every value is named by itself, so that a row alone has the name that it has among others.
    """
    if values.dtype.is_float():
        numbers = values.fill_nan(None)
        whole = numbers.is_finite().fill_null(False) & (numbers % 1 == 0).fill_null(False) & (numbers.abs() < _EXACT).fill_null(False)
        named = numbers.set(~whole, None).cast(pl.Int64).cast(pl.String)
        return named.zip_with(whole, numbers.cast(pl.String))
    return trimmed(values.cast(pl.String))


_NEARLY_ALL = 0.9  # from which share of different values on names are hardly categories, though they may be nothing else


class Category(ColumnType):
    name = "category"
    forms: ClassVar = {"": "category"}

    def recognise(self, sample: Sample) -> Confidence | WhyNot:
        values = sample.values
        if values.dtype == pl.Boolean:
            return Confidence(0.9, "holds only true and false")
        if values.dtype.is_integer() and 0 < sample.num_distinct <= _FEW_CODES:
            return Confidence(0.3, f"holds only {sample.num_distinct} different whole numbers, which may be codes")
        if values.dtype not in (pl.String, pl.Categorical, pl.Enum):
            return WhyNot(f"its values are {values.dtype}, not names")
        if values.is_empty():
            return Confidence(0.1, "is empty")
        text = values.cast(pl.String)
        distinct, longest = sample.num_distinct, int(text.str.len_chars().quantile(0.95) or 0)
        if longest > _LONGEST_NAME:
            return WhyNot(f"its values are up to {longest} characters long")
        repeats = distinct <= max(20, len(values) / 20)
        if repeats:
            return Confidence(0.7, "holds short names that repeat")
        return Confidence(
            0.1 if distinct > _NEARLY_ALL * len(values) else 0.3, f"holds short names, {distinct / len(values):.0%} of them different"
        )

    def remarks(self, sample: Sample, values: pl.Series) -> list[str]:
        if sample.values.dtype not in (pl.String, pl.Categorical, pl.Enum):
            return []
        names = sample.values.cast(pl.String).unique().str.strip_chars()
        words = names.filter(names.str.to_lowercase().is_in(sorted(WORDS))).unique().sort()
        return [f'"{word}" looks like a missing value; it stays a name of its own' for word in words]

    def decode(self, raw: pl.Series, where: Where) -> Decoded:
        names = as_names(raw)
        missing = missing_rows(names)
        return Decoded(names.set(missing, None) if missing.any() else names)

    @classmethod
    def decode_together(cls, frame: pl.DataFrame, names: Sequence[str]) -> dict[str, Any]:
        """Of few rows those columns whose names stay as they are written."""
        dtypes = dict(zip(frame.columns, frame.dtypes, strict=True))
        written = [name for name in names if type(dtypes[name]) is pl.String]
        if not written or not 0 < frame.height <= FEW:
            return {}
        texts = frame[:, written]
        together = zip(texts.get_columns(), zip(*texts.rows(), strict=True), strict=True)
        return {column.name: column for column, values in together if all(stays(value) for value in values)}

    def summary(self, present: pl.Series, where: Where) -> str:
        counts = as_names(present).alias("name").value_counts(name="count").sort("count", "name", descending=[True, False])
        common = counts.filter(pl.col("count") >= _COMMON * len(present)).head(counts.height if counts.height <= _ALL_NAMED else _NAMED)
        shown = ", ".join(f"{name} {count / len(present):.0%}" for name, count in common.iter_rows())
        if counts.height == common.height:
            return shown
        return f"{counts.height:,} different" + (f": {shown}" if shown else "")

    def sketch(self, raw: pl.Series) -> Sketch:
        return counts(raw)

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        return pl.Series([f"kind {code}" for code in np.random.default_rng(seed).integers(0, 12, num_rows)])
