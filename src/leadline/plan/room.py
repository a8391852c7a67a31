"""What a budget still buys while its plan is executed, priced by what fits have taken so far instead of by what was expected.

Prices before the first fit come from made-up rows, on which learners stop neither as early nor as late as on real ones: they are wrong by
up to ten times (LOG.md). So a plan begins with what fits even if they are right, and goes on with what the first fits leave room for.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from leadline.plan.budget import ENDING_SECONDS, FOLD_SHARE, SAFETY, Asked, Field, contest_seconds, fitting_of, num_fits
from leadline.plan.plan import Encoding, Fitting, Plan

# Of the time left may go into one attempt, as the price of fits is an estimate: by who was fitted already, and by others. What they read
# was measured on these rows.
_AT_ONCE_KNOWN, _AT_ONCE = 0.6, 0.5
_LEAST_PACE = 0.02
FEWEST_OUTER_FOLDS = 3


@dataclass
class Room:
    """`until` is when everything has to be done, by the `clock`."""

    fields: Mapping[str, Field]  # everybody who could answer, by name
    asked: Asked
    encodings: Mapping[str, Encoding]  # by the node
    until: float
    judging: float = 0.0  # share of the rows that judge: their vectors are made at the end
    scaling: float = 0.0  # seconds of looking for a scale in one part of a nested cross-validation
    clock: Callable[[], float] = time.perf_counter
    _pace: dict[str, dict[int, float]] = field(default_factory=dict)  # what contests took, in what was expected, by learner and effort
    _tried: set[tuple[str, int]] = field(default_factory=set)

    def left(self, plan: Plan) -> float:
        """Seconds for fits."""
        judging = self.judging * sum(encoding.seconds for encoding in plan.encodings)
        return max(0.0, self.until - self.clock() - judging - ENDING_SECONDS) * SAFETY

    def took(self, fitting: Fitting, num_folds: int, seconds: float) -> None:
        """Tells what the contest of a learner took in truth."""
        start = self.fields[fitting.learner].rate.start
        expected = contest_seconds(self.fields[fitting.learner], fitting.work, num_folds) - start
        self._pace.setdefault(fitting.learner, {})[fitting.effort] = max(_LEAST_PACE, (seconds - start) / expected)

    def rest(self, plan: Plan) -> float:
        """Seconds from the contest on: the winner, perhaps a blend of all, is fitted again, and all of it in every outer fold."""
        refit = sum(self._refit(fitting) for fitting in plan.fittings)
        contests = sum(self._contest(fitting, plan.num_folds) for fitting in plan.fittings)
        return refit + plan.nested_folds * (FOLD_SHARE * (contests + refit) + self.scaling)

    def dearest(self, plan: Plan, kept: Sequence[str]) -> Fitting | None:
        """Of the learners that are not `kept` the one that costs most."""
        others = [fitting for fitting in plan.fittings if fitting.learner not in kept]
        return max(others, key=lambda fitting: self._contest(fitting, plan.num_folds), default=None)

    def with_fitting(self, plan: Plan, fitting: Fitting) -> Plan:
        """With this learner, in the place of an earlier version of it, and what it reads."""
        fittings = {**{one.learner: one for one in plan.fittings}, fitting.learner: fitting}
        encodings = {one.node: one for one in plan.encodings}
        encodings |= {name: self.encodings[name] for name in fitting.inputs if name in self.encodings and name not in encodings}
        ordered = tuple(fittings[name] for name in self.fields if name in fittings)
        return replace(plan.silent_on(fitting.learner), fittings=ordered, encodings=tuple(encodings.values()))

    def counted(self, plan: Plan) -> Plan:
        """With as many fits as its folds ask for, and those encodings that a learner reads."""
        fits = num_fits(plan.num_folds, plan.nested_folds)
        read = {name for fitting in plan.fittings for name in fitting.inputs}
        fittings = tuple(replace(fitting, fits=fits) for fitting in plan.fittings)
        return replace(plan, fittings=fittings, encodings=tuple(one for one in plan.encodings if one.node in read))

    def next(self, plan: Plan, ranked: Sequence[str]) -> Fitting | None:
        """What is worth trying with the time left: somebody who had seemed too dear, else more effort for the best of `ranked`."""
        for fitting in self._wishes(plan, ranked):
            if (fitting.learner, fitting.effort) not in self._tried and self._affords(fitting, plan):
                self._tried.add((fitting.learner, fitting.effort))
                return fitting
        return None

    def _wishes(self, plan: Plan, ranked: Sequence[str]) -> Iterator[Fitting]:
        efforts = {fitting.learner: fitting.effort for fitting in plan.fittings}
        awaited = {self.fields[name].learner.larger_than for name in efforts}  # others have looked at their scores
        for name, one in self.fields.items():
            if name not in efforts and not one.learner.larger_than:  # a larger version has had its turn
                yield self._fitting(one, 0, plan)
        for name in ranked:
            if efforts[name] < self.asked.most_effort and name not in awaited:
                yield self._fitting(self.fields[name], efforts[name] + 1, plan)

    def _fitting(self, one: Field, effort: int, plan: Plan) -> Fitting:
        return fitting_of(one, self.asked, effort, plan.num_folds, plan.nested_folds)

    def _affords(self, fitting: Fitting, plan: Plan) -> bool:
        """Of somebody who was never fitted only the contest is looked at: it tells what the rest would take."""
        if fitting.work.peak_bytes > self.asked.memory_bytes:
            return False
        known = fitting.learner in self._pace
        rest = self.rest(self.with_fitting(plan, fitting) if known else plan)
        inputs, left = self._inputs(fitting, plan), self.left(plan)
        fits, most = self._contest(fitting, plan.num_folds), _AT_ONCE_KNOWN * left if known else _AT_ONCE * (left - inputs - rest)
        return fits <= most and fits + inputs + rest <= left

    def _inputs(self, fitting: Fitting, plan: Plan) -> float:
        paid = {name for one in plan.fittings for name in one.inputs}
        return sum(self.asked.input_seconds[name] for name in fitting.inputs if name not in paid)

    def _contest(self, fitting: Fitting, num_folds: int) -> float:
        """Who was fitted before has nothing to get ready any more."""
        one = self.fields[fitting.learner]
        expected = contest_seconds(one, fitting.work, num_folds)
        return self._paced(fitting) * (expected - one.rate.start) if fitting.learner in self._pace else expected

    def _refit(self, fitting: Fitting) -> float:
        rate = self.fields[fitting.learner].rate
        return self._paced(fitting) * (rate.per_fit + rate.per_unit * fitting.work.steps)

    def _paced(self, fitting: Fitting) -> float:
        """What this takes, in what was expected. That another effort took less than expected is half believed: forests of a fixed number of
        trees say nothing of when others stop.
        """
        told = self._pace.get(fitting.learner, {})
        if fitting.effort in told or not told:
            return told.get(fitting.effort, 1.0)
        pace = told[max(told)]
        return pace if pace > 1 else math.sqrt(pace)
