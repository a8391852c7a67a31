"""Tables in memory: whichever package they are from, their rows come back, and what was changed is said."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.data.memory.frame import read_frame
from leadline.data.read import read
from leadline.errors import LeadlineError
from leadline.registry import TABLES

COLUMNS: dict[str, list[Any]] = {"n": [1, 2, 3], "t": ["x", None, "y"], "label": ["a", "b", "a"]}


class Streams:
    """Anything that hands itself over as Arrow does, as DuckDB's answers do."""

    def __arrow_c_stream__(self, schema: object = None) -> object:
        return pl.DataFrame(COLUMNS).__arrow_c_stream__(schema)


@pytest.mark.parametrize(
    "make",
    [
        pl.DataFrame, pl.LazyFrame, pd.DataFrame, pa.table, lambda columns: pl.DataFrame(columns).to_dicts(), dict, lambda _: Streams(),
        lambda columns: pa.table(columns).to_reader(), lambda columns: pd.DataFrame(columns).convert_dtypes(),
        lambda columns: {name: np.array(values, dtype=object) for name, values in columns.items()},
    ],
    ids=["polars", "lazy", "pandas", "arrow", "dictionaries", "lists", "stream", "batches", "nullable", "arrays"],
)  # fmt: skip
def test_the_same_rows_from_everywhere(make: Callable[[dict[str, list[Any]]], Any]) -> None:
    table = read_frame(make(COLUMNS))
    assert table.frame.to_dict(as_series=False) == COLUMNS
    assert table.source(1) == "row 1" and not table.remarks


def test_every_package_is_tested_here_or_beside() -> None:
    assert set(TABLES) == {"polars", "pandas", "datasets", "numpy", "builtins"}, "add the new one to these tests"


@pytest.mark.parametrize(
    "source",
    [None, 5, object(), [], ["a"], [1, {"a": 1}], (row for row in ()), {1, 2}, pl.col("a"), np.float64(1)],
    ids=lambda source: type(source).__name__,
)
def test_what_is_no_table_is_one_error(source: Any) -> None:
    with pytest.raises(LeadlineError) as caught:
        read_frame(source)
    assert caught.value.expected


def test_columns_of_pandas_keep_their_kinds() -> None:
    frame = pd.DataFrame({
        "category": pd.Categorical(["b", None, "a"]), "number_category": pd.Categorical([3, None, 1]),
        "nullable": pd.array([1, None, 3], "Int64"),
        "flag": pd.array([True, None, False], "boolean"), "when": pd.to_datetime(["2020-01-01", None, "2020-01-03"]),
        "zoned": pd.to_datetime(["2020-01-01", None, "2020-01-03"]).tz_localize("UTC"), "long": pd.to_timedelta([1, None, 2], unit="min"),
        "day": [date(2020, 1, 1), None, date(2020, 1, 3)], "money": [Decimal("1.5"), None, Decimal(2)], "tags": [["a"], None, ["b", "c"]],
        "period": pd.period_range("2020", periods=3, freq="M"), "sparse": pd.arrays.SparseArray([0, 0, 1]),
        "arrow": pd.array(["x", None, "z"], dtype=pd.ArrowDtype(pa.string())), "half": np.array([1, 2, 3], np.float16),
    })  # fmt: skip
    table = read_frame(frame)
    assert table.frame.rows(named=True)[::2] == [
        {"category": "b", "number_category": 3, "nullable": 1, "flag": True, "when": datetime(2020, 1, 1),
         "zoned": datetime(2020, 1, 1, tzinfo=UTC),
         "long": 60.0, "day": date(2020, 1, 1), "money": 1.5, "tags": ["a"], "period": "2020-01", "sparse": 0, "arrow": "x", "half": 1.0},
        {"category": "a", "number_category": 1, "nullable": 3, "flag": False, "when": datetime(2020, 1, 3),
         "zoned": datetime(2020, 1, 3, tzinfo=UTC),
         "long": 120.0, "day": date(2020, 1, 3), "money": 2.0, "tags": ["b", "c"], "period": "2020-03",
         "sparse": 1, "arrow": "z", "half": 3.0},
    ]  # fmt: skip
    assert all(value is None for name, value in table.frame.row(1, named=True).items() if name not in ("period", "sparse", "half"))


def test_values_of_several_kinds_become_text_and_it_is_said() -> None:
    for source in (
        pd.DataFrame({"m": [1, "two", None, 2.5]}),
        [{"m": value} for value in (1, "two", None, 2.5)],
        {"m": [1, "two", None, 2.5]},
    ):
        table = read_frame(source)
        assert table.frame["m"].to_list() == ["1", "two", None, "2.5"]
        assert table.remarks == ('values of several kinds, kept as text: "m"',)


def test_an_index_with_a_name_is_a_column_and_a_counter_is_none() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3]})
    named = read_frame(frame.set_index(pd.Index(["x", "y", "z"], name="id")))
    assert named.frame.columns == ["id", "a"] and "id" in named.remarks[0]
    for counter in (frame, frame.sample(frac=1, random_state=1), frame.rename_axis("index")):
        assert read_frame(counter).frame.columns == ["a"] and not read_frame(counter).remarks
    assert "no name" in read_frame(frame.set_axis(["x", "y", "z"])).remarks[0]
    assert read_frame(pd.DataFrame({"a": [1], "b": [2], "c": [3]}).set_index(["a", "b"])).frame.columns == ["a", "b", "c"]


def test_names_of_columns_that_are_none_or_equal() -> None:
    table = read_frame(pd.DataFrame([[1, 2, 3]], columns=["a", "a", "b"]))
    assert table.frame.columns == ["a", "a_2", "b"] and table.frame.row(0) == (1, 2, 3)
    assert read_frame(pa.table([pa.array([1]), pa.array([2])], names=["a", "a"])).frame.row(0) == (1, 2)
    assert read_frame(pd.DataFrame(np.eye(2))).frame.columns == ["0", "1"]
    assert read_frame(pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))).frame.columns == ["a.x", "a.y"]


def test_tables_by_the_names_of_splits() -> None:
    part = pd.DataFrame(COLUMNS)
    table = read_frame({"test": part[:1], "train": part, "extra": part})
    assert table.split is not None and table.split.tolist() == ["train"] * 3 + ["test"]
    assert table.source(3) == "test row 0" and "extra" in table.remarks[-1]


def test_no_rows_and_no_columns_are_one_error() -> None:
    for source in (
        pd.DataFrame(),
        pd.DataFrame({"a": []}),
        pl.DataFrame({"a": []}),
        {},
        pd.DataFrame(index=range(3)),
        pl.DataFrame(height=3),
    ):
        with pytest.raises(LeadlineError):
            read(source)


def test_ten_thousand_columns() -> None:
    wide = pd.DataFrame(np.zeros((2, 10_000)))
    assert read_frame(wide).frame.shape == (2, 10_000)


def test_pandas_is_read_without_pyarrow() -> None:
    code = """
import sys
sys.modules["pyarrow"] = None
import pandas as pd
from leadline.data.memory.frame import read_frame
frame = pd.DataFrame({"a": [1, 2], "t": ["x", None], "c": pd.Categorical(["u", "v"]), "m": [1, "x"],
    "w": pd.to_datetime(["2020-01-01", None])})
table = read_frame(frame)
assert table.frame.select("a", "t", "c", "m").rows() == [(1, "x", "u", "1"), (2, None, "v", "x")], table.frame
"""
    subprocess.run([sys.executable, "-c", code], check=True)


VALUES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5) | st.dates()


@given(st.lists(VALUES, min_size=1, max_size=6), st.sampled_from(["dicts", "lists", "pandas", "objects"]))
def test_no_value_is_lost_whatever_is_mixed(values: list[Any], kind: str) -> None:
    source: Any = {
        "dicts": [{"v": value} for value in values],
        "lists": {"v": values},
        "pandas": pd.DataFrame({"v": pd.Series(values, dtype=object)}),
    }.get(kind, {"v": np.array([*values, None], dtype=object)[:-1]})
    found = read_frame(source).frame["v"]
    assert len(found) == len(values)
    for value, given_value in zip(found, values, strict=True):
        missing = given_value is None or (isinstance(given_value, float) and math.isnan(given_value))
        assert missing == (value is None or value == "nan" or (isinstance(value, float) and math.isnan(value))) or given_value == "nan"
        if isinstance(given_value, str):
            assert value == given_value
