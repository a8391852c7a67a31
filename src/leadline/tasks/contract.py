"""What a task is: what is asked of the data, what learners minimise for it, and what counts as a good answer.

Everything that depends on the task is asked of it here, so that a new task is one file in `tasks/` and one line in the registry: nobody
else looks at the number of classes, or at the shape of a target, to find out what is being asked.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import polars as pl

from leadline.columns.contract import Confidence, WhyNot
from leadline.errors import LeadlineError, UsageError
from leadline.findings import Finding
from leadline.tasks.costs import Costs
from leadline.tasks.metrics import Metric

# What learners can minimise, each with what its raw outputs (n, num_outputs) are: a number; the log odds of the second of two classes;
# a logit per class; the log odds of every label by itself.
Loss = Literal["squared", "two-classes", "many-classes", "each-label"]


@dataclass(frozen=True)
class Target:
    """The target column as learners take it, always aligned with rows: class codes (n,) int64, numbers (n,) float64, or 0 and 1 for
    every label (n, num_classes) uint8; with the names of classes or labels.

    `positive` is the class whose finding counts, where there are two. `findings` say what of the column was left out; their rows are
    positions in it.
    """

    values: np.ndarray
    classes: tuple[str, ...] = ()
    positive: str | None = None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class ClassCount:
    """Of one class or label: rows that are of it, rows whose answer names it, and rows of both kinds."""

    name: str
    there: int
    named: int
    right: int


class Task(ABC):
    """`num_classes` is the number of classes or labels of a target, 0 where the answers are numbers."""

    name: ClassVar[str]
    metrics: Mapping[str, Metric]  # of the class; an instance that decides in its own way has its own
    calibrated_by: ClassVar[str | None] = None  # the metric that a temperature on raw outputs is fitted to; None: there are no chances
    has_intervals: ClassVar[bool] = False  # whether an answer is a number around which an interval can be said
    blank_is_an_answer: ClassVar[bool] = False  # whether an empty cell answers (no label) instead of being a missing answer

    # What can be asked.

    @abstractmethod
    def claims(self, target: pl.Series) -> Confidence | WhyNot:
        """How surely this is what such a target asks for, and why, in a sentence without its full stop."""

    @abstractmethod
    def why_not(self, target: pl.Series) -> str | None:
        """None if this column, without its missing values, can be the target, else the reason in words."""

    @abstractmethod
    def read_target(self, target: pl.Series, positive: str | None = None) -> Target: ...

    @abstractmethod
    def codes_of(self, target: pl.Series, classes: tuple[str, ...]) -> Target:
        """The target of new rows as a trained model numbers it; raises LeadlineError for an answer the model cannot know."""

    @abstractmethod
    def made_up(self, num_rows: int, seed: int) -> pl.Series:
        """A target column out of nothing: what a machine is measured with, and what contract tests use."""

    # What is learned.

    @abstractmethod
    def loss(self, num_classes: int) -> Loss: ...

    @abstractmethod
    def num_outputs(self, num_classes: int) -> int:
        """Width of a head's raw output."""

    @abstractmethod
    def first_guess(self, values: np.ndarray, num_classes: int) -> np.ndarray:
        """The best raw output (num_outputs,) that is the same for every row: what answering without looking is."""

    @abstractmethod
    def strata(self, values: np.ndarray) -> np.ndarray:
        """(n,) equal numbers for rows that a split should spread evenly."""

    # What is answered.

    @abstractmethod
    def answers(self, raw: np.ndarray) -> np.ndarray:
        """Raw outputs (n, num_outputs) -> what metrics take: probabilities (n, num_classes), or numbers (n,). NaN stays NaN."""

    @abstractmethod
    def to_json(self, answer: Any, classes: tuple[str, ...]) -> dict[str, Any]:
        """One row of `answers` as the keys of a prediction: label, labels or value, and probabilities where there are any."""

    @abstractmethod
    def columns(self, answers: np.ndarray, classes: tuple[str, ...]) -> dict[str, pl.Series]:
        """All rows of `answers` as the columns of a table of predictions, the answer first: label and p(CLASS) for each class, or value.

        What they say of a row whose answer is NaN means nothing.
        """

    @abstractmethod
    def told(self, value: Any, classes: tuple[str, ...]) -> str:
        """The truth of one row, of the values of a target, for people."""

    @abstractmethod
    def in_words(self, prediction: Mapping[str, Any]) -> tuple[str, str]:
        """A prediction, keys as in docs/json.md, for one line of a screen: the answer, and how sure it is."""

    def of_classes(self, classes: tuple[str, ...]) -> Task:
        """The same task, not deciding yet, where classes of these names are what is answered: names may mean more than that they differ."""
        return self

    def deciding(self, decision: Mapping[str, Any] | None, num_classes: int) -> Task:
        """The same task with answers decided as a manifest says. Raises ValueError for a decision that it cannot take."""
        if decision is not None:
            raise ValueError(f"the task {self.name} knows no decision but the likeliest answer")
        return self

    def suiting(self, metric: str, answers: np.ndarray, values: np.ndarray, num_classes: int) -> Task:
        """The same task with answers decided so that this metric is highest, as far as `answers` to rows that were not learned from, with
        their truth, tell; itself where the metric looks at no decisions or how to decide was said.
        """
        return self

    def settled(self, answers: np.ndarray) -> np.ndarray:
        """What the metric that answers are decided for sees of them: nothing but the decisions, so that those of learners which decide
        differently can be compared; the answers themselves where they are decided for none.
        """
        return answers

    def each_row(self, tasks: Sequence[Task], part: np.ndarray) -> Task:
        """The same task for rows of which each was answered, and is decided, by one of `tasks`, all suiting one metric: `part` (n,)."""
        return self

    def of_row(self, row: int) -> Task:
        """The same task for one of such rows."""
        return self

    def weighing(self, costs: Costs, num_classes: int) -> Task:
        """The same task with answers that cost least. Raises UsageError where they have no two kinds of mistakes."""
        raise UsageError(f"the task is to {self.name}, where mistakes are of no two kinds", "a target of two classes", "leave out --cost")

    @property
    def decision(self) -> dict[str, Any] | None:
        """How answers are decided, JSON-able; None: the likeliest."""
        return None

    def decides_in_words(self, classes: tuple[str, ...]) -> str | None:
        """That for people, with the reason; None where it goes without saying."""
        return None

    def what_rises(self, classes: tuple[str, ...]) -> str | None:
        """What of an answer can rise and fall with a column, for people: "the answer". It is what the only raw output rises with; None
        where answers have no order.
        """
        return None

    # How good answers are.

    def trivial_score(self, metric: str, taught: np.ndarray, values: np.ndarray, num_classes: int) -> float:
        """The score of answering all rows, whose truth is `values`, alike: as is best by what the rows `taught` hold."""
        (guess,) = self.answers(self.first_guess(taught, num_classes)[None])
        task = self.suiting(metric, np.broadcast_to(guess, (len(taught), *guess.shape)), taught, num_classes)
        return task.metrics[metric].value(np.broadcast_to(guess, (len(values), *guess.shape)), values)

    def cost_comparison(self, answers: np.ndarray, values: np.ndarray) -> dict[str, Any] | None:
        """What 1,000 rows like these cost by different ways to decide, where mistakes have costs."""
        return None

    @abstractmethod
    def default_metric(self, target: Target) -> str: ...

    def fitting_metrics(self, num_classes: int) -> list[Metric]:
        return [metric for metric in self.metrics.values() if num_classes == 2 or not metric.two_classes_only]

    def metric(self, name: str, num_classes: int) -> Metric:
        """The metric of that name. Raises LeadlineError with the names that fit."""
        fitting = {metric.name: metric for metric in self.fitting_metrics(num_classes)}
        if name not in fitting:
            saw = f'"{name}" is not a metric for this task, which is to {self.name}'
            raise LeadlineError(saw, f"one of: {', '.join(fitting)}", "another --metric, or another --task")
        return fitting[name]

    @abstractmethod
    def share_changed(self, first: np.ndarray, second: np.ndarray, values: np.ndarray) -> float:
        """How many of the answers a person would call different; `values` is the target that the model learned from."""

    @abstractmethod
    def wrongness(self, answers: np.ndarray, values: np.ndarray) -> np.ndarray:
        """(n,) how badly each answer is wrong, 0 where it is right: the order in which mistakes are worth looking at."""

    def certainty(self, answers: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """How sure each statement was and whether it was right (m,); None where answers say nothing of it."""
        return None

    def steps_off(self, answers: np.ndarray, values: np.ndarray) -> np.ndarray | None:
        """(n,) by how many classes each answer lies above the truth; None where classes have no order, or one that nothing tells of."""
        return None

    def advice(self, metric: str, answers: np.ndarray, values: np.ndarray) -> list[str]:
        """What could be asked for beside this metric, going by how answers are wrong: sentences without their full stop."""
        return []

    def class_counts(self, answers: np.ndarray, values: np.ndarray, classes: tuple[str, ...]) -> list[ClassCount]:
        """Class by class, where there are classes."""
        return []

    def confusion(self, answers: np.ndarray, values: np.ndarray, num_classes: int) -> np.ndarray:
        """Rows by truth and answer (num_classes, num_classes), or (0, 0) where an answer is not one of the classes."""
        return np.zeros((0, 0), dtype=np.int64)
