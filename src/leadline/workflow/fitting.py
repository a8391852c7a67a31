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

_ANSWERED_TOGETHER = 20_000
TRIVIAL = "baseline"  # the learner that every result is shown against

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
    """All learners on the same folds, and which one won."""

    results: tuple[OutOfFold, ...]
    rows: np.ndarray
    choice: Choice
    failed: tuple[Skipped, ...]

    @property
    def winner(self) -> OutOfFold:
        return next(result for result in self.results if result.learner == self.choice.learner)


def hold_contest(
    examples: Examples, folds: Sequence[Fold], fittings: Sequence[Fitting], task: Task, metric: Metric, seed: int, after_fit: Fitted
) -> Contest:
    """Fits every planned learner on every fold and chooses. A learner that fails is left out and said, the others go on."""
    results, failed = list[OutOfFold](), list[Skipped]()
    for fitting in fittings:
        try:
            results.append(_out_of_fold(examples, folds, fitting, task, seed, after_fit))
        except MemoryError:
            failed.append(Skipped(fitting.learner, fitting.seconds, "ran out of memory"))
    if not results:
        raise LeadlineError("no learner could be fitted: memory ran out", "more memory, or fewer rows")
    rows = results[0].rows
    costs = {fitting.learner: fitting.cost for fitting in fittings}
    candidates = [Candidate(result.learner, task.answers(result.raw), costs[result.learner]) for result in results]
    return Contest(tuple(results), rows, choose(candidates, examples.target[rows], metric, TRIVIAL), tuple(failed))


def _out_of_fold(examples: Examples, folds: Sequence[Fold], fitting: Fitting, task: Task, seed: int, after_fit: Fitted) -> OutOfFold:
    learner: Learner = LEARNERS.get(fitting.learner)()
    raw, seconds = list[np.ndarray](), 0.0
    for fold in folds:
        began = time.perf_counter()
        graph = learner.fit(examples.take(fold.train), task, fitting.work, seed)
        seconds += time.perf_counter() - began
        raw.append(answered(graph, examples, fold.valid))
        after_fit()
    return OutOfFold(fitting.learner, np.concatenate([fold.valid for fold in folds]), np.concatenate(raw), seconds / len(folds), graph)


def answered(graph: Graph, examples: Examples, rows: np.ndarray) -> np.ndarray:
    """Raw outputs for these rows, some thousands at a time: what lies between columns and answers can be a hundred times as large."""
    parts = [rows[start : start + _ANSWERED_TOGETHER] for start in range(0, len(rows), _ANSWERED_TOGETHER)]
    return np.concatenate([graph.run(examples.take(part).values) for part in parts])


def refit(
    examples: Examples, inputs: Mapping[str, Node], fitting: Fitting, out_of_fold: OutOfFold, task: Task, seed: int, after_fit: Fitted
) -> Graph:
    """The learner on all rows, its input nodes put before it, calibrated by what it said out of fold."""
    learner: Learner = LEARNERS.get(fitting.learner)()
    graph = learner.fit(examples, task, fitting.work, seed)
    after_fit()
    return with_inputs(calibrated(graph, out_of_fold, examples, task), inputs)


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
