"""Number and category columns as nodes that learners share: a matrix for linear models and networks, typed columns for trees.

Columns of more than `MANY_NAMES` names are read as what the target was where a row had the name (`TargetMeans`), by everybody: names cut to
the 100 most frequent, or codes of a thousand names, tell a fraction of it (LOG.md).
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
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


@dataclass(frozen=True)
class Encoders:
    """Nodes fitted to rows. `taught` is what some of them say of those very rows, each by the answers of other rows alone: running
    such a node would tell a row's own answer.
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


def table_matrix(train: Examples, task: Task, seed: int) -> Encoders:
    """Nodes of which the last makes all number and category columns one matrix; none where there are no such columns."""
    means = _target_means(train, task, seed)
    columns = _others(train, means)
    if not columns:
        return means
    part = DesignMatrix.fit(columns, dict(train.types), train.target)
    design = Node(DesignMatrix.kind, part, tuple(COLUMN + name for name in columns))
    if not means.nodes:
        return Encoders((design,))
    return Encoders((design, *means.nodes, Node("table", Join(), (design.name, *means.names))), means.taught)


def table_width(sizes: Sizes, num_outputs: int) -> int:
    """Columns of that matrix."""
    numbers = len(sizes.columns_of(NUMBER))
    by_means = num_outputs <= _MOST_OUTPUTS
    widths = [num_outputs if by_means and count > MANY_NAMES else min(count, MANY_NAMES) for count in sizes.categories.values()]
    return numbers * (1 + bins_for(sizes.rows, numbers)) + int(np.sum(widths)) + 1


def typed_columns(train: Examples, task: Task, seed: int) -> tuple[Encoders, Typed]:
    """Nodes of which the last makes all number and category columns typed ones, and its output for the rows that teach."""
    means = _target_means(train, task, seed)
    columns = _others(train, means)
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


def _others(train: Examples, means: Encoders) -> dict[str, Any]:
    """Values of the number and category columns that are not read by means."""
    read = {name for node in means.nodes for name in node.inputs}
    return {name: train.values[COLUMN + name] for name in train.columns_of(NUMBER, CATEGORY) if COLUMN + name not in read}


def _entries(target: np.ndarray, loss: str, num_outputs: int) -> np.ndarray:
    """(n, num_outputs) float64: numbers in standard units, 1 for the class or the labels of a row."""
    if loss == "squared":
        return Standardised.of(target, "squared").values[:, None]
    if loss == "many-classes":
        return np.asarray(target[:, None] == np.arange(num_outputs), np.float64)
    return np.asarray(target.reshape(len(target), num_outputs), np.float64)
