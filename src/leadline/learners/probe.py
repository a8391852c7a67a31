"""A frozen pretrained encoder with a linear head: deep learning at the price of one pass and a logistic regression.

Every feature is brought to mean 0 and standard deviation 1 for the solver; the head is then written for the features as they
come, so that what is served is one product and one sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from leadline.columns.language import in_words
from leadline.data.examples import Examples
from leadline.encoders.join import Join
from leadline.evaluate.folds import make_folds
from leadline.heads.linear import LinearHead
from leadline.learners.contract import Sizes, Work
from leadline.learners.linear import path_settings, path_solves, table_nodes
from leadline.learners.logistic import LinearFit
from leadline.learners.search import Aim, Search, Trial
from leadline.parts import COLUMN, Graph, Node
from leadline.registry import ENCODERS
from leadline.tasks.contract import Task
from leadline.values import Dense

_DIMENSION = 1280  # of the widest encoder we have, for the estimate of work


class Probe:
    name: ClassVar[str] = "probe"
    family: ClassVar[str] = "deep"
    title: ClassVar[str] = "pretrained network with a linear head"

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        if _readable(sizes):
            return None
        encoders = encoders_by_type()
        foreign = sizes.columns_of(*encoders)
        if not foreign:
            return f"it reads columns of the types {', '.join(encoders)}, and there are none"
        written = [f"{name} is in {in_words(sizes.languages[name])}" for name in foreign]
        spoken = in_words(ENCODERS.get(encoders[sizes.types[foreign[0]]]).card.languages)
        return f"its encoder of texts reads {spoken}, and {', '.join(written)}; the linear model reads any language"

    def inputs(self, sizes: Sizes) -> list[Node]:
        encoders = encoders_by_type()
        found = {name: encoders[sizes.types[name]] for name in _readable(sizes)}
        made = {encoder: ENCODERS.get(encoder)() for encoder in set(found.values())}
        return [Node(f"{name}.{encoder}", made[encoder], (COLUMN + name,)) for name, encoder in found.items()]

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        """Steps are a million features looked at once for one output and one strength of the path."""
        aim = Aim.of(task, sizes.num_classes)
        settings = path_settings(sizes.rows, aim.num_outputs, effort)
        width = _DIMENSION * len(_readable(sizes))
        steps = sizes.rows * width * path_solves(settings, aim) / 1e6
        # Features of the rows and of every fold in double precision, and ten pairs of vectors of the solver.
        peak_bytes = int(sizes.rows * (width * 8 * (settings["inner_folds"] + 2) + aim.num_searched * 8 * 60))
        return Work(steps, peak_bytes, settings)

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        search, num_folds = Search.of(work.settings), work.settings["inner_folds"]
        folds = make_folds(train, task, num_folds, seed) if num_folds else []
        aim = Aim.of(task, train.num_classes)
        strength = search.choose([_trial(train.take(fold.train), train.take(fold.valid)) for fold in folds], aim)
        graph = _fit_join(train)
        features = _features(graph, train)
        scaling = Scaling.of(features)
        found = scaling.undone(search.fit(scaling.applied(features), train.target, aim, strength))
        source = graph.nodes[-1].name if graph.nodes else _encoded(train)[0]
        return graph.extended(Node("linear", LinearHead(found.coef, found.intercept), (source,)))


def encoders_by_type() -> dict[str, str]:
    """Column type -> name of the first registered encoder that takes it."""
    found: dict[str, str] = {}
    for name in ENCODERS:
        found.setdefault(ENCODERS.get(name).takes, name)
    return found


def _readable(sizes: Sizes) -> list[str]:
    """Columns that an encoder takes, of texts those in a language that it was made for or whose language cannot be told."""
    cards = {kind: ENCODERS.get(name).card for kind, name in encoders_by_type().items()}
    return [name for name in sizes.columns_of(*cards) if cards[sizes.types[name]].speaks(sizes.languages.get(name, ()))]


def _encoded(examples: Examples) -> list[str]:
    """Names of the values that encoders have made of these columns."""
    encoders = encoders_by_type()
    made = [f"{name}.{encoders[kind]}" for name, kind in examples.types.items() if kind in encoders]
    return [name for name in made if name in examples.values]


def _fit_join(train: Examples) -> Graph:
    """Nodes that put vectors and table columns side by side; none where one column's vectors are all there is."""
    tables = table_nodes(train)
    blocks = [*_encoded(train), *(node.name for node in tables)]
    return Graph(()) if len(blocks) == 1 else Graph((*tables, Node("joined", Join(), tuple(blocks))))


def _features(graph: Graph, examples: Examples) -> Dense:
    features = graph.run(examples.values) if graph.nodes else examples.values[_encoded(examples)[0]]
    return np.asarray(features, np.float32)


def _trial(train: Examples, valid: Examples) -> Trial:
    graph = _fit_join(train)
    features = _features(graph, train)
    scaling = Scaling.of(features)
    return Trial(scaling.applied(features), train.target, scaling.applied(_features(graph, valid)), valid.target)


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
        scaled: Dense = ((features - self.mean) / self.scale).astype(np.float32)
        return scaled

    def undone(self, fit: LinearFit) -> LinearFit:
        """The model of features as they come that answers like `fit` on scaled ones."""
        coef = fit.coef / self.scale[:, None]
        return LinearFit(coef, fit.intercept - self.mean @ coef)
