"""Which columns of strings are numbers: only those of which every value is one, and no digit is lost on the way."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.data.text.written import Written, finished, infer


def typed(values: list[str | None], separator: bytes = b",") -> type[pl.DataType]:
    return infer(pl.DataFrame({"a": values}, schema={"a": pl.String}), [], separator).schema["a"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (["1", "-2", None], pl.Int64), (["1", "2.5", "1e3"], pl.Float64), (["1", "?"], pl.String), ([None, None], pl.String),
        (["01234", "10001"], pl.String), (["007", "12", "003"], pl.String), (["0", "00", "5", "12"], pl.Int64), (["True"], pl.String),
        (["12345678901234567890", "1"], pl.String), (["nan", "inf", "1"], pl.Float64), (["1,234"], pl.String),
    ],
)  # fmt: skip
def test_types(values: list[str | None], dtype: type[pl.DataType]) -> None:
    assert typed(values) == dtype
    frame = pl.DataFrame({"a": values}, schema={"a": pl.String})
    assert finished(frame, Written({"a": pl.String})).schema["a"] == dtype


@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False), min_size=1, max_size=20))
def test_numbers_arrive_as_they_were_written(numbers: list[float]) -> None:
    frame = pl.DataFrame({"a": [repr(number) for number in numbers]})
    made = finished(frame, infer(frame, [], b","))["a"]
    if made.dtype == pl.Int64:
        assert made.to_list() == numbers
    else:
        assert made.dtype == pl.Float64 and made.to_list() == [float(number) for number in numbers]


def test_columns_with_a_decimal_comma_stay_as_written_and_are_known() -> None:
    frame = pl.DataFrame({"a": ["1,5", "2"], "b": ["1.234", "900"], "c": ["x", "y"], "d": ["1", "2"]})
    written = infer(frame, [], b";")
    assert written.comma == {"a", "b"} and finished(frame, written)["a"].to_list() == ["1,5", "2"]
    assert not infer(frame, [], b",").comma and "a" not in infer(frame, ["a"], b";").comma


def test_zeros_that_come_late_are_suspected() -> None:
    written = infer(pl.DataFrame({"a": ["90210", "10001"], "b": ["5", "10"]}), [], b",")
    assert written.may_be_code(pl.Series("a", [90210, 1234])) and not written.may_be_code(pl.Series("a", [90210, 10001]))
    assert not written.may_be_code(pl.Series("b", [10, 5]))


def test_what_does_not_fit_is_named_with_what_it_can_be() -> None:
    written = Written({"a": pl.Int64, "b": pl.Int64, "c": pl.Float64, "d": pl.Int64})
    frame = pl.DataFrame({"a": ["1", "2.5"], "b": ["1", "x"], "c": ["1", "2 "], "d": ["1", None]})
    assert written.misfits(frame) == {"a": pl.Float64, "b": pl.String, "c": pl.String}


def test_many_columns_take_one_look() -> None:
    frame = pl.DataFrame({f"c{place}": ["1", "x" if place % 2 else "2"] for place in range(20_000)})
    assert list(infer(frame, [], b",").schema.values()) == [pl.Int64, pl.String] * 10_000
