"""A small network on a matrix of features, several of them averaged: products, sums and zeros in place of what is negative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.parts import Part
from leadline.values import Dense

# Rows of one product. It is the same for one row as for a million, so a row's answer has the same bits in whatever company it is asked.
_BLOCK = 16
_BLOCKS_TOGETHER = 256  # in memory at a time


class MlpHead(Part):
    """features (n, num_columns) float32 -> raw (n, num_outputs) float64: the mean of the members' outputs, times `scale`, plus `offset`.

    Layer k has weights (num_members, inputs, outputs) and biases (num_members, outputs), float32; all but the last rectify their outputs.
    """

    kind: ClassVar[str] = "mlp"

    def __init__(self, weights: Sequence[np.ndarray], biases: Sequence[np.ndarray], scale: float = 1.0, offset: float = 0.0) -> None:
        self.weights = [np.ascontiguousarray(layer, np.float32) for layer in weights]
        self.biases = [np.ascontiguousarray(layer, np.float32) for layer in biases]
        self.scale, self.offset = scale, offset

    def run(self, features: Dense) -> np.ndarray:
        num_rows, num_columns = features.shape
        padded = np.zeros((-(-num_rows // _BLOCK) * _BLOCK, num_columns), np.float32)
        padded[:num_rows] = features
        blocks = padded.reshape(-1, _BLOCK, num_columns)
        parts = [self._mean(blocks[start : start + _BLOCKS_TOGETHER]) for start in range(0, len(blocks), _BLOCKS_TOGETHER)]
        outputs = np.concatenate([np.zeros((0, self.biases[-1].shape[1])), *parts])
        raw: np.ndarray = outputs[:num_rows] * self.scale + self.offset
        return raw

    def _mean(self, blocks: np.ndarray) -> np.ndarray:
        """Outputs (num_blocks * _BLOCK, num_outputs) float64, the members' mean."""
        num_members = len(self.weights[0])
        total = self._member(blocks, 0)
        for member in range(1, num_members):
            total += self._member(blocks, member)
        mean: np.ndarray = total.reshape(-1, total.shape[-1]) / num_members
        return mean

    def _member(self, blocks: np.ndarray, member: int) -> np.ndarray:
        """(num_blocks, _BLOCK, num_outputs) float64."""
        hidden = blocks
        for weights, biases in zip(self.weights[:-1], self.biases[:-1], strict=True):
            hidden = np.maximum(hidden @ weights[member] + biases[member], 0)
        outputs: np.ndarray = (hidden @ self.weights[-1][member] + self.biases[-1][member]).astype(np.float64)
        return outputs

    def config(self) -> dict[str, Any]:
        return {"scale": self.scale, "offset": self.offset}

    def arrays(self) -> dict[str, np.ndarray]:
        weights = {f"weights{place}": layer for place, layer in enumerate(self.weights)}
        return weights | {f"biases{place}": layer for place, layer in enumerate(self.biases)}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        """Raises ValueError for layers that do not fit each other."""
        num_layers = len(arrays) // 2
        head = cls(
            [arrays[f"weights{place}"] for place in range(num_layers)], [arrays[f"biases{place}"] for place in range(num_layers)],
            float(config["scale"]), float(config["offset"]),
        )  # fmt: skip
        shapes = [layer.shape for layer in head.weights]
        fitting = all(here[0] == after[0] and here[2] == after[1] for here, after in pairwise(shapes))
        if not shapes or not fitting or [layer.shape for layer in head.biases] != [(shape[0], shape[2]) for shape in shapes]:
            raise ValueError(f"layers of shapes {shapes}")
        return head
