"""How well vectors suit a question: whether rows that lie near one another have the same answer."""

from __future__ import annotations

import numpy as np

from leadline.values import Dense

_SAMPLED = 2_000
_NEAREST = 10


def neighbours_error(vectors: Dense, target: np.ndarray, seed: int) -> float:
    """The mean squared error of answering each row (n, d) by the mean of its nearest ones by cosine (Cover and Hart 1967); lower is better.

    `target` is class codes, numbers or labels (n, num_labels); a class is a column of zeros and ones. At most 2,000 rows are looked at.
    """
    rows = np.random.default_rng([seed, 59]).permutation(len(vectors))[:_SAMPLED]
    if len(rows) <= _NEAREST:
        return float("inf")
    units = vectors[rows] - vectors[rows].mean(axis=0)
    units /= np.maximum(np.linalg.norm(units, axis=1, keepdims=True), 1e-12)
    likeness = units @ units.T
    np.fill_diagonal(likeness, -np.inf)
    near = np.argpartition(-likeness, _NEAREST, axis=1)[:, :_NEAREST]
    truth = _in_columns(target[rows])
    return float(((truth[near].mean(axis=1) - truth) ** 2).mean())


def _in_columns(target: np.ndarray) -> np.ndarray:
    if target.ndim == 1 and np.issubdtype(target.dtype, np.integer):
        return np.asarray(np.eye(int(target.max()) + 1)[target])
    return np.asarray(target.reshape(len(target), -1), np.float64)
