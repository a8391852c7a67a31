"""What classifying is measured by. Metrics that look at decisions are told how answers are decided."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from leadline.tasks.costs import Costs
from leadline.tasks.metrics import Metric, PerRow, Weighted, mean_of, named, weighted

Decides = Callable[[np.ndarray], np.ndarray]  # probabilities (n, num_classes) -> class codes (n,)
Prepared = Callable[[np.ndarray, np.ndarray], Weighted]


def hits(decides: Decides) -> PerRow:
    """1 where the class that is named is the true one, else 0."""
    return lambda probabilities, truth: np.asarray(decides(probabilities) == truth, dtype=np.float64)


def surprise(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Negative log of the probability given to the truth, in nats."""
    losses: np.ndarray = -np.log(np.clip(probabilities[np.arange(len(truth)), truth], 1e-12, 1))
    return losses


def balanced_accuracy(decides: Decides) -> Prepared:
    """Mean over the classes present of the share of each that is found."""

    def prepared(probabilities: np.ndarray, truth: np.ndarray) -> Weighted:
        right, num_classes = decides(probabilities) == truth, probabilities.shape[1]

        def score(weights: np.ndarray) -> float:
            found, there = (np.bincount(truth, counted, minlength=num_classes) for counted in (weights * right, weights))
            return float((found[there > 0] / there[there > 0]).mean())

        return score

    return prepared


def f1(decides: Decides) -> Prepared:
    """Harmonic mean of precision and recall of the second of two classes; NaN where it neither is there nor is named."""

    def prepared(probabilities: np.ndarray, truth: np.ndarray) -> Weighted:
        said, there = decides(probabilities) == 1, truth == 1
        right, either = said & there, said.astype(np.float64) + there

        def score(weights: np.ndarray) -> float:
            whole = float(weights @ either)
            return 2 * float(weights @ right) / whole if whole > 0 else float("nan")

        return score

    return prepared


def f1_macro(decides: Decides) -> Prepared:
    """Mean F1 of the classes that are there or are named: each counts alike, however rare."""

    def prepared(probabilities: np.ndarray, truth: np.ndarray) -> Weighted:
        said, num_classes = decides(probabilities), probabilities.shape[1]

        def score(weights: np.ndarray) -> float:
            counted = ((truth, weights * (said == truth)), (truth, weights), (said, weights))
            right, there, answered = (np.bincount(classes, of, minlength=num_classes) for classes, of in counted)
            known = there + answered > 0
            return float((2 * right[known] / (there + answered)[known]).mean()) if known.any() else float("nan")

        return score

    return prepared


def roc_auc(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Probability that a random positive is ranked above a random negative, ties counted half (Mann-Whitney)."""
    positive, negative = _counts_by_score(probabilities[:, 1], truth, weights)
    total = positive.sum() * negative.sum()
    if total == 0:
        return float("nan")
    negatives_below = np.cumsum(negative) - negative
    return float((positive * (negatives_below + negative / 2)).sum() / total)


def average_precision(probabilities: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
    """Area under precision over recall, without interpolation; the second class is the positive one."""
    positive, negative = _counts_by_score(probabilities[:, 1], truth, weights)
    if positive.sum() == 0:
        return float("nan")
    found, wrong = np.cumsum(positive[::-1]), np.cumsum(negative[::-1])
    precision = found / np.maximum(found + wrong, 1e-12)
    return float((precision * positive[::-1]).sum() / found[-1])


def _counts_by_score(scores: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights of positives and of negatives at each distinct score, lowest first."""
    values, place = np.unique(scores, return_inverse=True)
    positive = np.bincount(place, weights * (truth == 1), minlength=len(values))
    negative = np.bincount(place, weights * (truth != 1), minlength=len(values))
    return positive, negative


def metrics_of(decides: Decides, costs: Costs | None = None) -> dict[str, Metric]:
    """By name; those that look at decisions take them as `decides` does, and with costs there is one more."""
    right = hits(decides)
    found = [
        Metric("accuracy", "right answers", True, mean_of(right), right, of_hits=True, percent=True),
        Metric("balanced_accuracy", "right answers, every class counting alike", True, balanced_accuracy(decides), percent=True),
        Metric("f1", "F1 of the positive class", True, f1(decides), percent=True, two_classes_only=True),
        Metric("f1_macro", "F1, every class counting alike", True, f1_macro(decides), percent=True, skewed=True),
        Metric("log_loss", "log loss", False, mean_of(surprise), surprise),
        Metric("roc_auc", "area under the ROC curve", True, weighted(roc_auc), two_classes_only=True),
        Metric("average_precision", "average precision", True, weighted(average_precision), two_classes_only=True),
    ]
    if costs is not None:

        def cost(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
            return costs.of(decides(probabilities) == 1, truth)

        found.append(Metric("cost", "cost of an answer on average", False, mean_of(cost), cost, two_classes_only=True))
    return named(found)
