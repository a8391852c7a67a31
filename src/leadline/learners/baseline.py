"""What anyone could answer without looking at an example: how frequent classes or labels are, or the mean. All is shown against it."""

from __future__ import annotations

from typing import ClassVar

from leadline.data.examples import Examples
from leadline.heads.constant import Constant
from leadline.learners.contract import Learner, Sizes, Work
from leadline.parts import COLUMN, Graph, Node
from leadline.tasks.contract import Task


class Baseline(Learner):
    name: ClassVar[str] = "baseline"
    family: ClassVar[str] = "classical"
    title: ClassVar[str] = "what is most frequent, or the mean"
    keeps_monotone: ClassVar[bool] = True

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        return None

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        """One pass over the answers, in millions of rows."""
        return Work(steps=sizes.rows / 1e6, peak_bytes=8 * sizes.rows)

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        """The head reads the first column, only to know how many rows there are."""
        column = next(name for name in train.values if name.startswith(COLUMN))
        return Graph((Node("constant", Constant(task.first_guess(train.target, train.num_classes)), (column,)),))
