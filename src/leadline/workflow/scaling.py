"""In which scale learners are taught a target with long tails: found once for all of them, on rows held out of those that teach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from leadline.data.examples import Examples
from leadline.evaluate.folds import Fold, make_folds
from leadline.evaluate.intervals import difference_interval
from leadline.evaluate.target_scale import scales_for
from leadline.learners.contract import Learner, Sizes
from leadline.learners.linear import sampled
from leadline.plan.budget import Field
from leadline.registry import LEARNERS
from leadline.workflow.contest import Rules
from leadline.workflow.failing import FAILURES, TRIVIAL
from leadline.workflow.setup import Setup

_ROWS, _FOLDS = 2_000, 3  # rows of a trial, all of which are held out once
_SCALES = 3  # that are tried at most, the target's own among them
_OTHER_FOLDS = 3  # added to the seed; tuning adds 2
_MOST_SHARE = 0.15  # of the time left, beyond which no scale is looked for


def trial_prices(setup: Setup, sizes: Sizes, fields: Sequence[Field], seconds_left: float) -> dict[str, float]:
    """Who of these could try scales, the cheapest first, and the seconds of one search; nobody where there are no long tails or no time
    for it. It is made again in every part of a nested cross-validation.
    """
    target, able = setup.target.values[setup.teaching], [one for one in fields if one.learner.name != TRIVIAL]
    if setup.task.loss(setup.num_classes) != "squared" or not able or not scales_for(target):
        return {}
    some = replace(sizes, rows=min(sizes.rows, _ROWS))
    prices = {one.learner.name: one.rate.seconds(one.learner.work(some, setup.task, 0).steps, _SCALES * _FOLDS) for one in able}
    return {name: prices[name] for name in sorted(prices, key=lambda name: prices[name]) if prices[name] < _MOST_SHARE * seconds_left}


def in_best_scale(rules: Rules, examples: Examples, learner: str, sizes: Sizes) -> Rules:
    """The rules with the scale in which the learner, at least effort, answers held-out rows best.

    Only targets with long tails are tried in another scale than their own, which is left only for one that is significantly better.
    """
    rules = replace(rules, scale=None)
    scales = scales_for(examples.target) if learner else []
    some = sampled(examples, _ROWS, rules.seed)
    folds = make_folds(some, rules.task, _FOLDS, rules.seed + _OTHER_FOLDS) if scales else []
    if not folds:
        return rules
    truth, sizes = some.target[np.concatenate([fold.valid for fold in folds])], replace(sizes, rows=len(some))
    tried = {scale: _scored(replace(rules, scale=scale), some, folds, learner, sizes, truth) for scale in (None, *scales)}
    score, answers = tried.pop(None)
    chosen = max(tried, key=lambda scale: tried[scale][0])
    if not tried[chosen][0] > score or not difference_interval(rules.metric, tried[chosen][1], answers, truth).low > 0:
        return rules
    return replace(rules, scale=chosen)


_Scored = tuple[float, np.ndarray]  # higher is better; answers (n,)


def _scored(rules: Rules, examples: Examples, folds: Sequence[Fold], name: str, sizes: Sizes, truth: np.ndarray) -> _Scored:
    """What the learner says when it is taught in the scale of the rules, and its score; -inf where it fails."""
    learner: Learner = LEARNERS.get(name)()
    taught = rules.taught(examples)
    try:
        work = learner.work(sizes, rules.task, 0)
        graphs = (learner.fit(taught.take(fold.train), rules.task, work, rules.seed) for fold in folds)
        raw = np.concatenate([graph.run(examples.take(fold.valid).values) for graph, fold in zip(graphs, folds, strict=True)])
        part = rules.calibration(raw, truth)
        answers = rules.task.answers(raw if part is None else np.asarray(part.run(raw)))
        value = rules.metric.better(rules.metric.value(answers, truth))
    except FAILURES:
        return -np.inf, np.zeros_like(truth)
    return float(np.nan_to_num(value, nan=-np.inf)), answers
