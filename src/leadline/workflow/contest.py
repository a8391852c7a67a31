"""A contest of learners: what each said of rows that it did not learn from, and who won."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadline.data.examples import Examples
from leadline.errors import LeadlineError
from leadline.evaluate.calibration import fit_calibration
from leadline.evaluate.choose import Candidate, Choice, choose
from leadline.evaluate.target_scale import TargetScale, fit_numbers
from leadline.parts import Graph, Part
from leadline.plan.plan import Fitting, Skipped
from leadline.registry import BLENDS
from leadline.tasks.contract import Task
from leadline.tasks.metrics import Metric
from leadline.workflow.failing import TRIVIAL

Fitted = Callable[[], None]  # called after every fit, for the progress bar


@dataclass(frozen=True)
class OutOfFold:
    """Raw outputs of one learner on rows it did not learn from: `rows` are positions in the examples.

    `calibration` makes them honest, as the learner would be served, so that nobody loses for stating too much or too little confidence,
    and numbers of those that were taught in another scale; None where they are answers as they are. `task` decides answers as the learner
    would be served.
    """

    fitting: Fitting
    rows: np.ndarray
    raw: np.ndarray
    calibration: Part | None
    fit_seconds: float  # of one fit, with tuning
    graph: Graph  # of the last fold, to see what answering costs
    task: Task
    contest_seconds: float = 0.0  # of all of it

    @property
    def learner(self) -> str:
        return self.fitting.learner

    @property
    def calibrated(self) -> np.ndarray:
        return self.raw if self.calibration is None else np.asarray(self.calibration.run(self.raw))

    @property
    def compared(self) -> np.ndarray:
        """What the metric compares with other learners: answers as they would be served."""
        return self.task.settled(self.task.answers(self.calibrated))


@dataclass(frozen=True)
class Contest:
    """All learners on the same folds, which one won, and who failed. `truth` is the target of `rows`."""

    results: tuple[OutOfFold, ...]
    rows: np.ndarray
    truth: np.ndarray
    choice: Choice
    failed: tuple[Skipped, ...]

    @property
    def winner(self) -> OutOfFold:
        return next(result for result in self.results if result.learner == self.choice.learner)


@dataclass(frozen=True)
class Rules:
    """What is the same for everybody in a contest: what is asked, by which metric it is judged, the seed, and what a fit is told to."""

    task: Task
    metric: Metric
    seed: int
    after_fit: Fitted
    scale: TargetScale | None = None  # that numbers are taught in; None: as they are

    def taught(self, examples: Examples) -> Examples:
        """With the target as learners are taught it."""
        return examples if self.scale is None else replace(examples, target=self.scale.of(examples.target))

    def remarks(self) -> list[str]:
        """What of this a user should know."""
        told = "the target has long tails and was learned in a logarithmic scale; answers are numbers as it holds them"
        return [] if self.scale is None else [told]

    def calibration(self, raw: np.ndarray, truth: np.ndarray) -> Part | None:
        """What makes out-of-fold outputs honest chances, or the numbers that the metric asks for; None where they are."""
        if self.task.has_intervals:
            return fit_numbers(raw, truth, self.scale, self.metric.middle)
        return fit_calibration(raw, truth, self.task)

    def score(self, result: OutOfFold, truth: np.ndarray) -> float:
        """Higher is better, whatever the metric; -inf where it cannot be told."""
        value = self.metric.better(self.metric.value(result.compared, truth))
        return float(np.nan_to_num(value, nan=-np.inf))

    def served(self, raw: np.ndarray, truth: np.ndarray, num_classes: int) -> tuple[Part | None, Task]:
        """What makes out-of-fold outputs honest, and the task with answers decided as suits the metric."""
        calibration = self.calibration(raw, truth)
        honest = raw if calibration is None else calibration.run(raw)
        return calibration, self.task.suiting(self.metric.name, self.task.answers(honest), truth, num_classes)

    def decide(self, results: Sequence[OutOfFold], truth: np.ndarray, out: Sequence[Skipped]) -> Contest:
        """Raises LeadlineError where nobody is left to win."""
        if not results:
            reasons = "; ".join(f"{one.learner}: {one.why}" for one in out)
            raise LeadlineError(f"no learner could be fitted: {reasons}", "data that one of them can learn from, and memory for it")
        candidates = [Candidate(one.learner, one.compared, one.fitting.cost, one.learner in BLENDS) for one in results]
        return Contest(tuple(results), results[0].rows, truth, choose(candidates, truth, self.metric, TRIVIAL), tuple(out))
