"""How sure a score is: 95 % intervals over the rows that judged it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from leadline.tasks.metrics import Metric, Weighted

_LEVEL = 0.95
_Z = 1.959964  # normal quantile of 0.975
_RESAMPLES = 1_000
_RESAMPLES_SLOW = 300  # where each resample has to sort the rows and there are many
_MANY_ROWS = 5_000
_FEWEST_RESAMPLES, _MOST_LOOKS = 100, 1 << 27  # where each resample looks at every answer of every row, together at so many


@dataclass(frozen=True)
class Interval:
    """A score with its 95 % interval and the number of rows behind it."""

    value: float
    low: float
    high: float
    n: int

    @property
    def defined(self) -> bool:
        """False where the rows cannot tell: a ranking of a single class, a variance of a single row."""
        return bool(np.isfinite([self.value, self.low, self.high]).all())

    def to_json(self) -> dict[str, Any]:
        """JSON knows no NaN: what is not defined is null."""
        return {name: value if np.isfinite(value) else None for name, value in asdict(self).items()}


def wilson(successes: float, n: int) -> tuple[float, float]:
    """Interval for a share (Wilson 1927): keeps its promise near 0 and 1 and for small n, unlike the textbook one."""
    share, z2 = successes / n, _Z**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * np.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return float(max(0.0, middle - half)), float(min(1.0, middle + half))


def score_interval(metric: Metric, answers: np.ndarray, truth: np.ndarray, seed: int = 0) -> Interval:
    """The score on these rows with its interval: Wilson for shares of right answers, else bootstrap over rows (Efron 1979).

    NaN where there are no rows.
    """
    if not len(truth):
        return Interval(*(float("nan"),) * 3, 0)
    value, n = metric.value(answers, truth), len(truth)
    if metric.of_hits:
        return Interval(value, *wilson(value * n, n), n)
    scores = bootstrap(metric.prepared(answers, truth), n, seed, _resamples(metric, answers))
    return Interval(value, *_percentiles(_unskewed(metric, scores, value)), n)


def difference_interval(metric: Metric, first: np.ndarray, second: np.ndarray, truth: np.ndarray, seed: int = 0) -> Interval:
    """How much better `first` is than `second` on the same rows (positive is better), by a paired bootstrap."""
    if metric.per_row is not None:
        apart = metric.better(1.0) * (metric.per_row(first, truth) - metric.per_row(second, truth))
        scores = bootstrap(lambda weights: float(weights @ apart) / len(truth), len(truth), seed, _RESAMPLES)
        return Interval(float(apart.mean()), *_percentiles(scores), len(truth))

    of_first, of_second = metric.prepared(first, truth), metric.prepared(second, truth)

    def difference(weights: np.ndarray) -> float:
        return metric.better(of_first(weights) - of_second(weights))

    scores, value = bootstrap(difference, len(truth), seed, _resamples(metric, first)), difference(np.ones(len(truth)))
    return Interval(value, *_percentiles(_unskewed(metric, scores, value)), len(truth))


def gain_interval(metric: Metric, answers: np.ndarray, truth: np.ndarray, kept: np.ndarray, seed: int = 0) -> Interval:
    """How much better the score on all rows is than on the rows `kept` (n,) of them alone (positive is better), by bootstrap over rows."""
    score = metric.prepared(answers, truth)

    def gain(weights: np.ndarray) -> float:
        alone = weights * kept
        return metric.better(score(weights) - score(alone)) if alone.any() else float("nan")

    scores, value = bootstrap(gain, len(truth), seed, _resamples(metric, answers)), gain(np.ones(len(truth)))
    return Interval(value, *_percentiles(_unskewed(metric, scores, value)), len(truth))


def share_difference(first: np.ndarray, second: np.ndarray) -> Interval:
    """How much larger the share of hits (n,) is than that of others of the same rows.

    Half a row of each kind of disagreement is added (Agresti and Min 2005): where few rows or none disagree, a bootstrap is too sure.
    """
    if not len(first):
        return Interval(*(float("nan"),) * 3, 0)
    apart = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    rows = len(apart) + 2
    middle = float(apart.sum()) / rows
    half = _Z * ((float(apart @ apart) + 1) / rows - middle**2) ** 0.5 / rows**0.5
    return Interval(float(apart.mean()), middle - half, middle + half, len(apart))


def _unskewed(metric: Metric, scores: np.ndarray, value: float) -> np.ndarray:
    return scores + (value - np.nanmean(scores)) if metric.skewed and np.isfinite(scores).any() else scores


def _resamples(metric: Metric, answers: np.ndarray) -> int:
    """As many as can be afforded."""
    if metric.every_answer:
        return min(_RESAMPLES, max(_FEWEST_RESAMPLES, _MOST_LOOKS // answers.size))
    return _RESAMPLES_SLOW if metric.per_row is None and len(answers) > _MANY_ROWS else _RESAMPLES


def bootstrap(score: Weighted, n: int, seed: int, times: int) -> np.ndarray:
    """Scores on resampled rows; a resample is how often each row was drawn."""
    rng = np.random.default_rng([seed, 11])
    return np.array([score(np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64)) for _ in range(times)])


def _percentiles(scores: np.ndarray) -> tuple[float, float]:
    tail = (1 - _LEVEL) / 2
    finite = scores[np.isfinite(scores)]
    if len(finite) == 0:
        return float("nan"), float("nan")
    return float(np.quantile(finite, tail)), float(np.quantile(finite, 1 - tail))
