"""The same learner taught twice, by rows as they are and by rows as they could be, and what it says of rows that taught neither time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from leadline.check.view import View
from leadline.data.split import fold_numbers
from leadline.errors import LeadlineError

_FOLDS = 5
_MOST_ROWS = 12_500  # of which four fifths teach: what a change is worth is told by them
_ENOUGH_JUDGES = 2_000  # after which further folds are left out
_LEAST_ROWS = 40


def seconds_of_turns(view: View, fits: float) -> float:
    """About how long all turns take with so many fits in each."""
    rows = min(len(view), _MOST_ROWS)
    number = min(_FOLDS, -(-_ENOUGH_JUDGES * _FOLDS // max(1, rows)))
    taught = rows * (_FOLDS - 1) / _FOLDS
    return number * fits * view.answers.fit_seconds * taught / max(1, len(view))


def turns(view: View, rows: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(rows that teach, rows that judge), positions in the data, as often as it takes for enough judges; copies are on one side.

    Raises LeadlineError where there are too few rows for that.
    """
    labels = view.labels
    if labels is None or len(rows) < _LEAST_ROWS:
        raise LeadlineError(f"there are fewer than {_LEAST_ROWS} rows to try it on", "more of them")
    if len(rows) > _MOST_ROWS:
        rows = np.sort(np.random.default_rng([view.seed, 43]).choice(rows, _MOST_ROWS, replace=False))
    groups = None if view.groups is None else view.groups[rows]
    folds, judges = fold_numbers(labels.task.strata(labels.target.values[rows]), _FOLDS, view.seed, groups), 0
    if len(np.unique(folds)) < 2:
        raise LeadlineError("these rows are all copies of one another", "two different ones or more")
    for fold in np.unique(folds):
        if judges >= _ENOUGH_JUDGES:
            break
        judges += int((folds == fold).sum())
        yield rows[folds != fold], rows[folds == fold]
