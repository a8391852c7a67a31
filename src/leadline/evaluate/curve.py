"""How a score rises with the number of rows that teach: the same learner on nested parts of them, judged by the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadline.data.split import fold_numbers
from leadline.evaluate.intervals import Interval, difference_interval, score_interval
from leadline.tasks.metrics import Metric

Answer = Callable[[np.ndarray, np.ndarray], np.ndarray]  # rows that teach, rows that judge -> answers of the latter, as metrics take them
PARTS = (2, 4, 8)  # eighths of the rows: a quarter, half, all
_EIGHTHS = 8


@dataclass(frozen=True)
class CurvePoint:
    rows: int  # that taught
    score: Interval

    def to_json(self) -> dict[str, Any]:
        score = self.score.to_json()
        return {"n": self.rows, "score": score["value"], "low": score["low"], "high": score["high"]}


@dataclass(frozen=True)
class Curve:
    """`points` by their rows; `rise` is how much better the last one is than the one before, on the same judging rows."""

    points: tuple[CurvePoint, ...]
    rise: Interval

    @property
    def rising(self) -> bool:
        """Whether more rows were surely worth something."""
        return self.rise.defined and self.rise.low > 0

    def to_json(self) -> dict[str, Any]:
        return {"points": [point.to_json() for point in self.points], "rise": self.rise.to_json(), "rising": self.rising}


def learning_curve(
    answer: Answer, teach: np.ndarray, judge: np.ndarray, truth: np.ndarray, strata: np.ndarray, metric: Metric,
    groups: np.ndarray | None = None, seed: int = 0, parts: Sequence[int] = PARTS,
) -> Curve:  # fmt: skip
    """`teach` and `judge` are row positions; `truth`, `strata` and `groups` (n, ...) are of all rows. `answer` is asked once for each part.

    Each part of the teaching rows holds the ones before it, every stratum in its proportion and groups whole. Intervals are over the rows
    that judge: those that teach are drawn once (Viering and Loog, "The shape of learning curves: a review", 2022).
    """
    eighth = fold_numbers(strata[teach], _EIGHTHS, seed, None if groups is None else groups[teach])
    points, said = list[CurvePoint](), list[np.ndarray]()
    for part in parts:
        rows = teach[eighth < part]
        said.append(answer(rows, judge))
        points.append(CurvePoint(len(rows), score_interval(metric, said[-1], truth[judge], seed)))
    return Curve(tuple(points), difference_interval(metric, said[-1], said[-2], truth[judge], seed))
