"""The plainest head: a weighted sum of the features for every output."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.heads.products import steady_product
from leadline.machine import at_once, num_threads
from leadline.parts import Part
from leadline.values import Blocks, Dense, Features, Sparse, num_columns


class LinearHead(Part):
    """raw = features @ coef + intercept, (n, num_outputs) float64.

    coef (num_columns, num_outputs) and intercept (num_outputs,), float32. Two classes have one output, the log odds of the
    second; more classes one output each; a number has one.
    """

    kind: ClassVar[str] = "linear"

    def __init__(self, coef: np.ndarray, intercept: np.ndarray) -> None:
        self.coef, self.intercept = coef.astype(np.float32, copy=False), intercept.astype(np.float32, copy=False)

    def run(self, features: Features) -> np.ndarray:
        if not isinstance(features, Blocks):
            return _product(features, self.coef) + self.intercept
        edges = np.cumsum([num_columns(block) for block in features.parts])[:-1]
        products = [_product(block, coef) for block, coef in zip(features.parts, np.split(self.coef, edges), strict=True)]
        return sum(products[1:], products[0]) + self.intercept

    def arrays(self) -> dict[str, np.ndarray]:
        return {"coef": self.coef, "intercept": self.intercept}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls(arrays["coef"], arrays["intercept"])


def _product(block: Dense | Sparse, coef: np.ndarray) -> np.ndarray:
    """block @ coef, (n, num_outputs) float64."""
    if not isinstance(block, Sparse):
        return steady_product(block, coef)
    if coef.shape[1] == 1:
        return _weighed(block, coef[:, 0])[:, None]
    result = np.zeros((len(block), coef.shape[1]))
    edges = np.linspace(0, len(block), min(num_threads(), len(block)) + 1).astype(np.int64).tolist()
    at_once(lambda span: _sum_rows(block, coef, result, *span), pairwise(edges))
    return result


def _weighed(block: Sparse, weights: np.ndarray) -> np.ndarray:
    """One output for every row: (n,) float64."""
    result = np.zeros(len(block))
    filled = np.flatnonzero(np.diff(block.indptr))  # reduceat knows no empty stretches
    if len(filled):
        terms = block.values.astype(np.float64) * weights[block.indices]
        result[filled] = np.add.reduceat(terms, block.indptr[filled])
    return result


def _sum_rows(block: Sparse, coef: np.ndarray, result: np.ndarray, start: int, stop: int) -> None:
    """Row by row, so that the few rows of `coef` at hand stay in the cache and a row comes out the same in whatever company.

    Added up in float64: in float32 what is left of terms that cancel is off by more than the last digit of an answer.
    """
    values = block.values.astype(np.float64)
    pointers = block.indptr[start : stop + 1].tolist()
    for row, (begin, end) in enumerate(pairwise(pointers), start):
        result[row] = np.einsum("i,ij->j", values[begin:end], coef.take(block.indices[begin:end], axis=0))
