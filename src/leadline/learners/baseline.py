"""What anyone could answer without looking at an example: the class frequencies, or the mean. Every result is shown against it."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from leadline.data.examples import Examples
from leadline.heads.constant import Constant
from leadline.learners.contract import Sizes, Work
from leadline.parts import COLUMN, Graph, Node
from leadline.tasks.contract import Task


def first_guess(target: np.ndarray, num_classes: int) -> np.ndarray:
    """The best constant raw output (num_outputs,): the mean; the log odds of the second of two classes; a log frequency per class.

    Each class counts half an example more than were seen (Krichevsky and Trofimov, 1981), so that no class is impossible.
    """
    if not num_classes:
        return np.array([np.mean(target, dtype=np.float64)])
    counts = np.bincount(target, minlength=num_classes) + 0.5
    logs: np.ndarray = np.log(counts / counts.sum())
    return np.diff(logs) if num_classes == 2 else logs


class Baseline:
    name: ClassVar[str] = "baseline"
    family: ClassVar[str] = "classical"
    title: ClassVar[str] = "the most frequent class, or the mean"

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        return None

    def inputs(self, sizes: Sizes) -> list[Node]:
        return []

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        """One pass over the answers, in millions of rows."""
        return Work(steps=sizes.rows / 1e6, peak_bytes=8 * sizes.rows)

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        """The head reads the first column, only to know how many rows there are."""
        column = next(name for name in train.values if name.startswith(COLUMN))
        return Graph((Node("constant", Constant(first_guess(train.target, train.num_classes)), (column,)),))
