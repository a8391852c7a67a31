"""Nested cross-validation: choosing happens inside, judging outside, so that few rows still give an honest score."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from leadline.data.examples import Examples
from leadline.evaluate.folds import make_folds
from leadline.plan.plan import Fitting
from leadline.registry import LEARNERS
from leadline.tasks.contract import Task
from leadline.tasks.metrics import Metric
from leadline.workflow.fitting import calibrated, hold_contest


def nested_answers(
    examples: Examples,
    fittings: Sequence[Fitting],
    task: Task,
    metric: Metric,
    seed: int,
    num_outer: int,
    num_inner: int,
    after_fit: Callable[[], None],
) -> np.ndarray:
    """Answers for every row by a model that was chosen, fitted and calibrated without it (Varma and Simon 2006)."""
    outer = make_folds(examples, task, num_outer, seed + 1)
    answers: np.ndarray | None = None
    for fold in outer:
        teaching = examples.take(fold.train)
        inner = make_folds(teaching, task, num_inner, seed)
        contest = hold_contest(teaching, inner, fittings, task, metric, seed, after_fit)
        fitting = next(f for f in fittings if f.learner == contest.choice.learner)
        graph = LEARNERS.get(fitting.learner)().fit(teaching, task, fitting.work, seed)
        after_fit()
        given = task.answers(calibrated(graph, contest.winner, teaching, task).run(examples.take(fold.valid).values))
        answers = np.zeros((len(examples), *given.shape[1:])) if answers is None else answers
        answers[fold.valid] = given
    assert answers is not None
    return answers
