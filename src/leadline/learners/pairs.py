"""Which columns of a table act together: those whose products go with what a model that only adds up leaves over.

The sum is fitted first, then every pair of two different columns is compared with its errors, all at once by one matrix product, and the
pairs that go with them most are kept (the first step of "Accurate intelligible models with pairwise interactions", Lou et al., KDD 2013).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from leadline.data.examples import Examples
from leadline.encoders.join import Join
from leadline.encoders.pairs import Pairs
from leadline.encoders.tabular import DesignMatrix
from leadline.heads.linear import LinearHead
from leadline.learners.losses import loss_for
from leadline.learners.search import Aim, Search, Standardised
from leadline.learners.tables import Encoders
from leadline.parts import Node
from leadline.values import Dense

_ROWS, _COLUMNS = 10_000, 300  # that pairs are looked for in: evenly spaced rows, and the columns that vary most
_SUM = Search((1e-3,), max_iterations=100, tolerance=1e-2)


def with_pairs(table: Encoders, train: Examples, aim: Aim, number: int) -> Encoders:
    """The table's matrix with so many products of its columns beside it; as it is where there are no two columns."""
    features = np.asarray(table.of_taught(train.values), np.float32)
    step = -(-len(features) // _ROWS)
    found = _found(features[::step], train.target[::step], aim, _mains(table, features.shape[1]), number)
    if found is None:
        return table
    pairs = Node(Pairs.kind, found, table.names)
    joined = Node("table with pairs", Join(), (*table.names, pairs.name))
    return replace(table, nodes=(*table.nodes, pairs, joined), taught={**table.taught, table.names[0]: features})


def _mains(table: Encoders, width: int) -> dict[int, int]:
    """Places of the matrix that say a column's value itself, not where in its range it lies, and the number of that column."""
    designs = [node.part for node in table.nodes if isinstance(node.part, DesignMatrix)]
    mains = {place: number for design in designs for place, number in design.mains()}
    described = sum(design.num_features for design in designs)
    return mains | {place: place + width for place in range(described, width)}  # means of the target, each a column of its own


def _found(features: Dense, target: np.ndarray, aim: Aim, mains: dict[int, int], number: int) -> Pairs | None:
    places = np.array(list(mains), dtype=np.int64)
    spread = features[:, places].std(axis=0)
    places = np.sort(places[np.argsort(-spread, kind="stable")[:_COLUMNS]][: int((spread > 0).sum())])
    columns = np.array([mains[place] for place in places.tolist()])
    left, right = np.nonzero(np.triu(columns[:, None] != columns[None, :]))
    if not len(left):
        return None
    values = features[:, places].astype(np.float64)
    centres = values.mean(axis=0)
    values -= centres
    together = np.zeros((len(places), len(places)))
    for errors in _errors(features, target, aim).T:
        np.maximum(together, np.abs((values * errors[:, None]).T @ values), out=together)
    size = np.sqrt(np.square(values).T @ np.square(values))
    strength = (together / np.maximum(size, 1e-9))[left, right]
    best = np.sort(np.argsort(-strength, kind="stable")[:number])
    chosen = np.stack([left[best], right[best]])
    return Pairs(places[chosen], centres[chosen])


def _errors(features: Dense, target: np.ndarray, aim: Aim) -> np.ndarray:
    """(n, num_outputs) what a sum leaves over: how far each output should go, and which way."""
    fit = _SUM.fit(features, target, aim)
    raw, scaled = LinearHead(fit.coef, fit.intercept).run(features), Standardised.of(target, aim.loss)
    return -loss_for(scaled.values, aim.loss).slopes(scaled.same_units(raw))
