"""Matrix products whose every row has the same bits whatever rows stand beside it, alone or among a million."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

# Libraries sum in another order for other shapes, so every product is made of small ones of one shape. Each stays below what OpenBLAS
# shares among threads (4 x 65,536 products), which wait for one another: beside other work that took 40 times longer.
_ROWS, _SMALL = 8, 1 << 18
_NUMBERS = 1 << 22  # of rows copied at a time


def steady_product(rows: np.ndarray, right: np.ndarray, dtype: DTypeLike = np.float64) -> np.ndarray:
    """rows (n, d) @ right (d, k), computed in `dtype`: (n, k)."""
    width = max(1, rows.shape[1])
    columns = max(1, _SMALL // (_ROWS * width))
    parts = [slice(start, start + columns) for start in range(0, right.shape[1], columns)]
    factors = [np.ascontiguousarray(right[:, part], dtype) for part in parts]
    result = np.empty((len(rows), right.shape[1]), dtype)
    step = max(1, _NUMBERS // (_ROWS * width)) * _ROWS
    for start in range(0, len(rows), step):
        blocks, target = _blocks(rows[start : start + step], dtype), result[start : start + step]
        for part, factor in zip(parts, factors, strict=True):
            target[:, part] = (blocks @ factor).reshape(len(blocks) * _ROWS, factor.shape[1])[: len(target)]
    return result


def _blocks(rows: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """(m, 8, d), the last block filled up with zeros."""
    number = -(-len(rows) // _ROWS)
    padded = np.zeros((number * _ROWS, rows.shape[1]), dtype)
    padded[: len(rows)] = rows
    return padded.reshape(number, _ROWS, rows.shape[1])
