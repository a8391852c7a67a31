"""All that a check may look at; what takes long is made when a check first asks for it, once for all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from leadline.data.split import Partition, everything, fold_numbers
from leadline.data.table import Data
from leadline.encoders.store import Store
from leadline.errors import LeadlineError
from leadline.findings import Finding, Mend, Severity
from leadline.progress import Progress
from leadline.tasks.contract import Target, Task
from leadline.tasks.metrics import Metric


@dataclass(frozen=True)
class Labels:
    """What is asked of the rows, and the answer that each of them holds. `partition` says who teaches and who judges."""

    name: str  # of the target column
    task: Task
    target: Target
    metric: Metric
    partition: Partition

    @property
    def classes(self) -> tuple[str, ...]:
        return self.target.classes

    @property
    def codes(self) -> np.ndarray | None:
        """(n,) the class of each row; None where a row is not of exactly one class."""
        one_each = self.target.values.ndim == 1 and np.issubdtype(self.target.values.dtype, np.integer)
        return self.target.values if self.classes and one_each else None


@dataclass(frozen=True)
class Answers:
    """What models said of rows that they did not learn from: `values` as the task has answers, NaN for rows that could not be read."""

    values: np.ndarray  # (n, num_classes) chances, or (n,) numbers
    learner: str
    title: str  # the learner's, for people
    fit_seconds: float = 0.0  # that the best single learner takes to learn from all rows
    num_folds: int = 5  # of which all but one taught
    left_out: tuple[tuple[str, str], ...] = ()  # learners that failed or would have been late, and why


@dataclass(frozen=True)
class Vectors:
    """(n, d) float32 in which rows that mean the same lie together, and what made them, for people. Rows that could not be read are NaN.

    `looked_up`: word by word in a table, which tells less than models that learn from the texts (docs/checks/label-error.md).
    """

    values: np.ndarray
    made_by: str
    looked_up: bool = False


Learn = Callable[[np.ndarray, np.ndarray, Target | None], np.ndarray]
Look = Callable[[np.ndarray], list[Vectors]]
_FOLDS = 3  # of a part of the rows, whose answers are asked for seldom


class View:
    """`labels` is None where the rows have no answers. `groups` (n,): equal numbers for copies and what the user says belongs together;
    `copies` (n,) for copies alone, the first row of each.

    `answer` and `encode` are called at most once; both raise LeadlineError where that cannot be done.
    """

    def __init__(
        self, data: Data, labels: Labels | None, groups: np.ndarray | None, seed: int, store: Store, progress: Progress,
        answer: Callable[[], Answers], encode: Callable[[], Vectors], learn: Learn | None = None, look: Look | None = None,
        copies: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        self.data, self.labels, self.groups, self.seed, self.store, self.progress = data, labels, groups, seed, store, progress
        self.copies = np.arange(len(data)) if copies is None else _first_places(copies)
        self._answer, self._encode, self._learn, self._look = answer, encode, learn, look
        self._once = dict[str, Any]()

    def __len__(self) -> int:
        return len(self.data)

    @property
    def codes(self) -> np.ndarray | None:
        """(n,) the class of each row; None where rows are not of one class each."""
        return None if self.labels is None else self.labels.codes

    @cached_property
    def answers(self) -> Answers:
        return self._answer()

    @cached_property
    def vectors(self) -> Vectors:
        return self._encode()

    @property
    def vectors_if_any(self) -> Vectors | None:
        """None where there are neither pictures nor texts, or nothing makes vectors of them."""
        if not self.data.features_of("image", "text"):
            return None
        try:
            return self.vectors
        except LeadlineError:
            return None

    @property
    def answered(self) -> np.ndarray:
        """Positions of the rows that models could answer."""
        return np.flatnonzero(np.isfinite(self.answers.values.reshape(len(self), -1)).all(axis=1))

    def looks(self, rows: np.ndarray) -> list[Vectors]:
        """Vectors of these rows, positions, by everything that makes them without taking long. Raises LeadlineError where nothing does."""
        return [replace(self.vectors, values=self.vectors.values[rows])] if self._look is None else self._look(rows)

    def learn(self, teach: np.ndarray, judge: np.ndarray, target: Target | None = None) -> np.ndarray:
        """Answers to the rows `judge` of the best single learner of all, once more, from the rows `teach` alone. Both are positions.

        `target` is what the rows that teach are said to be instead, in classes of its own.
        """
        if self._learn is None:
            raise LeadlineError("nobody learns from parts of these rows", "labelled examples", "name the column with --target COL")
        return self._learn(teach, judge, target)

    def part(self, rows: np.ndarray) -> View:
        """These rows as if there were no others: whoever judges or teaches there is one of them. They must have answers."""
        labels = self.labels
        if labels is None:
            raise LeadlineError("these rows have no answers", "labelled examples", "name the column with --target COL")
        target = replace(labels.target, values=labels.target.values[rows], findings=())
        own = replace(labels, target=target, partition=everything(len(rows)))
        groups = None if self.groups is None else self.groups[rows]
        return View(
            self.data.take(rows), own, groups, self.seed, self.store, self.progress,
            answer=lambda: self._answers_among(rows, own, groups),
            encode=lambda: replace(self.vectors, values=self.vectors.values[rows]),
            learn=lambda teach, judge, target: self.learn(rows[teach], rows[judge], target),
            look=lambda some: self.looks(rows[some]), copies=self.copies[rows],
        )  # fmt: skip

    def _answers_among(self, rows: np.ndarray, labels: Labels, groups: np.ndarray | None) -> Answers:
        """To each of the rows by the best single learner, taught by some of the others."""
        folds = fold_numbers(labels.task.strata(labels.target.values), _FOLDS, self.seed, groups)
        if (folds == folds[0]).all():
            raise LeadlineError("these rows are all copies of one another", "two different ones or more")
        said = [(folds == fold, self.learn(rows[folds != fold], rows[folds == fold])) for fold in np.unique(folds)]
        values = np.empty((len(rows), *said[0][1].shape[1:]))
        for judged, some in said:
            values[judged] = some
        return replace(self.answers, values=values)

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """What several checks look at and only they know how to make: made when the first of them asks for it by this name."""
        if name not in self._once:
            self._once[name] = make()
        return self._once[name]

    @property
    def known_answers(self) -> Answers | None:
        """The answers where some check has asked for them."""
        return self.__dict__.get("answers")

    def found(
        self, code: str, severity: Severity, title: str, detail: str = "", *, column: str | None = None,
        rows: np.ndarray | Sequence[int] = (), fix: str = "", mends: tuple[Mend, ...] = (),
    ) -> Finding:  # fmt: skip
        """A finding; `rows`, of its mends too, are positions in the data."""
        there = tuple(replace(mend, rows=tuple(self.data.source_row(row) for row in mend.rows)) for mend in mends)
        return Finding(code, severity, title, detail, column, [self.data.source_row(int(row)) for row in rows], fix, there)


def _first_places(groups: np.ndarray) -> np.ndarray:
    """(n,) the first position of each row's group, whatever numbers the groups (n,) have."""
    _, first, inverse = np.unique(groups, return_index=True, return_inverse=True)
    return np.asarray(first[inverse])
