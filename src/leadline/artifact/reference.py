"""What the training data looked like, in sketches small enough to travel with the model: the yardstick for drift."""

from __future__ import annotations

import io

import numpy as np
import polars as pl

from leadline.data.table import Data
from leadline.registry import COLUMNS

_SCHEMA = {"column": pl.String, "type": pl.String, "statistic": pl.String, "key": pl.String, "value": pl.Float64}


def reference_table(data: Data, rows: np.ndarray) -> bytes:
    """Parquet with columns `column, type, statistic, key, value`; no raw rows, rare categories pooled."""
    records = list[tuple[str, str, str, str, float]]()
    for name, kind in data.types.items():
        raw = data.raw(name)[rows]
        sketch = [("rows", "", float(len(raw))), ("missing", "", float(raw.null_count())), *COLUMNS.get(kind)().sketch(raw)]
        records += [(name, kind, *row) for row in sketch]
    stream = io.BytesIO()
    pl.DataFrame(records, schema=_SCHEMA, orient="row").write_parquet(stream)
    return stream.getvalue()
