"""Categories: one of a limited number of names. Decoded as a polars String Series, null where missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.contract import Confidence, Decoded, Sample, Where, WhyNot
from leadline.columns.missing import MISSING_TOKENS
from leadline.columns.sketch import Sketch, counts
from leadline.errors import LeadlineError

_LONGEST_NAME = 64  # characters; longer values are written by people, not picked from a list


class Category:
    name = "category"
    form = "category"
    extensions = ()

    def from_file(self, path: Path) -> Any:
        raise LeadlineError(f"{path} holds no category")

    def recognise(self, sample: Sample) -> Confidence | WhyNot:
        values = sample.values
        if values.dtype == pl.Boolean:
            return Confidence(0.9, "holds only true and false")
        if values.dtype not in (pl.String, pl.Categorical, pl.Enum):
            return WhyNot(f"its values are {values.dtype}, not names")
        if values.is_empty():
            return Confidence(0.1, "is empty")
        text = values.cast(pl.String)
        distinct, longest = sample.num_distinct, int(text.str.len_chars().quantile(0.95) or 0)
        if longest > _LONGEST_NAME:
            return WhyNot(f"its values are up to {longest} characters long")
        repeats = distinct <= max(20, len(values) / 20)
        return Confidence(0.7 if repeats else 0.3, f"has {distinct:,} different short values")

    def decode(self, raw: pl.Series, where: Where) -> Decoded:
        text = raw.cast(pl.String)
        stripped = text.str.strip_chars()
        return Decoded(stripped.set(stripped.is_in(MISSING_TOKENS), None))

    def show(self, raw: Any) -> str:
        return "" if raw is None else str(raw)

    def to_json(self, raw: Any) -> Any:
        return raw

    def from_json(self, value: Any) -> Any:
        return value

    def sketch(self, raw: pl.Series) -> Sketch:
        return counts(raw)

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        return pl.Series([f"kind {code}" for code in np.random.default_rng(seed).integers(0, 12, num_rows)])
