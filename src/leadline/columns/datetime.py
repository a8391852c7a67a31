"""Dates and times: when something was. Decoded as polars Datetime in microseconds, in UTC where a zone was given, null where missing.

A learner sees how long ago it was (days since 1970) and where in the calendar: year, month, day, weekday (Monday is 1), and the hour
with its fraction.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadline.columns.contract import ColumnType, Confidence, Decoded, Sample, Where, WhyNot
from leadline.columns.dates import ORDERS, SINCE_1970, is_numbered, parse
from leadline.columns.missing import TOKENS, WORDS, missing_rows
from leadline.columns.sketch import Sketch, quantiles
from leadline.errors import LeadlineError

_ENOUGH = 0.99
_GLANCE = 50
_LONGEST = 45  # characters of a date with the names of its day and month, a time and a zone
# A quick look at what could be a date at all: two numbers with something between, a month beside a number, many digits.
_CALENDAR = "(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)"
_LOOKS_DATED = re.compile(
    r"\d\s*[-/:]\s*(\d|[a-z]{3})|\d\.\s*(\d+\.|[a-z]{3})|\d\s+[a-z]{3}|^\W*" + _CALENDAR + r"[a-z]*\.?,?\s+\d"
    r"|^\s*\d{8,19}(\.0)?\s*$|^\s*\d{8}\D", re.I
)  # fmt: skip
_NAMED = re.compile(r"date|time|epoch|unix|stamp|(^|[^a-z])(day|when|ts|dt)$|_at$", re.I)
_WAYS = {
    "ymd": "year, month, day", "dmy": "day before month", "mdy": "month before day", "ym": "year and month", "my": "month and year",
    "clock": "times of day", "compact": "eight digits: year, month, day", "year": "years", "s": "seconds since 1970",
    "ms": "milliseconds since 1970", "us": "microseconds since 1970",
}  # fmt: skip
_SINCE = (datetime.datetime(1973, 1, 1), datetime.datetime(2103, 1, 1))  # between which numbers are taken for moments at all


class Datetime(ColumnType):
    """`order` is how its dates are written where they are not of a date's own type: see `columns/dates.py`."""

    name = "datetime"
    forms: ClassVar = dict.fromkeys((".time", ".year", ".month", ".day", ".weekday", ".hour"), "number")
    tokens: ClassVar = TOKENS | WORDS | {"0000-00-00", "0000-00-00 00:00:00"}

    def __init__(self, *, order: str = "ymd") -> None:
        if order not in ORDERS:
            raise LeadlineError(f"dates in the order {order!r}", f"one of {', '.join(ORDERS)}")
        self.order_of_parts = order

    @classmethod
    def for_values(cls, sample: Sample) -> Self:
        if sample.values.dtype == pl.Time:
            return cls(order="clock")
        if not (sample.values.dtype == pl.String or sample.values.dtype.is_numeric()):
            return cls()
        return cls(order=_order_of(_dated(sample.values), ORDERS) or "ymd")

    def config(self) -> dict[str, Any]:
        return {} if self.order_of_parts == "ymd" else {"order": self.order_of_parts}

    def recognise(self, sample: Sample) -> Confidence | WhyNot:
        values = sample.values
        if values.dtype in (pl.Date, pl.Datetime, pl.Time):
            return Confidence(0.95, "holds times of day" if values.dtype == pl.Time else "holds dates")
        named = bool(_NAMED.search(sample.name))
        if values.is_empty() or not (values.dtype == pl.String or (named and values.dtype.is_numeric())):
            return WhyNot(f"its values are {values.dtype}, not dates")
        if sum(bool(_LOOKS_DATED.search(str(value))) for value in values.head(_GLANCE)) * 2 < min(_GLANCE, len(values)):
            return WhyNot("its values do not look like dates")
        values = _dated(values)
        allowed = tuple(order for order in ORDERS if order != "year" and (named or not is_numbered(order)))
        order = _order_of(values, allowed)
        if order is None:
            return WhyNot("too few of its values read as dates" + ("" if named else ", nor is it named after one"))
        return Confidence(0.92, f"holds dates as {_WAYS[order]}" if order != "clock" else "holds times of day")

    def decode(self, raw: pl.Series, where: Where) -> Decoded:
        if raw.dtype == pl.Time:
            return Decoded((raw.cast(pl.Int64) // 1_000).cast(pl.Datetime("us")))
        if raw.dtype in (pl.Date, pl.Datetime):
            utc = raw if getattr(raw.dtype, "time_zone", None) is None else raw.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
            return Decoded(utc.cast(pl.Datetime("us")))
        moments = parse(raw, self.order_of_parts)
        unread = (moments.is_null() & raw.is_not_null()).arg_true()
        if len(unread) and raw.dtype == pl.String and not is_numbered(self.order_of_parts):
            moments = moments.scatter(unread, parse(raw.gather(unread), "ymd"))  # 2024-03-04 means one day in every column
            unread = (moments.is_null() & raw.is_not_null()).arg_true()
        odd = unread.filter(~missing_rows(raw.gather(unread), self.tokens))
        return Decoded(moments, {row: self._not_a_date(str(raw[row]), row, where) for row in odd})

    def _not_a_date(self, text: str, row: int, where: Where) -> LeadlineError:
        expected = f"a date as in the rest of the column ({_WAYS[self.order_of_parts]})"
        return where.error(row, f'"{text[:_LONGEST]}" is not a date', expected, "mend the value or leave it empty")

    def features(self, decoded: Any) -> Mapping[str, Any]:
        moments: pl.Series = decoded
        days = self.order(decoded) / 86_400
        hour = moments.dt.hour() + moments.dt.minute() / 60
        parts = {".year": moments.dt.year(), ".month": moments.dt.month(), ".day": moments.dt.day(), ".weekday": moments.dt.weekday()}
        numbers = {name: part.cast(pl.Float64).fill_null(np.nan).to_numpy() for name, part in {**parts, ".hour": hour}.items()}
        return {".time": days, **numbers}

    def order(self, decoded: Any) -> np.ndarray:
        """Seconds since 1970."""
        moments: pl.Series = decoded
        return moments.cast(pl.Int64).cast(pl.Float64).fill_null(np.nan).to_numpy() / 1e6

    def remarks(self, sample: Sample, values: pl.Series) -> list[str]:
        zone = getattr(values.dtype, "time_zone", None)
        if zone is not None and zone != "UTC":
            return [f"times in {zone} are brought to UTC"]
        if values.dtype.is_temporal() or values.dtype == pl.Binary or sample.values.is_empty():
            return []
        written = _dated(sample.values).cast(pl.String)
        said = list[str]()
        if self.order_of_parts in ("dmy", "mdy"):
            said += _other_order(written, self.order_of_parts)
        if written.str.contains(r"(?i)\d\s*(?:z|utc|gmt|[+-]\d{2}:?\d{2})\s*$").any():
            said.append("times with a zone are brought to UTC")
        if self.order_of_parts in SINCE_1970:
            said.append(f"whole numbers are read as {_WAYS[self.order_of_parts]}")
        if self.order_of_parts in ("dmy", "mdy") and written.str.contains(r"[-/. ]\d{2}(?:[ ,T]|\s*$)").any():
            said.append("years of two digits are read as 1969 to 2068")
        return said

    def show(self, raw: Any) -> str:
        if isinstance(raw, datetime.datetime):
            return raw.isoformat(" ")
        return "" if raw is None else str(raw).strip()

    def to_json(self, raw: Any) -> Any:
        return raw.isoformat() if isinstance(raw, datetime.date | datetime.time) else raw

    def summary(self, present: pl.Series, where: Where) -> str:
        moments = self.decode(present, where).values.drop_nulls()
        if moments.is_empty():
            return ""
        ends = pl.Series([moments.min(), moments.max()], dtype=pl.Datetime("us"))
        pattern = "%H:%M" if self.order_of_parts == "clock" else "%Y-%m-%d"
        return " to ".join(dict.fromkeys(ends.dt.to_string(pattern)))

    def sketch(self, raw: pl.Series) -> Sketch:
        return quantiles(pl.Series(self.order(self.decode(raw, Where("")).values)), "quantile of seconds since 1970")

    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        seconds = np.random.default_rng(seed).integers(946_684_800, 1_893_456_000, num_rows)
        return pl.Series(seconds * 1_000_000).cast(pl.Datetime("us")).dt.to_string("%Y-%m-%d %H:%M:%S")


def _dated(values: pl.Series) -> pl.Series:
    """Without what stands for a missing value among dates."""
    return values.filter(~missing_rows(values, Datetime.tokens))


def _fits(values: pl.Series, order: str) -> float:
    """The share of values that are dates in this order, and of numbers: dates of our times."""
    if values.is_empty() or (values.dtype == pl.String and (values.str.len_bytes() > _LONGEST).mean() > 1 - _ENOUGH):  # type: ignore[operator]
        return 0.0
    moments = parse(values, order)
    if is_numbered(order) and order != "year":
        moments = moments.set(~moments.is_between(*_SINCE), None) if order in SINCE_1970 else moments.set(moments.dt.year() < 1900, None)
    return moments.count() / len(values)


def _order_of(values: pl.Series, orders: tuple[str, ...]) -> str | None:
    """The order in which most values are dates; None where too few are. Of day and month what the values leave open: see `_likelier`."""
    few = values.gather_every(max(1, len(values) // _GLANCE))
    shares = {order: _fits(values, order) for order in orders if _fits(few, order) >= 0.5}
    best = max(shares, key=lambda order: shares[order], default=None)
    if best is None or shares[best] < _ENOUGH:
        return None
    return _likelier(values) if best == "dmy" and shares.get("mdy") == shares["dmy"] else best


def _likelier(values: pl.Series) -> str:
    """Dates that fit both ways: a day that never changes is the first of the month, rows are often in the order of time, else by habit."""
    moments = {order: parse(values, order).drop_nulls() for order in ("dmy", "mdy")}
    firsts = [order for order, dates in moments.items() if (dates.dt.day() == 1).all()]
    in_time = [order for order, dates in moments.items() if dates.is_sorted()]
    for found in (firsts, in_time):
        if len(found) == 1:
            return found[0]
    return "mdy" if values.str.contains("/", literal=True).any() else "dmy"


def _other_order(written: pl.Series, order: str) -> list[str]:
    """What to say where the day could as well be the month."""
    other = "mdy" if order == "dmy" else "dmy"
    if _fits(written, other) < _fits(written, order):
        return []
    here, there = parse(written, order), parse(written, other)
    differ = (here != there).fill_null(False).arg_true()
    if not len(differ):
        return []
    row = int(differ[0])
    day = here.gather([row]).dt.to_string("%-d %B %Y").item()
    return [f'"{written[row].strip()}" is read as {day}; day and month could be the other way round, no value of the sample tells']
