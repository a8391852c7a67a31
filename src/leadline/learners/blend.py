"""Several learners together: a sum of their raw outputs, weighted so that rows that none of them learned from are answered best.

Stacking with weights that are never negative (Wolpert 1992; Breiman 1996, "Stacked regressions"). Members are added one at a time, the
most helpful first, and only as long as each helps: every one has to be kept, loaded and asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leadline.data.examples import Examples
from leadline.heads.blend import WeightedSum
from leadline.learners.contract import Learner, Work
from leadline.learners.losses import loss_for
from leadline.learners.search import Aim, Standardised
from leadline.parts import Graph, Node
from leadline.registry import LEARNERS
from leadline.tasks.contract import Task

_LEAST_GAIN = 0.002  # of the loss, for which another member is worth its price
_MOST_NUMBERS = 1 << 22  # of raw outputs of a member that weights are found by: evenly spaced rows of more say the same
_DIGITS = 4


@dataclass(frozen=True)
class Answered:
    """What learners said of rows that they did not learn from: raw outputs (n, num_outputs) of each, and the truth as the task made it."""

    raws: Mapping[str, np.ndarray]
    truth: np.ndarray

    def take(self, rows: np.ndarray) -> Answered:
        return Answered({name: raw[rows] for name, raw in self.raws.items()}, self.truth[rows])


@dataclass(frozen=True)
class Weights:
    """`of` each member; `bias` is added to their weighted sum."""

    of: Mapping[str, float]
    bias: float

    def applied(self, raws: Mapping[str, np.ndarray]) -> np.ndarray:
        return WeightedSum(list(self.of.values()), self.bias).run(*(raws[name] for name in self.of))


class Blend:
    name: ClassVar[str] = "blend"
    family: ClassVar[str] = "blend"
    title: ClassVar[str] = "weighted mean of several learners"

    def weigh(self, answered: Answered, task: Task, num_classes: int) -> Weights | None:
        """The weights of the members that help; None where one learner alone is best."""
        found = _chosen(_thinned(answered), Aim.of(task, num_classes))
        return found if len(found.of) > 1 else None

    def cross_weighed(self, answered: Answered, task: Task, num_classes: int, halves: np.ndarray) -> np.ndarray:
        """Raw outputs (n, num_outputs) of a blend, each half of the rows (`halves` (n,) of 0 and 1) by members and weights of the other."""
        raw, aim = np.empty_like(next(iter(answered.raws.values())), dtype=np.float64), Aim.of(task, num_classes)
        for half in (0, 1):
            judging = np.flatnonzero(halves == half)
            found = _chosen(_thinned(answered.take(np.flatnonzero(halves != half))), aim)
            raw[judging] = found.applied(answered.take(judging).raws)
        return raw

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        """The members, each fitted to all of `train`, and their weighted sum."""
        members: dict[str, Any] = work.settings["blend_of"]
        graphs = {}
        for name, member in members.items():
            learner: Learner = LEARNERS.get(name)()
            graphs[name] = learner.fit(train, task, Work(**member["work"]), seed)
        return together(graphs, Weights({name: member["weight"] for name, member in members.items()}, work.settings["bias"]))


def blended_work(works: Mapping[str, Work], weights: Weights) -> Work:
    """The work of a blend whose members' are given: one after the other, so that memory is that of the largest."""
    members = {name: {"weight": weight, "work": works[name].to_json()} for name, weight in weights.of.items()}
    steps, peak = sum(works[name].steps for name in members), max(works[name].peak_bytes for name in members)
    return Work(steps, peak, {"blend_of": members, "bias": weights.bias})


def together(graphs: Mapping[str, Graph], weights: Weights) -> Graph:
    """One graph that asks every member and sums up; each member's nodes are named after it, as two may well have a node "linear"."""
    nodes, last = list[Node](), list[str]()
    for name in weights.of:
        own = {node.name for node in graphs[name].nodes}
        renamed = [
            Node(f"{name}:{node.name}", node.part, tuple(f"{name}:{source}" if source in own else source for source in node.inputs))
            for node in graphs[name].nodes
        ]
        nodes += renamed
        last.append(renamed[-1].name)
    return Graph((*nodes, Node("blend", WeightedSum(list(weights.of.values()), weights.bias), tuple(last))))


def _thinned(answered: Answered) -> Answered:
    step = -(-max(raw.size for raw in answered.raws.values()) // _MOST_NUMBERS)
    return answered.take(np.arange(0, len(answered.truth), step)) if step > 1 else answered


def _chosen(answered: Answered, aim: Aim) -> Weights:
    """Members are added, the one that lowers the loss most first, until none lowers it enough."""
    alone = {name: _weighed(answered, [name], aim) for name in answered.raws}
    members = [min(alone, key=lambda name: alone[name][1])]
    found, loss = alone[members[0]]
    while len(members) < len(answered.raws):
        tried = {name: _weighed(answered, [*members, name], aim) for name in answered.raws if name not in members}
        best = min(tried, key=lambda name: tried[name][1])
        if tried[best][1] > (1 - _LEAST_GAIN) * loss:
            break
        found, loss = tried[best]
        members.append(best)
    helpful = {name: weight for name, weight in found.of.items() if weight > 0}
    return Weights(helpful or {members[0]: 0.0}, found.bias)


def _weighed(answered: Answered, members: list[str], aim: Aim) -> tuple[Weights, float]:
    """Weights, none negative, of the least loss (which is convex in them), and that loss."""
    from scipy.optimize import minimize

    target = Standardised.of(answered.truth, aim.loss)
    loss = loss_for(target.values, aim.loss)
    raws = np.stack([target.same_units(answered.raws[name]) for name in members])

    def value_and_slopes(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = np.tensordot(weights, raws, axes=1)
        slopes = loss.slopes(scores)
        return loss.value(scores), np.array([float(np.sum(slopes * raw)) for raw in raws])

    start = np.full(len(members), 1 / len(members))
    found = minimize(value_and_slopes, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(members))
    weights = np.round(found.x, _DIGITS)
    bias = round(target.mean * (1 - float(weights.sum())), 12)
    return Weights(dict(zip(members, weights.tolist(), strict=True)), bias), float(found.fun)
