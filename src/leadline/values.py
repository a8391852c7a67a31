"""The shapes in which values travel between parts: always aligned with rows, always sliceable by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

Rows = np.ndarray  # (n,) int64 positions
Dense = np.ndarray  # (n, dimension) float32


@dataclass(frozen=True)
class Sparse:
    """Compressed sparse rows: row i holds `indices[indptr[i]:indptr[i+1]]` and the values beside them.

    indptr (n + 1,) int64; indices (nnz,) int32, sorted within a row; values (nnz,) float32.
    """

    indptr: np.ndarray
    indices: np.ndarray
    values: np.ndarray
    num_columns: int

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def take_rows(self, rows: Rows) -> Sparse:
        indptr, picks = ragged_take(self.indptr, rows)
        return Sparse(indptr, self.indices[picks], self.values[picks], self.num_columns)


@dataclass(frozen=True)
class Blocks:
    """Features side by side, each in the form that suits it: columns of the first block, then of the second, and so on."""

    parts: tuple[Dense | Sparse, ...]

    def __len__(self) -> int:
        return len(self.parts[0])

    def take_rows(self, rows: Rows) -> Blocks:
        return Blocks(tuple(take_rows(part, rows) for part in self.parts))


Features = Dense | Sparse | Blocks


@dataclass(frozen=True)
class HashedDocuments:
    """For each text the distinct n-grams in it: `hashes[indptr[i]:indptr[i+1]]`, sorted uint64, with their `counts` (float32)."""

    indptr: np.ndarray
    hashes: np.ndarray
    counts: np.ndarray

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def take_rows(self, rows: Rows) -> HashedDocuments:
        indptr, picks = ragged_take(self.indptr, rows)
        return HashedDocuments(indptr, self.hashes[picks], self.counts[picks])


@dataclass(frozen=True)
class Typed:
    """Table columns as trees take them: (n, d) float64, NaN where missing, categories as codes 0, 1, ...

    `categorical[j]` says that column j holds codes; a category not seen in training is NaN.
    """

    matrix: np.ndarray
    categorical: tuple[bool, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.matrix)

    def take_rows(self, rows: Rows) -> Typed:
        return Typed(self.matrix[rows], self.categorical, self.names)


def num_columns(features: Features) -> int:
    if isinstance(features, Blocks):
        return sum(num_columns(part) for part in features.parts)
    return features.num_columns if isinstance(features, Sparse) else int(features.shape[1])


def ragged_take(indptr: np.ndarray, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """The new indptr and the positions of the elements of `rows`, in that order."""
    lengths = (indptr[1:] - indptr[:-1])[rows]
    new_indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    shifts = np.repeat(indptr[:-1][rows] - new_indptr[:-1], lengths)
    return new_indptr, np.arange(new_indptr[-1], dtype=np.int64) + shifts


def take_rows(values: Any, rows: Rows) -> Any:
    """Rows of anything that travels between parts, in the order given."""
    if isinstance(values, pl.Series):
        return values.gather(rows)
    if isinstance(values, np.ndarray):
        return values[rows]
    return values.take_rows(rows)
