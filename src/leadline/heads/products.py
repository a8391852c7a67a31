"""Matrix products whose every row has the same bits whatever rows stand beside it, alone or among a million."""

from __future__ import annotations

import numpy as np

_ROWS = 16  # that go into one product: libraries sum in another order for other shapes
_NUMBERS = 1 << 22  # of rows copied at a time


def steady_product(rows: np.ndarray, right: np.ndarray) -> np.ndarray:
    """rows (n, d) @ right (d, k) in float64, (n, k): products of one shape each, the last one padded."""
    right = np.ascontiguousarray(right, np.float64)
    result = np.empty((len(rows), right.shape[1]))
    step = max(1, _NUMBERS // (_ROWS * max(1, rows.shape[1]))) * _ROWS
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        padded = np.zeros((-(-len(some) // _ROWS) * _ROWS, rows.shape[1]))
        padded[: len(some)] = some
        products = padded.reshape(len(padded) // _ROWS, _ROWS, rows.shape[1]) @ right
        result[start : start + len(some)] = products.reshape(len(padded), right.shape[1])[: len(some)]
    return result
