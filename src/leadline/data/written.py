"""From values as they are written to numbers: which columns of a text table hold nothing but numbers, and which only look like it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import polars as pl

_TRIED = 200  # values by which most columns of words are told from numbers
_MOSTLY = 0.5
_CODE = r"^0\d+$"
_COMMA_NUMBER = r"^[+-]?(\d{1,3}(\.\d{3})+|\d*)(,\d+)?$"  # 1.234,56
_WITH_COMMA = r"^[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+$"
_WITH_POINT = r"^[+-]?\d{1,3}(,\d{3})+\.\d+$|(,\d{3}){2}|^[^,]*\.(\d{1,2}|\d{4,})$"  # 1,234.5
_THOUSANDS = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"  # 1.234
_CERTAIN_COMMA = r",(\d{1,2}|\d{4,})$"  # 1,234 may be either


@dataclass(frozen=True)
class Written:
    """What the first records say about each column: `schema` is what a parser is told, strings where in doubt.

    `kept` columns stay strings whatever they hold; so do `comma` columns, whose numbers are written with a decimal comma: how a column is
    written is settled by its type, which keeps it for later rows.
    """

    schema: Mapping[str, type[pl.DataType]]
    kept: Collection[str] = ()
    comma: Collection[str] = ()
    widths: Mapping[str, int] = field(default_factory=dict)  # of columns whose whole numbers all have as many digits

    def with_types(self, types: Mapping[str, type[pl.DataType]]) -> Written:
        return replace(self, schema={**self.schema, **types})

    def may_be_code(self, column: pl.Series) -> bool:
        """Whether whole numbers, all of one width at first, are shorter further down: they may have begun with zeros there."""
        width, lowest = self.widths.get(column.name, 1), column.min()
        return width > 1 and isinstance(lowest, int) and 0 <= lowest < 10 ** (width - 1)

    def misfits(self, frame: pl.DataFrame) -> dict[str, type[pl.DataType]]:
        """Columns that cannot be what the schema says, by their values as strings, and what they can be."""
        found = {name: _misfit(frame[name], dtype) for name, dtype in self.schema.items() if dtype != pl.String}
        return {name: dtype for name, dtype in found.items() if dtype} or dict.fromkeys(found, pl.String)


def _misfit(column: pl.Series, dtype: type[pl.DataType]) -> type[pl.DataType] | None:
    text = column.drop_nulls()
    if text.is_empty():
        return None
    found = _number_type(text)
    if found == pl.String or text.str.contains(r"\s$").any():  # numbers with spaces behind them are no numbers to the parser
        return pl.String
    return pl.Float64 if (dtype, found) == (pl.Int64, pl.Float64) else None


def infer(sample: pl.DataFrame, as_text: Collection[str], separator: bytes) -> Written:
    """From a sample whose columns are all strings. Where `separator` is no comma, one may be the decimal mark."""
    comma = {s.name for s in sample if s.name not in as_text and _has_decimal_comma(s, separator)}
    comma |= {s.name for s in sample if comma and s.name not in as_text and _marks_thousands(s)}
    schema, kept, widths = dict[str, type[pl.DataType]](), set(as_text), dict[str, int]()
    for column in sample:
        name = column.name
        if name in as_text or _is_code(column):
            kept.add(name)
            schema[name] = pl.String
            continue
        schema[name] = pl.String if name in comma else _number_type(column)
        lengths = column.str.len_bytes()
        if schema[name] == pl.Int64 and lengths.n_unique() == 1:
            widths[name] = int(lengths[0])
    return Written(schema, kept, comma, widths)


def finished(column: pl.Series, written: Written) -> pl.Series:
    """A column of strings as numbers if every value is one."""
    if column.dtype != pl.String or column.name in written.kept or column.name in written.comma:
        return column
    if _number_type(column.drop_nulls().head(_TRIED)) == pl.String or _is_code(column):
        return column
    kind = _number_type(column)
    return column if kind == pl.String else column.str.strip_chars().cast(kind)


def _number_type(column: pl.Series) -> type[pl.DataType]:
    """What every value of a column of strings can be read as. Whole numbers that 64 bits do not hold stay strings: digits would be lost."""
    text = column.drop_nulls().str.strip_chars()
    if text.is_empty():
        return pl.String
    whole = text.cast(pl.Int64, strict=False)
    if not whole.null_count():
        return pl.Int64
    if text.cast(pl.Float64, strict=False).null_count():
        return pl.String
    return pl.String if text.filter(whole.is_null()).str.contains(r"^[+-]?\d+$").any() else pl.Float64


def _is_code(column: pl.Series) -> bool:
    """Whether leading zeros belong to the values: most begin with one, or all have the same number of digits and some begin with one."""
    text = column.drop_nulls()
    codes = text.str.contains(_CODE)
    if not codes.any():
        return False
    return codes.sum() > _MOSTLY * len(text) or (text.str.len_bytes().n_unique() == 1 and bool(text.str.contains(r"^\d+$").all()))


def _has_decimal_comma(column: pl.Series, separator: bytes) -> bool:
    """Whether most values that are there read as numbers with a decimal comma, and some have one; 1,234 is one beside semicolons only."""
    text = column.drop_nulls().str.strip_chars()
    if separator == b"," or text.is_empty() or text.str.contains(_WITH_POINT).any():
        return False
    telling = _WITH_COMMA if separator == b";" else _CERTAIN_COMMA
    return bool(text.str.contains(telling).any()) and int(text.str.contains(_COMMA_NUMBER).sum()) > _MOSTLY * len(text)


def _marks_thousands(column: pl.Series) -> bool:
    """Whether every point in the column may mark thousands, as it does where other columns have decimal commas."""
    pointed = column.drop_nulls().str.strip_chars()
    pointed = pointed.filter(pointed.str.contains(".", literal=True))
    return len(pointed) > 0 and bool(pointed.str.contains(_THOUSANDS).all())
