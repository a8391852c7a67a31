"""Arrays and lists: pairs (X, y), columns by name, pictures. What has an `__array__` counts as one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from leadline.data.json_files.records import Records
from leadline.data.memory.embed import png_of, pngs_of
from leadline.data.memory.frame import is_frame, named_once, numbered, read_frame, split_tables
from leadline.data.table import Table
from leadline.errors import LeadlineError

_PAIR = "(X, y): the values and the answers, as many of each"
_BUILT_IN = "a list of dictionaries, a dictionary of columns, or a pair (X, y)"
_EXAMPLE = 'for texts: {"text": [...], "label": [...]}'
Columns = tuple[list[pl.Series], tuple[str, ...]]  # and what was assumed


def read_array(source: Any) -> Table:
    """One array: values without answers."""
    return _table(_values(source))


def read_built_in(source: Any) -> Table:
    """A list of dictionaries, a dictionary of columns or of a table for each split, or a pair (X, y)."""
    if isinstance(source, tuple):
        return _pair(source)
    if isinstance(source, Mapping):
        return _mapping(source)
    if isinstance(source, list) and source and all(isinstance(row, Mapping) for row in source):
        records = Records()
        return numbered(records.frame(source, lambda row: f"row {row}"), records.remarks)
    raise LeadlineError(f"this {type(source).__name__} cannot be read as data", _BUILT_IN, _EXAMPLE)


def _pair(source: tuple[Any, ...]) -> Table:
    if len(source) != 2:
        advice = 'data that are split already: {"train": table, "test": table}'
        raise LeadlineError(f"a tuple of {len(source)} cannot be read as data", _PAIR, advice)
    values, answers = source
    name = getattr(answers, "name", None)
    target = _one(name if isinstance(name, str) else "target", _flat(answers))
    if is_frame(values):
        table = read_frame(values)
        return _table((table.frame.get_columns(), table.remarks), target)
    return _table(_values(values), target)


def _flat(answers: Any) -> Any:
    array = _as_array(answers)
    if isinstance(array, list) or array.ndim == 1:
        return array
    if array.ndim == 2 and array.shape[1] == 1:
        return array[:, 0]
    raise LeadlineError(
        f"the answers have the shape {array.shape}", "one answer for each row", "where a 1 marks the class: y.argmax(axis=1)"
    )


def _mapping(source: Mapping[Any, Any]) -> Table:
    if source and all(is_frame(value) for value in source.values()):
        return split_tables({str(name): read_frame(value) for name, value in source.items()})
    found = list[Columns]()
    for name, values in source.items():
        if isinstance(values, str | bytes) or not hasattr(values, "__len__"):
            saw = f'"{name}" is one value ({type(values).__name__}), not a column'
            raise LeadlineError(saw, "a list or an array for each column", "one row alone: [{...}]", column=str(name))
        found.append(_named(str(name), _as_array(values)))
    return _table(*found)


def _as_array(values: Any) -> Any:
    """Lists stay lists, as what they hold may be of several kinds, unless they hold arrays of one shape."""
    if not isinstance(values, list | tuple):
        return np.asanyarray(values)
    if values and all(isinstance(value, np.ndarray) for value in values) and len({value.shape for value in values}) == 1:
        return np.stack(values)
    return list(values)


def _values(source: Any) -> Columns:
    """X of a pair: its columns have no names."""
    values = _as_array(source)
    if isinstance(values, list) or values.ndim == 1:
        columns, remarks = _one("x0", values)
        return [column.alias("text") if column.dtype == pl.String and column.name == "x0" else column for column in columns], remarks
    if values.ndim == 2:
        return [column for place in range(values.shape[1]) for column in _one(f"x{place}", values[:, place])[0]], ()
    return _pictures("image", values)


def _named(name: str, values: Any) -> Columns:
    if isinstance(values, list) or values.ndim == 1:
        return _one(name, values)
    if values.ndim == 2:
        return [column for place in range(values.shape[1]) for column in _one(f"{name}.{place}", values[:, place])[0]], ()
    return _pictures(name, values)


def _pictures(name: str, values: np.ndarray) -> Columns:
    if values.ndim not in (3, 4):
        raise LeadlineError(f'"{name}" has the shape {values.shape}', "an array of one, two or, for pictures, three or four dimensions")
    pictures, remarks = pngs_of(values, name)
    return [pl.Series(name, pictures, pl.Binary)], remarks


def _one(name: str, values: Any) -> Columns:
    """One dimension as a column, or, where its elements have named fields, as several."""
    if isinstance(values, np.ma.MaskedArray):
        columns, remarks = _one(name, values.data)
        return [column.set(pl.Series(np.ma.getmaskarray(values)), None) for column in columns], remarks
    if isinstance(values, list) or values.dtype.kind == "O":
        return _objects(name, list(values))
    if values.dtype.kind == "V" and values.dtype.names:
        return [column for field in values.dtype.names for column in _one(field, values[field])[0]], ()
    if values.dtype.kind in "US":
        return [pl.Series(name, values.astype(str).tolist(), pl.String)], ()
    if values.dtype.kind not in "biufmM":
        raise LeadlineError(f'"{name}" holds values of the kind {values.dtype}', "numbers, truth values, texts or dates", column=name)
    if values.dtype.kind == "f" and values.dtype.itemsize not in (4, 8):
        values = values.astype(np.float64)
    return [pl.Series(name, values)], ()


def _objects(name: str, values: list[Any]) -> Columns:
    """Objects of Python; pictures of different sizes may be among them."""
    values = [None if isinstance(value, float) and value != value else value for value in values]
    if any(type(value).__module__.startswith("PIL.") or getattr(value, "ndim", 0) > 1 for value in values):
        return [pl.Series(name, [None if value is None else png_of(value) for value in values], pl.Binary)], ()
    records = Records()
    return [records.column(name, [value.tolist() if isinstance(value, np.ndarray) else value for value in values])], records.remarks


def _table(*parts: Columns) -> Table:
    columns = [column for found, _ in parts for column in found]
    lengths = {column.name: len(column) for column in columns}
    if len(set(lengths.values())) > 1:
        odd = min(lengths, key=lambda name: list(lengths.values()).count(lengths[name]))
        other = next(name for name in lengths if lengths[name] != lengths[odd])
        saw = f'"{odd}" has {lengths[odd]:,} values, "{other}" {lengths[other]:,}'
        raise LeadlineError(saw, "as many values in each column", "are both from the same rows?")
    return named_once(columns, remarks=tuple(dict.fromkeys(remark for _, said in parts for remark in said)))
