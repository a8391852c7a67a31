"""A budget too short for anybody to learn from all rows: a part of them teaches, as a rough model is worth more than the usual answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter

from leadline.encoders.store import Store
from leadline.plan.plan import Plan
from leadline.progress import Progress
from leadline.workflow.failing import TRIVIAL
from leadline.workflow.planning import Planned, calibration_within, make_plan
from leadline.workflow.setup import Setup

_PARTS = (2, 4, 8, 16, 32, 64, 128)  # one row in so many
_LEAST_TAUGHT, _LEAST_A_CLASS = 500, 10  # rows that a part has to hold, in all and of each class, or all that a class has


def plan_within(
    setup: Setup, budget_seconds: float, seconds_left: float, store: Store, progress: Progress, only: Sequence[str] | None = None
) -> tuple[Setup, Planned]:
    """A plan in which somebody looks at the examples, and who teaches in it: all rows or the largest part that somebody can learn from in
    time. The plan for all rows where no part is small enough and still holds enough.
    """
    began, calibration = perf_counter(), calibration_within(seconds_left, progress)
    may_measure = calibration.seconds_left

    def planned(who: Setup) -> Planned:
        spent = perf_counter() - began - (may_measure - calibration.seconds_left)  # measuring does not count
        return make_plan(who, budget_seconds, seconds_left - spent, store, progress, only, calibration=calibration)

    whole = planned(setup)
    for part in _PARTS if not _looks(whole.plan) else ():
        smaller = replace(setup, part=part)
        if not _holds_enough(setup, smaller):
            break
        found = planned(smaller)
        if _looks(found.plan):
            return smaller, found
    return setup, whole


def _looks(plan: Plan) -> bool:
    return any(fitting.learner != TRIVIAL for fitting in plan.fittings)


def _holds_enough(setup: Setup, smaller: Setup) -> bool:
    every, part = (one.class_counts(one.teaching) for one in (setup, smaller))
    return len(smaller.teaching) >= _LEAST_TAUGHT and all(part[name] >= min(rows, _LEAST_A_CLASS) for name, rows in every.items())
