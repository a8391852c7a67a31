"""How values are spread, in a few numbers that give no single value of a person away."""

from __future__ import annotations

import numpy as np
import polars as pl

Sketch = list[tuple[str, str, float]]  # statistic, key, value

_QUANTILES = np.linspace(0, 1, 21)
_RARE = 10  # a category of fewer rows could point at a person; it is pooled
_MOST_CATEGORIES = 200


def quantiles(values: pl.Series, statistic: str = "quantile") -> Sketch:
    """Twentieths of the range of finite values; the ends are the 0.5 % and 99.5 % points, as an extreme may be one person's."""
    numbers = values.cast(pl.Float64, strict=False).to_numpy()  # nulls become NaN
    present = numbers[np.isfinite(numbers)]
    if len(present) < _RARE:
        return []
    points = np.quantile(present, np.clip(_QUANTILES, 0.005, 0.995))
    return [(statistic, f"{key:.2f}", float(value)) for key, value in zip(_QUANTILES, points, strict=True)]


def counts(values: pl.Series) -> Sketch:
    """Rows per category, the most frequent 200; the rest pooled."""
    table = values.cast(pl.String).drop_nulls().value_counts(sort=True)
    common = table.filter(pl.col("count") >= _RARE).head(_MOST_CATEGORIES)
    pooled = int(table["count"].sum()) - int(common["count"].sum())
    return [*(("count", str(key), float(count)) for key, count in common.iter_rows()), ("count of rare categories", "", float(pooled))]
