"""Records - dictionaries with about the same keys - as columns. Values of several kinds under one key become text, and it is said."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from leadline.columns.category import as_names
from leadline.data.plain import side_by_side, texts
from leadline.errors import LeadlineError, listed

_NUMBERS = frozenset({int, float})
_PLAIN = frozenset({int, float, str, bool})
_LEAST, _MOST = -(1 << 63), (1 << 63) - 1  # of 64 bits
_NESTED = (dict, list, tuple)
_DEEPER = "values, lists of values, or objects of such: one level deep"
_FLATTEN = "write what lies deeper under keys of its own, or leave it out: one flat record for each example"
Place = Callable[[int], str]


class Records:
    """Makes frames of records, of which later ones may have other keys and kinds of values than the first; remembers what was mixed."""

    def __init__(self, mixed: dict[str, None] | None = None) -> None:
        self.mixed = {} if mixed is None else mixed  # keys with values of several kinds, in the order in which they were met

    @property
    def remarks(self) -> tuple[str, ...]:
        quoted = listed([f'"{name}"' for name in self.mixed], shown=5)
        return (f"values of several kinds, kept as text: {quoted}",) if self.mixed else ()

    def frame(self, records: Sequence[Mapping[str, Any] | None], place: Place = str) -> pl.DataFrame:
        """One row for each record, for None a row without values; `place` says where a record stands.

        Raises LeadlineError naming the place of a value that is nested too deep.
        """
        if (made := _plain_frame(records)) is not None:
            return made
        names = dict.fromkeys(name for record in records if record for name in record)
        columns = [self.column(name, [None if record is None else record.get(name) for record in records], place) for name in names]
        return side_by_side(columns, len(records))

    def stacked(self, frames: Sequence[pl.DataFrame]) -> pl.DataFrame:
        """Such frames below each other; what one of them lacks is missing there."""
        if len(frames) == 1:
            return frames[0]
        names = dict.fromkeys(name for frame in frames for name in frame.columns)
        known = [{column.name: column for column in frame.iter_columns()} for frame in frames]
        missing = [pl.Series([None], dtype=pl.Null).new_from_index(0, frame.height) for frame in frames]
        made = [self._stacked(name, [there.get(name, none) for there, none in zip(known, missing, strict=True)]) for name in names]
        return side_by_side(made, sum(frame.height for frame in frames))

    def column(self, name: str, values: list[Any], place: Place = str, within: str = "") -> pl.Series:
        kinds = {type(value) for value in values} - {type(None)}
        if any(issubclass(kind, np.generic) for kind in kinds):
            values = [value.item() if isinstance(value, np.generic) else value for value in values]
            kinds = {type(value) for value in values} - {type(None)}
        if dict in kinds:
            values = [None if value == {} else value for value in values]  # an object that says nothing
            kinds = {type(value) for value in values} - {type(None)}
        if any(issubclass(kind, _NESTED) for kind in kinds):
            self._refuse_deep(name, values, place)
        made: pl.Series | None
        if kinds == {dict}:
            made = self._objects(name, values, place)
        elif kinds and kinds <= {list, tuple}:
            made = self._lists(name, values)
        else:
            made = _of_one_kind(values, kinds)
        if made is None:
            if len(kinds) > 1:
                self.mixed[within + name] = None
            made = _strings(_written(values))
        return made.alias(_printable(name))

    def _objects(self, name: str, values: list[Any], place: Place) -> pl.Series:
        keys = dict.fromkeys(key for value in values if value for key in value)
        fields = []
        for key in keys:
            inner = [None if value is None else value.get(key) for value in values]
            if key == "bytes" and keys.keys() <= {"bytes", "path"}:
                inner = [self._bytes(name, content, place(row)) for row, content in enumerate(inner)]
            fields.append(self.column(key, inner, place, f"{name}."))
        missing = pl.Series([value is None for value in values])
        return side_by_side(fields, len(values)).to_struct().set(missing, None)

    def _bytes(self, name: str, content: Any, file: str) -> Any:
        """The bytes that JSON can only write in base 64."""
        if not isinstance(content, str):
            return content
        try:
            return base64.b64decode(content, validate=True)
        except (binascii.Error, ValueError):
            saw, expected = '"bytes" is not base 64', "the bytes of a file in base 64"
            raise LeadlineError(saw, expected, file=file, column=name) from None

    def _lists(self, name: str, values: list[Any]) -> pl.Series:
        """A series of lists, whose elements are of one kind or else text."""
        inner = self.column(name, [element for value in values if value is not None for element in value])
        elements = iter(inner.to_list())
        rows = [None if value is None else [next(elements) for _ in value] for value in values]
        return pl.Series(rows, dtype=pl.List(inner.dtype))

    def _refuse_deep(self, name: str, values: list[Any], place: Place) -> None:
        for row, value in enumerate(values):
            if _is_deep(value):
                saw = f'what stands under "{name}" is nested too deep'
                raise LeadlineError(saw, _DEEPER, _FLATTEN, file=place(row), column=name)

    def _stacked(self, name: str, parts: Sequence[pl.Series]) -> pl.Series:
        dtype: pl.DataType = pl.Null()
        for part in parts:
            dtype = self._common(name, dtype, part.dtype)
        return pl.concat([_as(part, dtype).alias(name) for part in parts], rechunk=False)

    def _common(self, name: str, first: Any, second: Any) -> Any:
        """The kind of column that holds both: text where nothing else does."""
        if first == second or second == pl.Null:
            return first
        if first == pl.Null:
            return second
        if first.is_numeric() and second.is_numeric():
            return pl.Float64() if first.is_float() or second.is_float() else pl.Int128()
        if isinstance(first, pl.List) and isinstance(second, pl.List):
            return pl.List(self._common(name, first.inner, second.inner))
        if isinstance(first, pl.Struct) and isinstance(second, pl.Struct):
            fields = {field.name: field.dtype for field in first.fields}
            for field in second.fields:
                fields[field.name] = self._common(f"{name}.{field.name}", fields.get(field.name, pl.Null()), field.dtype)
            return pl.Struct(fields)
        self.mixed[name] = None
        return pl.String()


def _plain_frame(records: Sequence[Mapping[str, Any] | None]) -> pl.DataFrame | None:
    """The same frame where each key has values of one plain kind: polars makes all columns at once. None where some need a closer look."""
    kinds, plain = dict[str, type](), [record for record in records if type(record) is dict]
    if len(plain) < len(records):
        return None
    for record in plain:
        for name, value in record.items():
            kind = type(value)
            if value is not None and (kind not in _PLAIN or kinds.setdefault(name, kind) is not kind):
                return None
            if kind is int and not _LEAST <= value <= _MOST:
                return None
    try:
        return pl.from_dicts(plain, infer_schema_length=None)
    except (TypeError, ValueError, pl.exceptions.PolarsError):  # no records, keys that are no texts, halves of characters
        return None


def is_shallow(dtype: Any) -> bool:
    """Whether a column of this kind could be made of values that are not nested too deep."""
    if isinstance(dtype, pl.Struct):
        return all(not isinstance(field.dtype, pl.Struct) and is_shallow(field.dtype) for field in dtype.fields)
    return not isinstance(dtype, pl.List) or not dtype.inner.is_nested()


def _is_deep(value: Any) -> bool:
    if isinstance(value, dict):
        return any(isinstance(inner, dict) or (isinstance(inner, list | tuple) and _is_deep(inner)) for inner in value.values())
    return isinstance(value, list | tuple) and any(isinstance(inner, _NESTED) for inner in value)


def _of_one_kind(values: list[Any], kinds: set[type]) -> pl.Series | None:
    """The values as one series, None where their kinds differ."""
    if not kinds:
        return pl.Series(values, dtype=pl.Null)
    if kinds == {int}:
        return _whole(values)
    try:
        if kinds <= _NUMBERS:
            return pl.Series([None if value is None else float(value) for value in values], dtype=pl.Float64)
        if kinds == {str}:
            return _strings(values)
        made = None if len(kinds) > 1 else pl.Series(values, strict=True)
    except (OverflowError, TypeError, ValueError, pl.exceptions.PolarsError):
        return None
    return None if made is None or made.dtype == pl.Object else made


def _whole(values: list[Any]) -> pl.Series | None:
    numbers = [value for value in values if value is not None]
    for bits, dtype in ((64, pl.Int64), (128, pl.Int128)):
        if -(1 << bits - 1) <= min(numbers) and max(numbers) < 1 << bits - 1:
            return pl.Series(values, dtype=dtype)
    return None


def _strings(values: Iterable[str | None]) -> pl.Series:
    try:
        return pl.Series(values, dtype=pl.String)
    except UnicodeEncodeError:
        return pl.Series([None if value is None else _printable(value) for value in values], dtype=pl.String)


def _printable(text: str) -> str:
    """Halves of characters, which JSON can write and Unicode does not know, become the sign for what cannot be read."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _written(values: Sequence[Any]) -> list[str | None]:
    """As `texts` writes a column."""
    fractions = iter(as_names(pl.Series([value for value in values if type(value) is float], dtype=pl.Float64)))
    return [next(fractions) if type(value) is float else _as_text(value) for value in values]


def _as_text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, _NESTED) else str(value)


def _as(column: pl.Series, dtype: pl.DataType) -> pl.Series:
    if column.dtype == dtype:
        return column
    if isinstance(dtype, pl.Struct) and isinstance(column.dtype, pl.Struct):
        there = {field.name for field in column.dtype.fields}
        fields = [
            _as(column.struct.field(field.name) if field.name in there else pl.Series(field.name, [None] * len(column)), field.dtype)  # type: ignore[arg-type]
            for field in dtype.fields
        ]
        return side_by_side(fields, len(column)).to_struct(column.name)
    return texts(column) if dtype == pl.String and column.dtype != pl.Null else column.cast(dtype)
