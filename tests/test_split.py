"""Splits: every class on both sides, groups never straddling, the same for the same seed."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadline.data.split import fold_numbers
from leadline.tasks.regress import Regress


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
    folds = fold_numbers(target, num_folds, 0, groups)
    for group in set(groups.tolist()):
        assert len(set(folds[groups == group].tolist())) == 1


def test_numbers_are_spread_over_their_range() -> None:
    target = np.random.default_rng(0).lognormal(size=1_000)
    folds = fold_numbers(Regress().strata(target), 5, 0)
    means = [np.log(target[folds == k]).mean() for k in range(5)]
    assert max(means) - min(means) < 0.1
