"""Intervals around predicted numbers that are wide where errors are large and narrow where they are small.

Normalised split conformal prediction (Papadopoulos et al. 2002; Lei et al. 2018): errors that were made out of fold are measured in
units of the error that is usual where the answer lies, and one quantile of these serves everywhere. How large errors usually are is a line
through their means in bins of answers, so that it costs nothing to ask and needs no second model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

COVERAGE = 0.90  # of the interval around a predicted number
_ROWS_A_BIN, _MOST_BINS = 100, 20
_NARROWEST = 0.1  # of the mean error: a bin in which all was right by chance must not promise that it always will be


def fit_spread(answers: np.ndarray, truth: np.ndarray) -> dict[str, list[float]]:
    """`half` widths at the answers `at`, ascending, from answers (n,) that were given out of fold."""
    errors = np.abs(truth - answers)
    at, usual = _usual_errors(answers, errors)
    ratios = np.sort(errors / np.interp(answers, at, usual))
    place = int(np.ceil((len(ratios) + 1) * COVERAGE)) - 1
    return {"at": at.tolist(), "half": (usual * ratios[min(place, len(ratios) - 1)]).tolist()}


def half_widths(spread: Mapping[str, Any], answers: np.ndarray) -> np.ndarray:
    """(n,) between two places of `at` the way between their widths, beyond the last ones theirs."""
    return np.asarray(np.interp(answers, spread["at"], spread["half"]))


def coverage(spread: Mapping[str, Any], answers: np.ndarray, truth: np.ndarray) -> float:
    """The share of truths inside their intervals."""
    return float((np.abs(truth - answers) <= half_widths(spread, answers)).mean())


def _usual_errors(answers: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The middle answer and the mean error of each bin of answers; neighbouring bins count half, so that the line is no jagged one."""
    mean = float(errors.mean()) or 1.0
    bins = np.array_split(np.argsort(answers, kind="stable"), int(np.clip(len(answers) // _ROWS_A_BIN, 1, _MOST_BINS)))
    at = np.array([np.median(answers[rows]) for rows in bins])
    means = np.array([errors[rows].mean() for rows in bins])
    padded = np.pad(means, 1, mode="edge")
    smooth = np.maximum((padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4, _NARROWEST * mean)
    at, first = np.unique(at, return_index=True)
    return at, smooth[first]
