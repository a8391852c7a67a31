"""Targets with long tails: scales in which learners that minimise squared errors do well, and the way back to numbers.

A price of a million teaches a squared error more than a thousand prices of a thousand. In a logarithmic scale all count alike; but the
number that a mean of logarithms stands for is too low to be the mean, which is put right by the errors themselves (Duan 1983). Where
not the mean but the middle is asked for (a mean absolute error is least there), the middle error in bins of answers is added.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from leadline.heads.numbers import Numbers

_SKEWED, _HEAVY = 1.5, 5.0  # skewness and excess kurtosis from which on a scale is tried; an exponential target has 2 and 6
_LEAST_ROWS = 50  # fewer say nothing of tails
_SMALLEST = 0.05  # of the numbers above zero, that count as small: below, the scale is as the numbers are
_MARGIN = 0.05  # of the range of the target in its scale, by which answers may lie outside
_LARGEST_ERROR = 50.0  # in the scale
_ROWS_A_BIN, _MOST_BINS = 100, 20


@dataclass(frozen=True)
class TargetScale:
    """z = asinh((number - centre) / width): as the number near the centre, its logarithm far from it, on both sides."""

    centre: float
    width: float

    def __post_init__(self) -> None:
        if not (np.isfinite(self.centre) and np.isfinite(self.width) and self.width > 0):
            raise ValueError(f"no scale has the centre {self.centre} and the width {self.width}")

    def of(self, numbers: np.ndarray) -> np.ndarray:
        return np.asarray(np.arcsinh((numbers - self.centre) / self.width))


def scales_for(numbers: np.ndarray) -> list[TargetScale]:
    """Those worth trying for a target (n,) with long tails; none for others."""
    if len(numbers) < _LEAST_ROWS or not (spread := float(numbers.std())):
        return []
    units = (numbers - numbers.mean()) / spread
    if abs(float((units**3).mean())) < _SKEWED and float((units**4).mean()) - 3 < _HEAVY:
        return []
    return [scale for scale in _scales(numbers) if np.isfinite(scale.of(numbers)).all() and np.ptp(scale.of(numbers)) > 0]


def _scales(numbers: np.ndarray) -> Iterator[TargetScale]:
    """Nearly the logarithm, of numbers none of which is below zero; and both tails drawn in around the middle."""
    if numbers.min() >= 0:
        yield TargetScale(0.0, float(np.quantile(numbers[numbers > 0], _SMALLEST)))
    low, high = np.quantile(numbers, [0.25, 0.75])
    if high > low:
        yield TargetScale(float(np.median(numbers)), float(high - low) / 2)


def fit_numbers(raw: np.ndarray, truth: np.ndarray, scale: TargetScale | None, middle: bool) -> Numbers | None:
    """From out-of-fold outputs (n, 1) in the scale to numbers as the truth (n,), means or middles; None where outputs are answers."""
    if scale is None and (not middle or not len(truth)):
        return None
    outputs, target = np.asarray(raw[:, 0], np.float64), truth if scale is None else scale.of(truth)
    if scale is None:
        return Numbers(None, *_middles(outputs, target))
    margin = _MARGIN * float(np.ptp(target))
    low, high = float(target.min()) - margin, float(target.max()) + margin
    known = {"centre": scale.centre, "width": scale.width, "low": low, "high": high, "cosh": 1.0, "sinh": 0.0}
    outputs = np.clip(outputs, low, high)
    if middle:
        return Numbers(known, *_middles(outputs, target))
    errors = np.clip(target - outputs, -_LARGEST_ERROR, _LARGEST_ERROR)
    return Numbers({**known, "cosh": float(np.cosh(errors).mean()), "sinh": float(np.sinh(errors).mean())})


def _middles(outputs: np.ndarray, target: np.ndarray) -> tuple[list[float], list[float]]:
    """Where outputs lie, and the median error there, in bins; neighbouring bins count half, so that the line is no jagged one, and what is
    more before the shifts is not less after them.
    """
    bins = np.array_split(np.argsort(outputs, kind="stable"), int(np.clip(len(outputs) // _ROWS_A_BIN, 1, _MOST_BINS)))
    at = np.array([np.median(outputs[rows]) for rows in bins])
    middles = np.pad([float(np.median(target[rows] - outputs[rows])) for rows in bins], 1, mode="edge")
    smooth = (middles[:-2] + 2 * middles[1:-1] + middles[2:]) / 4
    at, first = np.unique(at, return_index=True)
    return at.tolist(), (np.maximum.accumulate(at + smooth[first]) - at).tolist()
