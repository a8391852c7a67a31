"""Views of made-up data, as checks are given them."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadline.check.view import Answers, Labels, Learn, Vectors, View
from leadline.data.read import read
from leadline.data.table import SPLITS
from leadline.encoders.store import Store
from leadline.errors import LeadlineError
from leadline.progress import Progress
from leadline.tasks.contract import Target
from leadline.workflow.setup import set_up


def nearest_means(points: np.ndarray, codes: np.ndarray) -> Learn:
    """Who learns the mean of each class of these points (n, d), and answers by the distances to them."""

    def learn(teach: np.ndarray, judge: np.ndarray, target: Target | None = None) -> np.ndarray:
        known = codes[teach] if target is None else target.values
        number = int(codes.max()) + 1 if target is None else len(target.classes)
        means = np.stack(
            [
                points[teach][known == code].mean(axis=0) if (known == code).any() else np.full(points.shape[1], 1e6)
                for code in range(number)
            ]
        )
        logits = -((points[judge][:, None] - means) ** 2).sum(axis=2) / 2
        chances = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(chances / chances.sum(axis=1, keepdims=True))

    return learn


def nearest_rows(points: np.ndarray, codes: np.ndarray, number: int = 7) -> Learn:
    """Who answers by the votes of the nearest rows that were taught, and so is harmed by wrong labels."""

    def learn(teach: np.ndarray, judge: np.ndarray, target: Target | None = None) -> np.ndarray:
        known = codes[teach] if target is None else target.values
        classes = int(codes.max()) + 1 if target is None else len(target.classes)
        apart = (points[judge] ** 2).sum(axis=1)[:, None] - 2 * points[judge] @ points[teach].T + (points[teach] ** 2).sum(axis=1)
        near = np.argpartition(apart, number, axis=1)[:, :number]
        return np.asarray((np.eye(classes)[known[near]].sum(axis=1) + 0.3) / (number + 0.3 * classes))

    return learn


def out_of_fold(learn: Learn, codes: np.ndarray, num_folds: int = 5) -> np.ndarray:
    """What it says of every row without having been taught it."""
    folds = np.random.default_rng(3).permutation(np.arange(len(codes)) % num_folds)
    found = [(folds == fold, learn(np.flatnonzero(folds != fold), np.flatnonzero(folds == fold), None)) for fold in range(num_folds)]
    answers = np.empty((len(codes), found[0][1].shape[1]))
    for judged, some in found:
        answers[judged] = some
    return answers


def view_of(
    frame: pl.DataFrame,
    target: str | None,
    *,
    task: str | None = None,
    answers: np.ndarray | None = None,
    vectors: np.ndarray | None = None,
    learn: Learn | None = None,
) -> View:
    """Answers, vectors and who learns are given, not made. A column named "split" says which part a row is of."""
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
    return View(setup.data, labels, setup.groups, 0, Store(), Progress(), answer, encode, learn)
