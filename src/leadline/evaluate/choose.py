"""Which learner to keep: the best on the same folds, and among ties the cheapest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadline.evaluate.intervals import Interval, difference_interval
from leadline.tasks.metrics import Metric


@dataclass(frozen=True)
class Candidate:
    """Answers of one learner on rows it did not learn from; `cost` in planned seconds, so that a choice never hangs on a clock."""

    learner: str
    answers: np.ndarray
    cost: float


@dataclass(frozen=True)
class Choice:
    learner: str
    best: str
    ties: tuple[str, ...]  # others that cannot be told from the best
    differences: dict[str, Interval]  # how much better the best is than each

    @property
    def why(self) -> str:
        if self.learner != self.best:
            return f"{self.learner} cannot be told from the best score ({self.best}) and costs less"
        if self.ties:
            return f"{self.best} scores best; {', '.join(self.ties)} cannot be told from it but costs more"
        return f"{self.best} scores best" + (", clearly above the others" if self.differences else "")


def choose(candidates: Sequence[Candidate], truth: np.ndarray, metric: Metric, trivial: str = "") -> Choice:
    """Two results whose paired 95 % interval includes zero are a tie (design section 4).

    `trivial` names the baseline that others are shown against: it wins only by scoring best, for a tie with it on few rows says more
    about the rows than about the other.
    """
    scores = {c.learner: np.nan_to_num(metric.better(metric.value(c.answers, truth)), nan=-np.inf) for c in candidates}
    best = max(candidates, key=lambda c: scores[c.learner])
    others = [c for c in candidates if c is not best]
    differences = {c.learner: difference_interval(metric, best.answers, c.answers, truth) for c in others}
    ties = [c for c in others if not differences[c.learner].low > 0 and c.learner != trivial]
    winner = min([best, *ties], key=lambda c: (c.cost, -scores[c.learner]))
    return Choice(winner.learner, best.learner, tuple(c.learner for c in ties), differences)
