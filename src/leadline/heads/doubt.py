"""How undecided a model is between its classes: a question that belongs to none of them rarely gets a clear answer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.parts import Part


class Doubt(Part):
    """Logits (n, num_classes) -> entropy (n,) of the probabilities, in nats."""

    kind: ClassVar[str] = "doubt"

    def run(self, raw: np.ndarray) -> np.ndarray:
        shifted = raw - raw.max(axis=1, keepdims=True)
        logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        entropy: np.ndarray = -(np.exp(logs) * logs).sum(axis=1)
        return entropy

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls()
