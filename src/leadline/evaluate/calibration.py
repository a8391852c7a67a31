"""Whether a stated 90 % is right nine times in ten, and the one number or two that mend it when it is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leadline.heads.scaling import Scaling
from leadline.heads.temperature import Temperature
from leadline.parts import Part
from leadline.tasks.contract import Task
from leadline.tasks.metrics import PerRow

_BINS = 15
_LEAST_OF_EACH = 50  # rows of each of two classes from which on a shift is worth fitting
_NEWTON_STEPS, _LONGEST_STEP, _LEAST_SCALE = 25, 2.0, 0.01
_MOST_NUMBERS = 1 << 23  # of raw outputs that a temperature is fitted to: evenly spaced rows of more say the same


def fit_calibration(raw: np.ndarray, truth: np.ndarray, task: Task) -> Part | None:
    """What makes out-of-fold raw outputs honest; None where the task speaks of no chances.

    A temperature; for two classes, each with rows enough, also a shift: boosted trees on rare positives need it.
    """
    per_row = task.metrics[task.calibrated_by].per_row if task.calibrated_by else None
    if per_row is None:
        return None
    temperature = fit_temperature(raw, truth, task.answers, per_row)
    two = task.loss(2) == "two-classes" and raw.shape[1] == task.num_outputs(2)
    if two and np.bincount(truth, minlength=2).min() >= _LEAST_OF_EACH:
        return _fit_scaling(raw[:, 0], truth, 1 / temperature)
    return Temperature(temperature)


def _fit_scaling(log_odds: np.ndarray, truth: np.ndarray, scale: float) -> Scaling:
    """Newton's method on the log loss, from a scale that is about right; the targets are Platt's, a little inside 0 and 1."""
    positive, negative = float((truth == 1).sum()), float((truth != 1).sum())
    target = np.where(truth == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    columns = np.column_stack([log_odds * scale, np.ones(len(log_odds))])
    found = np.array([1.0, 0.0])
    for _ in range(_NEWTON_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(columns @ found, -500, 500)))
        slope = columns.T @ (chance - target)
        bend = (columns.T * np.maximum(chance * (1 - chance), 1e-9)) @ columns + 1e-9 * np.eye(2)
        found = found - np.clip(np.linalg.solve(bend, slope), -_LONGEST_STEP, _LONGEST_STEP)
    factor = found[0] if np.isfinite(found).all() and found[0] > _LEAST_SCALE else 1.0
    shift = found[1] if factor == found[0] else 0.0
    return Scaling(round(float(factor * scale), 4) or scale, round(float(shift), 4))


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
