"""Calibration of class probabilities by one number: logits divided by a temperature (Guo et al. 2017)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from leadline.parts import Part


class Temperature(Part):
    kind: ClassVar[str] = "temperature"

    def __init__(self, temperature: float) -> None:
        self.temperature = temperature

    def run(self, raw: np.ndarray) -> np.ndarray:
        """Logits (n, num_outputs) in and out."""
        return raw / self.temperature

    def config(self) -> dict[str, Any]:
        return {"temperature": self.temperature}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Temperature:
        temperature = float(config["temperature"])
        if not 0 < temperature < float("inf"):
            raise ValueError(f"a temperature of {temperature}")
        return cls(temperature)
