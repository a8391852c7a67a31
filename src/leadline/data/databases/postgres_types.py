"""What becomes of PostgreSQL's types: numbers, dates, pictures and lists as such, anything else as the server writes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

_WHOLE_DIGITS = 18  # the most that always fit into 64 bits
_BOOL, _BYTEA, _INTERVAL, _NUMERIC = 16, 17, 1186, 1700  # numbers of types, the same in every database (pg_type.dat)
_INTEGERS, _FLOATS = (20, 21, 23, 26), (700, 701)
_DATES = {1082: "%Y-%m-%d", 1114: "%Y-%m-%d %H:%M:%S%.f", 1184: "%Y-%m-%d %H:%M:%S%.f%#z"}
_NUMBER_LISTS, _NAME_LISTS = (1005, 1007, 1016, 1021, 1022, 1231), (1000, 1009, 1014, 1015)

Made = tuple[pl.Series, int]  # values, and how many of them could not be kept


@dataclass(frozen=True)
class Kind:
    """How values of one type are taken: `loader` gives psycopg's class for them where its own choice will not do."""

    oid: int
    convert: Callable[[str, Sequence[Any]], Made]
    loader: Callable[[], Any] | None = None
    remark: str = ""

    def series(self, name: str, values: Sequence[Any]) -> Made:
        """Values of one column, and how many of them could not be kept."""
        return self.convert(name, values)


def kind_of(column: Any) -> Kind:
    """The kind for a column of a psycopg cursor's description."""
    oid = column.type_code
    if oid == _NUMERIC:
        whole = column.scale == 0 and (column.precision or _WHOLE_DIGITS + 1) <= _WHOLE_DIGITS
        return Kind(oid, _read_as(pl.Int64 if whole else pl.Float64), _as_text)  # as floats, long whole numbers would lose digits
    if oid in _DATES:
        return Kind(oid, _dates(_DATES[oid], pl.Date if oid == 1082 else pl.Datetime("us", "UTC" if oid == 1184 else None)), _as_text)
    if oid == _INTERVAL:
        return Kind(oid, _seconds, remark="holds lengths of time and is read as seconds")
    if oid in _PLAIN:
        return Kind(oid, _plain(_PLAIN[oid]))
    if oid in (*_NUMBER_LISTS, *_NAME_LISTS):
        return Kind(oid, _lists(oid in _NUMBER_LISTS))
    return Kind(oid, _plain(pl.String), _as_text)


_PLAIN: dict[int, Any] = {
    _BOOL: pl.Boolean, _BYTEA: pl.Binary, **dict.fromkeys(_INTEGERS, pl.Int64), **dict.fromkeys(_FLOATS, pl.Float64),
}  # fmt: skip


def _as_text() -> Any:
    from psycopg.types.string import TextLoader

    return TextLoader


def _plain(kind: Any) -> Callable[[str, Sequence[Any]], Made]:
    return lambda name, values: (pl.Series(name, values, kind), 0)


def _read_as(kind: Any) -> Callable[[str, Sequence[Any]], Made]:
    """Decimals, which arrive as they are written; NaN among whole ones counts as missing, as it does in floats."""
    return lambda name, values: (pl.Series(name, values, pl.String).cast(kind, strict=False), 0)


def _dates(form: str, kind: Any) -> Callable[[str, Sequence[Any]], Made]:
    def convert(name: str, values: Sequence[Any]) -> Made:
        """Infinite dates and those before the year 1 have no place in other calendars: they are counted."""
        written = pl.Series(name, values, pl.String)
        made = written.str.strptime(kind, form, strict=False)
        return made, made.null_count() - written.null_count()

    return convert


def _seconds(name: str, values: Sequence[Any]) -> Made:
    return pl.Series(name, [None if value is None else value.total_seconds() for value in values], pl.Float64), 0


def _lists(of_numbers: bool) -> Callable[[str, Sequence[Any]], Made]:
    convert = float if of_numbers else str

    def flat(value: Any) -> list[Any]:
        return [one for part in value for one in flat(part)] if isinstance(value, list) else [None if value is None else convert(value)]

    kind = pl.List(pl.Float64 if of_numbers else pl.String)
    return lambda name, values: (pl.Series(name, [None if value is None else flat(value) for value in values], kind), 0)
