"""Numbers in every way people write them; which way a column has is settled once and holds for every later row."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leadline.columns.contract import Confidence, Sample, Where, WhyNot
from leadline.columns.number import Number, show
from leadline.columns.recognise import Choice, recognise
from leadline.errors import LeadlineError

SEPARATORS = {".": [",", " ", "'", "\u202f", "\u00a0", "’"], ",": [".", " ", "'", "\u202f", "\u00a0"]}


def grouped(number: float, decimals: int, mark: str, separator: str) -> str:
    written = f"{number:,.{decimals}f}"
    return written.replace(",", "\0").replace(".", mark).replace("\0", separator)


def decoded(values: list[str], **settings: Any) -> list[float]:
    read = Number(**settings).decode(pl.Series(values), Where("c"))
    assert not read.bad, read.bad
    return list(read.values)


@settings(max_examples=50)
@given(
    st.lists(st.floats(-1e9, 1e9).map(lambda x: round(x, 2)), min_size=1, max_size=20),
    st.sampled_from([".", ","]).flatmap(lambda mark: st.tuples(st.just(mark), st.sampled_from(SEPARATORS[mark]))),
)
def test_numbers_come_back_from_any_way_of_writing_them(numbers: list[float], way: tuple[str, str]) -> None:
    mark, separator = way
    values = pl.Series([grouped(number, 2, mark, separator) for number in [*numbers, 1234567.25]])
    kind = Number.for_values(Sample("c", values, len(values)))
    assert list(kind.decode(values, Where("c")).values) == pytest.approx([*numbers, 1234567.25])


@pytest.mark.parametrize(("mark", "value"), [(".", "3,5"), (",", "3.5")])
def test_a_number_with_the_other_decimal_mark_is_told_from_what_is_none(mark: str, value: str) -> None:
    bad = Number(decimal=mark).decode(pl.Series([value, "soon"]), Where("c")).bad
    assert f'one with the decimal mark "{"," if mark == "." else "."}"' in str(bad[0]) and "decimal" not in str(bad[1])


@settings(max_examples=50)
@given(st.integers(-(10**12), 10**12), st.sampled_from(["${}", "{} €", "EUR {}", "{}%", "{} %", "USD{}", "{}£"]))
def test_a_unit_on_either_side_is_taken_off(number: int, form: str) -> None:
    values = pl.Series([form.format(f"{number:,}"), form.format("5.5")])
    kind = Number.for_values(Sample("c", values, 2))
    assert list(kind.decode(values, Where("c")).values) == [number, 5.5]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("(1,234.50)", -1234.5), ("($5)", -5), ("-$5", -5), ("$-5", -5), ("\u22125", -5), ("+5", 5), ("1e5", 1e5), ("1.5E-3", 0.0015),
        ("1,2E+3", 1200), (".5", 0.5), ("5.", 5), ("12,34,567", 1234567), ("1 234", 1234), ("  7 ", 7), ("inf", math.inf), ("US$ 3", 3),
    ],
)  # fmt: skip
def test_signs_exponents_and_groups(written: str, number: float) -> None:
    decimal = "," if written == "1,2E+3" else "."
    assert decoded([written], decimal=decimal, units=["$", "US$"]) == [number]


@pytest.mark.parametrize("written", ["12,5", "1,23", "5-", "(5", "--5", "1.5.2", "$5", "0,123", "five", "1,2345", "1_000", "٣"])
def test_what_is_no_number_is_named_with_its_place(written: str) -> None:
    read = Number().decode(pl.Series(["1", written]), Where("price", lambda row: f"prices.csv:{row + 2}"))
    assert list(read.bad) == [1] and math.isnan(read.values[1])
    assert written in read.bad[1].saw and "prices.csv:3" in read.bad[1].where


def test_the_whole_column_settles_what_one_value_cannot() -> None:
    column = pl.Series(["1.234", "2.500", "12,75"])
    kind = Number.for_values(Sample("price", column, 3))
    assert kind.config() == {"decimal": ","}
    assert list(kind.decode(pl.Series(["1.234"]), Where("price")).values) == [1234.0]


@pytest.mark.parametrize(("written", "read_as", "other"), [("1,234", "1234", "1.234"), ("1.234", "1.234", "1234")])
def test_what_nothing_settles_is_said(written: str, read_as: str, other: str) -> None:
    choice = recognise("price", pl.Series([written] * 5))
    assert isinstance(choice, Choice) and choice.type == "number"
    assert f"is read as {read_as}" in choice.remarks[0] and other in choice.remarks[0]


def test_what_nothing_in_the_column_settles_its_neighbours_do() -> None:
    choice = recognise("price", pl.Series(["1.234", "2.500"]), decimal=",")
    assert isinstance(choice, Choice)
    assert list(choice.kind().decode(pl.Series(["1.234"]), Where("price")).values) == [1234.0]
    assert choice.settings == {"decimal": ","} and "is read as 1234" in choice.remarks[0]
    assert recognise("price", pl.Series(["1.5", "2.500"]), decimal=",").settings == {}  # type: ignore[union-attr]


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["1.234", "1,234", "5", "12,5", "1.5", "3 %", "?", "x", "-", "1e3", " 7"]), min_size=1, max_size=12))
def test_a_row_alone_reads_as_it_does_among_others(values: list[str]) -> None:
    column = pl.Series(values)
    kind = Number.for_values(Sample("c", column, len(values)))
    together = kind.decode(column, Where("c"))
    for row, value in enumerate(values):
        alone = kind.decode(pl.Series([value]), Where("c"))
        assert np.array_equal(alone.values, together.values[row : row + 1], equal_nan=True)
        assert bool(alone.bad) == (row in together.bad)


@settings(max_examples=50)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True) | st.none(), min_size=1))
def test_numbers_of_a_numeric_type_are_taken_as_they_are(values: list[float | None]) -> None:
    read = Number(decimal=",", units=["%"]).decode(pl.Series(values, dtype=pl.Float64), Where("c"))
    expected = [math.nan if value is None else value for value in values]
    assert np.array_equal(read.values, expected, equal_nan=True) and not read.bad


def test_words_for_missing_are_missing_and_counted() -> None:
    choice = recognise("age", pl.Series(["3", "unknown", "n/a", "-", "4", "5", "7", "9"]))
    assert isinstance(choice, Choice)
    assert (choice.type, choice.missing, choice.missing_as) == ("number", 3, {"-": 1, "n/a": 1, "unknown": 1})


def test_codes_with_zeros_before_them_are_names() -> None:
    choice = recognise("zip", pl.Series(["01234", "02345", "12345"] * 30))
    assert isinstance(choice, Choice)
    assert choice.type == "category" and "zeros" in choice.others["number"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (pl.Series([1.0, math.inf, -math.inf]), "2 values are infinite"),
        (pl.Series([2**60, 2**60 + 1]), "too large to be told apart"),
        (pl.Series([10**30, 5]), "too large to be told apart"), (pl.Series([str(10**30), "5"]), "too large to be told apart"),
        (pl.Series(["5 %", "7 %"]), "12 % is 12"),
        (pl.Series(["$5", "€7"]), "dollars and euros"),
        (pl.Series(["5 %", "0.5"]), "50% with nothing beside them"),
        (pl.Series(["1,5", "2,25"]), "comma is read as the decimal mark"),
    ],
)  # fmt: skip
def test_what_is_odd_or_assumed_is_said(values: pl.Series, said: str) -> None:
    choice = recognise("x", values)
    assert isinstance(choice, Choice) and choice.type == "number"
    assert any(said in remark for remark in choice.remarks), choice.remarks


def test_plain_numbers_leave_nothing_to_say() -> None:
    choice = recognise("x", pl.Series(["1.5", "12.25", "1200"]))
    assert isinstance(choice, Choice)
    assert choice.remarks == () and choice.settings == {}


def test_lengths_of_time_are_seconds() -> None:
    laps = pl.Series([datetime.timedelta(minutes=1, milliseconds=500), None])
    assert isinstance(Number().recognise(Sample("lap", laps.drop_nulls(), 2)), Confidence)
    assert np.array_equal(Number().decode(laps, Where("lap")).values, [60.5, math.nan], equal_nan=True)


def test_prose_is_no_column_of_numbers() -> None:
    verdict = Number().recognise(Sample("notes", pl.Series(["it cost $5 in all, I think"] * 10), 10))
    assert isinstance(verdict, WhyNot)


@pytest.mark.parametrize("settings", [{"decimal": ";"}, {"units": ["bananas"]}])
def test_settings_that_train_never_wrote_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(LeadlineError, match="settings"):
        Number(**settings)


@pytest.mark.parametrize(
    ("number", "shown"), [(1234567, "1234567"), (3.0, "3"), (0.1 + 0.2, "0.3"), (1e20, "1e+20"), (math.inf, "inf"), (1234567.8, "1234568")]
)
def test_numbers_are_shown_for_people(number: float, shown: str) -> None:
    assert show(number) == shown


@pytest.mark.parametrize("make", [lambda: pl.Series(["1,5", "2,5"] * 10), lambda: pl.Series([1.5, 2.5] * 10)], ids=["text", "numbers"])
def test_the_sketch_is_of_the_numbers_however_written(make: Callable[[], pl.Series]) -> None:
    sketch = Number(decimal=",").sketch(make())
    assert (sketch[0][2], sketch[-1][2]) == (1.5, 2.5)


def test_its_spread_in_few_words() -> None:
    assert Number().summary(pl.Series([3, 1, 2]), Where("c")) == "1 to 3, median 2"
    assert Number().summary(pl.Series([5.25, 5.25]), Where("c")) == "5.25"


@settings(max_examples=50)
@given(st.text(max_size=20))
def test_any_text_is_read_or_named(text: str) -> None:
    assume("\0" not in text)
    read = Number(decimal=",", units=["€"]).decode(pl.Series([text]), Where("c"))
    assert len(read.values) == 1
