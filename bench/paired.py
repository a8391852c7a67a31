"""Paired differences on the same judged rows: is one model significantly better than another?

An interval that excludes zero is significant (design, section 11): bootstrap over rows, seeds averaged within each row or resample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from leadline.evaluate.calibration import expected_calibration_error

ENOUGH = 1_000  # judging rows, from which on calibration can be told
MOST_ERROR = 0.03
RESAMPLES = 2000


@dataclass(frozen=True)
class Difference:
    """Mean of ours minus theirs, with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def significantly_below(self) -> bool:
        return self.high < 0

    def __str__(self) -> str:
        return f"{self.value:+.4f} ({self.low:+.4f} to {self.high:+.4f})"


def accuracy(is_right: np.ndarray) -> Callable[[np.ndarray], float]:
    """From which rows were right, a function from row weights (how often each row was drawn) to the accuracy."""
    right = is_right.astype(float)
    return lambda weights: float(weights @ right / weights.sum())


def calibration_error(chances: pl.DataFrame, right: np.ndarray) -> float:
    """ECE, 15 bins, of the likeliest answers; `chances` are the columns p(CLASS) of a table of predictions."""
    return expected_calibration_error(chances.max_horizontal().to_numpy().astype(float), right.astype(float))


def roc_auc(is_positive: np.ndarray, probability: np.ndarray) -> Callable[[np.ndarray], float]:
    """A function from row weights to the area under the ROC curve; ties count half. The rows are sorted once."""
    order = np.argsort(probability, kind="stable")
    positive = is_positive[order].astype(bool)
    sorted_probability = probability[order]
    tie_starts = np.flatnonzero(np.r_[True, sorted_probability[1:] != sorted_probability[:-1]])

    def area(weights: np.ndarray) -> float:
        weights = weights[order]
        positives = np.add.reduceat(np.where(positive, weights, 0), tie_starts)
        negatives = np.add.reduceat(np.where(positive, 0, weights), tie_starts)
        below = np.cumsum(negatives) - negatives
        return float(positives @ (below + negatives / 2) / (positives.sum() * negatives.sum()))

    return area


def paired_difference(
    ours: Sequence[Callable[[np.ndarray], float]], theirs: Callable[[np.ndarray], float], num_rows: int, seed: int = 0
) -> Difference:
    """The mean of our seeds minus theirs, over bootstrap resamples of the rows."""

    def difference(weights: np.ndarray) -> float:
        return float(np.mean([score(weights) for score in ours])) - theirs(weights)

    random = np.random.default_rng(seed)
    drawn = [difference(np.bincount(random.integers(0, num_rows, num_rows), minlength=num_rows).astype(float)) for _ in range(RESAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Difference(difference(np.ones(num_rows)), float(low), float(high))
