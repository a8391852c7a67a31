"""From what a learner of numbers says to the number that is answered: out of the scale that it was taught in, and to the mean or the
middle of what may be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.parts import Part


class Numbers(Part):
    """Raw outputs (n, 1) -> numbers (n, 1) float64.

    First `shifts` are added, at the outputs `at` (ascending) and on the way between them, where there are any. In a scale
    z = asinh((number - centre) / width) outputs are kept between `low` and `high` and become centre + width * (cosh * sinh(z) + sinh *
    cosh(z)): with the mean hyperbolic cosine and sine of the errors that is the mean over all of these errors (Duan, "Smearing estimate",
    JASA 1983), with 1 and 0 the number that z stands for.
    """

    kind: ClassVar[str] = "numbers"

    def __init__(self, scale: Mapping[str, float] | None, at: Sequence[float] = (), shifts: Sequence[float] = ()) -> None:
        """`scale` holds centre, width, low, high, cosh and sinh; None: outputs are numbers already."""
        self.scale = None if scale is None else {name: float(scale[name]) for name in ("centre", "width", "low", "high", "cosh", "sinh")}
        self.at, self.shifts = [float(place) for place in at], [float(shift) for shift in shifts]
        if not np.isfinite([*self.at, *self.shifts, *(self.scale or {}).values()]).all() or len(self.at) != len(self.shifts):
            raise ValueError("numbers from a scale that is none")
        if self.at != sorted(self.at) or (self.scale is not None and not self.scale["width"] > 0):
            raise ValueError("numbers from a scale that does not rise")

    def run(self, raw: np.ndarray) -> np.ndarray:
        found = np.asarray(raw, np.float64)
        if self.scale is not None:
            found = np.clip(found, self.scale["low"], self.scale["high"])
        if self.at:
            found = found + np.interp(found, self.at, self.shifts)
        if self.scale is None:
            return found
        smeared: np.ndarray = self.scale["cosh"] * np.sinh(found) + self.scale["sinh"] * np.cosh(found)
        return np.asarray(self.scale["centre"] + self.scale["width"] * smeared)

    def config(self) -> dict[str, Any]:
        return {"scale": self.scale, "at": self.at, "shifts": self.shifts}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        return cls(config["scale"], config["at"], config["shifts"])
