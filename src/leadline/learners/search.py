"""Linear models along a path of strengths: which one the held-out rows prefer, and the model of that one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leadline.learners.bounded import descent_of
from leadline.learners.logistic import LinearFit, Matrix, Problem
from leadline.learners.losses import loss_for
from leadline.tasks.contract import Loss, Task
from leadline.values import Features

# A path ends after so many strengths in a row without a better held-out loss, or one that is this much worse than the best.
_PATIENCE, _CLEARLY_WORSE = 2, 1.01
# Labels that are solved for together. Each is a problem of its own, so that more would take memory and save no time; and this many, spread
# over frequent and rare ones, choose the strength for all.
LABELS_TOGETHER = 64


@dataclass(frozen=True)
class Aim:
    """What is minimised, and how many outputs there are whatever classes the rows at hand hold."""

    loss: Loss
    num_outputs: int

    @classmethod
    def of(cls, task: Task, num_classes: int) -> Aim:
        return cls(task.loss(num_classes), task.num_outputs(num_classes))

    @property
    def num_searched(self) -> int:
        """Outputs that a path of strengths is walked with."""
        return min(self.num_outputs, LABELS_TOGETHER) if self.loss == "each-label" else self.num_outputs

    def blocks(self) -> list[slice]:
        """Outputs that are solved for together."""
        step = self.num_searched
        return [slice(start, min(start + step, self.num_outputs)) for start in range(0, self.num_outputs, step)]


@dataclass(frozen=True)
class Trial:
    """Features and targets of rows that teach and of rows that judge."""

    train: Features
    train_target: np.ndarray
    valid: Features
    valid_target: np.ndarray
    signs: np.ndarray | None = None  # of weights that may have one sign only: see `Problem`

    def with_labels(self, labels: np.ndarray) -> Trial:
        return replace(self, train_target=self.train_target[:, labels], valid_target=self.valid_target[:, labels])


class _TrialRun:
    """One trial on its way down the path."""

    def __init__(self, trial: Trial, aim: Aim, search: Search) -> None:
        matrix = Matrix(trial.train, aim.num_outputs)
        self.search, self.mean_square = search, matrix.mean_square
        self.target = Standardised.of(trial.train_target, aim.loss)
        self.descent = descent_of(Problem(matrix, loss_for(self.target.values, aim.loss), aim.num_outputs, trial.signs))
        self.valid = Matrix(trial.valid, aim.num_outputs)
        self.valid_loss = loss_for(self.target.same_units(trial.valid_target), aim.loss)

    def judged(self, strength: float) -> float:
        self.descent.solve(strength * self.mean_square, self.search.max_iterations, self.search.tolerance)
        fit = self.descent.finished()
        return self.valid_loss.judged(self.valid.times(fit.coef) + fit.intercept)


@dataclass(frozen=True)
class Search:
    """The path of strengths, strong to weak, and when a descent ends; all of it is part of a plan's settings."""

    strengths: tuple[float, ...]
    max_iterations: int
    tolerance: float

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Search:
        return cls(tuple(settings["strengths"]), settings["max_iterations"], settings["tolerance"])

    def choose(self, trials: Sequence[Trial], aim: Aim) -> tuple[float, float]:
        """The strength with the least held-out loss, averaged over trials, and that loss; the path ends where it only rises."""
        if not trials:
            return self.strengths[len(self.strengths) // 2], np.inf
        if aim.num_searched < aim.num_outputs:
            picked = _spread_labels(trials[0].train_target, aim.num_searched)
            trials, aim = [trial.with_labels(picked) for trial in trials], Aim(aim.loss, len(picked))
        runs = [_TrialRun(trial, aim, self) for trial in trials]
        best, chosen, worse = np.inf, self.strengths[0], 0
        for strength in self.strengths:
            loss = float(np.mean([run.judged(strength) for run in runs]))
            if loss < best:
                best, chosen, worse = loss, strength, 0
            else:
                worse += 1
            if worse == _PATIENCE or loss > _CLEARLY_WORSE * best:
                break
        return chosen, best

    def fit(self, features: Features, target: np.ndarray, aim: Aim, signs: np.ndarray | None = None) -> LinearFit:
        """The model of the only strength, straight from zero: measured, that is as quick as going down the path.

        `signs` are of weights that may have one sign only: see `Problem`.
        """
        (strength,) = self.strengths
        matrix, scaled = Matrix(features, aim.num_outputs), Standardised.of(target, aim.loss)
        fits = []
        for block in aim.blocks():
            values = scaled.values if block == slice(0, aim.num_outputs) else scaled.values[:, block]
            descent = descent_of(Problem(matrix, loss_for(values, aim.loss), block.stop - block.start, signs))
            descent.solve(strength * matrix.mean_square, self.max_iterations, self.tolerance)
            fits.append(descent.finished())
        return scaled.in_old_units(_side_by_side(fits))


def _spread_labels(target: np.ndarray, number: int) -> np.ndarray:
    """So many labels, evenly from the most frequent to the rarest."""
    order = np.argsort(-target.sum(axis=0, dtype=np.int64), kind="stable")
    return np.sort(order[np.linspace(0, len(order) - 1, number).astype(np.int64)])


def _side_by_side(fits: Sequence[LinearFit]) -> LinearFit:
    if len(fits) == 1:
        return fits[0]
    return LinearFit(np.concatenate([fit.coef for fit in fits], axis=1), np.concatenate([fit.intercept for fit in fits]))


@dataclass(frozen=True)
class Standardised:
    """A target of numbers in standard units, so that one path of strengths and one tolerance suit all; classes stay as they are."""

    values: np.ndarray
    mean: float = 0.0
    scale: float = 1.0

    @classmethod
    def of(cls, target: np.ndarray, loss: Loss) -> Standardised:
        if loss != "squared":
            return cls(target)
        mean, scale = float(np.mean(target)), float(np.std(target)) or 1.0
        return cls((target - mean) / scale, mean, scale)

    def same_units(self, target: np.ndarray) -> np.ndarray:
        return target if (self.mean, self.scale) == (0.0, 1.0) else (target - self.mean) / self.scale

    def in_old_units(self, fit: LinearFit) -> LinearFit:
        return LinearFit(fit.coef * self.scale, fit.intercept * self.scale + self.mean)
