"""Which learner to keep: the best on the same folds, and among ties one that costs little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from leadline.evaluate.intervals import Interval, difference_interval
from leadline.tasks.metrics import Metric

_FREE, _MUCH = 1e-3, 3.0  # seconds a row below which, and times the cheapest's within which, nobody minds the difference


@dataclass(frozen=True)
class Candidate:
    """Answers of one learner on rows it did not learn from; `cost` in planned seconds a row, so that a choice never hangs on a clock.

    One that `has_to_be_better` wins only where it is significantly better than the best of the others: it is made of them.
    """

    learner: str
    answers: np.ndarray
    cost: float
    has_to_be_better: bool = False


@dataclass(frozen=True)
class Choice:
    learner: str
    best: str
    ties: tuple[str, ...]  # others that cannot be told from the best
    differences: dict[str, Interval]  # how much better the best is than each
    higher: tuple[str, ...] = ()  # of those that have to be better, who scores higher and is not

    @property
    def why(self) -> str:
        if self.learner != self.best:
            return f"{self.learner} cannot be told from the best score ({self.best}) and costs less"
        alike = [name for name in self.ties if name not in self.higher]
        said = [f"{', '.join(alike)} cannot be told from it, at about the same cost or more"] if alike else []
        said += [f"{', '.join(self.higher)} scores higher, but not significantly"] if self.higher else []
        if said:
            return f"{self.best} scores best{' alone' if self.higher else ''}; {'; '.join(said)}"
        return f"{self.best} scores best" + (", clearly above the others" if self.differences else "")


def choose(candidates: Sequence[Candidate], truth: np.ndarray, metric: Metric, trivial: str = "") -> Choice:
    """Two results whose paired 95 % interval includes zero are a tie (design section 4); of those in a tie, costs that differ little are
    one cost, and the better score wins.

    `trivial` names the baseline that others are shown against: it wins only by scoring best, for a tie with it on few rows says more
    about the rows than about the other.
    """
    scores = {c.learner: np.nan_to_num(metric.better(metric.value(c.answers, truth)), nan=-np.inf) for c in candidates}
    alone = [c for c in candidates if not c.has_to_be_better] or list(candidates)
    best = max(alone, key=lambda c: scores[c.learner])
    for rival in (c for c in candidates if c.has_to_be_better and c is not best):
        best = rival if difference_interval(metric, rival.answers, best.answers, truth).low > 0 else best
    others = [c for c in candidates if c is not best]
    differences = {c.learner: difference_interval(metric, best.answers, c.answers, truth) for c in others}
    ties = [c for c in others if not differences[c.learner].low > 0 and c.learner != trivial]
    possible = [best, *(c for c in ties if not c.has_to_be_better)]
    affordable = max(_FREE, _MUCH * min(c.cost for c in possible))
    winner = max((c for c in possible if c.cost <= affordable), key=lambda c: (scores[c.learner], -c.cost))
    higher = tuple(c.learner for c in ties if c.has_to_be_better and scores[c.learner] > scores[best.learner])
    return Choice(winner.learner, best.learner, tuple(c.learner for c in ties), differences, higher)
