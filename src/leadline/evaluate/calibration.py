"""Whether a stated 90 % is right nine times in ten, and the one number that mends it when it is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leadline.tasks.metrics import PerRow

_BINS = 15
_MOST_NUMBERS = 1 << 23  # of raw outputs that a temperature is fitted to: evenly spaced rows of more say the same


def fit_temperature(raw: np.ndarray, truth: np.ndarray, answers: Callable[[np.ndarray], np.ndarray], per_row: PerRow) -> float:
    """The temperature T for which `raw / T` has the least loss (Guo et al. 2017), from rows the model did not learn from."""
    if len(truth) == 0:
        return 1.0
    step = -(-raw.size // _MOST_NUMBERS)
    raw, truth = raw[::step], truth[::step]

    def loss(log_temperature: float) -> float:
        return float(per_row(answers(raw / np.exp(log_temperature)), truth).mean())

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


def expected_calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """Mean gap between confidence (m,) and share of right statements over 15 equal-width bins, weighted by statements."""
    if len(right) == 0:
        return float("nan")
    bins = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    gaps = np.bincount(bins, right - confidence, minlength=_BINS)
    return float(np.abs(gaps).sum() / len(right))
