"""Gradient-boosted decision trees (LightGBM: Ke et al., NeurIPS 2017) on number and category columns.

How many trees to grow is read off folds within the training rows: each fold stops when its held-back loss no longer falls. Then the
forest is grown again from all rows, a few times with different seeds, and the mean is what answers; all of it is one ONNX file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from leadline import machine
from leadline.data.examples import Examples
from leadline.encoders.tabular import CATEGORY, NUMBER, TypedColumns
from leadline.evaluate.folds import make_folds
from leadline.heads.trees import TreesHead
from leadline.learners.baseline import first_guess
from leadline.learners.contract import Sizes, Work
from leadline.learners.tree_onnx import to_onnx
from leadline.parts import COLUMN, Graph, Node
from leadline.tasks.contract import Task
from leadline.values import Typed

# For each effort: folds that choose the number of trees (0: `max_trees` are grown), and how many forests the answer is the mean of.
_EFFORTS: tuple[dict[str, Any], ...] = (
    {"learning_rate": 0.1, "max_trees": 100, "inner_folds": 0, "num_forests": 1},
    {"learning_rate": 0.1, "max_trees": 500, "inner_folds": 3, "num_forests": 1},
    {"learning_rate": 0.05, "max_trees": 1000, "inner_folds": 5, "num_forests": 3},
)
# Few columns per tree is worth more on `adult` than any other setting: log loss 0.2740 against 0.2764 with all (see LOG.md).
_SHAPE: dict[str, Any] = {"num_leaves": 31, "min_data_in_leaf": 5, "feature_fraction": 0.4}
# Many classes grow one tree each per round: all rounds of one forest together stay under this.
_MOST_TREES = 6000
# Rounds without a better held-back loss after which a fold stops, times the learning rate.
_PATIENCE = 2.0
# Up to here a second thread costs more in waiting than it does in work.
_FEW_ROWS = 5000


class Trees:
    name: ClassVar[str] = "trees"
    family: ClassVar[str] = "classical"
    title: ClassVar[str] = "boosted decision trees on columns"

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        return None if sizes.columns_of(NUMBER, CATEGORY) else "it reads number and category columns, and there are none"

    def inputs(self, sizes: Sizes) -> list[Node]:
        return []

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        """Steps are a million table cells looked at by one tree each."""
        num_outputs = _num_outputs(sizes.num_classes)
        settings = {**_EFFORTS[effort], **_SHAPE}
        settings["max_trees"] = max(10, min(settings["max_trees"], _MOST_TREES // num_outputs))
        columns = len(sizes.columns_of(NUMBER, CATEGORY))
        trees = settings["max_trees"] * num_outputs * (settings["inner_folds"] + settings["num_forests"])
        steps = trees * columns * (sizes.rows + 3000) / 1e6
        return Work(steps, peak_bytes=sizes.rows * (columns * 20 + num_outputs * 40) + (200 << 20), settings=settings)

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        names = train.columns_of(NUMBER, CATEGORY)
        columns = [train.values[COLUMN + name] for name in names]
        prepare = TypedColumns.fit(dict(zip(names, columns, strict=True)), train.types)
        problem = _Problem.of(prepare.run(*columns), train.target, train.num_classes)
        grower = _Grower(problem, work.settings, seed)
        num_trees = grower.num_trees()
        forests = [grower.forest(num_trees, seed + number) for number in range(work.settings["num_forests"])]
        model = to_onnx(forests, problem.values.categorical, scale=problem.scale, base=problem.base.tolist())
        return Graph((Node("typed", prepare, tuple(COLUMN + name for name in names)), Node("trees", TreesHead(model), ("typed",))))


def _num_outputs(num_classes: int) -> int:
    return num_classes if num_classes > 2 else 1


@dataclass(frozen=True)
class _Problem:
    """What LightGBM is given; raw output = scale * sum of trees + base. It keeps targets in float32, so numbers are in standard units."""

    values: Typed
    target: np.ndarray
    num_classes: int
    base: np.ndarray  # (num_outputs,)
    scale: float

    @classmethod
    def of(cls, values: Typed, target: np.ndarray, num_classes: int) -> _Problem:
        base = first_guess(target, num_classes)
        if num_classes:
            return cls(values, target, num_classes, base, 1.0)
        scale = float(np.std(target)) or 1.0
        return cls(values, (target - base[0]) / scale, 0, base, scale)

    def objective(self) -> dict[str, Any]:
        if not self.num_classes:
            return {"objective": "regression"}
        return {"objective": "binary"} if self.num_classes == 2 else {"objective": "multiclass", "num_class": self.num_classes}

    def start(self) -> np.ndarray:
        """Where the trees begin: (n,), or (n, num_classes) with more than two classes."""
        start = np.tile(self.base if self.num_classes else np.zeros(1), (len(self.values), 1))
        return start[:, 0] if start.shape[1] == 1 else start


class _Grower:
    """Grows forests for one problem, all from one binned copy of the table."""

    def __init__(self, problem: _Problem, settings: dict[str, Any], seed: int) -> None:
        from lightgbm import Dataset

        self.problem, self.settings, self.seed = problem, settings, seed
        self.params = {
            **problem.objective(),
            **{name: settings[name] for name in ("learning_rate", *_SHAPE)},
            "boost_from_average": False,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": machine.num_threads() if len(problem.values) > _FEW_ROWS else 1,
            "verbosity": -1,
        }
        categorical = np.flatnonzero(problem.values.categorical).tolist()
        self.table = Dataset(
            problem.values.matrix, problem.target, init_score=problem.start(), categorical_feature=categorical, params=self.params
        )

    def num_trees(self) -> int:
        """Rounds after which the mean held-back loss of the inner folds was lowest."""
        from lightgbm import cv, early_stopping

        most, num_folds = self.settings["max_trees"], self.settings["inner_folds"]
        if not num_folds:
            return int(most)
        folds = make_folds(self.problem.target, self.problem.num_classes, num_folds, self.seed)
        stop = early_stopping(round(_PATIENCE / self.settings["learning_rate"]), verbose=False)
        rows = [(fold.train, fold.valid) for fold in folds]
        curves = cv({**self.params, "seed": self.seed}, self.table, most, folds=rows, callbacks=[stop])
        return len(next(iter(curves.values())))

    def forest(self, num_trees: int, seed: int) -> str:
        """LightGBM's text of a forest grown from all rows."""
        from lightgbm import train

        return str(train({**self.params, "seed": seed}, self.table, num_trees).model_to_string())
