"""Noise among class labels: planted confusions are found again, and overlap is not taken for noise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from leadline.check.expected_errors import expected_errors
from leadline.check.label_noise import fit_noise


def evidence(rows: int, classes: int, sure: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """True classes, and honest log probabilities for them."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(size=(rows, classes)) * sure
    chances = softmax(logits, axis=1)
    true = (chances.cumsum(axis=1) > rng.random((rows, 1))).argmax(axis=1)
    return true, np.log(chances)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.3])
def test_planted_noise_is_counted_within_a_quarter(rate: float) -> None:
    true, logits = evidence(6_000, 5, 6.0)
    rng = np.random.default_rng(1)
    given = np.where(rng.random(6_000) < rate, (true + rng.integers(1, 5, 6_000)) % 5, true)
    noise = fit_noise(logits, given)
    planted = int((given != true).sum())
    assert abs(6_000 - np.trace(noise.counts(given)) - planted) <= 0.25 * planted + 60


def test_it_says_which_class_is_given_for_which() -> None:
    true, logits = evidence(6_000, 4, 6.0)
    given = np.where((true == 2) & (np.random.default_rng(2).random(6_000) < 0.3), 0, true)
    confusion = fit_noise(logits, given).confusion
    assert confusion[2, 0] == pytest.approx(0.3, abs=0.05)
    assert np.diag(confusion)[[0, 1, 3]].min() > 0.95


def test_classes_that_overlap_are_no_noise() -> None:
    true, logits = evidence(6_000, 3, 1.5)
    assert 1 - (logits.argmax(axis=1) == true).mean() > 0.2  # a model cannot do better
    noise = fit_noise(logits, true)
    assert 1 - np.trace(noise.counts(true)) / 6_000 < 0.05


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 30), st.integers(2, 6), st.integers(0, 1000))
def test_chances_add_up_and_the_interval_holds_the_number(rows: int, classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    logits, given = np.log(softmax(rng.normal(size=(rows, classes)) * 5, axis=1)), rng.integers(0, classes, rows)
    noise = fit_noise(logits, given)
    np.testing.assert_allclose(noise.confusion.sum(axis=1), 1)
    np.testing.assert_allclose(noise.posterior.sum(axis=1), 1)
    found = expected_errors(noise, given)
    assert 0 <= found.low <= found.value <= found.high <= rows
