"""Linear models some of whose weights may have one sign only: what answers that never fall with a column need.

Two-metric projection (Bertsekas 1982, "Projected Newton methods"): weights that stand at their bound and would leave it are held there, the
others go in the direction of L-BFGS, and what would pass a bound stops at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from leadline.learners.logistic import ROUNDING, Descent, LinearFit, Pair, Problem, Vector, quasi_newton

_ROUNDS = 5  # of finding weights that would leave their bound although the gradient alone would not let them


class BoundedDescent(Descent):
    """On a problem with `signs`: every point of the way has weights of these signs, but for rounding."""

    patience: ClassVar[int] = 4

    def __init__(self, problem: Problem, signs: np.ndarray) -> None:
        super().__init__(problem)
        self.signs = signs[:, None]

    def finished(self) -> LinearFit:
        return LinearFit(self._within(self.point.weights), self.point.intercept)

    def _direction(self, gradient: Vector) -> Vector:
        """Where the quasi-Newton step leads within the bounds; where that leads up, the steepest way."""
        least = -ROUNDING * self.problem.loss.value(self.point.scores)
        for aim in self._aims(gradient):
            moved = self._within(self.point.weights + aim.weights) - self.point.weights
            direction = Vector(moved, aim.intercept, self.problem.matrix.times(moved) + aim.intercept)
            if self.problem.product(gradient, direction) < least:
                break
        return direction

    def _aims(self, gradient: Vector) -> Iterator[Vector]:
        at_bound = (self.point.weights * self.signs <= 0) & (self.signs != 0)
        free = ~(at_bound & (gradient.weights * self.signs > 0))
        for _ in range(_ROUNDS):
            aim = self._quasi_newton(gradient, free)
            leaving = at_bound & (aim.weights * self.signs < 0)
            if not leaving.any():
                break
            free = free & ~leaving
        yield aim
        yield _only(gradient, free).scaled(-1)

    def _quasi_newton(self, gradient: Vector, free: np.ndarray) -> Vector:
        moved = [(_only(pair.moved, free), _only(pair.change, free)) for pair in self.pairs]
        bends = [self.problem.product(*pair) for pair in moved]
        pairs = [Pair(*pair, bend) for pair, bend in zip(moved, bends, strict=True) if bend > 0]
        return quasi_newton(self.problem, _only(gradient, free), pairs)

    def _longest_step(self, direction: Vector) -> float:
        """Up to where the first weight reaches its bound: 1 or more."""
        towards = direction.weights * self.signs < 0
        steps = -self.point.weights[towards] / direction.weights[towards]
        return max(1.0, float(steps.min(initial=np.inf)))

    def _within(self, weights: np.ndarray) -> np.ndarray:
        return np.where(weights * self.signs < 0, 0.0, weights)


def descent_of(problem: Problem) -> Descent:
    return Descent(problem) if problem.signs is None else BoundedDescent(problem, problem.signs)


def _only(vector: Vector, free: np.ndarray) -> Vector:
    """Its scores are those of all weights still, and mean nothing."""
    return Vector(np.where(free, vector.weights, 0.0), vector.intercept, vector.scores)
