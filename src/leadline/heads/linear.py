"""The plainest head: a weighted sum of the features for every output."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.values import Dense, Sparse

_CHUNK_ENTRIES = 1 << 20  # non-zero entries times outputs that are in memory at a time


class LinearHead:
    """raw = features @ coef + intercept, (n, num_outputs) float64.

    coef (num_columns, num_outputs) and intercept (num_outputs,), float32. Two classes have one output, the log odds of the
    second; more classes one output each; a number has one.
    """

    kind: ClassVar[str] = "linear"

    def __init__(self, coef: np.ndarray, intercept: np.ndarray) -> None:
        self.coef, self.intercept = coef.astype(np.float32, copy=False), intercept.astype(np.float32, copy=False)

    def run(self, features: Dense | Sparse) -> np.ndarray:
        product = _sparse_product(features, self.coef) if isinstance(features, Sparse) else features.astype(np.float64) @ self.coef
        return product + self.intercept

    def config(self) -> dict[str, Any]:
        return {}

    def arrays(self) -> dict[str, np.ndarray]:
        return {"coef": self.coef, "intercept": self.intercept}

    def files(self) -> dict[str, Path | bytes]:
        return {}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls(arrays["coef"], arrays["intercept"])


def _sparse_product(features: Sparse, coef: np.ndarray) -> np.ndarray:
    """features @ coef in float64. Each row is summed by itself, so it comes out the same in whatever company it is asked."""
    result = np.zeros((len(features), coef.shape[1]))
    per_chunk = max(1, _CHUNK_ENTRIES // coef.shape[1])
    for start, stop in _row_chunks(features.indptr, per_chunk):
        pointers = features.indptr[start : stop + 1]
        entries = slice(pointers[0], pointers[-1])
        filled = np.flatnonzero(np.diff(pointers))  # reduceat knows no empty stretches
        if len(filled):
            terms = features.values[entries, None].astype(np.float64) * coef[features.indices[entries]]
            result[start + filled] = np.add.reduceat(terms, pointers[filled] - pointers[0], axis=0)
    return result


def _row_chunks(indptr: np.ndarray, num_entries: int) -> list[tuple[int, int]]:
    """Consecutive ranges of rows with about `num_entries` entries each, one row at least."""
    parts = indptr[1:] // num_entries
    edges = [0, *(np.flatnonzero(parts[1:] != parts[:-1]) + 1).tolist(), len(indptr) - 1]
    return [(start, stop) for start, stop in pairwise(edges) if stop > start]
