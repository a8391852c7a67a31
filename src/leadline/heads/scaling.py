"""Calibration of log odds by two numbers: a scale, and a shift for models that name a class too often or too rarely (Platt 1999)."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.parts import Part


class Scaling(Part):
    """Log odds (n, 1) in and out: `scale` times what comes in, and `shift` more."""

    kind: ClassVar[str] = "scaling"

    def __init__(self, scale: float, shift: float) -> None:
        self.scale, self.shift = float(scale), float(shift)
        if not (self.scale > 0 and isfinite(self.scale) and isfinite(self.shift)):
            raise ValueError(f"a scale of {scale} and a shift of {shift}")

    def run(self, raw: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = raw * self.scale + self.shift
        return scaled

    def config(self) -> dict[str, Any]:
        return {"scale": self.scale, "shift": self.shift}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls(config["scale"], config["shift"])
