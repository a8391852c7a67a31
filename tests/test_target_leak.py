"""Columns that give the answer away are named; honest ones are left alone, and what cannot be told is asked."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.check.contract import Checked, NotApplicable
from leadline.check.one_column import Asked, auc, bins_of
from leadline.check.target_leak import TargetLeak
from leadline.findings import Finding, Severity
from tests.check_views import view_of

RNG = np.random.default_rng(3)
ROWS = 1_500


def honest(rows: int = ROWS, seed: int = 0) -> pl.DataFrame:
    """Three columns that each tell a part, and an answer that also depends on chance."""
    rng = np.random.default_rng(seed)
    a, b, c = rng.normal(size=(3, rows))
    yes = a + b + c + rng.normal(size=rows) > 0.5
    return pl.DataFrame({"a": a, "b": b, "c": np.where(c > 0, "high", "low"), "bought": np.where(yes, "yes", "no")})


def found(frame: pl.DataFrame, target: str = "bought") -> list[Finding]:
    checked = TargetLeak().run(view_of(frame, target))
    assert isinstance(checked, Checked)
    return list(checked.findings)


def test_nothing_is_said_of_honest_columns() -> None:
    assert not found(honest())


def test_a_copy_of_the_answer_with_mistakes_gives_it_away() -> None:
    frame = honest()
    wrong = RNG.random(ROWS) < 0.02
    copy = (frame["bought"] == "yes").to_numpy() ^ wrong
    (finding,) = found(frame.with_columns(pl.Series("closed", np.where(copy, "B", "A"))))
    assert finding.column == "closed" and finding.severity is Severity.HIGH and "--exclude closed" in finding.fix


def test_a_row_number_in_a_file_sorted_by_answer_gives_it_away() -> None:
    frame = honest().sort("bought").with_row_index("id")
    assert [finding.column for finding in found(frame)] == ["id"]


def test_a_value_that_is_only_there_where_the_answer_is_yes() -> None:
    frame = honest()
    day = pl.when(pl.col("bought") == "yes").then(pl.lit("2024-03-01")).otherwise(None)
    (finding,) = found(frame.with_columns(day.alias("paid")))
    assert finding.column == "paid" and finding.severity is Severity.HIGH and "it is there, the answer is yes" in finding.title


def test_gaps_that_have_nothing_to_do_with_the_answer_are_none() -> None:
    gaps = pl.Series("d", np.where(RNG.random(ROWS) < 0.5, np.nan, RNG.normal(size=ROWS)))
    assert not found(honest().with_columns(gaps))


def test_what_cannot_be_told_from_an_honest_column_is_asked() -> None:
    """Like the length of a call: the shortest never end in a sale, the others by chance."""
    frame = honest()
    seconds = np.where(frame["bought"] == "yes", RNG.gamma(6, 80, ROWS), RNG.gamma(1.2, 180, ROWS))
    (finding,) = found(frame.select("a", "bought").with_columns(pl.Series("seconds", seconds)))
    assert finding.column == "seconds" and finding.severity is Severity.MEDIUM and finding.title.startswith("is seconds known before")


def test_columns_that_all_tell_nearly_everything_are_no_leaks() -> None:
    kind = RNG.integers(0, 3, ROWS)
    petals = pl.DataFrame(
        {"long": kind + RNG.normal(0, 0.15, ROWS), "wide": kind + RNG.normal(0, 0.15, ROWS), "kind": np.array(["x", "y", "z"])[kind]}
    )
    assert all(finding.severity is not Severity.HIGH for finding in found(petals.with_columns(pl.col("long").alias("again") * 2), "kind"))


def test_the_price_in_another_currency_gives_a_number_away() -> None:
    size = RNG.normal(100, 20, ROWS)
    price = 3 * size + RNG.normal(0, 30, ROWS)
    frame = pl.DataFrame({"size": size, "euros": (price * 0.9).round(1), "price": price})
    (finding,) = found(frame, "price")
    assert finding.column == "euros" and finding.severity is Severity.HIGH
    assert not found(frame.drop("euros"), "price")


def test_many_classes_and_few_rows_of_each() -> None:
    rows = 1_200
    label = np.array([f"c{number % 400}" for number in range(rows)])
    frame = pl.DataFrame({"a": RNG.normal(size=rows), "code": [name[::-1] for name in label], "label": label})
    assert [finding.column for finding in found(frame, "label")] == ["code"]


@pytest.mark.parametrize("target", [None, "tags"])
def test_without_one_answer_for_each_row_it_cannot_be_asked(target: str | None) -> None:
    frame = pl.DataFrame({"a": RNG.normal(size=90), "tags": ["x|y", "y|z", "x|z"] * 30})
    assert isinstance(TargetLeak().run(view_of(frame, target, task="tag" if target else None)), NotApplicable)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1_000), st.integers(2, 5), st.integers(2, 30))
def test_noise_tells_nothing_and_the_answer_tells_all(seed: int, classes: int, bins: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.permutation(np.arange(600) % classes)
    asked = Asked(values, classes, np.arange(600) % 4)
    assert asked.explained(rng.integers(0, bins, 600)) < 0.1
    assert asked.explained(values) > 0.95 and asked.right(values) == 1 and asked.decided(values) == 1
    numbers = Asked(values.astype(float), 0, np.arange(600) % 4)
    assert numbers.explained(rng.integers(0, bins, 600)) < 0.1 and numbers.explained(values) > 0.95


@given(st.lists(st.one_of(st.none(), st.floats(allow_nan=True)), max_size=60))
def test_any_numbers_have_bins(values: list[float | None]) -> None:
    numbers = np.array([np.nan if value is None else value for value in values], np.float64)
    bins = bins_of(numbers, "number")
    assert bins is not None and len(bins) == len(numbers)
    assert ((bins == 0) == ~np.isfinite(numbers)).all()


def test_the_area_under_the_curve_counts_pairs() -> None:
    assert auc(np.array([1.0, 2.0, 2.0, 3.0]), np.array([0, 1, 0, 1])) == 0.875
