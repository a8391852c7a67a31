"""Dearer versions of a learner wait until it is known what the learner itself leaves to win."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from leadline.learners.contract import Learner
from leadline.plan.plan import Fitting, Skipped
from leadline.registry import LEARNERS
from leadline.workflow.contest import Contest, Rules
from leadline.workflow.failing import TRIVIAL

_LITTLE = 0.03  # of what answering without looking leaves to win


def first_wave(fittings: Sequence[Fitting]) -> list[Fitting]:
    """Those that wait for nobody in the plan."""
    planned = {fitting.learner for fitting in fittings}
    return [fitting for fitting in fittings if _smaller(fitting) not in planned]


def second_wave(fittings: Sequence[Fitting], contest: Contest, rules: Rules) -> Iterator[Fitting | Skipped]:
    """The others, each as it is or as left out: where the smaller version is nearly perfect, a larger one cannot be worth its price."""
    first = first_wave(fittings)
    for fitting in [fitting for fitting in fittings if fitting not in first]:
        smaller = _smaller(fitting)
        left = _left_to_win(contest, smaller, rules)
        if left is None or left > _LITTLE:
            yield fitting
        else:
            why = f"{smaller} leaves {left:.1%} of what not looking leaves, too little for a larger network to show"
            yield Skipped(fitting.learner, fitting.seconds, why)


def _smaller(fitting: Fitting) -> str:
    learner: type[Learner] = LEARNERS.get(fitting.learner)
    return learner.larger_than


def _left_to_win(contest: Contest, learner: str, rules: Rules) -> float | None:
    """How far a learner's score is from perfect, as a share of how far the trivial baseline's is; None where one of them has none."""
    scores = {one.learner: rules.score(one, contest.truth) for one in contest.results if one.learner in (learner, TRIVIAL)}
    if len(scores) < 2 or not all(map(math.isfinite, scores.values())):
        return None
    perfect = 1.0 if rules.metric.higher_is_better else 0.0
    farthest = abs(scores[TRIVIAL] - perfect)
    return abs(scores[learner] - perfect) / farthest if farthest else None
