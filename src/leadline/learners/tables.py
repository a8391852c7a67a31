"""Number and category columns as nodes that learners share: a matrix for linear models and networks, typed columns for trees.

Columns of more than `MANY_NAMES` names are read as what the target was where a row had the name (`TargetMeans`), by everybody: names cut to
the 100 most frequent, or codes of a thousand names, tell a fraction of it (LOG.md).
"""

from __future__ import annotations

import math
from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from leadline.data.examples import Examples
from leadline.data.split import fold_numbers
from leadline.encoders.join import Join
from leadline.encoders.tabular import CATEGORY, NUMBER, DesignMatrix, TypedColumns, bins_for
from leadline.encoders.target_means import TargetMeans
from leadline.learners.contract import Sizes
from leadline.learners.search import Standardised
from leadline.parts import COLUMN, Graph, Node
from leadline.tasks.contract import Task
from leadline.values import Typed

MANY_NAMES = 100  # beyond, a category column is read by means of the target
_MOST_OUTPUTS = 20  # each would make a column of every such column
_FOLDS = 5
# Beyond two columns for every row, and a thousand, columns go with the target by chance as often as by what they say.
_LEAST_NUMBERS, _NUMBERS_A_ROW = 1_000, 2
_COLUMNS_TOGETHER = 1_000


@dataclass(frozen=True)
class Encoders:
    """Nodes fitted to rows. `taught` is what some of them say of those very rows: known already, or told by the answers of other rows
    alone, where running the node would tell a row's own answer.
    """

    nodes: tuple[Node, ...] = ()
    taught: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The last node's name, where there is one."""
        return tuple(node.name for node in self.nodes[-1:])

    def of_taught(self, values: Mapping[str, Any]) -> Any:
        """The last node's output for the rows that taught."""
        return Graph(self.nodes).run(ChainMap(dict(self.taught), values))  # type: ignore[arg-type]  # nothing is written into `values`


def table_matrix(train: Examples, task: Task, seed: int, most: int | None = None) -> Encoders:
    """Nodes of which the last makes all number and category columns one matrix; none where there are no such columns.

    `most` is as in `telling_columns`.
    """
    means = _target_means(train, task, seed)
    columns = _others(train, task, means, most)
    if not columns:
        return means
    part = DesignMatrix.fit(columns, dict(train.types), train.target)
    design = Node(DesignMatrix.kind, part, tuple(COLUMN + name for name in columns))
    if not means.nodes:
        return Encoders((design,))
    return Encoders((design, *means.nodes, Node("table", Join(), (design.name, *means.names))), means.taught)


def table_width(sizes: Sizes, num_outputs: int) -> int:
    """Columns of that matrix."""
    numbers = min(len(sizes.columns_of(NUMBER)), most_numbers(sizes.rows))
    by_means = num_outputs <= _MOST_OUTPUTS
    widths = [num_outputs if by_means and count > MANY_NAMES else min(count, MANY_NAMES) for count in sizes.categories.values()]
    return numbers * (1 + bins_for(sizes.rows, numbers)) + int(np.sum(widths)) + 1


def typed_columns(train: Examples, task: Task, seed: int) -> tuple[Encoders, Typed]:
    """Nodes of which the last makes all number and category columns typed ones, and its output for the rows that teach."""
    means = _target_means(train, task, seed)
    columns = _others(train, task, means)
    prepare = TypedColumns.fit(columns, train.types, {name: values.shape[1] for name, values in means.taught.items()})
    typed = Node("typed", prepare, (*(COLUMN + name for name in columns), *means.names))
    encoders = Encoders((*means.nodes, typed), means.taught)
    return encoders, encoders.of_taught(train.values)


def _target_means(train: Examples, task: Task, seed: int) -> Encoders:
    """One node that reads all columns of many names; none where there are no such columns."""
    loss, num_outputs = task.loss(train.num_classes), task.num_outputs(train.num_classes)
    named = {name: train.values[COLUMN + name] for name in train.columns_of(CATEGORY)}
    many = {name: values for name, values in named.items() if values.n_unique() > MANY_NAMES}
    if not many or num_outputs > _MOST_OUTPUTS:
        return Encoders()
    folds = fold_numbers(task.strata(train.target), _FOLDS, seed, train.groups)
    entries = _entries(train.target, loss, num_outputs)
    part, taught = TargetMeans.taught(many, entries, loss != "squared", folds)
    return Encoders((Node(TargetMeans.kind, part, tuple(COLUMN + name for name in many)),), {TargetMeans.kind: taught})


def most_numbers(rows: int) -> int:
    """So many number columns are read where so many rows teach."""
    return max(_LEAST_NUMBERS, _NUMBERS_A_ROW * rows)


def widths_to_try(sizes: Sizes) -> list[int]:
    """How many number columns of a very wide table a learner may look at, of which held-out rows choose; empty for other tables.

    The fewer are those with which a sum of columns is found again where few of them matter (Fan and Lv 2008: n / log n).
    """
    many = most_numbers(sizes.rows)
    return [many, round(sizes.rows / math.log(sizes.rows))] if len(sizes.columns_of(NUMBER)) > many else []


def telling_columns(train: Examples, task: Task, most: int | None = None) -> list[str]:
    """The number and category columns, in their order; of more numbers than `most` those that go most with the target.

    That is told by these rows alone, each column for itself (Fan and Lv, "Sure independence screening", 2008), so that rows held out of
    them judge the choice, too.
    """
    numbers, most = train.columns_of(NUMBER), most_numbers(len(train)) if most is None else most
    if len(numbers) <= most:
        return train.columns_of(NUMBER, CATEGORY)
    entries = _entries(train.target, task.loss(train.num_classes), task.num_outputs(train.num_classes))
    blocks = (numbers[start : start + _COLUMNS_TOGETHER] for start in range(0, len(numbers), _COLUMNS_TOGETHER))
    strength = np.concatenate([_association([train.values[COLUMN + name] for name in block], entries) for block in blocks])
    left_out = {numbers[place] for place in np.argsort(-strength, kind="stable")[most:].tolist()}
    return [name for name in train.columns_of(NUMBER, CATEGORY) if name not in left_out]


def _association(columns: Sequence[np.ndarray], entries: np.ndarray) -> np.ndarray:
    """(k,) the largest correlation, whatever its sign, of each column (n,) with the entries (n, num_outputs) of the target."""
    values = np.stack([np.asarray(column, np.float64) for column in columns])
    known = np.isfinite(values)
    values = np.where(known, values, 0.0)
    largest = np.maximum(np.abs(values).max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    values /= largest  # squares of what is very large overflow
    values -= values.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    values[~known] = 0.0
    spread = np.sqrt((values**2).sum(axis=1, keepdims=True))
    told = entries - entries.mean(axis=0)
    told /= np.maximum(np.sqrt((told**2).sum(axis=0)), 1e-12)
    strongest: np.ndarray = np.abs((values / np.maximum(spread, 1e-12)) @ told).max(axis=1)
    return strongest


def _others(train: Examples, task: Task, means: Encoders, most: int | None = None) -> dict[str, Any]:
    """Values of the number and category columns that tell something and are not read by means."""
    read = {name for node in means.nodes for name in node.inputs}
    return {name: train.values[COLUMN + name] for name in telling_columns(train, task, most) if COLUMN + name not in read}


def _entries(target: np.ndarray, loss: str, num_outputs: int) -> np.ndarray:
    """(n, num_outputs) float64: numbers in standard units, 1 for the class or the labels of a row."""
    if loss == "squared":
        return Standardised.of(target, "squared").values[:, None]
    if loss == "many-classes":
        return np.asarray(target[:, None] == np.arange(num_outputs), np.float64)
    return np.asarray(target.reshape(len(target), num_outputs), np.float64)
