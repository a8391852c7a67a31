"""Wrong numbers stand out from what honest ones differ by from predictions, however wide that is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadline.check.wrong_numbers import wrong_numbers


def predictions(rows: int) -> np.ndarray:
    return np.random.default_rng(rows).normal(0, 3, rows)


@pytest.mark.parametrize("tails", [2.5, 30.0])
def test_honest_numbers_are_left_alone(tails: float) -> None:
    predicted = predictions(800)
    found = wrong_numbers(predicted + np.random.default_rng(1).standard_t(tails, 800), predicted)
    assert found.flagged.sum() <= 12 and found.expected.low < 10


def test_planted_wrong_numbers_are_found_and_counted() -> None:
    predicted, rng = predictions(2_000), np.random.default_rng(3)
    honest = predicted + 0.3 * rng.normal(size=2_000)
    numbers, changed = honest.copy(), rng.choice(2_000, 100, replace=False)
    numbers[changed] = honest[rng.permutation(changed)]
    numbers[changed[:30]] *= 100
    found, wrong = wrong_numbers(numbers, predicted), numbers != honest
    assert (found.flagged & wrong).sum() > 0.7 * wrong.sum()
    assert (found.flagged & ~wrong).sum() < 0.2 * wrong.sum()
    assert found.expected.low <= wrong.sum() <= found.expected.high


def test_numbers_that_are_less_certain_where_they_are_larger_are_not_wrong() -> None:
    predicted = predictions(1_500)
    found = wrong_numbers(predicted + np.exp(predicted / 4) * np.random.default_rng(4).normal(size=1_500), predicted)
    assert found.flagged.sum() <= 10


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=40), st.floats(-1e9, 1e9))
def test_any_numbers_give_chances_and_an_interval(numbers: list[float], predicted: float) -> None:
    found = wrong_numbers(np.array(numbers), np.full(len(numbers), predicted))
    assert np.isfinite(found.chance).all() and ((found.chance >= 0) & (found.chance <= 1)).all()
    assert 0 <= found.expected.low <= found.expected.value <= found.expected.high <= len(numbers)
