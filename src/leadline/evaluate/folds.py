"""Folds: every row is judged once by a model that has not seen it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.data.split import fold_numbers


@dataclass(frozen=True)
class Fold:
    """Row positions that teach and that judge."""

    train: np.ndarray
    valid: np.ndarray


def make_folds(target: np.ndarray, num_classes: int, num_folds: int, seed: int, groups: np.ndarray | None = None) -> list[Fold]:
    """`num_folds` 1 is a single fifth held back. Every fold's training part holds every class that has two rows or more."""
    numbers = fold_numbers(target, num_classes, max(num_folds, 5) if num_folds == 1 else num_folds, seed, groups)
    chosen = range(1) if num_folds == 1 else range(num_folds)
    return [Fold(np.flatnonzero(numbers != k), np.flatnonzero(numbers == k)) for k in chosen]


def given_fold(train: np.ndarray, valid: np.ndarray) -> list[Fold]:
    """The one fold that a given validation part makes."""
    return [Fold(train, valid)]
