"""Gradient-boosted decision trees (LightGBM: Ke et al., NeurIPS 2017) on number and category columns.

One forest is grown per fold of the training rows, from the other folds; it stops when its loss on the fold no longer falls. The mean of
the forests is the answer, so every row has taught and no forest is grown twice: on four of five tables that was at least as good as
growing again from all rows with the number of trees so found (see LOG.md). Every label has forests of its own. All are one ONNX file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, ClassVar

import numpy as np

from leadline import machine
from leadline.data.examples import Examples
from leadline.encoders.tabular import CATEGORY, NUMBER
from leadline.evaluate.folds import make_folds
from leadline.heads.trees import TreesHead
from leadline.learners.contract import Learner, Sizes, Work
from leadline.learners.linear import sampled
from leadline.learners.tables import most_numbers, typed_columns
from leadline.learners.tree_growth import Forest, Growth, problems_of
from leadline.learners.tree_onnx import to_onnx
from leadline.learners.tree_shapes import Shape, best_shape, first_shapes
from leadline.parts import Graph, Node
from leadline.tasks.contract import Task

# For each effort. Without folds one forest of `max_trees` is grown from all rows. The last tunes the shape of its trees.
_EFFORTS: tuple[dict[str, Any], ...] = (
    {"learning_rate": 0.1, "max_trees": 100, "num_folds": 0},
    {"learning_rate": 0.1, "max_trees": 600, "num_folds": 3},
    {"learning_rate": 0.05, "max_trees": 2000, "num_folds": 6},
)
# Shapes are compared with larger steps, on four folds of few rows and two of many, which differ less by chance.
_TRIAL = {"learning_rate": 0.1, "max_trees": 600}
_TRIAL_ROWS, _MANY_ROWS, _TRIAL_FOLDS = 60_000, 20_000, 4
_LABELS_TRIED = 3  # of many labels, by which the shape for all is tuned
_TRIALS = 11  # of a walk, usually
_LARGER = 1.5  # what trees of a tuned shape cost, in ordinary ones
# Many classes grow one tree each per round: all rounds of one forest together stay under this, with larger steps.
_MOST_TREES, _LEAST_PROGRESS = 6000, 10.0
# Rounds that a forest usually takes times the learning rate, for classes and for numbers. Measured, steps per second on one core then lie
# between 110 and 150, up to 400 where forests stop early.
_TYPICAL_CLASSES, _TYPICAL_NUMBERS = 20.0, 40.0
# A tree on no rows at all takes as long as on this many, and one of no columns as of so many.
_OVERHEAD_ROWS, _OVERHEAD_COLUMNS = 3000, 10
_MOST_LABELS = 100  # each has its own forests, and 6,000 trees shared among more would be too few for any


class Trees(Learner):
    name: ClassVar[str] = "trees"
    family: ClassVar[str] = "classical"
    title: ClassVar[str] = "boosted decision trees on columns"
    keeps_monotone: ClassVar[bool] = True  # the mean of forests that do

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        if not sizes.columns_of(NUMBER, CATEGORY):
            return "it reads number and category columns, and there are none"
        if task.loss(sizes.num_classes) == "each-label" and sizes.num_classes > _MOST_LABELS:
            return f"it grows trees for every label, and {sizes.num_classes:,} labels are more than the {_MOST_LABELS} it can bear"
        return None

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        """Steps are a million table cells, each looked at by one tree. Forests stop by themselves: it is the usual number of trees."""
        numbers = min(len(sizes.columns_of(NUMBER)), most_numbers(sizes.rows))
        num_outputs, num_columns = task.num_outputs(sizes.num_classes), numbers + len(sizes.columns_of(CATEGORY))
        typical = _TYPICAL_NUMBERS if task.loss(sizes.num_classes) == "squared" else _TYPICAL_CLASSES

        def steps(settings: Mapping[str, Any], num_forests: int, rows: int) -> float:
            usual = min(settings["max_trees"], typical / settings["learning_rate"]) if num_forests else settings["max_trees"]
            return max(1, num_forests) * float(usual) * num_outputs * (num_columns + _OVERHEAD_COLUMNS) * (rows + _OVERHEAD_ROWS) / 1e6

        shapes = first_shapes(sizes.rows)[: 2 if effort else 1]
        settings = {**_bounded(_EFFORTS[effort], num_outputs), "shapes": [asdict(shape) for shape in shapes]}
        settings["monotone"] = dict(sizes.monotone)
        peak_bytes = sizes.rows * (20 * num_columns + 40 * num_outputs * machine.num_threads()) + (200 << 20)
        if effort < len(_EFFORTS) - 1:
            return Work(steps(settings, settings["num_folds"] * len(shapes), sizes.rows), peak_bytes, settings)
        rows = min(sizes.rows, _TRIAL_ROWS)
        trial = {**_bounded(_TRIAL, num_outputs), "rows": rows, "num_folds": _TRIAL_FOLDS, "used": 4 if rows < _MANY_ROWS else 2}
        tuning = steps(trial, _TRIALS * trial["used"], rows)
        if task.loss(sizes.num_classes) == "each-label":
            tuning *= min(1.0, _LABELS_TRIED / num_outputs)
        return Work(_LARGER * steps(settings, settings["num_folds"], sizes.rows), peak_bytes, {**settings, "trial": trial}, tuning)

    def tuned(self, train: Examples, task: Task, work: Work, seed: int) -> Work:
        """With the one shape that is best where `trial` says how shapes are compared."""
        settings = dict(work.settings)
        trial = settings.pop("trial", None)
        if trial is None:
            return work
        some = sampled(train, trial["rows"], seed)
        _, values = typed_columns(some, task, seed)
        folds = make_folds(some, task, trial["num_folds"], seed)[: trial["used"]]
        problems = problems_of(values, some, task, settings.get("monotone", {}))
        growths = [Growth(problem, seed) for problem in problems[:: -(-len(problems) // _LABELS_TRIED)]]
        first = [Shape(**shape) for shape in settings["shapes"]]

        def loss_of(shape: Shape) -> float:
            return _mean_loss([growth.forests(folds, trial, shape) for growth in growths])

        best = best_shape(first, loss_of) if folds else first[0]
        return replace(work, settings={**settings, "shapes": [asdict(best)]}, tuning_steps=0.0)

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        work = self.tuned(train, task, work, seed)
        encoders, values = typed_columns(train, task, seed)
        settings, num_folds, monotone = work.settings, work.settings["num_folds"], work.settings.get("monotone", {})
        folds = make_folds(train, task, num_folds, seed) if num_folds else []
        if num_folds and not folds:  # all rows are of one group: nothing tells when to stop
            settings = {**_bounded(_EFFORTS[0], task.num_outputs(train.num_classes)), "shapes": settings["shapes"][:1]}
        problems, shapes = problems_of(values, train, task, monotone), [Shape(**shape) for shape in settings["shapes"]]
        growths = (Growth(problem, seed) for problem in problems)  # one table in bins at a time
        grown = [[growth.forests(folds, settings, shape) for shape in shapes] for growth in growths]
        tried = list(zip(*grown, strict=True))
        best = min(tried, key=_mean_loss) if len(tried) > 1 else tried[0]
        base = [start for problem in problems for start in problem.base.tolist()]
        texts = [[forest.text for forest in forests] for forests in best]
        model = to_onnx(texts, values.categorical, scale=problems[0].scale, base=base)
        return Graph((*encoders.nodes, Node("trees", TreesHead(model), encoders.names)))


def _bounded(settings: Mapping[str, Any], num_outputs: int) -> dict[str, Any]:
    """With larger steps where many outputs leave room for few trees."""
    max_trees = max(10, min(settings["max_trees"], _MOST_TREES // num_outputs))
    return {**settings, "max_trees": max_trees, "learning_rate": max(settings["learning_rate"], _LEAST_PROGRESS / max_trees)}


def _mean_loss(forests: Sequence[Sequence[Forest]]) -> float:
    """Over all labels and folds."""
    return float(np.mean([forest.loss for of_one in forests for forest in of_one]))
