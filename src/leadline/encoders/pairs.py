"""Columns that act together, for models that add up: products of two columns of a matrix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from leadline.parts import Part
from leadline.values import Dense

_FURTHEST = 20.0  # two columns that are both far from the middle would weigh more than all else


class Pairs(Part):
    """(n, d) -> (n, k) float32: for each pair the product of how far its two columns are from their centres, within 20 either way."""

    kind: ClassVar[str] = "pairs"

    def __init__(self, places: np.ndarray, centres: np.ndarray) -> None:
        """`places` (2, k) int32 of the columns, and their `centres` (2, k) float32."""
        if places.ndim != 2 or len(places) != 2 or places.shape != centres.shape or places.min(initial=0) < 0:
            raise ValueError(f"pairs of columns {places.shape} around {centres.shape} centres")
        self.places, self.centres = places.astype(np.int32, copy=False), centres.astype(np.float32, copy=False)

    def run(self, features: Dense) -> Dense:
        products: Dense = features[:, self.places[0]] - self.centres[0]
        products *= features[:, self.places[1]] - self.centres[1]
        return np.clip(products, -_FURTHEST, _FURTHEST, out=products)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"places": self.places, "centres": self.centres}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Any]) -> Self:
        return cls(arrays["places"], arrays["centres"])
