"""How often statements are right that are made about equally surely: what a reliability diagram shows (DeGroot and Fienberg 1983)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.evaluate.intervals import wilson

_BINS = 10


@dataclass(frozen=True)
class Bin:
    """`said`: how sure on average (0 to 1); `right`: the share that was right, with its 95 % interval; of `count` statements."""

    said: float
    right: float
    low: float
    high: float
    count: int


def reliability(confidence: np.ndarray, right: np.ndarray) -> list[Bin]:
    """Ten bins of equal width over confidence (m,), those without statements left out; `right` (m,) holds 0 and 1."""
    bins = np.minimum((confidence * _BINS).astype(np.int64), _BINS - 1)
    counts, said, hits = (np.bincount(bins, weights, minlength=_BINS) for weights in (None, confidence, right))
    return [
        Bin(float(said[b] / counts[b]), float(hits[b] / counts[b]), *wilson(float(hits[b]), int(counts[b])), int(counts[b]))
        for b in np.flatnonzero(counts)
    ]
