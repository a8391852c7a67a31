"""Rows equal up to rounding are copies, however ties went; rows that agree by chance are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import leadline as ll
from leadline.check.duplicates import find_copies
from leadline.check.patience import Patience, TooSlowError
from leadline.check.rounded_rows import rounded_rows
from leadline.data.read import read
from leadline.encoders.store import Store
from leadline.progress import Progress


def linked(frame: pl.DataFrame, **options: object) -> set[tuple[int, int]]:
    data = read(frame, target="label" if "label" in frame.columns else None, need_target=False, **options)  # type: ignore[arg-type]
    return {(min(pair), max(pair)) for pair in rounded_rows(data, np.arange(len(data)), Patience()).tolist()}


def measured(rows: int, seed: int = 0, columns: int = 4) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    numbers = {f"x{place}": rng.normal(100, 20, rows) for place in range(columns)}
    return pl.DataFrame({**numbers, "kind": rng.choice(["u", "v"], rows), "label": rng.choice(["a", "b"], rows)})


def test_who_has_no_time_is_told_that_near_rows_were_not_looked_for() -> None:
    data = read(measured(100), target="label")
    with pytest.raises(TooSlowError):
        rounded_rows(data, np.arange(100), Patience(0.0))
    copies = find_copies(data, np.zeros(100, np.int64), 2, Store(), Progress(), near_seconds=0.0)
    assert not copies.near and ["were not looked for" in finding.title for finding in copies.findings] == [True]


@given(st.integers(0, 1_000), st.integers(1, 8), st.integers(60, 300))
@settings(max_examples=30, deadline=None)
def test_rounded_copies_are_found_whatever_the_decimals(seed: int, decimals: int, rows: int) -> None:
    frame = measured(rows, seed)
    copies = frame.head(5).with_columns(pl.col(pl.Float64).round(decimals))
    assert linked(pl.concat([frame, copies])) == {(row, rows + row) for row in range(5)}


def test_ties_may_go_either_way() -> None:
    rng = np.random.default_rng(0)
    cents = rng.integers(0, 1_000_000, (100, 3))
    cents[:, 1] = cents[:, 1] // 10 * 10 + 5
    frame = pl.DataFrame({f"x{place}": cents[:, place] / 100 for place in range(3)})
    up = pl.DataFrame({f"x{place}": np.floor(cents[:4, place] / 10 + 0.5) / 10 for place in range(3)})
    even = pl.DataFrame({f"x{place}": np.rint(cents[4:8, place] / 10) / 10 for place in range(3)})
    assert linked(pl.concat([frame, up, even])) == {(row, 100 + row) for row in range(8)}


def test_numbers_that_were_computed_otherwise_agree() -> None:
    frame = measured(80).with_columns(x0=pl.col("x0") / 3)
    again = frame.head(6).with_columns(x0=pl.col("x0") * (1 + 1e-13), x1=pl.col("x1") * (1 - 1e-13))
    assert linked(pl.concat([frame, again])) == {(row, 80 + row) for row in range(6)}
    tenths = pl.DataFrame({"x0": np.arange(1, 60) / 10, "x1": np.arange(60, 1, -1) / 7})
    noisy = tenths.slice(2, 1).with_columns(x0=pl.lit(0.1 + 0.2))
    assert linked(pl.concat([tenths, noisy])) == {(2, 59)}


def test_other_columns_have_to_be_equal() -> None:
    frame = measured(100)
    copy = frame.head(2).with_columns(
        pl.col(pl.Float64).round(1), kind=pl.when(pl.int_range(pl.len()) == 0).then("kind").otherwise(pl.lit("w"))
    )
    assert linked(pl.concat([frame, copy])) == {(0, 100)}


def test_gaps_are_equal_to_gaps_alone() -> None:
    frame = measured(100).with_columns(x2=pl.when(pl.int_range(pl.len()) < 10).then(None).otherwise("x2"))
    rounded = frame.slice(8, 4).with_columns(pl.col(pl.Float64).round(2))
    filled = rounded.head(1).with_columns(x2=pl.lit(100.0))
    assert linked(pl.concat([frame, rounded, filled])) == {(8, 100), (9, 101), (10, 102), (11, 103)}


def test_rows_that_agree_by_chance_are_no_copies() -> None:
    rng = np.random.default_rng(0)
    few = pl.DataFrame({"length": rng.normal(5, 0.8, 400).round(1), "width": rng.normal(3, 0.4, 400).round(1)}).unique(maintain_order=True)
    assert linked(few) == set()
    assert linked(pl.DataFrame({"x": rng.normal(size=500).round(4), "y": rng.integers(0, 3, 500)}).unique(maintain_order=True)) == set()


def test_infinite_and_huge_numbers_are_no_trouble() -> None:
    frame = measured(60).with_columns(x0=pl.when(pl.int_range(pl.len()) < 3).then(float("inf")).otherwise(pl.col("x0") * 1e300))
    assert linked(frame) == set()


@pytest.mark.parametrize("name", ["california_housing", "titanic", "credit_card_fraud_sample"])
def test_real_tables_have_next_to_none(name: str, shared: object) -> None:
    path = shared(f"tabular/{name}.csv")  # type: ignore[operator]
    assert len(linked(pl.read_csv(path, infer_schema_length=None))) <= 2


def test_check_names_them_and_labels_that_differ(tmp_path: Path) -> None:
    frame = measured(200)
    copies = frame.head(3).with_columns(pl.col(pl.Float64).round(2), label=pl.Series(["a", "b", "c"]))
    path = tmp_path / "rows.csv"
    pl.concat([frame, copies]).write_csv(path)
    found = {one.code: one.rows for one in ll.check(path, target="label", only=["near-duplicate", "duplicate-labels"]).findings}
    differ = [row for row in range(3) if frame["label"][row] != copies["label"][row]]
    assert found["near-duplicate"] == [0, 1, 2, 200, 201, 202]
    assert found["duplicate-labels"] == [*differ, *(200 + row for row in differ)]
