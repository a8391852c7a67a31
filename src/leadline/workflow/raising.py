"""What a plan becomes while it is executed: more where fits take less than was expected, less where they take more."""

from __future__ import annotations

from dataclasses import replace

from leadline.data.examples import Examples
from leadline.plan.plan import Fitting, Plan, Skipped
from leadline.plan.room import FEWEST_OUTER_FOLDS, Room
from leadline.registry import BLENDS
from leadline.workflow.contest import Contest, Rules
from leadline.workflow.failing import TRIVIAL
from leadline.workflow.fitting import decide_among


def told(room: Room, plan: Plan, contest: Contest) -> None:
    """Tells the room what the contests of the plan's learners took."""
    results = {(one.learner, one.fitting.effort): one for one in contest.results}
    for fitting in plan.fittings:
        if (result := results.get((fitting.learner, fitting.effort))) is not None:
            room.took(fitting, plan.num_folds, result.contest_seconds)


def ranked(contest: Contest, rules: Rules) -> list[str]:
    """The learners that look, best first: more effort for who leads wins most."""
    looking = [one for one in contest.results if one.learner not in BLENDS and one.learner != TRIVIAL]
    return [one.learner for one in sorted(looking, key=lambda one: -rules.score(one, contest.truth))]


def spared(plan: Plan, contest: Contest, room: Room, examples: Examples, rules: Rules) -> tuple[Plan, Contest]:
    """What there is time for in nested cross-validation, which does all of it again in every part: fewer parts, then fewer who lose."""
    if not plan.nested_folds:
        return plan, contest
    if _too_long(plan, contest, room):
        plan = replace(plan, nested_folds=min(plan.nested_folds, FEWEST_OUTER_FOLDS))
    kept = {TRIVIAL, contest.winner.learner, *contest.winner.fitting.work.settings.get("blend_of", ())}
    while _too_long(plan, contest, room) and (dearest := room.dearest(running(plan, contest), sorted(kept))) is not None:
        others = [one for one in contest.results if one.learner != dearest.learner]
        contest = decide_among(examples, others, rules, contest.failed)
        plan = plan.skipping(Skipped(dearest.learner, dearest.seconds, "it did not win, and judging takes longer than was expected"))
    return plan, contest


def settled(before: Plan, grown: Plan, wished: Fitting, contest: Contest, further: Contest, room: Room) -> tuple[Plan, Contest]:
    """The plan and the contest after an attempt: with it where it was worth it and the rest of the work can be paid, else as they were."""
    new = all(fitting.learner != wished.learner for fitting in before.fittings)
    if any((one.learner, one.fitting.effort) == (wished.learner, wished.effort) for one in further.results):
        if not _too_long(grown, further, room):
            return grown, further
        if new:
            why = f"it can be fitted, but not {wished.fits} times, which choosing and judging take, in the time that is left"
            before = before.skipping(Skipped(wished.learner, wished.seconds, why))
    elif new:  # it failed, which the contest says
        return before.silent_on(wished.learner), further
    return before, contest


def _too_long(plan: Plan, contest: Contest, room: Room) -> bool:
    return room.rest(running(plan, contest)) > room.left(plan)


def running(plan: Plan, contest: Contest) -> Plan:
    """With those alone that have not failed or been left out on the way."""
    names = {one.learner for one in contest.results}
    return replace(plan, fittings=tuple(fitting for fitting in plan.fittings if fitting.learner in names))
