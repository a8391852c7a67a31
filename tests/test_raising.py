"""A plan while it is executed: what an attempt is worth, what is spared where time runs short."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from leadline.data.examples import Examples
from leadline.learners.contract import Sizes, Work
from leadline.parts import Graph
from leadline.plan.budget import Asked, Field
from leadline.plan.calibration import Rate
from leadline.plan.plan import Fitting, Plan, Skipped
from leadline.plan.room import Room
from leadline.registry import LEARNERS
from leadline.tasks.classify import Classify
from leadline.workflow.contest import Contest, OutOfFold, Rules
from leadline.workflow.raising import ranked, settled, spared, told

ROWS = 400
TRUTH = np.arange(ROWS) % 2
EXAMPLES = Examples({"column:x": np.zeros(ROWS)}, {"x": "number"}, TRUTH, 2)
RULES = Rules(Classify(), Classify.metrics["accuracy"], 0, lambda: None)
SHARES = {"baseline": 0.5, "linear": 0.8, "trees": 0.9, "rules": 0.7}  # of the rows answered right


def fitting(name: str, effort: int = 0, steps: float = 1.0) -> Fitting:
    return Fitting(name, effort, Work(steps, 1), 1, steps, 1.0)


def result(name: str, effort: int = 0, seconds: float = 0.1) -> OutOfFold:
    said = np.where(np.arange(ROWS) % 10 < 10 * SHARES[name], TRUTH, 1 - TRUTH)
    return OutOfFold(fitting(name, effort), np.arange(ROWS), (2.0 * said - 1)[:, None], None, seconds, Graph(()), RULES.task, seconds)


def held(*results: OutOfFold) -> Contest:
    return RULES.decide(results, TRUTH, [])


def planned(*fittings: Fitting, nested_folds: int = 0) -> Plan:
    return Plan({}, "classify", "accuracy", 0, 60.0, 3, nested_folds, (), fittings, (), 1, 0.0, 0.0)


def room(seconds: float) -> Room:
    fields: dict[str, Any] = {name: Field(LEARNERS.get(name)(), Rate(0.0, 0.0, 1.0), ()) for name in SHARES}
    return Room(fields, Asked(Sizes(ROWS, {}), Classify(), {}), {}, seconds, clock=lambda: 0.0)


def test_who_leads_is_ranked_first_and_the_baseline_not_at_all() -> None:
    assert ranked(held(*map(result, SHARES)), RULES) == ["trees", "linear", "rules"]


def test_an_attempt_that_scored_better_joins_the_plan() -> None:
    before, grown = planned(fitting("linear")), planned(fitting("linear"), fitting("trees"))
    contest, further = held(result("linear")), held(result("linear"), result("trees"))
    assert settled(before, grown, fitting("trees"), contest, further, room(60)) == (grown, further)


def test_more_effort_that_was_worth_nothing_leaves_the_plan_as_it_was() -> None:
    before, grown = planned(fitting("linear")), planned(fitting("linear", 1))
    contest = held(result("linear"))
    plan, after = settled(before, grown, fitting("linear", 1), contest, contest, room(60))
    assert plan is before and after is contest


def test_what_cannot_be_judged_in_time_is_left_out_and_said() -> None:
    before, grown = planned(fitting("linear"), nested_folds=5), planned(fitting("linear"), fitting("trees", 0, 9.0), nested_folds=5)
    contest, further = held(result("linear")), held(result("linear"), result("trees", seconds=30.0))
    small = room(40)
    told(small, grown, further)
    plan, after = settled(before, grown, fitting("trees", 0, 9.0), contest, further, small)
    assert after is contest and [one.learner for one in plan.fittings] == ["linear"]
    assert [one.learner for one in plan.skipped] == ["trees"] and "in the time that is left" in plan.skipped[0].why


def test_one_that_fails_now_is_said_once() -> None:
    before = replace(planned(fitting("linear")), skipped=(Skipped("trees", 9.0, "it needs about 9 s"),))
    contest = held(result("linear"))
    further = replace(contest, failed=(Skipped("trees", 9.0, "it failed"),))
    plan, after = settled(before, planned(fitting("linear"), fitting("trees")), fitting("trees"), contest, further, room(60))
    assert after is further and plan.skipped == ()


def test_judging_that_would_take_too_long_has_fewer_parts_and_then_fewer_losers() -> None:
    names = tuple(SHARES)
    plan, contest = planned(*map(fitting, names), nested_folds=5), held(*(result(name, seconds=3.0) for name in names))

    def afforded(seconds: float) -> tuple[int, list[str]]:
        space = room(seconds)
        told(space, plan, contest)
        after, chosen = spared(plan, contest, space, EXAMPLES, RULES)
        assert {one.learner for one in chosen.results} == {one.learner for one in after.fittings}
        assert {one.learner for one in (*after.fittings, *after.skipped)} == set(names)
        assert chosen.winner.learner == "trees"
        return after.nested_folds, [one.learner for one in after.fittings]

    assert afforded(200) == (5, list(names))
    assert afforded(60) == (3, list(names))
    assert afforded(45)[0] == 3 and "trees" in afforded(45)[1] and len(afforded(45)[1]) == 3
    assert afforded(1) == (3, ["baseline", "trees"])


def test_rows_held_back_judge_and_nothing_is_spared() -> None:
    plan, contest = planned(fitting("linear")), held(result("linear", seconds=100.0))
    space = room(5)
    told(space, plan, contest)
    assert spared(plan, contest, space, EXAMPLES, RULES) == (plan, contest)
