"""Several blocks of features side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.values import Dense, Sparse


class Join:
    """Blocks with equal rows -> one block: dense if all are dense, else `Sparse`; columns keep the order of the inputs."""

    kind: ClassVar[str] = "join"

    def run(self, *blocks: Dense | Sparse) -> Dense | Sparse:
        if len(blocks) == 1:
            return blocks[0]
        if all(isinstance(block, np.ndarray) for block in blocks):
            return np.concatenate([np.asarray(block, np.float32) for block in blocks], axis=1)
        return _side_by_side([to_sparse(block) for block in blocks])

    def config(self) -> dict[str, Any]:
        return {}

    def arrays(self) -> dict[str, np.ndarray]:
        return {}

    def files(self) -> dict[str, Path | bytes]:
        return {}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls()


def to_sparse(block: Dense | Sparse) -> Sparse:
    """A dense block (n, d) without its zeros."""
    if isinstance(block, Sparse):
        return block
    rows, columns = np.nonzero(block)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(block)))]).astype(np.int64)
    return Sparse(indptr, columns.astype(np.int32), block[rows, columns].astype(np.float32), block.shape[1])


def _side_by_side(blocks: list[Sparse]) -> Sparse:
    """Row i of the result is row i of the first block, then of the second with its columns moved along, and so on."""
    indptr = np.sum([block.indptr for block in blocks], axis=0)
    indices, values = np.empty(indptr[-1], np.int32), np.empty(indptr[-1], np.float32)
    begins, shift = indptr[:-1], 0
    for block in blocks:
        lengths = np.diff(block.indptr)
        places = np.arange(len(block.indices)) + np.repeat(begins - block.indptr[:-1], lengths)
        indices[places], values[places] = block.indices + np.int32(shift), block.values
        begins, shift = begins + lengths, shift + block.num_columns
    return Sparse(indptr, indices, values, shift)
