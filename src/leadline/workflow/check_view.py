"""What checks look at: all rows or, of very many, some drawn by lot, with models that answer and encode when they are first asked."""

from __future__ import annotations

import numpy as np

from leadline.check.duplicates import find_copies
from leadline.check.overlaps import backwards
from leadline.check.several_frames import several_frames
from leadline.check.view import Labels, View
from leadline.data.table import Data
from leadline.encoders.store import Store
from leadline.findings import Finding
from leadline.progress import Progress
from leadline.workflow.out_of_fold import OutOfFoldModels
from leadline.workflow.read import unreadable_pictures
from leadline.workflow.setup import Setup, order_of

MOST_ROWS = 500_000  # that checks look at, and still end in minutes; what is found on reading is found in all rows
_MOST_CHANCES = 100_000_000  # of as many classes for each row: several arrays of these are held at once


def view_of(
    data: Data, setup: Setup | None, seconds: float, seed: int, store: Store, progress: Progress, near: float
) -> tuple[View, Setup | None, list[Finding]]:
    """The view, the setup of its rows, and what was found while reading all of them.

    `seconds` may be spent in all, `near` of them on near copies where there is no setup.
    """
    if setup is None:
        return _without_answers(data, seconds, seed, store, progress, near)
    rows = _drawn(len(setup.data), setup.num_classes, seed)
    asked = setup if rows is None else setup.of_rows(rows)
    models = OutOfFoldModels(asked.data, asked, seconds, seed, store, progress)
    labels = Labels(asked.data.require_target(), asked.task, asked.target, asked.metric, asked.partition)
    view = View(
        asked.data, labels, asked.groups, seed, store, progress, models.answers, models.vectors, models.learn, models.looks, asked.copies
    )
    return view, asked, [*unreadable_pictures(setup.data), *setup.data.findings]


def _without_answers(
    data: Data, seconds: float, seed: int, store: Store, progress: Progress, near: float
) -> tuple[View, None, list[Finding]]:
    copies, rows = find_copies(data, np.zeros(len(data), np.int64), 0, store, progress, near), _drawn(len(data), 1, seed)
    some = data if rows is None else data.take(rows)
    groups, same = (of if of is None or rows is None else of[rows] for of in (copies.groups, copies.copies))
    models = OutOfFoldModels(some, None, seconds, seed, store, progress)
    view = View(some, None, groups, seed, store, progress, models.answers, models.vectors, copies=same)
    return (
        view,
        None,
        [*unreadable_pictures(data), *data.findings, *several_frames(data), *copies.findings, *backwards(data, order_of(data))],
    )


def _drawn(num_rows: int, num_classes: int, seed: int) -> np.ndarray | None:
    """Rows drawn by lot, in reading order, where there are more than checks can look at; None: all of them."""
    most = min(MOST_ROWS, _MOST_CHANCES // max(1, num_classes))
    if num_rows <= most:
        return None
    return np.sort(np.random.default_rng([seed, 53]).choice(num_rows, most, replace=False))
