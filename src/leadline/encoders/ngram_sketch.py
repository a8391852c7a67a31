"""Texts as short dense vectors of their n-grams, without learning anything: what says that a text is unlike others.

Each n-gram adds its weight, with a sign, to one of a few hundred places that its hash names (Charikar et al. 2002; as features Weinberger
et al. 2009), so that products between texts are kept on average and no vocabulary is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.parts import Part
from leadline.values import Dense, HashedDocuments

_MIX = np.uint64(0x9E3779B97F4A7C15)  # odd: the product spreads hashes over the upper bits
_MOST = 1 << 16


class NgramSketch(Part):
    """`HashedDocuments` -> (n, dimension) float32, rows of length 1; a text without n-grams is a row of zeros."""

    kind: ClassVar[str] = "ngram-sketch"

    def __init__(self, dimension: int) -> None:
        if not (isinstance(dimension, int) and 1 <= dimension <= _MOST):
            raise ValueError(f"a sketch of {dimension} places")
        self.dimension = dimension

    def run(self, documents: HashedDocuments) -> Dense:
        mixed = documents.hashes * _MIX
        places = ((mixed >> np.uint64(32)) % np.uint64(self.dimension)).astype(np.int64)
        signs = np.where(mixed & np.uint64(1 << 31), 1.0, -1.0)
        owner = np.repeat(np.arange(len(documents)), np.diff(documents.indptr))
        weights = signs * (1 + np.log(documents.counts))
        total = np.bincount(owner * self.dimension + places, weights, minlength=len(documents) * self.dimension)
        vectors = total.reshape(len(documents), self.dimension)
        lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return np.asarray(vectors / lengths, np.float32)

    def config(self) -> dict[str, Any]:
        return {"dimension": self.dimension}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls(config["dimension"])
