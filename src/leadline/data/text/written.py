"""From values as they are written to numbers: which columns of a text table hold nothing but numbers, and which only look like it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

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
        width = self.widths.get(column.name, 1)
        lowest = column.min() if width > 1 else None
        return isinstance(lowest, int) and 0 <= lowest < 10 ** (width - 1)

    def misfits(self, frame: pl.DataFrame) -> dict[str, type[pl.DataType]]:
        """Columns that cannot be what the schema says, by their values as strings, and what they can be."""
        numbers, found = [name for name, dtype in self.schema.items() if dtype != pl.String], dict[str, type[pl.DataType]]()
        for name, fact in _facts(frame.select(numbers)).items():
            if fact.type == pl.String or fact.spaces_behind:  # numbers with spaces behind them are no numbers to the parser
                found[name] = pl.String
            elif (self.schema[name], fact.type) == (pl.Int64, pl.Float64):
                found[name] = pl.Float64
        return found or dict.fromkeys(numbers, pl.String)


class _Facts(NamedTuple):
    """About the values of a column that are there."""

    num: int
    whole: bool  # all are whole numbers of 64 bits
    number: bool
    huge: bool  # some are longer
    digits: bool  # all are nothing but digits
    codes: int  # how many begin with a zero that belongs to them
    shortest: int
    longest: int
    spaces_behind: bool

    @property
    def type(self) -> type[pl.DataType]:
        """What every value can be read as. Whole numbers that 64 bits do not hold stay strings: digits would be lost."""
        if self.whole:
            return pl.Int64
        return pl.Float64 if self.number and not self.huge else pl.String

    @property
    def is_code(self) -> bool:
        """Whether leading zeros belong to the values: most begin with one, or some do and all have the same number of digits."""
        return self.codes > 0 and (self.codes > _MOSTLY * self.num or (self.digits and self.shortest == self.longest))


def infer(sample: pl.DataFrame, as_text: Collection[str], separator: bytes) -> Written:
    """From a sample whose columns are all strings. Where `separator` is no comma, one may be the decimal mark."""
    comma = _decimal_commas(sample.drop(as_text, strict=False), separator) if separator != b"," else set[str]()
    facts = _facts(sample)
    kept = {*as_text, *(name for name, fact in facts.items() if fact.is_code)}
    found = {name: fact.type for name, fact in facts.items() if name not in kept and name not in comma}
    even = {name for name in found if facts[name].shortest == facts[name].longest}
    widths = {name: facts[name].longest for name in even if found[name] == pl.Int64}
    return Written(dict.fromkeys(sample.columns, pl.String) | found, kept, comma, widths)


def finished(frame: pl.DataFrame, written: Written) -> pl.DataFrame:
    """Columns of strings as numbers where every value is one."""
    settled = {*written.kept, *written.comma}
    strings = [name for name, dtype in frame.schema.items() if dtype == pl.String and name not in settled]
    first = frame.select(pl.col(strings).drop_nulls().head(_TRIED).implode())
    likely = [name for name, fact in _facts(first).items() if fact.type != pl.String]
    facts = {name: _facts(frame.select(name))[name] for name in likely}  # one by one, so that memory holds one column more
    numbers = {name: fact.type for name, fact in facts.items() if fact.type != pl.String and not fact.is_code}
    return frame.with_columns(pl.col(name).str.strip_chars().cast(dtype) for name, dtype in numbers.items()) if numbers else frame


def _facts(frame: pl.DataFrame) -> dict[str, _Facts]:
    """About columns of strings, or of lists of them, without those that hold nothing."""
    value, text = pl.col("value"), pl.col("text")
    whole = text.cast(pl.Int64, strict=False).is_not_null()
    found = _long(frame).group_by("place", maintain_order=True).agg(
        pl.len(), whole.all().alias("whole"), text.cast(pl.Float64, strict=False).is_not_null().all().alias("number"),
        (~whole & text.str.contains(r"^[+-]?\d+$")).any().alias("huge"), value.str.contains(r"^\d+$").all().alias("digits"),
        value.str.contains(_CODE).sum().alias("codes"), value.str.len_bytes().min().alias("shortest"),
        value.str.len_bytes().max().alias("longest"), value.str.contains(r"\s$").any().alias("spaces_behind"),
    )  # fmt: skip
    names = frame.columns
    return {names[place]: _Facts(*facts) for place, *facts in found.collect().iter_rows()}


def _decimal_commas(sample: pl.DataFrame, separator: bytes) -> set[str]:
    """Columns most of whose values read as numbers with a decimal comma, where some have one; 1,234 is one beside semicolons only.

    Where there is such a column, those belong to it whose points may all mark thousands.
    """
    text = pl.col("text")
    telling = _WITH_COMMA if separator == b";" else _CERTAIN_COMMA
    thousands = text.str.contains(_THOUSANDS) | ~text.str.contains(".", literal=True)
    found = _long(sample).group_by("place").agg(
        (~text.str.contains(_WITH_POINT).any() & text.str.contains(telling).any()).alias("comma"),
        (text.str.contains(_COMMA_NUMBER).sum() > _MOSTLY * pl.len()).alias("mostly"),
        (thousands.all() & text.str.contains(".", literal=True).any()).alias("thousands"),
    ).collect()  # fmt: skip
    certain = found.filter(pl.col("comma") & pl.col("mostly"))
    also = found.filter("thousands") if certain.height else certain
    names = sample.columns
    return {names[place] for place in (*certain["place"], *also["place"])}


def _long(frame: pl.DataFrame) -> pl.LazyFrame:
    """Every `value` that is there, its `text` without spaces around it, and the `place` of its column.

    One query for all columns, because there may be 100,000 of them and each query takes its time.
    """
    numbered = frame.clone()
    numbered.columns = [str(place) for place in range(frame.width)]
    long = numbered.unpivot(variable_name="place") if frame.width else pl.DataFrame(schema={"place": pl.String, "value": pl.String})
    long = long.explode("value") if isinstance(long.schema["value"], pl.List) else long
    return long.lazy().drop_nulls("value").with_columns(pl.col("place").cast(pl.Int64), pl.col("value").str.strip_chars().alias("text"))
