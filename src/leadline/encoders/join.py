"""Several blocks of features side by side."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.parts import Part
from leadline.values import Blocks, Dense, Features, Sparse


class Join(Part):
    """Blocks with equal rows -> one block where all have one form, else `Blocks`; columns keep the order of the inputs."""

    kind: ClassVar[str] = "join"

    def run(self, *blocks: Dense | Sparse) -> Features:
        if len(blocks) == 1:
            return blocks[0]
        dense = [block for block in blocks if not isinstance(block, Sparse)]
        sparse = [block for block in blocks if isinstance(block, Sparse)]
        if not sparse:
            return np.concatenate([np.asarray(block, np.float32) for block in dense], axis=1)
        return Blocks(blocks) if dense else _side_by_side(sparse)

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls()


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
