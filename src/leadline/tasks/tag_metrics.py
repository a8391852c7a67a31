"""What naming labels is measured by. Metrics that look at the labels named are told how these are decided."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from leadline.tasks.metrics import Metric, PerRow, Weighted, mean_of, named

_NUMBERS_AT_ONCE = 1 << 22
Names = Callable[[np.ndarray], np.ndarray]  # probabilities (n, num_labels) -> whether each label is named (n, num_labels)
Prepared = Callable[[np.ndarray, np.ndarray], Weighted]


def micro_f1(names: Names) -> Prepared:
    """F1 over all labels of all rows together: each label given or named counts alike."""

    def prepared(probabilities: np.ndarray, truth: np.ndarray) -> Weighted:
        answers = names(probabilities)
        right, either = (answers & (truth == 1)).sum(axis=1), answers.sum(axis=1) + truth.sum(axis=1, dtype=np.int64)
        return lambda weights: _share(2 * float(weights @ right), float(weights @ either))

    return prepared


def macro_f1(names: Names) -> Prepared:
    """Mean F1 of the labels that are given or named at all: each label counts alike, however rare."""

    def prepared(probabilities: np.ndarray, truth: np.ndarray) -> Weighted:
        answers, num_labels = names(probabilities), truth.shape[1]
        places = [np.nonzero(cells) for cells in (answers & (truth == 1), answers, truth)]

        def score(weights: np.ndarray) -> float:
            right, answered, there = (np.bincount(labels, weights[rows], minlength=num_labels) for rows, labels in places)
            known = answered + there > 0
            return float((2 * right[known] / (answered + there)[known]).mean()) if known.any() else float("nan")

        return score

    return prepared


def mean_average_precision(probabilities: np.ndarray, truth: np.ndarray) -> Weighted:
    """Mean over the labels that any row has of the average precision with which rows are ranked by that label."""
    step = max(1, _NUMBERS_AT_ONCE // max(1, len(truth)))
    blocks = [slice(start, start + step) for start in range(0, truth.shape[1], step)]
    parts = [_ranking(probabilities[:, block], truth[:, block]) for block in blocks]

    def score(weights: np.ndarray) -> float:
        found = np.concatenate([part(weights) for part in parts])
        known = found[np.isfinite(found)]
        return float(known.mean()) if len(known) else float("nan")

    return score


def _ranking(probabilities: np.ndarray, truth: np.ndarray) -> Any:
    """A function from weights to the average precision of each label, NaN where no row has it; sorts once."""
    num_rows, num_labels = truth.shape
    order = np.argsort(-probabilities, axis=0, kind="stable")
    ranked, there = np.take_along_axis(probabilities, order, axis=0), np.take_along_axis(truth, order, axis=0) == 1
    last = np.ones((num_rows, num_labels), dtype=bool)
    last[:-1] = ranked[:-1] != ranked[1:]
    ends = np.where(last, np.arange(num_rows)[:, None], num_rows)
    ends = np.minimum.accumulate(ends[::-1], axis=0)[::-1]  # the last place of those with an equal probability
    labels, rows = np.nonzero(there.T)  # label after label, each from the likeliest on
    end, example = ends[rows, labels], order[rows, labels]
    last_equal = np.searchsorted(labels * num_rows + end, labels * num_rows + end, side="right")

    def precisions(weights: np.ndarray) -> np.ndarray:
        mine, above = weights[example], weights[order].cumsum(axis=0)[end, labels]
        total = np.bincount(labels, mine, minlength=num_labels)
        right = np.append(0.0, mine.cumsum())[last_equal] - (total.cumsum() - total)[labels]
        gained = np.bincount(labels, mine * right / np.maximum(above, 1e-12), minlength=num_labels)
        return np.where(total > 0, gained / np.maximum(total, 1e-12), np.nan)

    return precisions


def all_right(names: Names) -> PerRow:
    """Whether the labels named are exactly those given."""
    return lambda probabilities, truth: np.asarray((names(probabilities) == (truth == 1)).all(axis=1), dtype=np.float64)


def surprise(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Mean over labels of the negative log of the probability given to what is true of it, in nats."""
    of_truth = np.where(truth == 1, probabilities, 1 - probabilities)
    losses: np.ndarray = -np.log(np.clip(of_truth, 1e-12, 1)).mean(axis=1)
    return losses


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else float("nan")


def metrics_of(names: Names) -> dict[str, Metric]:
    """By name; those that look at the labels named take them as `names` does."""
    right = all_right(names)
    return named((
        Metric("micro_f1", "F1 over all labels given", True, micro_f1(names), percent=True),
        Metric("macro_f1", "F1, every label counting alike", True, macro_f1(names), percent=True, skewed=True),
        Metric("mean_average_precision", "mean average precision of labels", True, mean_average_precision, every_answer=True, skewed=True),
        Metric("exact_match", "rows with all labels right", True, mean_of(right), right, of_hits=True, percent=True),
        Metric("log_loss", "log loss of a label", False, mean_of(surprise), surprise),
    ))  # fmt: skip
