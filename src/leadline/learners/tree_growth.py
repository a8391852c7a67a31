"""Forests of boosted trees on the folds of one table, grown side by side by LightGBM."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from threading import Event
from typing import Any

import numpy as np

from leadline import machine
from leadline.data.examples import Examples
from leadline.evaluate.folds import Fold
from leadline.learners.tree_shapes import Shape
from leadline.tasks.contract import Loss, Task
from leadline.tasks.monotone import SIGNS, Direction
from leadline.values import Typed

# Rounds without a better held-back loss after which a forest stops, times the learning rate.
_PATIENCE = 2.0
METHOD = "basic"
_FEWEST_COLUMNS = 4  # a tree of fewer could not learn how columns act together
_OBJECTIVES: dict[Loss, str] = {"squared": "regression", "two-classes": "binary", "many-classes": "multiclass", "each-label": "binary"}


@dataclass(frozen=True)
class Problem:
    """What LightGBM is given; raw output = scale * sum of trees + base. It keeps targets in float32, so numbers are in standard units."""

    values: Typed
    target: np.ndarray  # (n,)
    objective: str
    base: np.ndarray  # (num_outputs,)
    scale: float = 1.0
    signs: tuple[int, ...] = ()  # for each column 1 where the sum of trees may never fall as it grows, -1 where it may never rise, or 0

    def outputs(self) -> dict[str, Any]:
        several = {"num_class": len(self.base)} if self.objective == "multiclass" else {}
        bounded = {"monotone_constraints": list(self.signs), "monotone_constraints_method": METHOD} if any(self.signs) else {}
        return {"objective": self.objective, **several, **bounded}

    def start(self) -> np.ndarray:
        """Where the trees begin: (n,), or (n, num_outputs) with several."""
        start = np.tile(np.zeros(1) if self.objective == "regression" else self.base, (len(self.values), 1))
        return start[:, 0] if start.shape[1] == 1 else start

    def table(self) -> Any:
        """The columns in bins, with every one of them whatever the shape of trees."""
        from lightgbm import Dataset

        params = {**_ALWAYS, "feature_pre_filter": False}
        categorical = np.flatnonzero(self.values.categorical).tolist()
        table = Dataset(self.values.matrix, self.target, init_score=self.start(), categorical_feature=categorical, params=params)
        return table.construct()


_ALWAYS: dict[str, Any] = {
    "boost_from_average": False, "deterministic": True, "force_row_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip


def problems_of(values: Typed, train: Examples, task: Task, monotone: Mapping[str, Direction]) -> list[Problem]:
    """One, or one for each label."""
    signs = tuple(SIGNS[monotone[name]] if name in monotone else 0 for name in values.names)
    loss, base = task.loss(train.num_classes), task.first_guess(train.target, train.num_classes)
    if loss == "each-label":
        return [Problem(values, train.target[:, label], _OBJECTIVES[loss], base[[label]], signs=signs) for label in range(len(base))]
    if loss == "squared":
        scale = float(np.std(train.target)) or 1.0
        return [Problem(values, (train.target - base[0]) / scale, _OBJECTIVES[loss], base, scale, signs)]
    return [Problem(values, train.target, _OBJECTIVES[loss], base, signs=signs)]


@dataclass(frozen=True)
class Forest:
    """LightGBM's text of a forest, and its least loss on held-out rows (NaN where there were none)."""

    text: str
    loss: float


class Growth:
    """Grows forests for one problem.

    They grow side by side, one thread each: two threads within one forest wait for each other after every leaf, which took 5 to 50 times
    longer as soon as another process was busy. It also makes what is learned independent of the number of threads.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem, self.seed, self.table = problem, seed, problem.table()

    def forests(self, folds: Sequence[Fold], settings: Mapping[str, Any], shape: Shape) -> list[Forest]:
        """One for each fold, stopped where its loss on the fold's held-out rows no longer falls; without folds one of all rows."""
        given_up = Event()

        def one(number: int) -> Forest:
            fold = folds[number]
            parts = self.table.subset(fold.train).construct(), self.table.subset(fold.valid).construct()
            return _forest(*parts, self._params(settings, shape, number), settings["max_trees"], given_up)

        if not folds:
            return [_forest(self.table, None, self._params(settings, shape, 0), settings["max_trees"], given_up)]
        with ThreadPoolExecutor(machine.num_threads()) as workers:
            try:
                return list(workers.map(one, range(len(folds))))
            except BaseException:  # Ctrl-C too: who leaves this block waits for the forests
                given_up.set()
                raise

    def _params(self, settings: Mapping[str, Any], shape: Shape, number: int) -> dict[str, Any]:
        fraction = min(1.0, max(shape.feature_fraction, _FEWEST_COLUMNS / self.problem.values.matrix.shape[1]))
        return {
            **_ALWAYS, **self.problem.outputs(), **asdict(shape), "feature_fraction": fraction, "seed": self.seed + number,
            "learning_rate": settings["learning_rate"],
        }  # fmt: skip


def _forest(table: Any, valid: Any, params: dict[str, Any], max_trees: int, given_up: Event) -> Forest:
    """One forest, cut where its loss on `valid` was lowest, if there is one. Stops growing as soon as all is given up."""
    from lightgbm import early_stopping, train

    patience = round(_PATIENCE / params["learning_rate"])
    stop: list[Callable[[Any], None]] = [early_stopping(patience, verbose=False)] if valid else []
    stop.append(lambda _: _go_on(given_up))
    booster = train(params, table, max_trees, valid_sets=[valid] if valid else None, callbacks=stop)
    losses = [loss for of_valid in booster.best_score.values() for loss in of_valid.values()]
    return Forest(str(booster.model_to_string(num_iteration=booster.best_iteration)), float(losses[0]) if losses else float("nan"))


def _go_on(given_up: Event) -> None:
    """Asked after every tree."""
    if given_up.is_set():
        raise CancelledError
