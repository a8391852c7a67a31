"""From a plan to a fitted graph: encode the teaching rows, choose on folds, refit on all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np

from leadline.data.examples import Examples
from leadline.encoders.contract import StoredEncoder
from leadline.encoders.store import Store
from leadline.errors import LeadlineError
from leadline.evaluate.folds import Fold, given_fold, make_folds
from leadline.evaluate.target_scale import TargetScale
from leadline.learners.contract import Sizes
from leadline.parts import Graph, Node
from leadline.plan.plan import Encoding, Fitting, Plan, Skipped
from leadline.plan.room import Room
from leadline.progress import Advance, Progress
from leadline.registry import learner_class
from leadline.tasks.contract import Task
from leadline.workflow.contest import Contest, Rules
from leadline.workflow.encode import Encoded, encode, left_out
from leadline.workflow.engines import confirm_engine, sampled
from leadline.workflow.failing import FAILURES, failed
from leadline.workflow.fitting import calibrated, hold_contest, refit_winner, with_inputs
from leadline.workflow.nested import Nested, nested_answers
from leadline.workflow.raising import ranked, running, settled, spared, told
from leadline.workflow.scaling import in_best_scale
from leadline.workflow.setup import Setup
from leadline.workflow.waves import first_wave, second_wave


@dataclass(frozen=True)
class Learned:
    """`rows` are the data's rows that `examples` hold; `nested` what nested cross-validation answered, where it judges."""

    setup: Setup
    plan: Plan
    nodes: Mapping[str, Node]
    graph: Graph
    examples: Examples
    rows: np.ndarray
    contest: Contest
    nested: Nested | None
    rules: Rules

    @property
    def task(self) -> Task:
        """As the winner is served."""
        return self.contest.winner.task

    @property
    def encodings_used(self) -> dict[str, Encoding]:
        names = {node.name for node in self.graph.nodes}
        return {encoding.node: encoding for encoding in self.plan.encodings if encoding.node in names}


def learn(setup: Setup, plan: Plan, nodes: Mapping[str, Node], store: Store, progress: Progress, room: Room | None = None) -> Learned:
    """Executes the plan, and with `room` what more the budget turns out to buy; `Learned.plan` says all of it.

    Starts again on the reference engine should the fast one turn out to change answers.
    """
    learned = _Learning(setup, plan, nodes, store, progress, _Fits(plan, progress), room).learned()
    for encoding in learned.encodings_used.values():
        if not _confirmed(learned, encoding, store):
            progress.say(f"{encoding.engine} changed too many answers on this machine; starting again with {encoding.serving_engine}")
            slower = tuple(replace(e, engine=e.serving_engine) if e == encoding else e for e in learned.plan.encodings)
            return learn(setup, replace(learned.plan, encodings=slower), nodes, store, progress)
    return learned


@dataclass
class _Learning:
    """One execution of a plan, which grows where there is room."""

    setup: Setup
    plan: Plan
    nodes: Mapping[str, Node]
    store: Store
    progress: Progress
    fits: _Fits
    room: Room | None

    def learned(self) -> Learned:
        setup, first = self.setup, first_wave(self.plan.fittings)
        examples, rows, bad, broken = self._encoded(first)
        told = replace(setup, data=setup.data.with_findings(left_out(setup.data.take(setup.teaching), bad, "training"))) if bad else setup
        able = [one for one in first if not _broken(one, broken)]
        folds = _folds(setup, self.plan, examples, rows)
        rules = self._rules(examples.take(folds[0].train) if len(folds) == 1 else examples)
        with self.fits.shown():
            contest = hold_contest(examples, folds, able, rules)
        out = [failed(one, errors[0]) for one in first if (errors := _broken(one, broken))]
        contest = replace(contest, failed=(*out, *contest.failed))
        for larger in second_wave(self.plan.fittings, contest, rules):
            if isinstance(larger, Skipped):
                self.plan = self.plan.skipping(larger)
            else:
                examples, contest = self._with_another(larger, examples, rows, folds, contest, rules)
        if self.room is not None:
            examples, contest = self._more(self.room, examples, rows, folds, contest, rules)
        with self.fits.shown("learning from all rows"):
            graph, contest = refit_winner(examples, contest, rules)
            nested = None
            if self.plan.nested_folds:
                ran = running(self.plan, contest).fittings
                nested = nested_answers(examples, ran, rules, self.plan.nested_folds, self.plan.num_folds, self._scaled)
                contest = replace(contest, failed=(*contest.failed, *nested.failed))
        return Learned(told, self.plan, self.nodes, with_inputs(graph, self.nodes), examples, rows, contest, nested, rules)

    @cached_property
    def _sizes(self) -> Sizes:
        """Looked up once, as every part of a nested cross-validation asks."""
        return self.setup.sizes()

    def _scaled(self, rules: Rules, teaching: Examples) -> Rules:
        return in_best_scale(rules, teaching, self.plan.scale_tried_by, self._sizes) if self.plan.scale_tried_by else rules

    def _rules(self, teaching: Examples) -> Rules:
        """With the scale of the plan, which is found now and noted there if it has none yet."""
        rules = Rules(self.setup.task, self.setup.metric, self.plan.seed, self.fits)
        if self.plan.target_scale is None:
            rules = self._scaled(rules, teaching)
            self.plan = replace(self.plan, target_scale={} if rules.scale is None else asdict(rules.scale))
        elif self.plan.target_scale:
            rules = replace(rules, scale=TargetScale(**self.plan.target_scale))
        if rules.scale is not None:
            self.progress.say("the target has long tails: learners are taught it in a logarithmic scale")
        return rules

    def _more(
        self, room: Room, examples: Examples, rows: np.ndarray, folds: Sequence[Fold], contest: Contest, rules: Rules
    ) -> tuple[Examples, Contest]:
        """The contest with all that the time left buys, on what the fits so far have taken; the plan follows."""
        told(room, self.plan, contest)
        self.plan, contest = spared(self.plan, contest, room, examples, rules)
        self.fits.expect(self.plan)
        while (wished := room.next(self.plan, ranked(contest, rules))) is not None:
            grown = room.with_fitting(self.plan, wished)
            before, self.plan = self.plan, grown
            examples, further = self._with_another(wished, examples, rows, folds, contest, rules)
            told(room, grown, further)
            self.plan, contest = settled(before, grown, wished, contest, further, room)
            self.fits.expect(self.plan)
        self.plan = room.counted(self.plan)
        return examples, contest

    def _encoded(
        self, fittings: Sequence[Fitting]
    ) -> tuple[Examples, np.ndarray, Mapping[int, LeadlineError], Mapping[str, BaseException]]:
        """What these learners read, of all teaching rows that can be read; which rows of the data those are; which cannot; what failed."""
        setup, teaching = self.setup, self.setup.teaching
        encoded = self._encode(teaching, fittings)
        groups = None if setup.groups is None else setup.groups[teaching]
        everything = Examples(encoded.values, setup.data.forms, setup.target.values[teaching], setup.num_classes, groups)
        if not encoded.bad:
            return everything, teaching, encoded.bad, encoded.failed
        return everything.take(encoded.good), teaching[encoded.good], encoded.bad, encoded.failed

    def _with_another(
        self, larger: Fitting, examples: Examples, rows: np.ndarray, folds: Sequence[Fold], contest: Contest, rules: Rules
    ) -> tuple[Examples, Contest]:
        """The contest with one more learner, and the examples with what it reads."""
        encoded = self._encode(rows, [larger])
        if errors := _broken(larger, encoded.failed):
            return examples, replace(contest, failed=(*contest.failed, failed(larger, errors[0])))
        if encoded.bad:
            why = f"it cannot read {len(encoded.bad):,} rows that the others read"
            return examples, replace(contest, failed=(*contest.failed, Skipped(larger.learner, larger.seconds, why)))
        examples = replace(examples, values={**examples.values, **{name: encoded.values[name] for name in larger.inputs}})
        with self.fits.shown():
            return examples, hold_contest(examples, folds, [larger], rules, contest)

    def _encode(self, rows: np.ndarray, fittings: Sequence[Fitting]) -> Encoded:
        wanted = {name for fitting in fittings for name in fitting.inputs}
        nodes = [node for name, node in self.nodes.items() if name in wanted]
        return encode(self.setup.data.take(rows), nodes, {e.node: e for e in self.plan.encodings}, self.store, self.progress)


def _broken(fitting: Fitting, broken: Mapping[str, BaseException]) -> list[BaseException]:
    """Why nodes that a learner reads could not be computed."""
    return [broken[name] for name in fitting.inputs if name in broken]


def _folds(setup: Setup, plan: Plan, examples: Examples, rows: np.ndarray) -> list[Fold]:
    if len(setup.partition.valid):
        judges = np.isin(rows, setup.partition.valid)
        return given_fold(np.flatnonzero(~judges), np.flatnonzero(judges))
    return make_folds(examples, setup.task, plan.num_folds, plan.seed)


class _Fits:
    """Counts fits, and shows the count on a bar while there is one."""

    def __init__(self, plan: Plan, progress: Progress) -> None:
        self.done, self.progress = 0, progress
        self.expect(plan)
        self.advance: Advance = lambda done, total: None

    def expect(self, plan: Plan) -> None:
        self.total = len(plan.fittings) * plan.num_folds * (1 + plan.nested_folds) + plan.nested_folds + 1

    def __call__(self) -> None:
        self.done += 1
        self.advance(min(self.done, self.total), self.total)

    @contextmanager
    def shown(self, title: str = "learning") -> Iterator[None]:
        with self.progress.track(title, "fits") as self.advance:
            yield


def _confirmed(learned: Learned, encoding: Encoding, store: Store) -> bool:
    """Design section 8: the answers of the final model may differ on under 0.5 % of the rows that were compared."""
    if encoding.engine == encoding.serving_engine:
        return True
    encoder = learned.nodes[encoding.node].part
    assert isinstance(encoder, StoredEncoder)
    return confirm_engine(encoder, encoding.engine, lambda: _share_changed(learned, encoding, store))


def _share_changed(learned: Learned, encoding: Encoding, store: Store) -> float | None:
    """How many answers differ between the two engines' vectors, by a head that did not learn from the rows compared; None where there
    can be no such head.
    """
    node, setup = learned.nodes[encoding.node], learned.setup
    compared = sampled(len(learned.examples), learned.plan.seed)
    others = np.setdiff1d(np.arange(len(learned.examples)), compared)
    winner = learned.contest.winner
    learner = learner_class(winner.learner)()
    try:
        teaching = learned.rules.taught(learned.examples.take(others))
        graph = calibrated(learner.fit(teaching, setup.task, winner.fitting.work, learned.plan.seed), winner)
    except FAILURES:  # on fewer rows than it won on
        return None
    fast = learned.examples.take(compared).values
    part = setup.data.take(learned.rows[compared])
    slow = encode(part, [node], {node.name: encoding}, store, Progress(), serving=True).values[node.name]
    of_slow, of_fast = (setup.task.answers(graph.run(values)) for values in ({**fast, node.name: slow}, fast))
    return learned.task.share_changed(of_slow, of_fast, setup.target.values)
