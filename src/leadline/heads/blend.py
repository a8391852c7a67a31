"""A weighted sum of the raw outputs of several models: what a blend deploys as."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.parts import Part


class WeightedSum(Part):
    """Raw outputs (n, num_outputs) of each member -> their sum by `weights`, one for each, and `bias`, float64."""

    kind: ClassVar[str] = "weighted-sum"

    def __init__(self, weights: Sequence[float], bias: float = 0.0) -> None:
        if not np.isfinite([*weights, bias]).all() or not len(weights):
            raise ValueError(f"the weights {list(weights)} and the bias {bias}")
        self.weights, self.bias = [float(weight) for weight in weights], float(bias)

    def run(self, *raws: np.ndarray) -> np.ndarray:
        total = np.full(raws[0].shape, self.bias)
        for weight, raw in zip(self.weights, raws, strict=True):
            total += weight * raw
        return total

    def config(self) -> dict[str, Any]:
        return {"weights": self.weights, "bias": self.bias}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls(config["weights"], config["bias"])
