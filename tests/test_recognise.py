"""Which type a column has, why, and what else it could have been; whatever polars can hold, recognising never fails."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadline.columns.contract import Where, WhyNot
from leadline.columns.recognise import Choice, recognise
from leadline.registry import COLUMNS

WRITTEN = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["1,234.5", "12.5 %", "31.12.2024", "?", "none", " ", "2024-01-05", "a picture.png", "-", "0123", "true", "1e400"]),
)
MODERN = st.datetimes(dt.datetime(1700, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    pl.String: WRITTEN, pl.Categorical: WRITTEN, pl.Enum(["a", "b"]): st.sampled_from("ab"), pl.Boolean: st.booleans(),
    pl.Binary: st.binary(max_size=9), pl.Null: st.none(), pl.Float32: st.floats(width=32), pl.Float64: st.floats(),
    pl.Decimal(10, 2): st.decimals(-1000, 1000, places=2), pl.Date: st.dates(), pl.Datetime("us"): st.datetimes(), pl.Time: st.times(),
    pl.Datetime("ns", "UTC"): MODERN, pl.Duration("us"): st.timedeltas(dt.timedelta(-10_000), dt.timedelta(10_000)),
    pl.Int8: st.integers(-128, 127), pl.Int64: st.integers(-(2**63), 2**63 - 1), pl.UInt64: st.integers(0, 2**64 - 1),
    pl.Int128: st.integers(-(2**100), 2**100),
}  # fmt: skip


@st.composite
def columns(draw: st.DrawFn) -> pl.Series:
    dtype = draw(st.sampled_from(list(VALUES)))
    values = draw(st.lists(st.none() | VALUES[dtype], max_size=8))
    shape = draw(st.sampled_from(["flat", "flat", "list", "struct", "many"]))
    flat = pl.Series("c", values, dtype=dtype)
    if shape == "list":
        return pl.Series("c", [values, None], dtype=pl.List(dtype))
    if shape == "struct":
        return flat.to_frame("inside").to_struct("c")
    return pl.concat([flat] * 3_000) if shape == "many" and values else flat


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    columns(),
    st.sampled_from(["c", "date", "timestamp", "id", ""]),
    st.none() | st.sampled_from(["number", "category", "text", "datetime"]),
)
def test_any_column_is_recognised_or_refused_in_words(values: pl.Series, name: str, wanted: str | None) -> None:
    choice = recognise(name, values, wanted=wanted if not values.dtype.is_nested() else None)
    if isinstance(choice, WhyNot):
        assert choice.why
        return
    assert choice.type in COLUMNS and choice.why and 0 <= choice.missing <= len(values)
    assert sum(choice.missing_as.values()) <= choice.missing
    assert type(choice.kind())(**choice.kind().config()).config() == choice.settings
    assert wanted is None or choice.type == wanted


@settings(max_examples=60)
@given(st.lists(st.none() | WRITTEN, min_size=1, max_size=15))
def test_whatever_type_is_chosen_reads_every_row_or_names_it(values: list[str | None]) -> None:
    column = pl.Series(values, dtype=pl.String)
    choice = recognise("c", column)
    assert isinstance(choice, Choice)
    read = choice.kind().decode(column, Where("c"))
    assert len(read.values) == len(values)
    assert not [row for row in read.bad if values[row] is None]


def chosen(name: str, values: Any) -> Choice:
    choice = recognise(name, pl.Series(values))
    assert isinstance(choice, Choice)
    return choice


def test_each_type_says_why_and_what_else_it_could_have_been() -> None:
    choice = chosen("grade", [1, 2, 3] * 30)
    assert (choice.type, choice.why) == ("number", "holds whole numbers")
    assert choice.others == {"category": "holds only 3 different whole numbers, which may be codes"}


def test_said_types_are_taken() -> None:
    choice = recognise("grade", pl.Series([1, 2]), wanted="category")
    assert isinstance(choice, Choice)
    assert (choice.type, choice.why, dict(choice.others)) == ("category", "as you said", {})


def test_strings_that_are_neither_names_nor_prose_are_text() -> None:
    addresses = [f"https://example.org/{'long/' * 20}{row % 7}" for row in range(100)]
    assert chosen("page", addresses).type == "text"


@pytest.mark.parametrize(
    ("name", "values", "is_id"),
    [
        ("customer_id", list(range(40)), True), ("PassengerId", list(range(40)), True), ("Unnamed: 0", list(range(40)), True),
        ("income", list(range(40)), False), ("id", list(range(10)), False), ("id", [1, 2] * 20, False), ("paid", list(range(40)), False),
        ("id", [row / 7 for row in range(40)], False), ("name", [f"person {row}" for row in range(40)], True),
    ],
)  # fmt: skip
def test_an_id_is_said_to_be_one(name: str, values: list[Any], is_id: bool) -> None:
    said = [remark for remark in chosen(name, values).remarks if "as in an id" in remark]
    assert bool(said) == is_id
    assert not said or f"--exclude {name}" in said[0] or "--exclude" in said[0]


def test_types_are_told_from_all_over_the_column() -> None:
    """Not from the first rows, which may be of one kind."""
    values = ["12"] * 10_000 + np.random.default_rng(0).choice(["red", "green"], 30_000).tolist()
    assert chosen("colour", values).type == "category"


def test_what_the_public_json_says_of_a_column() -> None:
    assert set(chosen("x", ["?", "red", "red"]).to_json()) == {"type", "why", "could_also_be", "missing", "missing_as", "remarks"}
