"""The same answer for every row: what the trivial baseline deploys as."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.parts import Part


class Constant(Part):
    """Anything with n rows -> raw outputs (n, num_outputs) float64, each row alike."""

    kind: ClassVar[str] = "constant"

    def __init__(self, values: np.ndarray) -> None:
        self.values = np.asarray(values, np.float64)

    def run(self, *inputs: Any) -> np.ndarray:
        return np.tile(self.values, (len(inputs[0]), 1))

    def arrays(self) -> dict[str, np.ndarray]:
        return {"values": self.values}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls(arrays["values"])
