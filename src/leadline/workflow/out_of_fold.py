"""What models say of rows that they did not learn from, and the vectors that they read: what checks look at besides the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter

import numpy as np

from leadline.check.telling_vectors import telling_most
from leadline.check.view import Answers, Vectors
from leadline.data.examples import Examples
from leadline.data.split import everything
from leadline.data.table import Data
from leadline.encoders.contract import StoredEncoder
from leadline.encoders.contract import Vectors as MakesVectors
from leadline.encoders.small_pictures import SMALL_PICTURES
from leadline.encoders.store import Store, encode_through_store
from leadline.errors import LeadlineError
from leadline.evaluate.folds import make_folds
from leadline.learners.contract import Learner
from leadline.parts import Node
from leadline.plan.budget import EFFORTS, FOLD_SHARE
from leadline.plan.plan import Fitting
from leadline.progress import Progress
from leadline.registry import BLENDS, ENCODERS, LEARNERS
from leadline.tasks.classify import Classify
from leadline.tasks.contract import Target
from leadline.values import take_rows
from leadline.workflow.blending import title_of
from leadline.workflow.contest import Contest, OutOfFold, Rules
from leadline.workflow.encode import Encoded, encode
from leadline.workflow.failing import TRIVIAL
from leadline.workflow.fitting import answered, hold_contest
from leadline.workflow.planning import Planned, calibration_within, make_plan
from leadline.workflow.setup import Setup

_FOLDS = ((5, 0), (3, 0))  # every row has to be held out once
_SHARE = 0.6  # of the budget for answers and vectors; the checks that look at them take the rest
# Of many rows half teach nearly as surely as four fifths, the last effort is worth little, and checks take longer (LOG.md).
_MANY_ROWS, _FOLDS_OF_MANY, _EFFORT_FOR_MANY, _SHARE_OF_MANY = 20_000, ((2, 0),), EFFORTS[-2], 0.5
_NO_COLUMN = ""  # in place of a target
_EDGES = "picture-features"  # the encoder of small pictures that needs no network


@dataclass(frozen=True)
class OutOfFoldModels:
    """Plans within `seconds`, encodes and fits, each when it is first asked for."""

    data: Data
    setup: Setup | None
    seconds: float
    seed: int
    store: Store
    progress: Progress

    def answers(self) -> Answers:
        """Of the learner that wins on folds of all rows. Raises LeadlineError where there is nothing to learn, or no time."""
        winner = self._learned.winner
        setup, found = self._all_teach, self._encoded
        values = np.asarray(setup.task.answers(winner.calibrated), np.float64)
        rows = found.good[winner.rows]
        answers = np.full((len(setup.data), *values.shape[1:]), np.nan)
        answers[rows] = values
        best = self._best_alone
        folds, out = self._planned.plan.num_folds, self._learned.failed
        fit_seconds = (best.contest_seconds - best.fit_seconds) * folds / max(1, folds - 1) ** 2  # of all rows, without tuning
        return Answers(answers, winner.learner, title_of(winner.fitting), fit_seconds, folds, tuple((one.learner, one.why) for one in out))

    def vectors(self) -> Vectors:
        """Of the encoder of the plan that tells the classes best; of other answers, of the one with the most numbers.

        Raises LeadlineError where no encoder reads these data.
        """
        return self._vectors

    @cached_property
    def _vectors(self) -> Vectors:
        parts = {name: node.part for name, node in self._planned_nodes.items() if name in self._encoded.values}
        makers = [name for name in parts if _makes_vectors(self._planned_nodes[name])]
        if not makers:
            raise LeadlineError("nothing makes vectors of these columns", "pictures or texts, and time to encode them", "a larger --budget")
        name = self._telling_most(makers)
        values = np.array(self._encoded.values[name], np.float32)
        values[[*self._encoded.bad]] = np.nan
        return Vectors(values, parts[name].kind, looked_up=not isinstance(parts[name], StoredEncoder))

    def _telling_most(self, names: Sequence[str]) -> str:
        """By the rows that could be read."""
        groups = None if self.setup is None else self.setup.groups
        if not self._encoded.bad:
            return telling_most({name: self._encoded.values[name] for name in names}, self._codes, groups, self.seed)
        good, codes = self._encoded.good, self._codes
        kinds = {name: self._encoded.values[name][good] for name in names}
        return telling_most(kinds, None if codes is None else codes[good], None if groups is None else groups[good], self.seed)

    def looks(self, rows: np.ndarray) -> list[Vectors]:
        """Different vectors of these rows: those of `vectors`, and of small pictures their edges, which take a moment only and show what a
        network was not made for. Raises LeadlineError as `vectors` does.
        """
        usual = self.vectors()
        looks, data = [replace(usual, values=usual.values[rows])], self.data
        columns = data.features_of("image")
        if len(columns) != 1 or usual.made_by == _EDGES or not 0 < self._for_vectors.sizes().picture_side <= SMALL_PICTURES:
            return looks
        pictures = take_rows(data.feature(columns[0]), rows)
        encoder = ENCODERS.get(_EDGES)().for_values(pictures)
        with self.progress.track("looking at edges", "pictures") as advance:
            values, _ = encode_through_store(encoder, pictures, encoder.serving_engine, self.store, advance)
        return [*looks, Vectors(values, _EDGES)]

    def learn(self, teach: np.ndarray, judge: np.ndarray, target: Target | None = None) -> np.ndarray:
        """Answers to the rows `judge` of the best single learner, fitted to the rows `teach` alone; both are positions in the data.

        `target` is what the rows that teach are said to be instead. Raises LeadlineError where there is nothing to learn, ValueError where
        a row could not be read.
        """
        setup, best, examples, rules = self._all_teach, self._best_alone, self._examples, self._rules
        places = np.full(len(setup.data), -1)
        places[self._encoded.good] = np.arange(len(self._encoded.good))
        if (places[teach] < 0).any() or (places[judge] < 0).any():
            raise ValueError("rows that cannot be read neither teach nor judge")
        learner: Learner = LEARNERS.get(best.learner)()
        taught = examples.take(places[teach])
        if target is not None:
            taught = replace(taught, target=target.values, num_classes=len(target.classes))
        graph = learner.fit(rules.taught(taught), setup.task, best.fitting.work, self.seed)
        raw = answered(graph, examples, places[judge])
        return best.task.answers(raw if best.calibration is None else best.calibration.run(raw))

    @property
    def _codes(self) -> np.ndarray | None:
        """(n,) classes; None where rows are not of one each."""
        target = None if self.setup is None else self.setup.target
        return None if target is None or not target.classes or target.values.ndim != 1 else target.values

    @cached_property
    def _best_alone(self) -> OutOfFold:
        """The learner that did best by itself."""
        contest = self._learned
        alone = [one for one in contest.results if one.learner not in BLENDS]
        return max(alone, key=lambda one: self._rules.score(one, contest.truth))

    @cached_property
    def _all_teach(self) -> Setup:
        """Each row is judged by models that did not learn from it, so that no part is held back."""
        if self.setup is None:
            raise _unanswered()
        return replace(self.setup, partition=everything(len(self.setup.data)))

    @cached_property
    def _for_vectors(self) -> Setup:
        """Of rows without answers a question that nobody asks, two classes by turns: what encodes them is planned alike."""
        if self.setup is not None:
            return self._all_teach
        task, target = Classify(), Target(np.arange(len(self.data)) % 2, ("0", "1"))
        metric, rows = task.metric(task.default_metric(target), 2), everything(len(self.data))
        data = replace(self.data, target=_NO_COLUMN)
        return Setup(data, task, "", target, metric, rows, None, self.seed, data)

    @cached_property
    def _planned(self) -> Planned:
        left, calibration = self._seconds, calibration_within(self.seconds, self.progress)
        folds, effort = (_FOLDS_OF_MANY, _EFFORT_FOR_MANY) if self._many else (_FOLDS, None)
        return make_plan(
            self._for_vectors, left, left, self.store, self.progress, folds=folds, calibration=calibration, most_effort=effort
        )  # fmt: skip

    @property
    def _many(self) -> bool:
        return len(self.data) > _MANY_ROWS

    @property
    def _seconds(self) -> float:
        """For answers and vectors."""
        return (_SHARE_OF_MANY if self._many else _SHARE) * self.seconds

    @cached_property
    def _planned_nodes(self) -> dict[str, Node]:
        """What learners of the plan read, and what makes vectors without a network, which is worth looking at for itself."""
        read = {name for fitting in self._planned.plan.fittings for name in fitting.inputs}
        quick = {name for name, node in self._planned.nodes.items() if not isinstance(node.part, StoredEncoder) and _makes_vectors(node)}
        return {name: node for name, node in self._planned.nodes.items() if name in read | quick}

    @cached_property
    def _encoded(self) -> Encoded:
        encodings = {encoding.node: encoding for encoding in self._planned.plan.encodings}
        return encode(self.data, list(self._planned_nodes.values()), encodings, self.store, self.progress)

    @cached_property
    def _rules(self) -> Rules:
        return Rules(self._all_teach.task, self._all_teach.metric, self.seed, lambda: None)

    @cached_property
    def _examples(self) -> Examples:
        """Of the rows that could be read."""
        setup, encoded = self._all_teach, self._encoded
        groups = None if setup.groups is None else setup.groups[encoded.good]
        examples = Examples(encoded.values, setup.data.forms, setup.target.values, setup.num_classes, setup.groups)
        if encoded.bad:
            examples = replace(examples.take(encoded.good), groups=groups)
        return examples

    @property
    def _learned(self) -> Contest:
        """Raises LeadlineError where nobody looks at the examples, in the plan or because all fail: what is said then would be said of all
        rows alike.
        """
        if self.setup is None:
            raise _unanswered()
        if {fitting.learner for fitting in self._planned.plan.fittings} <= {TRIVIAL}:
            raise LeadlineError("nobody has the time to learn from these rows", "time for one learner or more", "a larger --budget")
        if {one.learner for one in self._contest.results} <= {TRIVIAL}:
            raise LeadlineError("no learner could be run on these rows", "rows that one can learn from", "see what train says of them")
        return self._contest

    @cached_property
    def _contest(self) -> Contest:
        setup, plan, examples, began = self._all_teach, self._planned.plan, self._examples, perf_counter()
        folds = make_folds(examples, setup.task, plan.num_folds, self.seed)
        if not folds:
            raise LeadlineError("all rows are of one group, so that none can be held out", "several groups", "leave out --group")
        with self.progress.track("learning", "fits") as advance:
            total = len(plan.fittings) * len(folds)
            done = iter(range(1, total + 1))
            rules = replace(self._rules, after_fit=lambda: advance(next(done, total), total))
            contest = hold_contest(examples, folds, plan.fittings, rules, late=self._late)
        self.progress.say(f"{contest.winner.learner} answered every row out of fold in {perf_counter() - began:.1f} s")
        return contest

    def _late(self, fitting: Fitting, done: Sequence[OutOfFold]) -> str:
        """Why a learner is left out: it would take longer than what is left, judged by what those before took."""
        plan = self._planned.plan
        left = self._seconds - sum(encoding.seconds for encoding in plan.encodings) - sum(one.contest_seconds for one in done)
        slower = sum(one.contest_seconds for one in done) / max(1e-9, sum(_expected(one.fitting, plan.num_folds) for one in done))
        seconds = max(1.0, slower) * _expected(fitting, plan.num_folds)
        learned = any(one.learner != TRIVIAL for one in done)
        return f"it would take about {seconds:.0f} s, and {max(0.0, left):.0f} s were left" if learned and seconds > left else ""


def _unanswered() -> LeadlineError:
    return LeadlineError("these rows have no answers to learn from", "labelled examples", "name the column with --target COL")


def _expected(fitting: Fitting, num_folds: int) -> float:
    """Seconds on the folds of a contest, of a price that has folds of four fifths of the rows and a fit to all of them."""
    return fitting.seconds * (num_folds - 1) / (num_folds * FOLD_SHARE + 1)


def _makes_vectors(node: Node) -> bool:
    return isinstance(node.part, MakesVectors)
