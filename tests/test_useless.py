"""Columns that can teach nothing are left out, each with a finding; nothing ends the work but having no column left."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from leadline.data.read import read
from leadline.errors import LeadlineError


def rows(**columns: Any) -> pl.DataFrame:
    return pl.DataFrame({"good": range(12), **columns, "label": ["a", "b"] * 6})


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ([3] * 12, "constant-column"), (["same"] * 12, "constant-column"), ([None] * 12, "missing-values"),
        (["?", "", " na "] * 4, "missing-values"),
        ([float("nan")] * 12, "missing-values"), ([[1, 2]] * 12, "unknown-type"), ([{"a": 1}] * 12, "unknown-type"),
    ],
)  # fmt: skip
def test_a_column_that_teaches_nothing_is_left_out_and_said(values: list[Any], code: str) -> None:
    data = read(rows(odd=values))
    if "odd" not in data.table.frame.columns:  # the reader made other columns of it
        return
    assert list(data.columns) == ["good"]
    assert [(finding.code, finding.column) for finding in data.findings] == [(code, "odd")]


@pytest.mark.parametrize("values", [[3] * 11 + [None], [3] * 11 + [4], ["same"] * 11 + ["?"]])
def test_a_gap_may_mean_something(values: list[Any]) -> None:
    assert "odd" in read(rows(odd=values)).columns


def test_what_the_user_names_is_kept() -> None:
    assert "odd" in read(rows(odd=[3] * 12), types={"odd": "number"}).columns


def test_few_rows_do_not_show_that_a_column_never_changes() -> None:
    assert read(pl.DataFrame({"x": [1, 1], "label": ["a", "b"]})).types == {"x": "number"}


def test_no_column_left_is_an_error() -> None:
    with pytest.raises(LeadlineError, match="no column to learn from"):
        read(pl.DataFrame({"x": [1] * 12, "label": ["a", "b"] * 6}))
