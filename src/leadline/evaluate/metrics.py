"""Metrics: one number for how good answers are, each also computable on weighted rows (which makes the bootstrap cheap)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from leadline.errors import LeadlineError

Score = Callable[[np.ndarray, np.ndarray, np.ndarray], float]
PerRow = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Metric:
    """`score(answers, truth, weights)`; `per_row` where the score is a plain mean over rows."""

    name: str
    title: str
    higher_is_better: bool
    score: Score
    per_row: PerRow | None = None
    two_classes_only: bool = False

    def value(self, answers: np.ndarray, truth: np.ndarray) -> float:
        return self.score(answers, truth, np.ones(len(truth)))

    def better(self, difference: float) -> float:
        """A difference of scores, turned so that positive is better."""
        return difference if self.higher_is_better else -difference


def hits(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    right: np.ndarray = (probabilities.argmax(axis=1) == truth).astype(np.float64)
    return right


def surprise(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Negative log of the probability given to the truth, in nats."""
    losses: np.ndarray = -np.log(np.clip(probabilities[np.arange(len(truth)), truth], 1e-12, 1))
    return losses


def balanced_accuracy(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Mean over the classes present of the share of each that is found."""
    found = np.bincount(truth, weights * hits(probabilities, truth), minlength=probabilities.shape[1])
    there = np.bincount(truth, weights, minlength=probabilities.shape[1])
    return float((found[there > 0] / there[there > 0]).mean())


def roc_auc(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Probability that a random positive is ranked above a random negative, ties counted half (Mann-Whitney)."""
    _, positive, negative = _counts_by_score(probabilities[:, 1], truth, weights)
    total = positive.sum() * negative.sum()
    if total == 0:
        return float("nan")
    negatives_below = np.cumsum(negative) - negative
    return float((positive * (negatives_below + negative / 2)).sum() / total)


def average_precision(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Area under precision over recall, without interpolation; the second class is the positive one."""
    _, positive, negative = _counts_by_score(probabilities[:, 1], truth, weights)
    if positive.sum() == 0:
        return float("nan")
    found, wrong = np.cumsum(positive[::-1]), np.cumsum(negative[::-1])
    precision = found / np.maximum(found + wrong, 1e-12)
    return float((precision * positive[::-1]).sum() / found[-1])


def _counts_by_score(scores: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    values, place = np.unique(scores, return_inverse=True)
    positive = np.bincount(place, weights * (truth == 1), minlength=len(values))
    negative = np.bincount(place, weights * (truth != 1), minlength=len(values))
    return values, positive, negative


def r2(numbers: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Share of the variance explained; 0 is as good as the mean, below 0 is worse."""
    total = weights.sum()
    spread = (weights * (truth - (weights * truth).sum() / total) ** 2).sum()
    return float(1 - (weights * (truth - numbers) ** 2).sum() / spread) if spread > 0 else float("nan")


def rmse(numbers: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    return float(np.sqrt((weights * (truth - numbers) ** 2).sum() / weights.sum()))


def distance(numbers: np.ndarray, truth: np.ndarray) -> np.ndarray:
    apart: np.ndarray = np.abs(truth - numbers)
    return apart


def _mean_of(per_row: PerRow) -> Score:
    return lambda answers, truth, weights: float((weights * per_row(answers, truth)).sum() / weights.sum())


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "right answers", True, _mean_of(hits), hits),
        Metric("balanced_accuracy", "right answers, every class counting alike", True, balanced_accuracy),
        Metric("log_loss", "log loss", False, _mean_of(surprise), surprise),
        Metric("roc_auc", "area under the ROC curve", True, roc_auc, two_classes_only=True),
        Metric("average_precision", "average precision", True, average_precision, two_classes_only=True),
        Metric("r2", "share of variance explained (R2)", True, r2),
        Metric("rmse", "root mean squared error", False, rmse),
        Metric("mae", "mean absolute error", False, _mean_of(distance), distance),
    )
}


def get_metric(name: str, allowed: tuple[str, ...], num_classes: int) -> Metric:
    """The metric of that name if it fits the task. Raises LeadlineError with the names that do."""
    fitting = [m for m in allowed if num_classes == 2 or not METRICS[m].two_classes_only]
    if name not in fitting:
        raise LeadlineError(f'"{name}" is not a metric for this task', f"one of: {', '.join(fitting)}")
    return METRICS[name]


def fitting_metrics(allowed: tuple[str, ...], num_classes: int) -> list[Metric]:
    return [METRICS[m] for m in allowed if num_classes == 2 or not METRICS[m].two_classes_only]
