"""From how strange an input is to how familiar: its rank among training rows that were held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from leadline.parts import Part

_DIGITS = 4
_KNOTS = 1001  # quantiles kept: familiarity is known to a thousandth
_ROUNDING = 1e-6  # what is only so much stranger is as familiar: processors round in different ways, and many rows may share a value


class Rank(Part):
    """One or more measures of strangeness (n,) -> familiarity (n,) in [0, 1].

    The measures are added in units of their spread among held-out training rows. 0.05 then says that about one in twenty rows like
    those of training is as strange or stranger: a conformal p-value (Laxhammar and Falkman 2010; Bates et al. 2023), read off quantiles.
    """

    kind: ClassVar[str] = "familiarity"

    def __init__(self, scales: np.ndarray, knots: np.ndarray, num_rows: int) -> None:
        self.scales, self.knots, self.num_rows = np.asarray(scales, np.float64), np.asarray(knots, np.float64), num_rows
        if not (len(self.knots) > 1 and (np.diff(self.knots) >= 0).all() and np.isfinite(self.knots).all() and (self.scales > 0).all()):
            raise ValueError("quantiles that do not rise")
        self._widths = np.diff(self.knots)
        self._widths[self._widths == 0] = np.inf  # nothing lies within

    @classmethod
    def fit(cls, measures: Sequence[np.ndarray]) -> Self:
        """`measures` are of rows that the measuring parts did not learn from."""
        scales = np.array([_spread(measure) for measure in measures])
        total = _added(measures, scales)
        return cls(scales, np.quantile(total, np.linspace(0, 1, min(_KNOTS, len(total) + 1))), len(total))

    def run(self, *measures: np.ndarray) -> np.ndarray:
        total = _added(measures, self.scales)
        total = total - _ROUNDING * (1 + np.abs(total))
        # Of equal quantiles the last counts: a value that many rows share is as familiar as the least familiar of them at least.
        below = np.searchsorted(self.knots, total, side="left")
        low = np.maximum(np.minimum(below - 1, len(self.knots) - 2), 0)
        within = (np.minimum(total, self.knots[-1]) - self.knots[low]) / self._widths[low]
        stranger = 1 - (low + np.maximum(np.minimum(within, 1.0), 0.0)) / (len(self.knots) - 1)
        familiarity: np.ndarray = np.where(total > self.knots[-1], 0.0, stranger)
        return ((1 + self.num_rows * familiarity) / (1 + self.num_rows)).round(_DIGITS)

    def config(self) -> dict[str, Any]:
        return {"num_rows": self.num_rows}

    def arrays(self) -> dict[str, np.ndarray]:
        return {"scales": self.scales, "knots": self.knots}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        num_rows = config["num_rows"]
        if not isinstance(num_rows, int) or num_rows < 1:
            raise ValueError(f"a rank among {num_rows} rows")
        return cls(arrays["scales"], arrays["knots"], num_rows)


def _added(measures: Sequence[np.ndarray], scales: np.ndarray) -> np.ndarray:
    """One by one, so that a row has the same sum alone and among others."""
    total = np.zeros(len(measures[0]))
    for measure, scale in zip(measures, scales, strict=True):
        total += measure / scale
    return total


def _spread(measure: np.ndarray) -> float:
    """Standard deviation of the middle 98 %: a few rows that are absurdly far must not drown the other measures."""
    low, high = np.quantile(measure, [0.01, 0.99])
    spread = float(np.clip(measure, low, high).std())
    return spread if spread > 1e-12 * np.abs(measure).max() else 1.0  # of a constant only rounding is left
