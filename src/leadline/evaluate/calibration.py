"""Whether a stated 90 % is right nine times in ten, and the one number that mends it when it is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leadline.evaluate.metrics import hits, surprise

_BINS = 15
COVERAGE = 0.90  # of the interval around a predicted number


def fit_temperature(raw: np.ndarray, truth: np.ndarray, answers: Callable[[np.ndarray], np.ndarray]) -> float:
    """The temperature T for which `raw / T` has the least log loss (Guo et al. 2017), from rows the model did not learn from."""
    if len(truth) == 0:
        return 1.0

    def loss(log_temperature: float) -> float:
        return float(surprise(answers(raw / np.exp(log_temperature)), truth).mean())

    return round(float(np.exp(_golden_section(loss, -3.0, 3.0))), 4)


def _golden_section(loss: Callable[[float], float], low: float, high: float, steps: int = 30) -> float:
    ratio = (np.sqrt(5) - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(steps):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = loss(right)
    return float((low + high) / 2)


def expected_calibration_error(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """Mean gap between confidence and share of right answers over 15 equal-width bins, weighted by rows."""
    confidence = probabilities.max(axis=1)
    bins = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.bincount(bins, hits(probabilities, truth) - confidence, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(truth))


def half_width(numbers: np.ndarray, truth: np.ndarray) -> float:
    """Half the width of an interval that holds 90 % of the truths, from out-of-fold errors (split conformal, Lei et al. 2018)."""
    errors = np.sort(np.abs(truth - numbers))
    place = int(np.ceil((len(errors) + 1) * COVERAGE)) - 1
    return float(errors[min(place, len(errors) - 1)])
