"""Splits: every class on both sides, groups never straddling, the latest rows judging, the same for the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadline.data.read import read
from leadline.data.split import Partition, fold_numbers, partition
from leadline.errors import LeadlineError
from leadline.tasks.regress import Regress


def divided(strata: np.ndarray, groups: np.ndarray | None = None, order: np.ndarray | None = None, **columns: Any) -> Partition:
    data = read(
        pl.DataFrame({"x": np.arange(len(strata)) * 0.5, "label": strata, **columns}), target="label", time=next(iter(columns), None)
    )
    return partition(data, strata, groups, order, 0)


@given(st.lists(st.integers(0, 4), min_size=10, max_size=200), st.integers(2, 6), st.integers(0, 99))
def test_every_class_is_spread_evenly(labels: list[int], num_folds: int, seed: int) -> None:
    target = np.array(labels)
    folds = fold_numbers(target, num_folds, seed)
    for label in set(labels):
        counts = np.bincount(folds[target == label], minlength=num_folds)
        assert counts.max() - counts.min() <= 1
    assert np.array_equal(folds, fold_numbers(target, num_folds, seed))


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 15)), min_size=20, max_size=200), st.integers(2, 5))
def test_groups_stay_together(rows: list[tuple[int, int]], num_folds: int) -> None:
    target, groups = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    for numbers in (groups, groups - 7, groups * 10**9):
        folds = fold_numbers(target, num_folds, 0, numbers)
        for group in set(groups.tolist()):
            assert len(set(folds[groups == group].tolist())) == 1


def test_hundreds_of_thousands_of_small_groups_are_spread_evenly() -> None:
    rng = np.random.default_rng(0)
    target, groups = rng.integers(0, 3, 300_000), rng.integers(0, 120_000, 300_000)
    folds = fold_numbers(target, 5, 0, groups)
    assert len(np.unique(np.stack([groups, folds], axis=1), axis=0)) == len(np.unique(groups))
    for label in range(3):
        counts = np.bincount(folds[target == label], minlength=5)
        assert counts.max() < 1.01 * counts.min()


def test_numbers_are_spread_over_their_range() -> None:
    target = np.random.default_rng(0).lognormal(size=1_000)
    folds = fold_numbers(Regress().strata(target), 5, 0)
    means = [np.log(target[folds == k]).mean() for k in range(5)]
    assert max(means) - min(means) < 0.1


@pytest.mark.parametrize("num_rows", [3_000, 30_000])
def test_a_class_of_two_is_on_both_sides_and_a_lone_row_teaches(num_rows: int) -> None:
    target = np.zeros(num_rows, dtype=np.int64)
    target[:60] = np.repeat(np.arange(1, 31), 2)
    target[60] = 31
    parts = divided(target)
    for label in range(1, 31):
        assert label in target[parts.train] and label in target[parts.test]
    assert 31 in target[parts.train]


def test_a_class_that_is_one_group_stays_on_one_side_and_a_small_group_changes_sides() -> None:
    target, groups = np.zeros(3_000, dtype=np.int64), np.arange(3_000)
    target[:4], groups[:4] = 1, 0
    target[10:14], groups[10:14] = 2, [10, 10, 12, 12]
    parts = divided(target, groups)
    assert len(np.intersect1d(groups[parts.train], groups[parts.test])) == 0
    assert (target[parts.train] == 2).sum() == 2 == (target[parts.test] == 2).sum()


def test_a_group_of_half_the_rows_teaches() -> None:
    groups = np.arange(4_000)
    groups[::2] = 0
    parts = divided(np.zeros(4_000, dtype=np.int64) + np.arange(4_000) % 3, groups)
    assert 0 in parts.train and 300 < len(parts.test) < 900


def test_few_rows_are_judged_by_nested_folds() -> None:
    parts = divided(np.arange(100) % 2)
    assert parts.nested and len(parts.train) == 100 and "nested" in parts.why


def test_by_time_the_latest_fifth_judges_and_the_one_before_chooses() -> None:
    order = np.random.default_rng(0).permutation(1_000).astype(float)
    parts = divided(np.arange(1_000) % 2, order=order, year=order)
    assert parts.sizes() == {"train": 600, "valid": 200, "test": 200}
    assert order[parts.train].max() < order[parts.valid].min() and order[parts.valid].max() < order[parts.test].min()
    assert parts.why == "the latest 20% of the rows by year held back"


def test_equal_times_stay_on_one_side_and_somebody_judges() -> None:
    two = np.repeat([2019.0, 2020.0], 50)
    parts = divided(np.arange(100) % 2, order=two, year=two)
    assert parts.sizes() == {"train": 50, "valid": 0, "test": 50}
    years = np.repeat(np.arange(2000.0, 2010.0), 10)
    parts = divided(np.arange(100) % 2, order=years, year=years)
    assert parts.sizes() == {"train": 60, "valid": 20, "test": 20}
    with pytest.raises(LeadlineError, match="of the same time by year"):
        divided(np.arange(100) % 2, order=np.zeros(100), year=np.zeros(100))


def test_a_group_is_as_old_as_its_oldest_row_and_rows_without_a_time_are_the_oldest() -> None:
    order, groups = np.arange(100.0), np.arange(100)
    groups[[3, 99]] = 3
    order[98] = np.nan
    parts = divided(np.arange(100) % 2, groups, order, year=order)
    assert 99 in parts.train and 98 in parts.train and "1 without it" in parts.why


@given(st.lists(st.integers(0, 6), min_size=4, max_size=60))
def test_any_times_are_parted_in_order(times: list[int]) -> None:
    order = np.array(times, dtype=float)
    if len(set(times)) < 2:
        return
    parts = divided(np.arange(len(times)), order=order, year=order)
    assert sorted(np.concatenate([parts.train, parts.valid, parts.test]).tolist()) == list(range(len(times)))
    assert len(parts.train) and len(parts.test) and order[parts.train].max() < order[parts.test].min()
    assert not len(parts.valid) or order[parts.train].max() < order[parts.valid].min() <= order[parts.valid].max() < order[parts.test].min()
