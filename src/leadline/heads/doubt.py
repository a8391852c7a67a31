"""How undecided a model is between its classes: a question that belongs to none of them rarely gets a clear answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np


class Doubt:
    """Logits (n, num_classes) -> entropy (n,) of the probabilities, in nats."""

    kind: ClassVar[str] = "doubt"

    def run(self, raw: np.ndarray) -> np.ndarray:
        shifted = raw - raw.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        entropy: np.ndarray = -(np.exp(logs) * logs).sum(axis=1)
        return entropy

    def config(self) -> dict[str, Any]:
        return {}

    def arrays(self) -> dict[str, np.ndarray]:
        return {}

    def files(self) -> dict[str, Path | bytes]:
        return {}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls()
