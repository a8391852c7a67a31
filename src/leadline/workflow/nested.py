"""Nested cross-validation: choosing happens inside, judging outside, so that few rows still give an honest score."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadline.data.examples import Examples
from leadline.evaluate.folds import make_folds
from leadline.plan.plan import Fitting, Skipped
from leadline.tasks.contract import Task
from leadline.workflow.contest import Rules
from leadline.workflow.fitting import hold_contest, refit_winner

Scaled = Callable[[Rules, Examples], Rules]  # the rules with the scale that suits these rows


@dataclass(frozen=True)
class Nested:
    """Answers for every row by a model that was chosen, fitted and calibrated without it; `failed` names who failed on the way.

    `task` decides each as the model that gave it would.
    """

    answers: np.ndarray
    task: Task
    failed: tuple[Skipped, ...]


def nested_answers(examples: Examples, fittings: Sequence[Fitting], rules: Rules, num_outer: int, num_inner: int, scaled: Scaled) -> Nested:
    """Varma and Simon 2006. A learner that fails in one part is left out of that part; every part looks for a scale by itself."""
    outer = make_folds(examples, rules.task, num_outer, rules.seed + 1)
    answers: np.ndarray | None = None
    failed, tasks, part = list[Skipped](), list[Task](), np.zeros(len(examples), dtype=np.int64)
    for number, fold in enumerate(outer):
        teaching = examples.take(fold.train)
        inner, inside = make_folds(teaching, rules.task, num_inner, rules.seed), scaled(rules, teaching)
        graph, contest = refit_winner(teaching, hold_contest(teaching, inner, fittings, inside), inside)
        failed += contest.failed
        given = rules.task.answers(graph.run(examples.take(fold.valid).values))
        answers = np.zeros((len(examples), *given.shape[1:])) if answers is None else answers
        answers[fold.valid], part[fold.valid] = given, number
        tasks.append(contest.winner.task)
    assert answers is not None
    return Nested(answers, tasks[0].each_row(tasks, part), tuple(_of_parts(failed, len(outer))))


def _of_parts(failed: Sequence[Skipped], num_outer: int) -> Iterator[Skipped]:
    """One line a learner, with the number of parts that it failed in."""
    for learner in dict.fromkeys(one.learner for one in failed):
        mine = [one for one in failed if one.learner == learner]
        yield replace(mine[0], why=f"in {len(mine)} of {num_outer} parts of the cross-validation that judges: {mine[0].why}")
