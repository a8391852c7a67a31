"""Fitting learners on the same folds, choosing one, and refitting it on everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from leadline.data.examples import Examples
from leadline.errors import LeadlineError
from leadline.evaluate.calibration import fit_temperature
from leadline.evaluate.choose import Candidate, Choice, choose
from leadline.evaluate.folds import Fold
from leadline.heads.temperature import Temperature
from leadline.learners.contract import Learner
from leadline.parts import Graph, Node
from leadline.plan.plan import Fitting, Skipped
from leadline.registry import LEARNERS
from leadline.tasks.contract import Task
from leadline.tasks.metrics import Metric
from leadline.workflow.failing import FAILURES, TRIVIAL, failed

_ANSWERED_TOGETHER = 20_000

Fitted = Callable[[], None]  # called after every fit, for the progress bar


@dataclass(frozen=True)
class OutOfFold:
    """Raw outputs of one learner on rows it did not learn from: `rows` are positions in the examples."""

    learner: str
    rows: np.ndarray
    raw: np.ndarray
    fit_seconds: float
    graph: Graph  # of the last fold, to see what answering costs


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

    def decide(self, results: Sequence[OutOfFold], truth: np.ndarray, costs: Mapping[str, float], out: Sequence[Skipped]) -> Contest:
        """Raises LeadlineError where nobody is left to win."""
        if not results:
            reasons = "; ".join(f"{one.learner}: {one.why}" for one in out)
            raise LeadlineError(f"no learner could be fitted: {reasons}", "data that one of them can learn from, and memory for it")
        candidates = [Candidate(result.learner, self.task.answers(result.raw), costs[result.learner]) for result in results]
        return Contest(tuple(results), results[0].rows, truth, choose(candidates, truth, self.metric, TRIVIAL), tuple(out))


def hold_contest(examples: Examples, folds: Sequence[Fold], fittings: Sequence[Fitting], rules: Rules) -> Contest:
    """Fits every planned learner on every fold and chooses. A learner that fails is left out and said, the others go on."""
    results, out = list[OutOfFold](), list[Skipped]()
    for fitting in fittings:
        try:
            results.append(_out_of_fold(examples, folds, fitting, rules))
        except FAILURES as error:
            out.append(failed(fitting, error))
    judges = np.concatenate([fold.valid for fold in folds])
    return rules.decide(results, examples.target[judges], _costs(fittings), out)


def _costs(fittings: Sequence[Fitting]) -> dict[str, float]:
    return {fitting.learner: fitting.cost for fitting in fittings}


def _out_of_fold(examples: Examples, folds: Sequence[Fold], fitting: Fitting, rules: Rules) -> OutOfFold:
    learner: Learner = LEARNERS.get(fitting.learner)()
    raw, seconds = list[np.ndarray](), 0.0
    for fold in folds:
        began = time.perf_counter()
        graph = learner.fit(examples.take(fold.train), rules.task, fitting.work, rules.seed)
        seconds += time.perf_counter() - began
        raw.append(answered(graph, examples, fold.valid))
        if not np.isfinite(raw[-1]).all():
            raise ValueError("its answers are not all numbers")
        rules.after_fit()
    return OutOfFold(fitting.learner, np.concatenate([fold.valid for fold in folds]), np.concatenate(raw), seconds / len(folds), graph)


def answered(graph: Graph, examples: Examples, rows: np.ndarray) -> np.ndarray:
    """Raw outputs for these rows, some thousands at a time: what lies between columns and answers can be a hundred times as large."""
    parts = [rows[start : start + _ANSWERED_TOGETHER] for start in range(0, len(rows), _ANSWERED_TOGETHER)]
    return np.concatenate([graph.run(examples.take(part).values) for part in parts])


def refit_winner(examples: Examples, fittings: Sequence[Fitting], contest: Contest, rules: Rules) -> tuple[Graph, Contest]:
    """The winner on all rows, calibrated by what it said out of fold, and the contest that it won.

    Where it fails now, it is left out of the contest, and who wins then is tried.
    """
    while True:
        fitting = next(one for one in fittings if one.learner == contest.choice.learner)
        learner: Learner = LEARNERS.get(fitting.learner)()
        try:
            graph = learner.fit(examples, rules.task, fitting.work, rules.seed)
            rules.after_fit()
            return calibrated(graph, contest.winner, examples, rules.task), contest
        except FAILURES as error:
            others = [result for result in contest.results if result is not contest.winner]
            contest = rules.decide(others, contest.truth, _costs(fittings), [*contest.failed, failed(fitting, error)])


def with_inputs(graph: Graph, inputs: Mapping[str, Node]) -> Graph:
    used = {name for node in graph.nodes for name in node.inputs}
    return Graph((*(node for name, node in inputs.items() if name in used), *graph.nodes))


def calibrated(graph: Graph, out_of_fold: OutOfFold, examples: Examples, task: Task) -> Graph:
    """Adds the temperature that makes out-of-fold probabilities honest, where the task speaks of probabilities."""
    per_row = task.metrics[task.calibrated_by].per_row if task.calibrated_by else None
    if per_row is None:
        return graph
    temperature = fit_temperature(out_of_fold.raw, examples.target[out_of_fold.rows], task.answers, per_row)
    return graph.extended(Node("calibration", Temperature(temperature), (graph.nodes[-1].name,)))
