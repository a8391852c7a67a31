"""From a plan to a fitted graph: encode the teaching rows, choose on folds, refit on all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from leadline.data.examples import Examples
from leadline.encoders.contract import StoredEncoder
from leadline.encoders.store import Store
from leadline.evaluate.folds import Fold, given_fold, make_folds
from leadline.parts import Graph, Node
from leadline.plan.plan import Encoding, Plan
from leadline.progress import Advance, Progress
from leadline.registry import learner_class
from leadline.workflow.contest import Contest, Rules
from leadline.workflow.encode import encode, left_out
from leadline.workflow.engines import confirm_engine, sampled
from leadline.workflow.fitting import hold_contest, refit_winner, with_inputs
from leadline.workflow.nested import nested_answers
from leadline.workflow.setup import Setup


@dataclass(frozen=True)
class Learned:
    """`rows` are the data's rows that `examples` hold; `nested` the answers of nested cross-validation, where it judges."""

    setup: Setup
    plan: Plan
    nodes: Mapping[str, Node]
    graph: Graph
    examples: Examples
    rows: np.ndarray
    contest: Contest
    nested: np.ndarray | None

    @property
    def encodings_used(self) -> dict[str, Encoding]:
        names = {node.name for node in self.graph.nodes}
        return {encoding.node: encoding for encoding in self.plan.encodings if encoding.node in names}


def learn(setup: Setup, plan: Plan, nodes: Mapping[str, Node], store: Store, progress: Progress) -> Learned:
    """Executes the plan; starts again on the reference engine should the fast one turn out to change answers."""
    teaching = setup.teaching
    part = setup.data.take(teaching)
    encoded = encode(part, list(nodes.values()), {e.node: e for e in plan.encodings}, store, progress)
    groups = None if setup.groups is None else setup.groups[teaching]
    everything = Examples(encoded.values, setup.data.forms, setup.target.values[teaching], setup.num_classes, groups)
    told = replace(setup, data=setup.data.with_findings(left_out(part, encoded.bad, "training"))) if encoded.bad else setup
    good = encoded.good
    examples, rows = (everything.take(good), teaching[good]) if encoded.bad else (everything, teaching)
    learned = _fit(told, plan, nodes, examples, rows, progress)
    for encoding in learned.encodings_used.values():
        if not _confirmed(learned, encoding, store):
            progress.say(f"{encoding.engine} changed too many answers on this machine; starting again with {encoding.serving_engine}")
            slower = tuple(replace(e, engine=e.serving_engine) if e == encoding else e for e in plan.encodings)
            return learn(setup, replace(plan, encodings=slower), nodes, store, progress)
    return learned


def _fit(setup: Setup, plan: Plan, nodes: Mapping[str, Node], examples: Examples, rows: np.ndarray, progress: Progress) -> Learned:
    folds = _folds(setup, plan, examples, rows)
    total = len(plan.fittings) * plan.num_folds * (1 + plan.nested_folds) + plan.nested_folds + 1
    with progress.track("learning", "fits") as advance:
        rules = Rules(setup.task, setup.metric, plan.seed, _counter(advance, total))
        graph, contest = refit_winner(examples, hold_contest(examples, folds, plan.fittings, rules), rules)
        answers = None
        if plan.nested_folds:
            ran = [fitting for fitting in plan.fittings if fitting.learner in {result.learner for result in contest.results}]
            nested = nested_answers(examples, ran, rules, plan.nested_folds, plan.num_folds)
            answers, contest = nested.answers, replace(contest, failed=(*contest.failed, *nested.failed))
    return Learned(setup, plan, nodes, with_inputs(graph, nodes), examples, rows, contest, answers)


def _folds(setup: Setup, plan: Plan, examples: Examples, rows: np.ndarray) -> list[Fold]:
    if len(setup.partition.valid):
        judges = np.isin(rows, setup.partition.valid)
        return given_fold(np.flatnonzero(~judges), np.flatnonzero(judges))
    return make_folds(examples, setup.task, plan.num_folds, plan.seed)


def _counter(advance: Advance, total: int) -> Callable[[], None]:
    count = 0

    def done() -> None:
        nonlocal count
        count += 1
        advance(min(count, total), total)

    return done


def _confirmed(learned: Learned, encoding: Encoding, store: Store) -> bool:
    """Design section 8: the answers of the final model may differ on under 0.5 % of the rows that were compared."""
    if encoding.engine == encoding.serving_engine:
        return True
    encoder = learned.nodes[encoding.node].part
    assert isinstance(encoder, StoredEncoder)
    return confirm_engine(encoder, encoding.engine, lambda: _share_changed(learned, encoding, store))


def _share_changed(learned: Learned, encoding: Encoding, store: Store) -> float:
    """How many answers differ between the two engines' vectors, by a head that did not learn from the rows compared."""
    node, setup = learned.nodes[encoding.node], learned.setup
    compared = sampled(len(learned.examples), learned.plan.seed)
    others = np.setdiff1d(np.arange(len(learned.examples)), compared)
    fitting = learned.contest.winner.fitting
    graph = learner_class(fitting.learner)().fit(learned.examples.take(others), setup.task, fitting.work, learned.plan.seed)
    fast = learned.examples.take(compared).values
    part = setup.data.take(learned.rows[compared])
    slow = encode(part, [node], {node.name: encoding}, store, Progress(), serving=True).values[node.name]
    of_slow, of_fast = (setup.task.answers(graph.run(values)) for values in ({**fast, node.name: slow}, fast))
    return setup.task.share_changed(of_slow, of_fast, setup.target.values)
