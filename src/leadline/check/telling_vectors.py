"""Which of several kinds of vectors tell the classes apart best, by what neighbours in each of them are called."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from leadline.check.class_views import votes
from leadline.data.split import fold_numbers
from leadline.values import Dense

_ROWS = 2_000  # that are looked at: kinds differ by whole points
_FOLDS = 5


def telling_most(kinds: Mapping[str, Dense], classes: np.ndarray | None, groups: np.ndarray | None, seed: int) -> str:
    """The name of the kind whose vectors (n, d) say most often what `classes` (n,) say; without classes the one with the most numbers.

    Rows of one group do not speak for one another. Rows that could not be read are NaN, in all kinds alike.
    """
    if classes is None or len(kinds) == 1:
        return max(kinds, key=lambda name: kinds[name].shape[1])
    readable = np.flatnonzero(np.all([np.isfinite(vectors[:, 0]) for vectors in kinds.values()], axis=0))
    drawn = np.random.default_rng([seed, 61]).permutation(readable)[:_ROWS]
    folds = fold_numbers(classes[drawn], _FOLDS, seed, None if groups is None else groups[drawn])
    return max(kinds, key=lambda name: (_told(kinds[name][drawn], classes[drawn], folds), kinds[name].shape[1]))


def _told(vectors: Dense, classes: np.ndarray, folds: np.ndarray) -> float:
    """The share of rows that rows of other folds near them name as they are named."""
    if folds.max(initial=0) == 0:
        return 0.0
    directions = vectors - vectors.mean(axis=0)
    directions /= np.maximum(np.linalg.norm(directions, axis=1, keepdims=True), np.float32(1e-12))
    present, codes = np.unique(classes, return_inverse=True)
    named = votes(directions, np.eye(len(present))[codes], folds).argmax(axis=1)
    return float((named == codes).mean())
