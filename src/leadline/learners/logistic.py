"""Regularised linear models: the one solver behind every linear head.

Minimises  mean loss(X W + b) + strength * m / 2 * |W|^2, where m is the mean squared length of the rows of X (so that one path
of strengths suits any features) and b goes free. The method is L-BFGS (Liu and Nocedal 1989) with two changes that pay off
here. Scores along a search direction are known once its own scores are, so the line search is nearly free and nearly exact.
And where there are more columns than rows, W is written as X^T A: every step stays in the span of the rows (the representer
theorem, Kimeldorf and Wahba 1971), so two million columns cost no more than their non-zero entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy import sparse

from leadline.learners.losses import Loss
from leadline.values import Blocks, Dense, Features, Sparse

MEMORY = 10  # pairs of steps that L-BFGS remembers
_LINE_TOLERANCE = 0.1  # the line search ends when the slope has fallen to this share of the first
ROUNDING = 1e-14  # of the loss: a slope below is noise


@dataclass(frozen=True)
class LinearFit:
    """coef (num_columns, num_outputs) and intercept (num_outputs,), float64."""

    coef: np.ndarray
    intercept: np.ndarray


class Matrix:
    """Features as the solver takes them: products with X and with its transpose.

    With many outputs all is in single precision, which takes half the time and is far finer than any tolerance used here.
    """

    def __init__(self, features: Features, num_outputs: int = 1) -> None:
        self.precision = np.dtype(np.float64 if num_outputs == 1 else np.float32)
        blocks = features.parts if isinstance(features, Blocks) else (features,)
        self.by_column = [self._by_column(block) for block in blocks]
        self.num_rows, self.num_columns = len(features), sum(block.shape[0] for block in self.by_column)
        self.mean_square = sum(_squares(block) for block in blocks) / max(1, self.num_rows) or 1.0

    def _by_column(self, block: Dense | Sparse) -> Any:
        """Its transpose."""
        if not isinstance(block, Sparse):
            return np.ascontiguousarray(block.T, dtype=self.precision)
        # By columns: then both products stream through the entries once, reading or writing short vectors of n rows.
        shape, values = (len(block), block.num_columns), block.values.astype(self.precision, copy=False)
        return sparse.csr_array((values, block.indices, block.indptr), shape=shape).T.tocsr()

    def times(self, coef: np.ndarray) -> np.ndarray:
        """X @ coef, (num_rows, num_outputs)."""
        edges = np.cumsum([block.shape[0] for block in self.by_column])[:-1]
        parts = zip(self.by_column, np.split(coef, edges), strict=True)
        products = [self._product(block.T, part) for block, part in parts]
        return sum(products[1:], products[0])

    def transposed_times(self, slopes: np.ndarray) -> np.ndarray:
        """X^T @ slopes, (num_columns, num_outputs)."""
        products = [self._product(block, slopes) for block in self.by_column]
        return products[0] if len(products) == 1 else np.concatenate(products)

    def _product(self, left: Any, right: np.ndarray) -> np.ndarray:
        right = right.astype(self.precision, copy=False)
        one = right.shape[1] == 1  # sparse products with a vector take another, faster way than with one column
        product: np.ndarray = left @ (right[:, 0] if one else right)
        return product.reshape(left.shape[0], -1)


def _squares(block: Dense | Sparse) -> float:
    values = block.values if isinstance(block, Sparse) else block
    return float(np.sum(values.astype(np.float64) ** 2))


@dataclass(frozen=True)
class Vector:
    """A point or direction: `weights` (W itself, or A where W = X^T A), the intercept, and the scores X W + b that they give."""

    weights: np.ndarray
    intercept: np.ndarray
    scores: np.ndarray

    def plus(self, factor: float, other: Vector) -> Vector:
        return Vector(
            self.weights + factor * other.weights,
            self.intercept + factor * other.intercept,
            self.scores + factor * other.scores,
        )

    def scaled(self, factor: float) -> Vector:
        return Vector(factor * self.weights, factor * self.intercept, factor * self.scores)

    def without_intercept(self) -> Vector:
        return Vector(self.weights, 0 * self.intercept, self.scores - self.intercept)


@dataclass(frozen=True)
class Pair:
    """A step, how the gradient changed over it, and the product of the two (positive)."""

    moved: Vector
    change: Vector
    bend: float


class Problem:
    """One matrix and loss: objective, gradients and products between vectors, the same for both ways of writing W."""

    def __init__(self, matrix: Matrix, loss: Loss, num_outputs: int, signs: np.ndarray | None = None) -> None:
        """`signs` (num_columns,) are 1 for weights that may not be negative, -1 for those that may not be positive, 0 for free ones."""
        self.matrix, self.loss, self.num_outputs, self.signs = matrix, loss, num_outputs, signs
        self.in_span = matrix.num_columns > matrix.num_rows and signs is None

    def zero(self) -> Vector:
        length = self.matrix.num_rows if self.in_span else self.matrix.num_columns
        weights = np.zeros((length, self.num_outputs), self.matrix.precision)
        scores = np.zeros((self.matrix.num_rows, self.num_outputs), self.matrix.precision)
        return Vector(weights, np.zeros(self.num_outputs, self.matrix.precision), scores)

    def gradient(self, point: Vector, penalty: float) -> Vector:
        slopes: np.ndarray = self.loss.slopes(point.scores).astype(self.matrix.precision, copy=False)
        columns = self.matrix.transposed_times(slopes)
        shift: np.ndarray = slopes.sum(axis=0)
        weights = penalty * point.weights + (slopes if self.in_span else columns)
        scores = penalty * (point.scores - point.intercept) + self.matrix.times(columns) + shift
        return Vector(weights, shift, scores)

    def weight_product(self, left: Vector, right: Vector) -> float:
        other = right.scores - right.intercept if self.in_span else right.weights
        return float(np.sum(left.weights * other))

    def product(self, left: Vector, right: Vector) -> float:
        return self.weight_product(left, right) + float(left.intercept @ right.intercept)

    def finished(self, point: Vector) -> LinearFit:
        coef = self.matrix.transposed_times(point.weights) if self.in_span else point.weights
        return LinearFit(coef, point.intercept)


class Descent:
    """L-BFGS on one problem, kept warm from one penalty to the next: only the penalty's share of the curvature changes."""

    patience: ClassVar[int] = 2  # so many steps in a row that gain little end a descent

    def __init__(self, problem: Problem) -> None:
        self.problem, self.point, self.penalty = problem, problem.zero(), 0.0
        self.pairs: list[Pair] = []

    def solve(self, penalty: float, max_iterations: int, tolerance: float) -> None:
        """Steps down until some steps in a row gain less than `tolerance` of the loss, or the iterations are used up."""
        self._change_penalty(penalty)
        gradient, small_gains = self.problem.gradient(self.point, penalty), 0
        for _ in range(max_iterations):
            direction = self._direction(gradient)
            slope = self.problem.product(gradient, direction)
            if slope >= -ROUNDING * self.problem.loss.value(self.point.scores):  # nothing but rounding is left to gain
                break
            step = min(_line_search(self.problem, self.point, direction, penalty, slope), self._longest_step(direction))
            before, gain, moved = gradient, -slope * step / 2, direction.scaled(step)
            self.point = self.point.plus(1, moved)
            gradient = self.problem.gradient(self.point, penalty)
            change = gradient.plus(-1, before)
            bend = self.problem.product(moved, change)
            if bend <= 0:
                break
            self.pairs = [*self.pairs[1 - MEMORY :], Pair(moved, change, bend)]
            small_gains = small_gains + 1 if gain <= tolerance * self.problem.loss.value(self.point.scores) else 0
            if small_gains == self.patience:
                break

    def finished(self) -> LinearFit:
        return self.problem.finished(self.point)

    def _direction(self, gradient: Vector) -> Vector:
        return quasi_newton(self.problem, gradient, self.pairs)

    def _longest_step(self, direction: Vector) -> float:
        return np.inf

    def _change_penalty(self, penalty: float) -> None:
        more, self.penalty = penalty - self.penalty, penalty
        changes = [pair.change.plus(more, pair.moved.without_intercept()) for pair in self.pairs]
        bends = [self.problem.product(pair.moved, change) for pair, change in zip(self.pairs, changes, strict=True)]
        self.pairs = [Pair(pair.moved, change, bend) for pair, change, bend in zip(self.pairs, changes, bends, strict=True) if bend > 0]


def quasi_newton(problem: Problem, gradient: Vector, pairs: Sequence[Pair]) -> Vector:
    """Minus the approximate inverse Hessian times the gradient: the two loops of L-BFGS."""
    result, shares = gradient.scaled(-1), list[float]()
    for pair in reversed(pairs):
        shares.append(problem.product(pair.moved, result) / pair.bend)
        result = result.plus(-shares[-1], pair.change)
    size = problem.product(pairs[-1].change, pairs[-1].change) if pairs else 0.0
    if size > 0:  # so small a change may square to nothing
        result = result.scaled(pairs[-1].bend / size)
    for pair, share in zip(pairs, reversed(shares), strict=True):
        result = result.plus(share - problem.product(pair.change, result) / pair.bend, pair.moved)
    return result


def _line_search(problem: Problem, point: Vector, direction: Vector, penalty: float, slope: float) -> float:
    """Newton's method on the convex curve along the direction, kept inside a bracket; needs scores only."""
    drift = penalty * problem.weight_product(direction, point)
    bend = penalty * problem.weight_product(direction, direction)
    step, low, high, now = 0.0, 0.0, np.inf, slope
    for _ in range(10):
        scores = point.scores + step * direction.scores
        curvature = problem.loss.curvature(scores, direction.scores) + bend
        step = step - now / curvature if curvature > 0 else 2 * step + 1
        if not low < step < high:
            step = (low + high) / 2 if np.isfinite(high) else 2 * low
        scores = point.scores + step * direction.scores
        now = float(np.sum(problem.loss.slopes(scores) * direction.scores)) + drift + step * bend
        if abs(now) <= _LINE_TOLERANCE * abs(slope):
            break
        low, high = (step, high) if now < 0 else (low, step)
    return step
