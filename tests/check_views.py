"""Views of made-up data, as checks are given them."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadline.check.view import Answers, Labels, Vectors, View
from leadline.data.read import read
from leadline.data.table import SPLITS
from leadline.encoders.store import Store
from leadline.errors import LeadlineError
from leadline.progress import Progress
from leadline.workflow.setup import set_up


def view_of(
    frame: pl.DataFrame,
    target: str | None,
    *,
    task: str | None = None,
    answers: np.ndarray | None = None,
    vectors: np.ndarray | None = None,
) -> View:
    """Answers and vectors are given, not made. A column named "split" says which part a row is of."""
    data = read(frame, target=target, need_target=False)
    assert all(name in SPLITS for name in (() if data.split is None else data.split))

    def answer() -> Answers:
        if answers is None:
            raise LeadlineError("there are no answers", "some", "give them")
        return Answers(answers, "linear", "linear model")

    def encode() -> Vectors:
        if vectors is None:
            raise LeadlineError("there are no vectors", "some", "give them")
        return Vectors(vectors.astype(np.float32), "made up")

    if target is None:
        return View(data, None, None, 0, Store(), Progress(), answer, encode)
    setup = set_up(data, task, None, None, 0, near_seconds=0.0)
    labels = Labels(setup.data.require_target(), setup.task, setup.target, setup.metric, setup.partition)
    return View(setup.data, labels, setup.groups, 0, Store(), Progress(), answer, encode)
