"""How well something is told by one column alone: counted in bins, and scored on rows that were not counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from leadline.data.table import Data, forms_of
from leadline.encoders.tabular import CATEGORY, NUMBER, Vocabulary
from leadline.evaluate.intervals import Interval
from leadline.tasks.class_metrics import roc_auc

MISSING = 0  # the bin of missing values
_LEAST_ROWS, _MOST_BINS, _MOST_CATEGORIES = 20, 128, 1_000  # rows of a bin, where that many bins are not yet reached
_Z = 1.959964  # normal quantile of 0.975
_DECIDED = 0.2  # of the entropy
_PRIOR = 1.0  # rows of the usual mixture that every bin is given, so that nothing is impossible


@dataclass(frozen=True)
class Asked:
    """`values` (n,) are class codes where there are `num_classes`, else numbers; `folds` (n,) numbers of the parts that judge in turn."""

    values: np.ndarray
    num_classes: int
    folds: np.ndarray

    @property
    def in_classes(self) -> bool:
        return self.num_classes > 0

    @cached_property
    def untold(self) -> float:
        """What is to be explained: the loss of one answer for all."""
        return self._loss(np.zeros(len(self.values), np.int64))

    def explained(self, bins: np.ndarray) -> float:
        """Of what is to be known, the share that the bins (n,) tell: of the entropy (Theil 1970), of the variance for numbers.

        0 where they tell nothing, below where they mislead, 1 where they tell all.
        """
        return 1 - self._loss(bins) / self.untold if self.untold > 0 else 0.0

    def _loss(self, bins: np.ndarray) -> float:
        if not self.in_classes:
            return float(np.mean((self.values - self.guessed(bins)) ** 2))
        return float(-np.mean(np.log(self._chances(bins, self.values))))

    def guessed(self, bins: np.ndarray) -> np.ndarray:
        """(n,) the mean of other folds' numbers in the same bin, or the chance of the last class."""
        if self.in_classes:
            return self._chances(bins, np.full(len(bins), self.num_classes - 1))
        return self._means(bins)

    def decided(self, bins: np.ndarray) -> float:
        """The share of rows in bins that leave at most a fifth of the entropy: there the answer is all but known."""
        counts = self._counts(bins, self.values, int(bins.max(initial=0)) + 1)
        usual = np.bincount(self.values, minlength=self.num_classes) / max(1, len(bins))
        left = _entropy((counts + _PRIOR * usual) / (counts.sum(axis=1, keepdims=True) + _PRIOR))
        return float(np.mean((left <= _DECIDED * _entropy(usual[None]))[bins]))

    def right(self, bins: np.ndarray) -> float:
        """The share of rows whose class is the likeliest of its bin in other folds."""
        hits = 0
        for fold in np.unique(self.folds):
            judged, taught = self.folds == fold, self.folds != fold
            counts = self._counts(bins[taught], self.values[taught], int(bins.max()) + 1)
            usual = np.bincount(self.values[taught], minlength=self.num_classes)
            likeliest = (counts + 1e-9 * usual).argmax(axis=1)
            hits += int((likeliest[bins[judged]] == self.values[judged]).sum())
        return hits / max(1, len(bins))

    def _chances(self, bins: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """(n,) the chance that other folds give to these classes."""
        found, size = np.empty(len(bins)), int(bins.max(initial=0)) + 1
        for fold in np.unique(self.folds):
            judged, taught = self.folds == fold, self.folds != fold
            usual = (np.bincount(self.values[taught], minlength=self.num_classes) + 1.0) / (taught.sum() + self.num_classes)
            counts = self._counts(bins[taught], self.values[taught], size)
            at, asked = bins[judged], classes[judged]
            found[judged] = (counts[at, asked] + _PRIOR * usual[asked]) / (counts.sum(axis=1)[at] + _PRIOR)
        return found

    def _counts(self, bins: np.ndarray, classes: np.ndarray, size: int) -> np.ndarray:
        """(size, num_classes) rows."""
        flat = np.bincount(bins * self.num_classes + classes, minlength=size * self.num_classes)
        return flat.reshape(size, self.num_classes)

    def _means(self, bins: np.ndarray) -> np.ndarray:
        numbers, found, size = self.values, np.empty(len(bins)), int(bins.max(initial=0)) + 1
        for fold in np.unique(self.folds):
            judged, taught = self.folds == fold, self.folds != fold
            usual = numbers[taught].mean() if taught.any() else 0.0
            sums = np.bincount(bins[taught], numbers[taught], minlength=size)
            counts = np.bincount(bins[taught], minlength=size)
            found[judged] = ((sums + _PRIOR * usual) / (counts + _PRIOR))[bins[judged]]
        return found


def _entropy(chances: np.ndarray) -> np.ndarray:
    """(n,) of chances (n, num_classes)."""
    found: np.ndarray = -(chances * np.log(np.maximum(chances, 1e-300))).sum(axis=1)
    return found


def bins_of(values: Any, form: str) -> np.ndarray | None:
    """(n,) int64 bins of a feature, 0 for missing values; None where the form has none: texts, pictures."""
    if form == NUMBER:
        return _of_numbers(np.asarray(values, np.float64))
    return _of_names(values) if form == CATEGORY else None


def table_features(data: Data) -> dict[str, Any]:
    """Values of the number and category features by name; texts and pictures are not read."""
    kept = {name: choice for name, choice in data.columns.items() if {NUMBER, CATEGORY} & {*forms_of({name: choice.type}).values()}}
    return replace(data, columns=kept).all_features()[0]


def auc(scores: np.ndarray, positive: np.ndarray) -> float:
    """How often a positive row has the higher score than another."""
    return roc_auc(np.stack([-scores, scores], axis=1), positive.astype(np.int64), np.ones(len(scores)))


def auc_interval(area: float, positives: int, negatives: int) -> Interval:
    """An area under the ROC curve with its 95 % interval (Hanley and McNeil 1982)."""
    inner = (positives - 1) * (area / (2 - area) - area**2) + (negatives - 1) * (2 * area**2 / (1 + area) - area**2)
    spread = float(np.sqrt(max(0.0, area * (1 - area) + inner) / (positives * negatives)))
    return Interval(area, max(0.0, area - _Z * spread), min(1.0, area + _Z * spread), positives + negatives)


def _of_numbers(values: np.ndarray) -> np.ndarray:
    bins, known = np.zeros(len(values), np.int64), np.isfinite(values)
    distinct = np.unique(values[known])
    most = int(np.clip(known.sum() // _LEAST_ROWS, 2, _MOST_BINS))
    edges = distinct[1:] if len(distinct) <= most else np.unique(np.quantile(values[known], np.linspace(0, 1, most + 1)[1:-1]))
    bins[known] = 1 + np.searchsorted(edges, values[known], side="right")
    return bins


def _of_names(values: pl.Series) -> np.ndarray:
    words = Vocabulary.fit(values, 2, _MOST_CATEGORIES)
    return 1 + np.asarray(words.encode(values, missing=-1, unknown=len(words.names))).astype(np.int64)
