"""Folds: every row is judged once by a model that has not seen it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.data.examples import Examples
from leadline.data.split import fold_numbers
from leadline.tasks.contract import Task

_FIFTHS = 5


@dataclass(frozen=True)
class Fold:
    """Row positions that teach and that judge."""

    train: np.ndarray
    valid: np.ndarray


def make_folds(examples: Examples, task: Task, num_folds: int, seed: int) -> list[Fold]:
    """`num_folds` 1 is a single fifth held back; fewer come where rows or groups are too few to fill them.

    Every class with two rows or more is in every fold's training part, and no group is on both sides.
    """
    asked = _FIFTHS if num_folds == 1 else num_folds
    numbers = fold_numbers(task.strata(examples.target), asked, seed, examples.groups)
    chosen = range(1) if num_folds == 1 else range(num_folds)
    folds = [Fold(np.flatnonzero(numbers != number), np.flatnonzero(numbers == number)) for number in chosen]
    return [fold for fold in folds if len(fold.train) and len(fold.valid)]


def given_fold(train: np.ndarray, valid: np.ndarray) -> list[Fold]:
    """The one fold that a given validation part makes."""
    return [Fold(train, valid)]
