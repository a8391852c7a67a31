"""What the training data looked like, in sketches small enough to travel with the model: the yardstick for drift."""

from __future__ import annotations

import io

import numpy as np
import polars as pl

from leadline.columns.missing import missing_rows
from leadline.data.table import Data

_SCHEMA = {"column": pl.String, "type": pl.String, "statistic": pl.String, "key": pl.String, "value": pl.Float64}


def reference_table(data: Data, rows: np.ndarray) -> bytes:
    """Parquet with columns `column, type, statistic, key, value`; no raw rows, rare categories pooled."""
    records = list[tuple[str, str, str, str, float]]()
    for name, choice in data.columns.items():
        raw, kind = data.raw(name)[rows], choice.kind()
        missing = missing_rows(raw, kind.tokens).sum()
        sketch = [("rows", "", float(len(raw))), ("missing", "", float(missing)), *kind.sketch(raw)]
        records += [(name, kind.name, *row) for row in sketch]
    stream = io.BytesIO()
    pl.DataFrame(records, schema=_SCHEMA, orient="row").write_parquet(stream)
    return stream.getvalue()
