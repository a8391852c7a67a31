"""Tables of pandas, column by column, so that neither pyarrow nor one kind of value per column is needed."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from leadline.data.json_files.records import Records
from leadline.data.memory.frame import named_once
from leadline.data.table import Table


def read_pandas(source: Any) -> Table:
    """A DataFrame or a Series; an index with a name is one column more."""
    frame = source.to_frame() if source.ndim == 1 else source
    frame, remarks = _with_index(frame)
    names = [".".join(map(str, name)) if isinstance(name, tuple) else str(name) for name in frame.columns]
    records = Records()
    columns = [_column(frame.iloc[:, place], name, records) for place, name in enumerate(names)]
    return named_once(columns, names, (*remarks, *records.remarks))


def _with_index(frame: Any) -> tuple[Any, tuple[str, ...]]:
    index = frame.index
    if index.nlevels == 1 and index.name in (None, "index") and index.dtype.kind in "iu":
        return frame, ()  # a counter, or what is left of one after rows were chosen or shuffled: it says nothing of a row
    named = [name for name in index.names if name is not None]
    if not named:
        return frame, ("the index has no name and is not read",)
    return frame.reset_index(level=named, allow_duplicates=True), (f"read from the index: {', '.join(map(str, named))}",)


def _column(values: Any, name: str, records: Records) -> pl.Series:
    dtype = values.dtype
    if isinstance(dtype, np.dtype) and dtype.kind in "biufmM":
        array = values.to_numpy()
        return pl.Series(array if array.dtype != np.float16 else array.astype(np.float32))
    if hasattr(values, "cat"):
        names = _column(values.cat.categories.to_series(), name, records)
        codes = pl.Series(values.cat.codes.to_numpy().astype(np.int64))
        return names.gather(codes.set(codes < 0, None))
    if hasattr(dtype, "tz"):
        return _with_zone(pl.Series(values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()), str(dtype.tz))
    if not isinstance(dtype, np.dtype) and getattr(dtype, "kind", "O") in "biuf":
        return _nullable(values)
    return _objects(values, name, records)


def _with_zone(moments: pl.Series, zone: str) -> pl.Series:
    moments = moments.dt.replace_time_zone("UTC")
    try:
        return moments.dt.convert_time_zone(zone)
    except pl.exceptions.PolarsError:  # a zone that is only an offset
        return moments


def _nullable(values: Any) -> pl.Series:
    """Numbers and truth values of pandas' own kinds, of Arrow's, and of those that keep only what is not zero."""
    missing = values.isna().to_numpy()
    kind: Any = {"b": np.bool_, "i": np.int64, "u": np.uint64, "f": np.float64}[values.dtype.kind]
    made = pl.Series(values.to_numpy(dtype=kind, na_value=kind(0)))
    return made.set(pl.Series(missing), None) if missing.any() else made


def _objects(values: Any, name: str, records: Records) -> pl.Series:
    """Objects of Python, whatever pandas calls missing among them being None."""
    missing = values.isna().to_numpy()
    found = [None if gone else value for value, gone in zip(values.to_numpy(dtype=object), missing, strict=True)]
    return records.column(name, [value.tolist() if isinstance(value, np.ndarray) else value for value in found])
