"""Gradient-boosted decision trees (LightGBM: Ke et al., NeurIPS 2017) on number and category columns.

One forest is grown per fold of the training rows, from the other folds; it stops when its loss on the fold no longer falls. The mean of
the forests is the answer, so every row has taught and no forest is grown twice: on four of five tables that was at least as good as
growing again from all rows with the number of trees so found (see LOG.md). Every label has forests of its own. All are one ONNX file.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any, ClassVar

import numpy as np

from leadline import machine
from leadline.data.examples import Examples
from leadline.encoders.tabular import CATEGORY, NUMBER, TypedColumns
from leadline.evaluate.folds import Fold, make_folds
from leadline.heads.trees import TreesHead
from leadline.learners.contract import Sizes, Work
from leadline.learners.tree_onnx import to_onnx
from leadline.parts import COLUMN, Graph, Node
from leadline.tasks.contract import Loss, Task
from leadline.values import Typed

# For each effort. Without folds one forest of `max_trees` is grown from all rows.
_EFFORTS: tuple[dict[str, Any], ...] = (
    {"learning_rate": 0.1, "max_trees": 100, "num_folds": 0},
    {"learning_rate": 0.1, "max_trees": 600, "num_folds": 3},
    {"learning_rate": 0.08, "max_trees": 1000, "num_folds": 8},
)
_SHAPE: dict[str, Any] = {"num_leaves": 31, "min_data_in_leaf": 5, "lambda_l2": 1.0}
# Few columns per tree is worth more on `adult` than any other setting: log loss 0.2740 against 0.2764 with all (see LOG.md). A tree
# of fewer than four could not learn how columns act together.
_COLUMN_SHARE, _FEWEST_COLUMNS = 0.4, 4
# Many classes grow one tree each per round: all rounds of one forest together stay under this, with larger steps.
_MOST_TREES, _LEAST_PROGRESS = 6000, 10.0
# All times the learning rate: rounds without a better held-back loss after which a forest stops; rounds one usually takes for classes
# and for numbers. Measured, steps per second on one core then lie between 110 and 150, up to 400 where forests stop early.
_PATIENCE, _TYPICAL_CLASSES, _TYPICAL_NUMBERS = 2.0, 20.0, 40.0
# A tree on no rows at all takes as long as on this many.
_OVERHEAD_ROWS = 3000
_MOST_LABELS = 100  # each has its own forests, and 6,000 trees shared among more would be too few for any
_OBJECTIVES: dict[Loss, str] = {"squared": "regression", "two-classes": "binary", "many-classes": "multiclass", "each-label": "binary"}


class Trees:
    name: ClassVar[str] = "trees"
    family: ClassVar[str] = "classical"
    title: ClassVar[str] = "boosted decision trees on columns"

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        if not sizes.columns_of(NUMBER, CATEGORY):
            return "it reads number and category columns, and there are none"
        if task.loss(sizes.num_classes) == "each-label" and sizes.num_classes > _MOST_LABELS:
            return f"it grows trees for every label, and {sizes.num_classes:,} labels are more than the {_MOST_LABELS} it can bear"
        return None

    def inputs(self, sizes: Sizes) -> list[Node]:
        return []

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        """Steps are a million table cells, each looked at by one tree. Forests stop by themselves: it is the usual number of trees."""
        num_outputs, num_columns = task.num_outputs(sizes.num_classes), len(sizes.columns_of(NUMBER, CATEGORY))
        settings = _settings(effort, num_outputs, num_columns)
        typical = (_TYPICAL_NUMBERS if task.loss(sizes.num_classes) == "squared" else _TYPICAL_CLASSES) / settings["learning_rate"]
        usual = min(settings["max_trees"], typical) if settings["num_folds"] else settings["max_trees"]
        num_trees = usual * num_outputs * max(settings["num_folds"], 1)
        steps = num_trees * num_columns * (sizes.rows + _OVERHEAD_ROWS) / 1e6
        peak_bytes = sizes.rows * (20 * num_columns + 40 * num_outputs * machine.num_threads()) + (200 << 20)
        return Work(steps, peak_bytes, settings)

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        names = train.columns_of(NUMBER, CATEGORY)
        columns = [train.values[COLUMN + name] for name in names]
        prepare = TypedColumns.fit(dict(zip(names, columns, strict=True)), train.types)
        values = prepare.run(*columns)
        folds = make_folds(train, task, work.settings["num_folds"], seed) if work.settings["num_folds"] else []
        problems = _problems(values, train, task)
        forests = [_grow(problem, folds, work.settings, seed) for problem in problems]
        base = [start for problem in problems for start in problem.base.tolist()]
        model = to_onnx(forests, values.categorical, scale=problems[0].scale, base=base)
        return Graph((Node("typed", prepare, tuple(COLUMN + name for name in names)), Node("trees", TreesHead(model), ("typed",))))


def _settings(effort: int, num_outputs: int, num_columns: int) -> dict[str, Any]:
    settings = {**_EFFORTS[effort], **_SHAPE}
    max_trees = max(10, min(settings["max_trees"], _MOST_TREES // num_outputs))
    learning_rate = max(settings["learning_rate"], _LEAST_PROGRESS / max_trees)
    share = min(1.0, max(_COLUMN_SHARE, _FEWEST_COLUMNS / max(num_columns, 1)))
    return {**settings, "max_trees": max_trees, "learning_rate": learning_rate, "feature_fraction": share}


@dataclass(frozen=True)
class _Problem:
    """What LightGBM is given; raw output = scale * sum of trees + base. It keeps targets in float32, so numbers are in standard units."""

    values: Typed
    target: np.ndarray  # (n,)
    objective: str
    base: np.ndarray  # (num_outputs,)
    scale: float = 1.0

    def outputs(self) -> dict[str, Any]:
        several = {"num_class": len(self.base)} if self.objective == "multiclass" else {}
        return {"objective": self.objective, **several}

    def start(self) -> np.ndarray:
        """Where the trees begin: (n,), or (n, num_outputs) with several."""
        start = np.tile(np.zeros(1) if self.objective == "regression" else self.base, (len(self.values), 1))
        return start[:, 0] if start.shape[1] == 1 else start


def _problems(values: Typed, train: Examples, task: Task) -> list[_Problem]:
    """One, or one for each label."""
    loss, base = task.loss(train.num_classes), task.first_guess(train.target, train.num_classes)
    if loss == "each-label":
        return [_Problem(values, train.target[:, label], _OBJECTIVES[loss], base[[label]]) for label in range(len(base))]
    if loss == "squared":
        scale = float(np.std(train.target)) or 1.0
        return [_Problem(values, (train.target - base[0]) / scale, _OBJECTIVES[loss], base, scale)]
    return [_Problem(values, train.target, _OBJECTIVES[loss], base)]


def _grow(problem: _Problem, folds: list[Fold], settings: dict[str, Any], seed: int) -> list[str]:
    """LightGBM's texts of all forests.

    Forests grow side by side, one thread each: two threads within one forest wait for each other after every leaf, which took
    5 to 50 times longer as soon as another process was busy. It also makes what is learned independent of the number of threads.
    """
    from lightgbm import Dataset

    params = _params(problem, settings)
    categorical = np.flatnonzero(problem.values.categorical).tolist()
    table = Dataset(problem.values.matrix, problem.target, init_score=problem.start(), categorical_feature=categorical, params=params)
    table.construct()
    given_up = Event()
    if not settings["num_folds"]:
        return [_forest(table, None, {**params, "seed": seed}, settings, given_up)]

    def one(number: int) -> str:
        fold = folds[number]
        parts = table.subset(fold.train).construct(), table.subset(fold.valid).construct()
        return _forest(*parts, {**params, "seed": seed + number}, settings, given_up)

    with ThreadPoolExecutor(machine.num_threads()) as workers:
        try:
            return list(workers.map(one, range(len(folds))))
        except BaseException:  # Ctrl-C too: who leaves this block waits for the forests
            given_up.set()
            raise


def _forest(table: Any, valid: Any, params: dict[str, Any], settings: dict[str, Any], given_up: Event) -> str:
    """One forest, cut where its loss on `valid` was lowest, if there is one. Stops growing as soon as all is given up."""
    from lightgbm import early_stopping, train

    patience = round(_PATIENCE / settings["learning_rate"])
    stop: list[Callable[[Any], None]] = [early_stopping(patience, verbose=False)] if valid else []
    stop.append(lambda _: _go_on(given_up))
    booster = train(params, table, settings["max_trees"], valid_sets=[valid] if valid else None, callbacks=stop)
    return str(booster.model_to_string(num_iteration=booster.best_iteration))


def _go_on(given_up: Event) -> None:
    """Asked after every tree."""
    if given_up.is_set():
        raise CancelledError


def _params(problem: _Problem, settings: dict[str, Any]) -> dict[str, Any]:
    return {
        **problem.outputs(),
        **{name: settings[name] for name in ("learning_rate", "feature_fraction", *_SHAPE)},
        "boost_from_average": False,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
