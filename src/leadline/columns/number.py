"""Numbers: measured or counted. Decoded as float64, NaN where missing."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
import polars as pl

from leadline.columns.contract import ColumnType, Confidence, Decoded, Sample, Where, WhyNot
from leadline.columns.missing import MISSING_TOKENS
from leadline.columns.sketch import Sketch, quantiles

_WORST_SHOWN = 40


class Number(ColumnType):
    name = "number"
    forms: ClassVar = {"": "number"}

    def recognise(self, sample: Sample) -> Confidence | WhyNot:
        dtype = sample.values.dtype
        if dtype.is_numeric() and sample.values.is_empty():
            return Confidence(0.5, "has the type of numbers, but every value is missing")
        if dtype.is_numeric():
            kind = "whole numbers" if dtype.is_integer() else "numbers"
            return Confidence(0.9, f"holds {kind} from {self.show(sample.values.min())} to {self.show(sample.values.max())}")
        if dtype != pl.String or sample.values.is_empty():
            return WhyNot(f"its values are {dtype}, not numbers")
        parsed = self._parse(sample.values)
        share = 1 - parsed.null_count() / len(parsed)
        if share < 0.99:
            return WhyNot(f"only {share:.0%} of its values read as numbers")
        return Confidence(0.8, "holds numbers written as text")

    def decode(self, raw: pl.Series, where: Where) -> Decoded:
        if raw.dtype == pl.Null:
            return Decoded(np.full(len(raw), np.nan))
        if raw.dtype.is_numeric() or raw.dtype == pl.Boolean:
            return Decoded(raw.cast(pl.Float64).fill_null(math.nan).to_numpy())
        text = raw.cast(pl.String)
        parsed = self._parse(text)
        missing = text.is_null() | text.str.strip_chars().is_in(MISSING_TOKENS)
        bad = {
            int(row): where.error(
                int(row), f'"{text[int(row)][:_WORST_SHOWN]}" is not a number', "a number such as 3.5", "mend the value or leave it empty"
            )
            for row in (parsed.is_null() & ~missing).arg_true()
        }
        return Decoded(parsed.fill_null(math.nan).to_numpy(), bad)

    def order(self, decoded: Any) -> np.ndarray | None:
        numbers: np.ndarray = decoded
        return numbers

    def _parse(self, text: pl.Series) -> pl.Series:
        return text.str.strip_chars().cast(pl.Float64, strict=False)

    def show(self, raw: Any) -> str:
        return "" if raw is None else f"{raw:.6g}"

    def to_json(self, raw: Any) -> Any:
        return None if raw is None or (isinstance(raw, float) and not math.isfinite(raw)) else raw

    def summary(self, present: pl.Series, where: Where) -> str:
        values = pl.Series(self.decode(present, where).values).drop_nans()
        low, middle, high = (self.show(value) for value in (values.min(), values.median(), values.max()))
        return f"{low} to {high}, half below {middle}"

    def sketch(self, raw: pl.Series) -> Sketch:
        return quantiles(raw)

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        return pl.Series(np.random.default_rng(seed).normal(size=num_rows))
