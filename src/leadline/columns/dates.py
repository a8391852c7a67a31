"""Dates and times as people write them, in one of several orders; which one a column has is a setting of its type.

The order of a date's parts cannot be told from one value (1/2/2024), the rest can: separators, names of months, a time, a zone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_NAME = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_MONTH = rf"(?P<month>\d{{1,2}}|(?:{'|'.join(_MONTHS)})[a-z]*\.?)"
_YEAR, _ANY_YEAR = r"(?P<year>\d{4})", r"(?P<year>\d{4}|\d{2})"
_BETWEEN = r"(?:\s*[-/.]\s*|,?\s+)"
_CLOCK = r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?\s*(?P<half>[ap])?(?:\.?m\.?)?"
_SHORT_CLOCK = r"(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?(?:[.,](?P<fraction>\d{1,9}))?"
_ZONE = r"\s*(?P<zone>z|utc|gmt|[+-]\d{2}:?(?:\d{2})?)?"
_PATTERNS = {
    "ymd": rf"{_DAY_NAME}{_YEAR}{_BETWEEN}{_MONTH}{_BETWEEN}{_DAY}(?:(?:t|,?\s+){_CLOCK}{_ZONE})?",
    "dmy": rf"{_DAY_NAME}{_DAY}{_BETWEEN}{_MONTH}{_BETWEEN}{_ANY_YEAR}(?:(?:t|,?\s+){_CLOCK}{_ZONE})?",
    "mdy": rf"{_DAY_NAME}{_MONTH}{_BETWEEN}{_DAY}{_BETWEEN}{_ANY_YEAR}(?:(?:t|,?\s+){_CLOCK}{_ZONE})?",
    "ym": rf"{_YEAR}(?:\s*[-/]\s*|\s+){_MONTH}",
    "my": rf"{_MONTH}(?:\s*[-/]\s*|,?\s+){_YEAR}",
    "clock": rf"{_CLOCK}{_ZONE}",
    "compact": rf"{_YEAR}(?P<month>\d{{2}})(?P<day>\d{{2}})(?:t?{_SHORT_CLOCK}{_ZONE})?",
    "year": _YEAR,
}
SINCE_1970 = {"s": 1_000_000, "ms": 1_000, "us": 1}  # microseconds in one of these
ORDERS = (*_PATTERNS, *SINCE_1970)
_NUMBERED = ("compact", "year", *SINCE_1970)  # orders in which a date is one whole number

_DAY_LONG = 86_400_000_000  # microseconds
_LATEST = 250_000_000_000_000_000  # microseconds, about the year 9900
_CENTURY_TURNS = 69  # two-digit years from here on are of the last century, as POSIX has it


def parse(values: pl.Series, order: str) -> pl.Series:
    """(n,) Datetime in microseconds, without a zone: null where the text (or whole number) is no date in this order.

    A time with a zone is brought to UTC, one without is taken as it is written.
    """
    text = _whole(values) if values.dtype.is_numeric() else values.cast(pl.String)
    if order in SINCE_1970:
        return _since_1970(text, SINCE_1970[order])
    found = text.str.extract_groups(rf"(?i)^\s*{_PATTERNS[order]}\s*$").struct.unnest()
    parts = {name: found[name] for name in found.columns}
    days, is_date = _days(parts, len(text))
    clock, is_time = _clock(parts, len(text))
    read = found[found.columns[-1] if order == "year" else "hour" if order == "clock" else "month"].is_not_null().to_numpy()
    moment = pl.Series(values.name, days * _DAY_LONG + clock).set(pl.Series(~(read & is_date & is_time)), None)
    return moment.cast(pl.Datetime("us"))


def is_numbered(order: str) -> bool:
    """Whether a date is written as one whole number."""
    return order in _NUMBERED


def _whole(numbers: pl.Series) -> pl.Series:
    """Whole numbers as text; others are null."""
    if numbers.dtype.is_integer():
        return numbers.cast(pl.String)
    known = numbers.cast(pl.Float64).fill_nan(None)
    return known.set((known % 1 != 0) | (known.abs() > 2**53), None).cast(pl.Int64, strict=False).cast(pl.String)


def _since_1970(text: pl.Series, unit: int) -> pl.Series:
    numbers = text.str.strip_chars().cast(pl.Float64, strict=False).fill_nan(None)
    in_range = numbers.set(numbers.abs() > _LATEST / unit, None)
    return (in_range * unit).round().cast(pl.Int64).cast(pl.Datetime("us"))


def _days(parts: Mapping[str, pl.Series], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970, and whether there is such a date."""
    if "year" not in parts:
        return np.zeros(rows, np.int64), np.ones(rows, bool)
    year, month, day = _year(parts["year"]), _month(parts.get("month"), rows), _number(parts.get("day"), rows, 1)
    good = (year >= 1) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0)
    first, next_first = (start.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) for start in (months, months + 1))
    return first + day - 1, good & (day <= next_first - first)


def _clock(parts: Mapping[str, pl.Series], rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Microseconds since midnight in UTC, and whether there is such a time; midnight where there is none."""
    if "hour" not in parts or parts["hour"].null_count() == rows:
        return np.zeros(rows, np.int64), np.ones(rows, bool)
    hour, minute, second = (_number(parts[name], rows, 0) for name in ("hour", "minute", "second"))
    fraction = _number(parts["fraction"].str.pad_end(6, "0").str.slice(0, 6), rows, 0)
    good = (hour < 24) & (minute < 60) & (second <= 60)  # a leap second is the first of the next minute
    if "half" in parts and parts["half"].null_count() < rows:
        half = parts["half"].str.to_lowercase().fill_null("").to_numpy()
        good &= (half == "") | ((hour >= 1) & (hour <= 12))
        hour = np.where(half == "", hour, hour % 12 + 12 * (half == "p"))
    return ((hour * 60 + minute - _ahead(parts["zone"])) * 60 + second) * 1_000_000 + fraction, good


def _ahead(zone: pl.Series) -> np.ndarray:
    """Minutes by which a clock is ahead of UTC."""
    if zone.null_count() == len(zone):
        return np.zeros(len(zone), np.int64)
    sign, hours, minutes = zone.str.extract_groups(r"^([+-])(\d{2}):?(\d{2})?$").struct.unnest().iter_columns()
    ahead = _number(hours, len(zone), 0) * 60 + _number(minutes, len(zone), 0)
    minutes_ahead: np.ndarray = np.where((sign == "-").fill_null(False).to_numpy(), -ahead, ahead)
    return minutes_ahead


def _year(text: pl.Series) -> np.ndarray:
    year = _number(text, len(text), 1970)
    of_two_digits = (text.str.len_bytes() == 2).fill_null(False).to_numpy()
    full: np.ndarray = np.where(of_two_digits, year + np.where(year >= _CENTURY_TURNS, 1900, 2000), year)
    return full


def _month(text: pl.Series | None, rows: int) -> np.ndarray:
    if text is None:
        return np.ones(rows, np.int64)
    names = text.str.slice(0, 3).str.to_lowercase()
    return _number(names.replace(list(_MONTHS), [str(number) for number in range(1, 13)]), rows, 1)


def _number(text: pl.Series | None, rows: int, otherwise: int) -> np.ndarray:
    """(n,) int64."""
    if text is None:
        return np.full(rows, otherwise, np.int64)
    numbers: np.ndarray = text.cast(pl.Int64, strict=False).fill_null(otherwise).to_numpy()
    return numbers
