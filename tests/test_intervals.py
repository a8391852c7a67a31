"""Intervals keep their promise: simulations with a known truth."""

from __future__ import annotations

import numpy as np
import pytest

from leadline.evaluate.intervals import difference_interval, score_interval, share_difference, wilson
from leadline.tasks.classify import Classify
from leadline.tasks.regress import Regress

ACCURACY = Classify.metrics["accuracy"]


def answers_right_with(share: float, n: int, rng: np.random.Generator) -> np.ndarray:
    right = rng.random(n) < share
    return np.stack([~right, right], axis=1).astype(float)


@pytest.mark.parametrize(("share", "n"), [(0.5, 30), (0.9, 100), (0.985, 500)])
def test_a_share_lies_in_its_interval_95_times_in_100(share: float, n: int) -> None:
    rng = np.random.default_rng(1)
    inside = [low <= share <= high for low, high in (wilson(k, n) for k in rng.binomial(n, share, 4_000))]
    assert 0.93 <= np.mean(inside) <= 0.98


def test_a_perfect_score_on_few_rows_is_not_called_certain() -> None:
    low, high = wilson(20, 20)
    assert low < 0.9 and high == 1


def test_two_equal_learners_differ_significantly_in_about_five_of_a_hundred() -> None:
    rng = np.random.default_rng(2)
    truth, called_different = np.ones(200, dtype=int), 0
    for trial in range(200):
        first, second = answers_right_with(0.8, 200, rng), answers_right_with(0.8, 200, rng)
        interval = difference_interval(ACCURACY, first, second, truth, seed=trial)
        called_different += not interval.low <= 0 <= interval.high
    assert called_different <= 20


def test_a_real_difference_is_found_and_has_the_right_sign() -> None:
    rng = np.random.default_rng(3)
    truth = np.ones(2_000, dtype=int)
    interval = difference_interval(ACCURACY, answers_right_with(0.9, 2_000, rng), answers_right_with(0.8, 2_000, rng), truth)
    assert 0.05 < interval.low < interval.value < interval.high < 0.15


def test_lower_errors_count_as_better() -> None:
    truth = np.linspace(0, 1, 50)
    assert difference_interval(Regress.metrics["rmse"], truth, truth + 1, truth).value == pytest.approx(1)


def test_r2_lies_in_its_interval() -> None:
    rng, inside = np.random.default_rng(4), 0
    for _ in range(100):
        signal = rng.normal(size=300)
        truth = signal + rng.normal(size=300)
        interval = score_interval(Regress.metrics["r2"], signal, truth)
        inside += interval.low <= 0.5 <= interval.high
    assert inside >= 88


@pytest.mark.parametrize("name", ["accuracy", "log_loss"])
def test_of_no_rows_no_score_is_told(name: str) -> None:
    score = score_interval(Classify().metrics[name], np.zeros((0, 2)), np.zeros(0, np.int64))
    assert score.n == 0 and not score.defined


@pytest.mark.parametrize(("first_alone", "second_alone"), [(0.005, 0.005), (0.02, 0.002), (0.1, 0.05)])
def test_a_difference_of_shares_is_held_as_often_as_it_says(first_alone: float, second_alone: float) -> None:
    """Rows that one of two hits and the other does not are few, or none at all."""
    rng, held = np.random.default_rng(4), 0
    for _ in range(1_000):
        kind = rng.choice(3, 400, p=[first_alone, second_alone, 1 - first_alone - second_alone])
        interval = share_difference(kind == 0, kind == 1)
        held += interval.low <= first_alone - second_alone <= interval.high
    assert held > 925


def test_where_nobody_disagrees_nothing_is_sure() -> None:
    interval = share_difference(np.ones(100), np.ones(100))
    assert interval.value == 0 and interval.low < -0.01 < 0.01 < interval.high
    assert not share_difference(np.ones(0), np.ones(0)).defined
