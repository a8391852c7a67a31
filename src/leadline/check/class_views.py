"""Two looks at which class a vector belongs to, each from rows of other folds only: a smooth boundary, and the vote of what lies near.

They fail on different rows, so that their mean finds more wrong labels than either. Both cost the same whatever the labels are, stay
within a few hundred megabytes, and never let a row, or a copy of it that the folds keep beside it, speak for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from leadline.values import Dense

_DIRECTIONS = 256  # principal components that are kept
_LANDMARKS, _FEW, _SHARE = 3_000, 500, 0.2  # at most; all of so few rows; of more rows this share
_BLOCK = 2_048  # rows that are looked at together, or compared with as many others
_NARROW = 0.7  # width of the kernel, of the middle distance between rows
_PENALTIES = (0.1, 0.3, 1.0, 3.0, 10.0)
_TINY = (1e-3, 1e-1, 1e1, 1e3)  # added to the diagonal, the first that suffices: landmarks may be equal, and products are rounded
_NEIGHBOURS = 40.0  # that a vote comes from, counted by weight
_SAMPLED = 400
_LEAST = 1e-12


@dataclass(frozen=True)
class Directions:
    """Rows (n, k) float32 of unit length along the largest principal components: `plain`, and `even` with small ones enlarged."""

    plain: Dense
    even: Dense

    @classmethod
    def of(cls, vectors: Dense) -> Directions:
        """Of vectors (n, d). Small components are divided by the fourth root of their variance: half way to all being equal."""
        centred = vectors.astype(np.float32) - vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        _to_unit_length(centred)
        variances, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64) / max(1, len(centred)))
        kept = np.flatnonzero(variances >= 1e-7 * variances[-1])[-_DIRECTIONS:]
        found = centred @ axes[:, kept].astype(np.float32)
        even = found / (np.maximum(variances[kept], _LEAST) ** 0.25).astype(np.float32)
        _to_unit_length(found)
        _to_unit_length(even)
        return cls(found, even)


def _to_unit_length(rows: Dense) -> None:
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.float32(_LEAST))


def votes(directions: Dense, targets: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """(n, k) float64: the mean target (n, k) of rows in other folds, weighted by exp(cosine / width), in bounded memory.

    The width is such that a vote comes from some forty rows. Every product of two blocks of rows serves both of them.
    """
    order = np.argsort(folds, kind="stable")
    rows, width = directions[order], _width(directions)
    padded = np.column_stack([targets[order], np.ones(len(rows))]).astype(np.float32)
    edges = np.searchsorted(folds[order], np.arange(folds.max(initial=0) + 2))
    total = np.zeros(padded.shape)
    for first, second in combinations(range(len(edges) - 1), 2):
        for one in _blocks(edges[first], edges[first + 1]):
            for other in _blocks(edges[second], edges[second + 1]):
                weights = rows[one] @ rows[other].T
                weights -= np.float32(1)
                weights /= np.float32(width)
                np.exp(weights, out=weights)
                total[one] += weights @ padded[other]
                total[other] += weights.T @ padded[one]
    found = np.empty(targets.shape)
    found[order] = total[:, :-1] / np.maximum(total[:, -1:], 1e-300)
    return found


def _blocks(start: int, stop: int) -> list[slice]:
    return [slice(at, min(at + _BLOCK, stop)) for at in range(start, stop, _BLOCK)]


def _width(directions: Dense) -> float:
    """The width at which half the rows weigh so many others: found by halving on a sample of them."""
    sample = np.linspace(0, len(directions) - 1, min(_SAMPLED, len(directions))).astype(np.int64)
    apart = directions[sample] @ directions.T - 1
    apart[np.arange(len(sample)), sample] = -np.inf
    wanted = min(_NEIGHBOURS, max(2.0, len(directions) / 20))
    low, high = 1e-3, 1.0
    for _ in range(14):
        middle = (low * high) ** 0.5
        weights = np.exp((apart - apart.max(axis=1, keepdims=True)) / middle)
        effective = float(np.median(weights.sum(axis=1) ** 2 / (weights**2).sum(axis=1)))
        low, high = (middle, high) if effective < wanted else (low, middle)
    return float((low * high) ** 0.5)


class FoldRidge:
    """Ridge regression with a Gaussian kernel, answered fold by fold in closed form; folds share the costly products.

    Weights are kept on some thousand rows only (Nystroem method: Williams and Seeger 2001), drawn by chance and without their labels.
    """

    def __init__(self, rows: Dense, folds: np.ndarray, seed: int) -> None:
        number = min(_LANDMARKS, len(rows), max(_FEW, round(_SHARE * len(rows))))
        chosen = np.random.default_rng([seed, 23]).choice(len(rows), number, replace=False)
        self.landmarks = rows[np.sort(chosen)]
        among = self.landmarks @ self.landmarks.T
        self.width = np.float32(max(float(np.median(1 - among)) * _NARROW, 1e-3))
        self.kernel = np.exp((among - 1) / self.width).astype(np.float64)
        self.rows = rows
        self.blocks = [
            np.array_split(np.flatnonzero(folds == fold), -(-int((folds == fold).sum()) // _BLOCK)) for fold in np.unique(folds)
        ]  # the rows of each fold, some thousand at a time
        self.products = [self._summed(lambda _, part: part.T @ part, blocks) for blocks in self.blocks]

    def answers(self, targets: np.ndarray) -> np.ndarray:
        """(n, k) answers to targets (n, k), at the penalty that is best for the first fold."""
        sides, errors = self._sides(targets), list[float]()
        judged = np.concatenate(self.blocks[0])
        for penalty in _PENALTIES:
            answers = np.zeros(targets.shape)
            self._answer(0, self._weights(0, penalty, sides), answers)
            errors.append(float(np.mean((answers + targets.mean(axis=0) - targets)[judged] ** 2)))
        return self._answers_at(_PENALTIES[int(np.argmin(errors))], targets, sides)

    def _answers_at(self, penalty: float, targets: np.ndarray, sides: list[np.ndarray]) -> np.ndarray:
        answers = np.empty(targets.shape)
        for fold in range(len(self.blocks)):
            self._answer(fold, self._weights(fold, penalty, sides), answers)
        return np.asarray(answers + targets.mean(axis=0))

    def _summed(self, made: Callable[[np.ndarray, Dense], np.ndarray], blocks: list[np.ndarray]) -> np.ndarray:
        """The sum of what is made of row numbers and their features."""
        return np.asarray(sum(made(some, self._features(some)) for some in blocks))

    def _features(self, some: np.ndarray) -> Dense:
        likeness = self.rows[some] @ self.landmarks.T
        likeness -= np.float32(1)
        likeness /= self.width
        return np.asarray(np.exp(likeness, out=likeness))

    def _sides(self, targets: np.ndarray) -> list[np.ndarray]:
        centred = (targets - targets.mean(axis=0)).astype(np.float32)
        return [self._summed(lambda some, part: part.T @ centred[some], blocks) for blocks in self.blocks]

    def _weights(self, fold: int, penalty: float, sides: list[np.ndarray]) -> Dense:
        others = [number for number in range(len(self.blocks)) if number != fold]
        matrix = penalty * self.kernel
        for number in others:
            matrix += self.products[number]
        side = np.asarray(np.sum([sides[number] for number in others], axis=0, dtype=np.float64))
        return _solved(matrix, side).astype(np.float32)

    def _answer(self, fold: int, weights: Dense, answers: np.ndarray) -> None:
        for some in self.blocks[fold]:
            answers[some] = self._features(some) @ weights


def _solved(matrix: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Of a symmetric matrix that would be positive definite, were it not for rounding."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve

    for tiny in _TINY:
        raised = matrix.copy()
        raised[np.diag_indices(len(matrix))] += tiny
        try:
            return np.asarray(cho_solve(cho_factor(raised, lower=True, overwrite_a=True), side))
        except LinAlgError:
            continue
    return np.asarray(np.linalg.lstsq(matrix, side)[0])
