"""Numbers: measured or counted. Decoded as float64, NaN where missing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadline.columns.contract import ColumnType, Confidence, Decoded, Sample, Where, WhyNot
from leadline.columns.missing import FEW, TOKENS, WORDS, missing_rows
from leadline.columns.numerals import DECIMAL_MARKS, UNITS, parse, units_in
from leadline.columns.sketch import Sketch, quantiles
from leadline.errors import LeadlineError

_NUMBERS = frozenset({
    pl.Float64, pl.Float32, pl.Int64, pl.Int32, pl.Int16, pl.Int8, pl.UInt64, pl.UInt32, pl.UInt16, pl.UInt8,
})  # fmt: skip
_WORST_SHOWN = 40
_LONGEST = 40  # characters of a number with everything around it
_GLANCE = 50
# Of numbers or of their neighbours: units before them have three letters at most.
_LOOKS_MEASURED = re.compile(r"^(?=.{0,40}$)[^a-z\d]*[a-z]{0,3}[^a-z\d]{0,3}\d[^a-z]*\D{0,6}$|^[+-]?(inf|nan)", re.I)
_ENOUGH = 0.99  # share of a column that must read as numbers
_CODES = 0.05  # share of values with a leading zero from which they are codes
_EXACT = 2**53  # from here on a float64 no longer tells whole numbers apart
_TOO_LARGE = "some whole numbers are too large to be told apart as numbers; an id is better left out or said to be a category"


class Number(ColumnType):
    """`decimal` is the mark before the decimals, "." or ","; of the two the other one separates thousands. `units` may stand beside it."""

    name = "number"
    forms: ClassVar = {"": "number"}
    tokens: ClassVar = TOKENS | WORDS

    def __init__(self, *, decimal: str = ".", units: Sequence[str] = ()) -> None:
        if decimal not in DECIMAL_MARKS or not set(units) <= set(UNITS):
            raise LeadlineError(f"numbers with the decimal mark {decimal!r} and the units {list(units)}", "settings that train has written")
        self.decimal, self.units = decimal, tuple(units)

    @classmethod
    def for_values(cls, sample: Sample) -> Self:
        if sample.values.dtype != pl.String:
            return cls()
        text = _measured(sample.values)
        point, comma = (parse(text, mark, tuple(UNITS)).is_not_null() for mark in DECIMAL_MARKS)
        likelier = (sample.decimal or ".") if comma.sum() == point.sum() else "," if comma.sum() > point.sum() else "."
        return cls(decimal=likelier, units=units_in(text.filter(point | comma)))

    def config(self) -> dict[str, Any]:
        decimal = {} if self.decimal == "." else {"decimal": self.decimal}
        return {**decimal, **({"units": list(self.units)} if self.units else {})}

    def recognise(self, sample: Sample) -> Confidence | WhyNot:
        values = sample.values
        if values.dtype.is_numeric() or values.dtype == pl.Duration:
            return _by_dtype(values)
        if values.dtype != pl.String or values.is_empty():
            return WhyNot(f"its values are {values.dtype}, not numbers")
        if sum(bool(_LOOKS_MEASURED.search(value)) for value in values.head(_GLANCE)) * 10 < min(_GLANCE, len(values)):
            return WhyNot("its values do not look like numbers")
        text = _measured(values)
        share = _share_read(text)
        if share < _ENOUGH:
            return WhyNot(f"only {share:.0%} of its values read as numbers")
        if (text.str.contains(r"^\s*0\d+\s*$").mean() or 0) > _CODES:  # type: ignore[operator]
            return Confidence(0.2, "holds digits, but with zeros before them, as codes have")
        units = type(self).for_values(sample).units
        why = f"holds numbers in {_named(units)}" if units else "holds numbers written as text"
        return Confidence(0.8 if len(text) * 2 > len(values) else 0.4, why)

    def decode(self, raw: pl.Series, where: Where) -> Decoded:
        if raw.dtype == pl.Duration:
            return Decoded(raw.dt.total_microseconds().cast(pl.Float64).fill_null(math.nan).to_numpy() / 1e6)
        if raw.null_count() == len(raw):
            return Decoded(np.full(len(raw), np.nan))
        if raw.dtype.is_numeric() or raw.dtype in (pl.Boolean, pl.Null):
            numbers = raw.cast(pl.Float64)
            return Decoded((numbers.fill_null(math.nan) if numbers.null_count() else numbers).to_numpy())
        text = raw.cast(pl.String)
        parsed = parse(text, self.decimal, self.units)
        unread = (parsed.is_null() & text.is_not_null()).arg_true()
        odd = unread.filter(~missing_rows(text.gather(unread), self.tokens))
        return Decoded(parsed.fill_null(math.nan).to_numpy(), {row: self._not_a_number(text[row], row, where) for row in odd})

    @classmethod
    def decode_together(cls, frame: pl.DataFrame, names: Sequence[str]) -> dict[str, Any]:
        """Those that hold numbers, not texts."""
        dtypes = dict(zip(frame.columns, frame.dtypes, strict=True))
        plain = [name for name in names if type(dtypes[name]) in _NUMBERS]
        if not plain:
            return {}
        values = frame[:, plain]
        few = frame.height <= FEW  # for numbers of several kinds polars wakes its threads
        numbers = np.array(values.rows(), np.float64).reshape(values.shape) if few else values.to_numpy().astype(np.float64, copy=False)
        return dict(zip(plain, np.ascontiguousarray(numbers.T), strict=True))

    def _not_a_number(self, text: str, row: int, where: Where) -> LeadlineError:
        example = ("3,5" if self.decimal == "," else "3.5") + (f" {self.units[0]}" if self.units else "")
        other = "," if self.decimal == "." else "."
        if parse(pl.Series([text]), other, self.units).is_not_null().all():
            what, fix = f'is no number here, but one with the decimal mark "{other}"', f'write all of them with "{self.decimal}"'
        else:
            what, fix = "is not a number", "mend the value or leave it empty"
        return where.error(row, f'"{text[:_WORST_SHOWN]}" {what}', f"a number such as {example}", fix)

    def remarks(self, sample: Sample, values: pl.Series) -> list[str]:
        if sample.values.dtype == pl.String:
            return self._how_written(_measured(sample.values))
        said = list[str]()
        if values.dtype.is_float() and any(math.isinf(end) for end in _ends(values)):
            infinite = int(values.is_infinite().sum())
            said.append(f"{infinite:,} value{' is' if infinite == 1 else 's are'} infinite, which counts as beyond all others")
        if values.dtype.is_integer() and any(abs(end) > _EXACT for end in _ends(values)):
            said.append(_TOO_LARGE)
        return said

    def _how_written(self, text: pl.Series) -> list[str]:
        said = list[str]()
        here, there = (parse(text, mark, self.units) for mark in (self.decimal, "," if self.decimal == "." else "."))
        differ = ((here != there) & here.is_not_null()).arg_true()
        if len(differ):
            row = int(differ[0])
            said.append(f'"{text[row].strip()}" could be {show(here[row])} or {show(there[row])}; it is read as {show(here[row])}')
        elif self.decimal == ",":
            said.append("the comma is read as the decimal mark: 1.234,5")
        if text.str.contains(r"^[^.eE]*\d{16}").any() and any(abs(end) > _EXACT for end in _ends(here)):
            said.append(_TOO_LARGE)
        if self.units:
            bare = parse(text, self.decimal, ()).count()
            some = f", also the {bare / len(text):.0%} with nothing beside them" if bare else ""
            said.append(f"values are read as {_named(self.units)}{some}: 12 {self.units[0]} is 12")
        return said

    def order(self, decoded: Any) -> np.ndarray | None:
        numbers: np.ndarray = decoded
        return numbers

    def show(self, raw: Any) -> str:
        return "" if raw is None else raw.strip() if isinstance(raw, str) else show(raw)

    def to_json(self, raw: Any) -> Any:
        return None if raw is None or (isinstance(raw, float) and not math.isfinite(raw)) else raw

    def summary(self, present: pl.Series, where: Where) -> str:
        values = pl.Series(self.decode(present, where).values).drop_nans()
        if values.is_empty():
            return ""
        low, middle, high = (show(value, 4) for value in (values.min(), values.median(), values.max()))
        return low if low == high else f"{low} to {high}, median {middle}"

    def sketch(self, raw: pl.Series) -> Sketch:
        return quantiles(pl.Series(self.decode(raw, Where("")).values))

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        return pl.Series(np.random.default_rng(seed).normal(size=num_rows))


def show(number: Any, digits: int = 6) -> str:
    """A number for people: whole ones with all their digits, others with so many that count."""
    if math.isfinite(number) and number == int(number) and abs(number) < 1e15:
        return f"{int(number)}"
    return f"{float(number):.{max(digits, len(str(int(abs(number)))))}g}" if abs(number) < 1e9 else f"{float(number):.{digits}g}"


def _by_dtype(values: pl.Series) -> Confidence:
    if values.is_empty():
        return Confidence(0.5, "has the type of numbers, but every value is missing")
    if values.dtype == pl.Duration:
        return Confidence(0.9, "holds lengths of time, read as seconds")
    return Confidence(0.9, f"holds {'whole ' if values.dtype.is_integer() or _whole(values) else ''}numbers")


def _whole(values: pl.Series) -> bool:
    """Whether all that are finite are whole; mostly the first ones tell already."""
    for some in (values.head(_GLANCE), values):
        numbers = some.cast(pl.Float64).to_numpy()
        if (numbers[np.isfinite(numbers)] % 1 != 0).any():
            return False
    return True


def _ends(values: pl.Series) -> list[Any]:
    """The least and the greatest value, where there are values."""
    return [end for end in (values.min(), values.max()) if end is not None]


def _measured(text: pl.Series) -> pl.Series:
    """Without what stands for a missing value among numbers."""
    return text.filter(~missing_rows(text, Number.tokens))


def _share_read(text: pl.Series) -> float:
    """The share of values that are numbers with one of the decimal marks, perhaps with units."""
    short = text.filter(text.str.len_bytes() <= _LONGEST)
    if text.is_empty() or short.is_empty():
        return 0.0
    return max(float(parse(short, mark, tuple(UNITS)).count()) for mark in DECIMAL_MARKS) / len(text)


def _named(units: Sequence[str]) -> str:
    return " and ".join(dict.fromkeys(UNITS[unit] for unit in units))
