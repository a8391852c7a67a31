"""Rows in doubt are called wrong where labels are wrong as people's are, and not where mistakes were drawn by lot or there are none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from leadline.check.expected_errors import expected_errors, likely_errors
from leadline.check.label_noise import fit_noise

ROWS = 4_000


def evidence(num_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """True classes, and honest log probabilities for them, of rows that are often in doubt between classes that are alike."""
    rng = np.random.default_rng(0)
    alike = rng.normal(size=(num_classes, 2))
    logits = -3.0 * ((alike[rng.integers(0, num_classes, ROWS)] + 0.4 * rng.normal(size=(ROWS, 2)))[:, None] - alike) ** 2
    chances = softmax(logits.sum(axis=2), axis=1)
    return (chances.cumsum(axis=1) > rng.random((ROWS, 1))).argmax(axis=1), chances


def by_lot(true: np.ndarray, num_classes: int, rate: float) -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.where(rng.random(ROWS) < rate, (true + rng.integers(1, num_classes, ROWS)) % num_classes, true)


def as_people(true: np.ndarray, chances: np.ndarray, rate: float) -> np.ndarray:
    """With a chance of `rate` the class that is most alike."""
    alike = chances.T @ chances
    np.fill_diagonal(alike, 0)
    return np.where(np.random.default_rng(2).random(ROWS) < rate, alike.argmax(axis=1)[true], true)


@pytest.mark.parametrize("rate", [0.0, 0.05, 0.2])
def test_by_lot_only_what_rows_speak_for_is_called(rate: float) -> None:
    true, chances = evidence(6)
    given = by_lot(true, 6, rate)
    noise = fit_noise(np.log(chances), given)
    assert abs(likely_errors(noise, given) - (given != true).sum()) <= 0.25 * (given != true).sum() + 60
    assert likely_errors(noise, given) < expected_errors(noise, given).value


def test_of_peoples_mistakes_those_in_doubt_are_called_too() -> None:
    true, chances = evidence(6)
    given = as_people(true, chances, 0.3)
    noise = fit_noise(np.log(chances), given)
    assert likely_errors(noise, given) == pytest.approx(expected_errors(noise, given).value)


def test_of_two_classes_nobody_knows() -> None:
    true, chances = evidence(2)
    given = by_lot(true, 2, 0.05)
    noise = fit_noise(np.log(chances), given)
    assert likely_errors(noise, given) == pytest.approx(expected_errors(noise, given).value)
