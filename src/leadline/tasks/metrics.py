"""What a metric is, and what several tasks measure by. A task names its metrics in its own file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

Weighted = Callable[[np.ndarray], float]  # weights (n,) -> score
PerRow = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Metric:
    """One number for how good answers are. `prepared(answers, truth)` gives the score as a function of the rows' weights, so that a
    bootstrap sorts and compares only once.

    `per_row` where the score is a plain mean over rows; `of_hits` where that is 0 or 1 for each.
    """

    name: str
    title: str
    higher_is_better: bool
    prepared: Callable[[np.ndarray, np.ndarray], Weighted]
    per_row: PerRow | None = None
    of_hits: bool = False
    percent: bool = False  # how a person reads it
    every_answer: bool = False  # each resample looks at every number of every row's answer, so that fewer of them are drawn
    skewed: bool = False  # resamples lie to one side of the score, as rare labels vanish from them: their middle is moved to it
    two_classes_only: bool = False
    middle: bool = False  # least where the middle of what may be is answered, not its mean

    def score(self, answers: np.ndarray, truth: np.ndarray, weights: np.ndarray) -> float:
        return self.prepared(answers, truth)(weights)

    def value(self, answers: np.ndarray, truth: np.ndarray) -> float:
        return self.score(answers, truth, np.ones(len(truth)))

    def better(self, difference: float) -> float:
        """A difference of scores, turned so that positive is better."""
        return difference if self.higher_is_better else -difference

    def shown(self, value: float) -> str:
        """A share as a percentage, other scores out of one with four decimals, anything else with four significant digits or whole; a dash
        where it is not defined.
        """
        if value != value:
            return "-"
        if self.percent:
            return f"{value:.1%}"
        if self.higher_is_better:
            return f"{round(value, 4) + 0.0:.4f}"  # no -0.0000
        return f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}"


def named(metrics: Iterable[Metric]) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


def weighted(score: Callable[[np.ndarray, np.ndarray, np.ndarray], float]) -> Callable[[np.ndarray, np.ndarray], Weighted]:
    """`prepared` of a score(answers, truth, weights) that has nothing to prepare."""
    return lambda answers, truth: lambda weights: score(answers, truth, weights)


def mean_of(per_row: PerRow) -> Callable[[np.ndarray, np.ndarray], Weighted]:
    """`prepared` of a mean over rows."""

    def prepared(answers: np.ndarray, truth: np.ndarray) -> Weighted:
        rows = per_row(answers, truth)
        return lambda weights: float((weights * rows).sum() / weights.sum())

    return prepared
