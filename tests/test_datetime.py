"""Dates and times in every common way of writing them; the order of their parts is settled once per column."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.columns.contract import Sample, Where
from leadline.columns.dates import ORDERS, parse
from leadline.columns.datetime import Datetime
from leadline.columns.recognise import Choice, recognise
from leadline.data.read import read
from leadline.errors import LeadlineError

MOMENTS = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2068, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
FORMATS = {
    "ymd": ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S+02:00",
            "%Y %b %d"],
    "dmy": ["%d.%m.%Y", "%d/%m/%Y", "%d-%m-%y", "%d %b %Y", "%d %B %Y, %H:%M", "%d-%b-%Y", "%a, %d %b %Y %H:%M:%S +0000", "%A %d. %B %Y"],
    "mdy": ["%m/%d/%Y", "%m/%d/%y %I:%M %p", "%b %d, %Y", "%B %d %Y %H:%M:%S"],
    "ym": ["%Y-%m", "%Y/%m", "%Y %B"],
    "my": ["%m/%Y", "%b %Y", "%B, %Y"],
    "clock": ["%H:%M", "%H:%M:%S", "%I:%M %p"],
    "compact": ["%Y%m%d", "%Y%m%dT%H%M%SZ", "%Y%m%d %H%M"],
    "year": ["%Y"],
}  # fmt: skip
WAYS = [(order, written) for order, several in FORMATS.items() for written in several if written != "%Y%m%d %H%M"]


def as_written(moment: dt.datetime, order: str, written: str) -> dt.datetime:
    """What is left of a moment when it is written in this way."""
    parts: dict[str, int] = {}
    parts |= {"hour": 0, "minute": 0, "second": 0} if "%H" not in written and "%I" not in written else {}
    parts |= {"second": 0} if "%S" not in written else {}
    parts |= {"day": 1} if order in ("ym", "my", "year") else {}
    parts |= {"month": 1} if order == "year" else {}
    parts |= {"year": 1970, "month": 1, "day": 1} if order == "clock" else {}
    left = moment.replace(**parts)  # type: ignore[arg-type]
    return left - dt.timedelta(hours=2) if written.endswith("+02:00") else left


def moments(values: list[Any], **settings: Any) -> list[dt.datetime | None]:
    read = Datetime(**settings).decode(pl.Series(values), Where("when"))
    assert not read.bad, read.bad
    return list(read.values)


@pytest.mark.parametrize(("order", "written"), WAYS, ids=[written for _, written in WAYS])
@settings(max_examples=20)
@given(dates=st.lists(MOMENTS, min_size=1, max_size=10))
def test_dates_come_back_from_any_way_of_writing_them(order: str, written: str, dates: list[dt.datetime]) -> None:
    texts = [date.strftime(written) for date in dates]
    assert moments(texts, order=order) == [as_written(date, order, written) for date in dates]


@pytest.mark.parametrize(("order", "written"), [way for way in WAYS if way[0] not in ("compact", "year")], ids=str)
def test_the_way_is_found_from_the_column(order: str, written: str) -> None:
    dates = [dt.datetime(2020, 1, 1, 9) + dt.timedelta(days=17 * row, hours=row) for row in range(50)]
    choice = recognise("seen", pl.Series([date.strftime(written) for date in dates]))
    assert isinstance(choice, Choice)
    assert (choice.type, choice.settings.get("order", "ymd")) == ("datetime", order)


@settings(max_examples=30)
@given(st.lists(st.sampled_from(["01/02/2024", "13/02/2024", "12/31/2024", "5 May 2024", "?", "x", "2024-01-05", ""]), min_size=1))
def test_a_row_alone_reads_as_it_does_among_others(values: list[str]) -> None:
    column = pl.Series(values)
    kind = Datetime.for_values(Sample("when", column, len(values)))
    together = kind.decode(column, Where("when"))
    for row, value in enumerate(values):
        alone = kind.decode(pl.Series([value]), Where("when"))
        assert alone.values.to_list() == [together.values[row]] and bool(alone.bad) == (row in together.bad)


@pytest.mark.parametrize(
    ("values", "order", "said"),
    [
        (["01/02/2024", "05/02/2024", "04/01/2024"], "mdy", "2 January 2024"),  # by habit, as nothing tells
        (["01.02.2024", "05.02.2024", "04.01.2024"], "dmy", "1 February 2024"),
        (["01/02/2024", "01/03/2024", "01/01/2024"], "dmy", "1 February 2024"),  # the first of each month
        (["02/01/2024", "03/01/2024", "01/02/2024"], "dmy", "2 January 2024"),  # in the order of time
    ],
)
def test_day_or_month_first_where_no_value_tells_is_assumed_and_said(values: list[str], order: str, said: str) -> None:
    choice = recognise("when", pl.Series(values))
    assert isinstance(choice, Choice)
    assert choice.settings.get("order") == order
    assert said in choice.remarks[0] and "other way round" in choice.remarks[0]


@pytest.mark.parametrize(("telling", "order"), [("13/02/2024", "dmy"), ("02/13/2024", "mdy")])
def test_one_value_settles_it_for_all(telling: str, order: str) -> None:
    choice = recognise("when", pl.Series(["01/02/2024"] * 200 + [telling]))
    assert isinstance(choice, Choice)
    assert choice.settings.get("order") == order and not choice.remarks


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("created", [1700000000, 1700003600], "number"), ("timestamp", [1700000000, 1700003600], "datetime"),
        ("event_time", [1700000000000, 1700003600000], "datetime"), ("time", [0, 1, 172792], "number"),
        ("id", [20241231, 20240101], "number"), ("order_date", [20241231, 20240101], "datetime"), ("date", [20241331, 20240101], "number"),
        ("year", [1990, 2001], "number"), ("date", [1990, 2001], "number"), ("version", ["1.10.2", "1.10.3"], "category"),
        ("birthDate", ["1990-01-05", "1991-02-06"], "datetime"),
    ],
)  # fmt: skip
def test_whole_numbers_are_dates_only_where_the_name_says_so(name: str, values: list[Any], kind: str) -> None:
    choice = recognise(name, pl.Series(values * 3))
    assert isinstance(choice, Choice) and choice.type == kind


def test_a_column_said_to_be_dates_is_read_so_whatever_its_name() -> None:
    for values, expected in (([1990, 2001], dt.datetime(1990, 1, 1)), ([1700000000], dt.datetime(2023, 11, 14, 22, 13, 20))):
        choice = recognise("x", pl.Series(values), wanted="datetime")
        assert isinstance(choice, Choice)
        assert choice.kind().decode(pl.Series(values), Where("x")).values[0] == expected


@pytest.mark.parametrize(
    "bad", ["2023-02-29", "2024-13-01", "2024-00-10", "2024-01-32", "2024-01-05 25:00", "0000-01-01", "soon", "10000-01-01"]
)
def test_dates_that_there_are_not_are_named_with_their_place(bad: str) -> None:
    read = Datetime().decode(pl.Series(["2024-02-29", bad]), Where("when", lambda row: f"rows.csv:{row + 2}"))
    assert read.values.to_list() == [dt.datetime(2024, 2, 29), None]
    assert bad in read.bad[1].saw and read.bad[1].file == "rows.csv:3"


def test_missing_dates_are_missing() -> None:
    assert moments(["2024-01-05", "", "NA", "none", "0000-00-00", None]) == [dt.datetime(2024, 1, 5), *[None] * 5]


def test_zones_are_brought_to_utc_and_said() -> None:
    column = pl.Series(["2024-03-31T01:30:00+01:00", "2024-03-31T03:30:00+02:00", "2024-03-31T02:00:00Z"])
    assert moments(column.to_list()) == [dt.datetime(2024, 3, 31, 0, 30), dt.datetime(2024, 3, 31, 1, 30), dt.datetime(2024, 3, 31, 2)]
    berlin = pl.Series([dt.datetime(2024, 10, 27, 0, 30), dt.datetime(2024, 10, 27, 1, 30)]).dt.replace_time_zone("UTC")
    berlin = berlin.dt.convert_time_zone("Europe/Berlin")  # half past two, twice
    for values in (column, berlin):
        choice = recognise("when", values)
        assert isinstance(choice, Choice) and any("UTC" in said for said in choice.remarks)
    assert Datetime().decode(berlin, Where("when")).values.to_list() == [dt.datetime(2024, 10, 27, 0, 30), dt.datetime(2024, 10, 27, 1, 30)]


@pytest.mark.parametrize(
    "values",
    [
        pl.Series([dt.date(2024, 2, 29), None]),
        *(pl.Series([dt.datetime(2024, 2, 29), None], dtype=pl.Datetime(unit)) for unit in ("ns", "us", "ms")),
    ],
    ids=lambda values: str(values.dtype),
)
def test_dates_of_their_own_type(values: pl.Series) -> None:
    choice = recognise("when", values)
    assert isinstance(choice, Choice) and (choice.type, choice.missing, choice.settings) == ("datetime", 1, {})
    assert choice.kind().decode(values, Where("when")).values.to_list() == [dt.datetime(2024, 2, 29), None]


def test_times_of_day_are_hours() -> None:
    for values in (pl.Series([dt.time(10, 30), None]), pl.Series(["10:30", ""])):
        choice = recognise("at", values)
        assert isinstance(choice, Choice) and choice.settings == {"order": "clock"}
        kind = choice.kind()
        assert np.array_equal(kind.features(kind.decode(values, Where("at")).values)[".hour"], [10.5, math.nan], equal_nan=True)


def test_what_a_learner_sees() -> None:
    kind = Datetime()
    decoded = kind.decode(pl.Series(["1970-01-11 12:45:00", None]), Where("when")).values
    seen = {name: list(values) for name, values in kind.features(decoded).items()}
    assert set(seen) == set(kind.forms)
    firsts = {name: values[0] for name, values in seen.items()}
    assert firsts == {".time": 10.53125, ".year": 1970, ".month": 1, ".day": 11, ".weekday": 7, ".hour": 12.75}
    assert all(math.isnan(values[1]) for values in seen.values())
    assert kind.order(decoded)[0] == 10.53125 * 86_400


@given(st.integers(-(2**63) + 1, 2**63 - 1), st.sampled_from(ORDERS))
def test_any_whole_number_is_read_or_not_but_never_raises(number: int, order: str) -> None:
    assert len(parse(pl.Series([number]), order)) == 1


@given(st.text(max_size=30), st.sampled_from(ORDERS))
def test_any_text_is_read_or_named(text: str, order: str) -> None:
    read = Datetime(order=order).decode(pl.Series([text]), Where("when"))
    assert len(read.values) == 1


@pytest.mark.parametrize("dtype", [pl.Date, pl.Datetime("us"), pl.Datetime("ms"), pl.Datetime("us", "UTC")], ids=str)
def test_dates_that_no_calendar_holds_are_missing_with_a_finding(dtype: Any) -> None:
    far = pl.Series([0, 2**30 if dtype == pl.Date else 2**62, 1]).cast(dtype)
    data = read(pl.DataFrame({"when": far, "label": ["a", "b", "a"]}))
    assert data.columns["when"].missing == 1 and data.raw("when").null_count() == 1
    assert [(finding.code, finding.rows) for finding in data.findings] == [("out-of-range", [1])]


def test_its_spread_in_few_words() -> None:
    assert Datetime(order="dmy").summary(pl.Series(["31.12.2024", "01.02.2020"]), Where("when")) == "2020-02-01 to 2024-12-31"
    assert Datetime(order="clock").summary(pl.Series(["10:30", "09:15"]), Where("at")) == "09:15 to 10:30"


def test_values_as_people_and_programs_take_them() -> None:
    kind = Datetime()
    assert kind.show(dt.datetime(2024, 1, 5, 10)) == "2024-01-05 10:00:00" and kind.show(" 5.1.2024 ") == "5.1.2024"
    for raw in (dt.datetime(2024, 1, 5, 10), dt.date(2024, 1, 5)):
        assert moments([kind.from_json(kind.to_json(raw))]) == moments([raw])


def test_an_order_that_there_is_not_is_refused() -> None:
    with pytest.raises(LeadlineError, match="order"):
        Datetime(order="ydm")


def test_a_date_in_the_international_order_is_read_in_every_column() -> None:
    raw = pl.Series(["04.03.2024", "2024-03-04", "31.12.2023", "3/4"])
    decoded = Datetime(order="dmy").decode(raw, Where("when"))
    assert decoded.values[0] == decoded.values[1] == dt.datetime(2024, 3, 4) and list(decoded.bad) == [3]
