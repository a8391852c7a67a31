"""Fitting learners on the same folds, choosing one, and refitting it on everything."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from leadline.data.examples import Examples
from leadline.evaluate.folds import Fold
from leadline.learners.contract import Learner
from leadline.parts import Graph, Node
from leadline.plan.plan import Fitting, Skipped
from leadline.registry import BLENDS, LEARNERS, learner_class
from leadline.workflow.blending import blends
from leadline.workflow.contest import Contest, OutOfFold, Rules
from leadline.workflow.failing import FAILURES, failed

CALIBRATION = "calibration"  # the node that makes raw outputs honest
_ANSWERED_TOGETHER = 20_000
_OTHER_FOLDS = 2  # added to the seed; nested cross-validation adds 1


Late = Callable[[Fitting, Sequence[OutOfFold]], str]  # who is next, and who is done -> why it is left out; empty where it is not


def hold_contest(
    examples: Examples, folds: Sequence[Fold], fittings: Sequence[Fitting], rules: Rules, so_far: Contest | None = None,
    late: Late = lambda fitting, done: "",
) -> Contest:  # fmt: skip
    """Fits every planned learner on every fold and chooses, also among those of the contest `so_far`, which was held on the same folds.

    A learner that fails, or that is too `late`, is left out and said, the others go on. Of a learner that was in the contest already the
    better version stays.
    """
    results = {} if so_far is None else {one.learner: one for one in so_far.results}
    out = [] if so_far is None else list(so_far.failed)
    truth = examples.target[np.concatenate([fold.valid for fold in folds])]
    for fitting in fittings:
        if why := late(fitting, list(results.values())):
            out.append(Skipped(fitting.learner, fitting.seconds, why))
            continue
        try:
            found = _out_of_fold(examples, folds, fitting, rules)
        except FAILURES as error:
            out.append(failed(fitting, error))
            continue
        before = results.get(fitting.learner)
        if before is None or rules.score(found, truth) > rules.score(before, truth):
            results[fitting.learner] = found
    return decide_among(examples, list(results.values()), rules, out)


def decide_among(examples: Examples, results: Sequence[OutOfFold], rules: Rules, out: Sequence[Skipped]) -> Contest:
    """Chooses among learners and what can be blended of them, in the registry's order, as a plan that is replayed has it."""
    alone = {one.learner: one for one in results if one.learner not in BLENDS}
    ordered = [alone[name] for name in LEARNERS if name in alone]
    truth = examples.target[ordered[0].rows] if ordered else examples.target[:0]
    groups = examples.groups[ordered[0].rows] if ordered and examples.groups is not None else None
    return rules.decide([*ordered, *blends(ordered, truth, rules, examples.num_classes, groups)], truth, out)


def _out_of_fold(examples: Examples, folds: Sequence[Fold], fitting: Fitting, rules: Rules) -> OutOfFold:
    learner: Learner = LEARNERS.get(fitting.learner)()
    raw, seconds, began = list[np.ndarray](), 0.0, time.perf_counter()
    # One fold's judges tell nothing here, as they may be later than the others; several folds hold out every row anyway, and tuning parts
    # the rows otherwise than they do.
    taught = rules.taught(examples)
    teaching = taught.take(folds[0].train) if len(folds) == 1 else taught
    fitting = replace(fitting, work=learner.tuned(teaching, rules.task, fitting.work, rules.seed + _OTHER_FOLDS))
    tuning = time.perf_counter() - began
    for fold in folds:
        began = time.perf_counter()
        graph = learner.fit(taught.take(fold.train), rules.task, fitting.work, rules.seed)
        seconds += time.perf_counter() - began
        raw.append(answered(graph, examples, fold.valid))
        if not np.isfinite(raw[-1]).all():
            raise ValueError("its answers are not all numbers")
        rules.after_fit()
    rows, answers = np.concatenate([fold.valid for fold in folds]), np.concatenate(raw)
    calibration, task = rules.served(answers, examples.target[rows], examples.num_classes)
    return OutOfFold(fitting, rows, answers, calibration, tuning + seconds / len(folds), graph, task, tuning + seconds)


def answered(graph: Graph, examples: Examples, rows: np.ndarray) -> np.ndarray:
    """Raw outputs for these rows, some thousands at a time: what lies between columns and answers can be a hundred times as large."""
    parts = [rows[start : start + _ANSWERED_TOGETHER] for start in range(0, len(rows), _ANSWERED_TOGETHER)]
    return np.concatenate([graph.run(examples.take(part).values) for part in parts])


def refit_winner(examples: Examples, contest: Contest, rules: Rules) -> tuple[Graph, Contest]:
    """The winner on all rows, calibrated by what it said out of fold, and the contest that it won.

    Where it fails now, it is left out of the contest, and who wins then is tried.
    """
    while True:
        fitting = contest.winner.fitting
        try:
            learner: Learner = learner_class(fitting.learner)()
            graph = learner.fit(rules.taught(examples), rules.task, fitting.work, rules.seed)
            rules.after_fit()
            return calibrated(graph, contest.winner), contest
        except FAILURES as error:
            others = [result for result in contest.results if result is not contest.winner]
            contest = rules.decide(others, contest.truth, [*contest.failed, failed(fitting, error)])


def with_inputs(graph: Graph, inputs: Mapping[str, Node]) -> Graph:
    used = {name for node in graph.nodes for name in node.inputs}
    return Graph((*(node for name, node in inputs.items() if name in used), *graph.nodes))


def calibrated(graph: Graph, out_of_fold: OutOfFold) -> Graph:
    """Adds what makes the learner's raw outputs honest."""
    part = out_of_fold.calibration
    return graph if part is None else graph.extended(Node(CALIBRATION, part, (graph.nodes[-1].name,)))
