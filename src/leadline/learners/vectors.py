"""A linear head on the vectors that stateless encoders make of pictures and texts, beside the table's columns.

Every feature is brought to mean 0 and standard deviation 1 for the solver; the head is then written for the features as they
come, so that what is served is one product and one sum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from leadline.columns.language import in_words
from leadline.data.examples import Examples
from leadline.encoders.contract import StoredEncoder
from leadline.encoders.join import Join
from leadline.heads.linear import LinearHead
from leadline.learners.contract import Learner, Sizes, Work
from leadline.learners.linear import direct_solves, path_settings, path_solves, rows_within, sampled, with_strength
from leadline.learners.logistic import LinearFit
from leadline.learners.search import Aim, Search, Trial
from leadline.learners.tables import Encoders, table_matrix
from leadline.parts import COLUMN, Graph, Node
from leadline.registry import ENCODERS
from leadline.tasks.contract import Task
from leadline.values import Dense

_READING = 8.0  # outputs that cost as much as reading the features once, which all outputs share
_FAR_FEWER = 2  # this many times fewer rows than features: then n x n is worth preparing
_RIDGE = 1e-6  # of the mean squared length of a row


class LinearOnVectors(Learner):
    """What all learners of this kind share. A learner is a choice of encoders, a name, and what it is called by people."""

    name: ClassVar[str]
    family: ClassVar[str]
    title: ClassVar[str]
    encoders: ClassVar[Mapping[str, str]]  # column type -> name of the registered encoder that reads it
    needed: ClassVar[tuple[str, ...]]  # there must be a column of one of these types for this learner to be worth asking
    most_effort: ClassVar[int] = 2  # what more would change is too little for what it takes

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        readable = self._readable(sizes)
        if any(sizes.types[name] in self.needed for name in readable):
            return None
        foreign = [name for name in sizes.columns_of(*self.needed) if name not in readable]
        if not foreign:
            return f"it reads columns of the types {', '.join(self.needed)}, and there are none"
        written = [f"{name} is in {in_words(sizes.languages[name])}" for name in foreign]
        spoken = in_words(self._encoder(sizes.types[foreign[0]], sizes).languages())
        return f"its encoder of texts reads {spoken}, and {', '.join(written)}; the linear model reads any language"

    def inputs(self, sizes: Sizes) -> list[Node]:
        columns = self._readable(sizes)
        made = {kind: self._encoder(kind, sizes) for kind in {sizes.types[name] for name in columns}}
        return [Node(self._node(name, sizes.types[name]), made[sizes.types[name]], (COLUMN + name,)) for name in columns]

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        """Steps are a million features looked at once for one output and one strength of the path."""
        aim = Aim.of(task, sizes.num_classes)
        settings = path_settings(sizes.rows, aim.num_outputs, min(effort, self.most_effort))
        width = sum(self._encoder(sizes.types[name], sizes).dimension for name in self._readable(sizes))
        # Features of the rows and of every fold in double precision, and ten pairs of vectors of the solver.
        row_bytes = width * 8 * (settings["inner_folds"] + 2) + aim.num_searched * 8 * 60
        settings["rows"] = rows_within(sizes.rows, row_bytes)
        numbers = settings["rows"] * width / 1e6 * (1 + _READING / aim.num_searched)
        tuning = numbers * path_solves(settings, aim)
        return Work(numbers * direct_solves(aim), int(settings["rows"] * row_bytes), settings, tuning)

    def tuned(self, train: Examples, task: Task, work: Work, seed: int) -> Work:
        return with_strength(work, train, task, seed, lambda teach, judge: self._trial(teach, judge, task, seed))

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        work = self.tuned(train, task, work, seed)
        train = sampled(train, work.settings["rows"], seed)
        encoders = self._fit_join(train, task, seed)
        features = self._of_taught(encoders, train)
        preparing = Preparing.of(features)
        found = Search.of(work.settings).fit(preparing.applied(features), train.target, Aim.of(task, train.num_classes))
        served = preparing.undone(found)
        head = LinearHead(served.coef, served.intercept)
        return Graph((*encoders.nodes, Node("linear", head, encoders.names or (self._encoded(train)[0],))))

    def _encoder(self, kind: str, sizes: Sizes) -> StoredEncoder:
        """What reads columns of this type."""
        encoder: StoredEncoder = ENCODERS.get(self.encoders[kind])()
        return encoder

    def _node(self, column: str, kind: str) -> str:
        return f"{column}.{self.encoders[kind]}"

    def _readable(self, sizes: Sizes) -> list[str]:
        """Columns that an encoder takes, of texts those in a language that it was made for or whose language cannot be told."""
        columns = sizes.columns_of(*self.encoders)
        return [name for name in columns if self._encoder(sizes.types[name], sizes).reads(sizes.languages.get(name, ()))]

    def _encoded(self, examples: Examples) -> list[str]:
        """Names of the values that encoders have made of these columns."""
        made = [self._node(name, kind) for name, kind in examples.types.items() if kind in self.encoders]
        return [name for name in made if name in examples.values]

    def _fit_join(self, train: Examples, task: Task, seed: int) -> Encoders:
        """Nodes that put vectors and table columns side by side; none where one column's vectors are all there is."""
        table = table_matrix(train, task, seed)
        blocks = (*self._encoded(train), *table.names)
        return table if len(blocks) == 1 else Encoders((*table.nodes, Node("joined", Join(), blocks)), table.taught)

    def _of_taught(self, encoders: Encoders, train: Examples) -> Dense:
        """Features of the rows that the encoders were fitted to."""
        return np.asarray(encoders.of_taught(train.values) if encoders.nodes else train.values[self._encoded(train)[0]], np.float32)

    def _features(self, encoders: Encoders, examples: Examples) -> Dense:
        values = examples.values
        return np.asarray(Graph(encoders.nodes).run(values) if encoders.nodes else values[self._encoded(examples)[0]], np.float32)

    def _trial(self, train: Examples, valid: Examples, task: Task, seed: int) -> Trial:
        encoders = self._fit_join(train, task, seed)
        features = self._of_taught(encoders, train)
        preparing = Preparing.of(features)
        return Trial(preparing.applied(features), train.target, preparing.applied(self._features(encoders, valid)), valid.target)


@dataclass(frozen=True)
class Preparing:
    """Features as the solver takes them: in standard units and, where rows are few, in as many coordinates as there are rows."""

    scaling: Scaling
    span: Span | None

    @classmethod
    def of(cls, features: Dense) -> Preparing:
        scaling, (rows, width) = Scaling.of(features), features.shape
        return cls(scaling, Span.of(scaling.applied(features)) if rows * _FAR_FEWER <= width else None)

    def applied(self, features: Dense) -> Dense:
        scaled = self.scaling.applied(features)
        return scaled if self.span is None else self.span.applied(scaled)

    def undone(self, fit: LinearFit) -> LinearFit:
        """The model of features as they come that answers like `fit` on prepared ones."""
        return self.scaling.undone(fit if self.span is None else self.span.undone(fit))


@dataclass(frozen=True)
class Span:
    """Coordinates in the space that a few rows (n, d) span, by the Cholesky factor (n, n) of their products with each other.

    Lengths and angles stay, so that a penalty on weights means the same, and the best weights lie in that space (the representer
    theorem): the model is the same, found in n instead of d columns.
    """

    rows: Dense
    factor: np.ndarray

    @classmethod
    def of(cls, rows: Dense) -> Span:
        exact = rows.astype(np.float64)  # rounded products of rows that are alike need not be those of any rows
        products = exact @ exact.T
        products[np.diag_indices(len(rows))] += _RIDGE * max(1.0, float(np.trace(products)) / len(rows))  # rows may be equal
        return cls(rows, np.linalg.cholesky(products))

    def applied(self, features: Dense) -> Dense:
        from scipy.linalg import solve_triangular

        coordinates: Dense = solve_triangular(self.factor, self.rows @ features.T, lower=True).T.astype(np.float32)
        return coordinates

    def undone(self, fit: LinearFit) -> LinearFit:
        from scipy.linalg import solve_triangular

        return LinearFit(self.rows.T @ solve_triangular(self.factor, fit.coef, lower=True, trans="T"), fit.intercept)


@dataclass(frozen=True)
class Scaling:
    """Mean and standard deviation (d,) of features; one that never changes is left at its size."""

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, features: Dense) -> Scaling:
        scale = features.std(axis=0, dtype=np.float64)
        return cls(features.mean(axis=0, dtype=np.float64), np.where(scale > 1e-6, scale, 1.0))

    def applied(self, features: Dense) -> Dense:
        scaled: Dense = features - self.mean.astype(np.float32)
        scaled /= self.scale.astype(np.float32)
        return scaled

    def undone(self, fit: LinearFit) -> LinearFit:
        """The model of features as they come that answers like `fit` on scaled ones."""
        coef = fit.coef / self.scale[:, None]
        return LinearFit(coef, fit.intercept - self.mean @ coef)
