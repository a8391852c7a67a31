"""What the columns of a table together tell of something, by a quick linear model on rows that it did not learn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from leadline.encoders.tabular import CATEGORY, NUMBER, DesignMatrix
from leadline.learners.losses import loss_for
from leadline.learners.search import Aim, Search
from leadline.tasks.contract import Task
from leadline.values import Dense

# One strength, and few steps: what is asked is about how much there is to tell, not the last point of it.
_SEARCH = Search((1e-3,), 60, 1e-4)


def out_of_fold(features: Dense, target: np.ndarray, aim: Aim, folds: np.ndarray) -> np.ndarray:
    """(n, num_outputs) raw outputs for every row of `features` (n, d), by models of the rows of other `folds` (n,)."""
    raw = np.zeros((len(target), aim.num_outputs))
    for fold in np.unique(folds):
        taught, judged = folds != fold, folds == fold
        fit = _SEARCH.fit(features[taught], target[taught], aim)
        raw[judged] = features[judged] @ fit.coef + fit.intercept
    return raw


def explained(
    columns: Mapping[str, Any], types: Mapping[str, str], target: np.ndarray, task: Task, num_classes: int, folds: np.ndarray
) -> float:
    """The share of what is to be known, as `Asked.explained` has it, that number and category columns tell together."""
    read = {name: types[name] for name in columns if types[name] in (NUMBER, CATEGORY)}
    if not read:
        return 0.0
    values = [columns[name] for name in read]
    features = DesignMatrix.fit(dict(zip(read, values, strict=True)), read).run(*values)
    aim = Aim.of(task, num_classes)
    raw, loss = out_of_fold(features, target, aim, folds), loss_for(target, aim.loss)
    guess = np.broadcast_to(np.atleast_1d(task.first_guess(target, num_classes)), raw.shape)
    return max(0.0, 1 - loss.judged(raw) / loss.value(guess))
