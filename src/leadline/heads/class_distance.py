"""How far a vector is from what training vectors of its kind were like: larger is stranger.

With many classes that is the relative Mahalanobis distance (Ren et al. 2021, "A simple fix to Mahalanobis distance for improving near-OOD
detection"): the distance to the nearest class mean, less that to the mean of all rows, each in its own covariance. The two covariances
differ only in the directions between class means, so the whole of it is computed there (linear discriminants), and no covariance is
kept. With few classes, or none, those directions say little; there it is the plain distance to the nearest mean, under a Gaussian whose
largest directions are kept and whose others share one variance (probabilistic principal components, Tipping and Bishop 1999).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.heads.products import steady_product
from leadline.parts import Part
from leadline.values import Dense

MANY_CLASSES = 10  # from here on doubt between classes, and distance relative to all of them, tell strangers from the rest
_LEAST_ROWS = 3  # of a class whose mean is kept: that of fewer is a training row, or nearly
_SHRINKAGE = 0.003  # of the mean variance, added to every direction: a few dimensions of some encoders are constant
_DIRECTIONS = 64  # kept with few classes
_ROUNDS = 2  # of subspace iteration that finds them
_ROWS_AT_ONCE = 1 << 12


class ClassDistance(Part):
    """Vectors (n, dimension) float32 -> strangeness (n,) float64.

    `axes` (dimension, k) lead from a vector to whitened directions, in which `means` (m, k) lie, those of classes with three rows or more
    (where none has as many, all); `discount` (k,) is taken off again for being far from the middle of everything, `rest` is the precision
    of all that the directions leave out (0: nothing is made of it).
    """

    kind: ClassVar[str] = "class-distance"

    def __init__(self, centre: np.ndarray, axes: np.ndarray, means: np.ndarray, discount: np.ndarray, rest: np.ndarray) -> None:
        self.centre, self.axes, self.means = (np.asarray(a, np.float32) for a in (centre, axes, means))
        self.discount, self.rest = np.asarray(discount, np.float64), np.asarray(rest, np.float64)
        if self.means.shape[1:] != self.axes.shape[1:] or self.discount.shape != self.axes.shape[1:] or not len(self.means):
            raise ValueError("means, axes and discount do not have the same directions")

    @classmethod
    def fit(cls, vectors: Dense, classes: np.ndarray | None, relative: bool, seed: int = 0) -> Self:
        """`classes` (n,) are codes, None where the rows have none; `relative` to the distance from the mean of all rows, for many classes.

        The two forms have different scales, so who compares distances chooses once. The same numbers for the same arguments.
        """
        if classes is None:
            classes = np.zeros(len(vectors), np.int64)
        vectors = np.asarray(vectors, np.float32)
        classes = np.unique(classes, return_inverse=True)[1]
        counts = np.bincount(classes)
        means = _group_means(vectors, classes, counts)
        fit = cls._relative if relative else cls._plain
        return fit(vectors, classes, counts, means, seed)

    @classmethod
    def _relative(cls, vectors: Dense, classes: np.ndarray, counts: np.ndarray, means: np.ndarray, seed: int) -> Self:
        from scipy.linalg import cholesky, solve_triangular

        num_rows, dimension = vectors.shape
        centre = vectors.mean(axis=0, dtype=np.float64)
        apart = vectors - means.astype(np.float32)[classes]  # first: products of uncentred vectors would cancel to noise
        within = (apart.T @ apart).astype(np.float64) / max(1, num_rows - len(counts))
        within[np.diag_indices(dimension)] += _SHRINKAGE * max(np.trace(within) / dimension, 1e-12)
        root = cholesky(within, lower=True)
        between = solve_triangular(root, ((means - centre) * np.sqrt(counts / num_rows)[:, None]).T, lower=True)
        directions, lengths, _ = np.linalg.svd(between, full_matrices=False)
        kept = lengths > 1e-6 * lengths.max(initial=1e-12)
        directions, ratios = directions[:, kept], lengths[kept] ** 2
        axes = solve_triangular(root, directions, lower=True, trans="T")
        return cls(centre, axes, (_kept(means, counts) - centre) @ axes, 1 / (1 + ratios), np.zeros(()))

    @classmethod
    def _plain(cls, vectors: Dense, classes: np.ndarray, counts: np.ndarray, means: np.ndarray, seed: int) -> Self:
        num_rows, dimension = vectors.shape
        centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        apart = vectors - means.astype(np.float32)[classes]
        most = max(1, min(_DIRECTIONS, dimension - 1, num_rows // 4))
        directions, variances = largest_directions(apart, most, seed)
        total = float((apart.astype(np.float64) ** 2).sum()) / max(1, num_rows - len(counts))
        left = max(total - variances.sum(), 0.0) / max(1, dimension - most)
        floor = _SHRINKAGE * max(total / dimension, 1e-12)
        rest = 1 / max(left, floor)
        scales = np.sqrt(np.maximum(variances, floor))
        axes = directions / scales
        return cls(centre, axes, (_kept(means, counts) - centre) @ axes, np.zeros(len(scales)), np.array(rest))

    def run(self, vectors: Dense) -> np.ndarray:
        strange = np.empty(len(vectors))
        for start in range(0, len(vectors), _ROWS_AT_ONCE):
            rows = slice(start, start + _ROWS_AT_ONCE)
            strange[rows] = self._strangeness(vectors[rows])
        return strange

    def _strangeness(self, vectors: Dense) -> np.ndarray:
        apart = vectors - self.centre
        places = steady_product(apart, self.axes, apart.dtype).astype(np.float64)
        squares = (places**2).sum(axis=1)
        means = self.means.astype(np.float64)
        to_means = squares[:, None] - 2 * steady_product(places, means.T) + (means**2).sum(axis=1)
        strange: np.ndarray = to_means.min(axis=1) - (places**2 * self.discount).sum(axis=1)
        if self.rest > 0:
            strange += self.rest * self._left_out(apart, squares, places)
        return strange

    def _left_out(self, apart: np.ndarray, squares: np.ndarray, places: np.ndarray) -> np.ndarray:
        """Squared length of what the directions do not reach."""
        lengths = np.maximum((self.axes.astype(np.float64) ** 2).sum(axis=0), 1e-300)
        whole = (apart.astype(np.float64) ** 2).sum(axis=1)
        return np.asarray(np.maximum(whole - (places**2 / lengths).sum(axis=1), 0.0))

    def arrays(self) -> dict[str, np.ndarray]:
        return {"centre": self.centre, "axes": self.axes, "means": self.means, "discount": self.discount, "rest": self.rest}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls(arrays["centre"], arrays["axes"], arrays["means"], arrays["discount"], arrays["rest"])


def _group_means(vectors: Dense, classes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    order = np.argsort(classes, kind="stable")
    starts = np.cumsum(counts) - counts
    means: np.ndarray = np.add.reduceat(vectors[order].astype(np.float64), starts, axis=0) / counts[:, None]
    return means


def _kept(means: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The means that hide the rows they are of; all of them where every class has too few."""
    enough = counts >= _LEAST_ROWS
    return means[enough] if enough.any() else means


def largest_directions(apart: Dense, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal directions (dimension, number) of largest variance and those variances, by subspace iteration (Halko et al. 2011)."""
    rng = np.random.default_rng([seed, 17])
    basis = np.linalg.qr(apart.T @ rng.normal(size=(len(apart), number)).astype(np.float32))[0]
    for _ in range(_ROUNDS):
        basis = np.linalg.qr(apart.T @ (apart @ basis))[0]
    small = (apart @ basis).astype(np.float64)
    _, lengths, turn = np.linalg.svd(small, full_matrices=False)
    return basis.astype(np.float64) @ turn.T, lengths**2 / max(1, len(apart) - 1)
