"""Several learners of a contest as one more that takes part in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from leadline.learners.blend import Answered, Blend, blended_work, together
from leadline.plan.plan import Fitting
from leadline.registry import BLENDS, learner_class
from leadline.workflow.contest import OutOfFold, Rules
from leadline.workflow.failing import TRIVIAL


def blends(
    results: Sequence[OutOfFold], truth: np.ndarray, rules: Rules, num_classes: int, groups: np.ndarray | None = None
) -> Iterator[OutOfFold]:
    """Every registered way to put learners together that has a use for more than one of them.

    Each half of the rows is answered by members and weights that the other half gave, so that a blend wins no contest by having seen the
    answers; `groups` (n,) stay in one half. What is kept are the weights of all rows. It costs what all its members cost.
    """
    able = {result.learner: result for result in results if result.learner != TRIVIAL}
    if len(able) < 2:
        return
    taught = truth if rules.scale is None else rules.scale.of(truth)
    answered = Answered({name: result.raw for name, result in able.items()}, taught)
    for name in BLENDS:
        blend: Blend = BLENDS.get(name)()
        weights = blend.weigh(answered, rules.task, num_classes)
        if weights is None:
            continue
        members = [able[member] for member in weights.of]
        fittings = [member.fitting for member in members]
        work = blended_work({fitting.learner: fitting.work for fitting in fittings}, weights)
        effort, seconds, cost = (max(f.effort for f in fittings), sum(f.seconds for f in fittings), sum(f.cost for f in fittings))
        raw = blend.cross_weighed(answered, rules.task, num_classes, _halves(len(truth), groups, rules.seed))
        calibration, task = rules.served(raw, truth, num_classes)
        yield OutOfFold(
            Fitting(name, effort, work, fittings[0].fits, seconds, cost), members[0].rows, raw, calibration,
            sum(member.fit_seconds for member in members), together({member.learner: member.graph for member in members}, weights), task,
        )  # fmt: skip


def _halves(num_rows: int, groups: np.ndarray | None, seed: int) -> np.ndarray:
    """(n,) 0 or 1 at random, the same for all rows of a group."""
    units = np.arange(num_rows) if groups is None else np.unique(groups, return_inverse=True)[1]
    halves: np.ndarray = (np.random.default_rng([seed, 17]).permutation(int(units.max()) + 1) % 2)[units]
    return halves


def title_of(fitting: Fitting) -> str:
    """A learner's title for people; of a blend also who is in it, by how much."""
    title: str = learner_class(fitting.learner).title
    members = fitting.work.settings.get("blend_of", {})
    named = ", ".join(f"{name} {member['weight']:.2f}" for name, member in members.items())
    return f"{title} ({named})" if named else title
