"""In which scale learners are taught a target with long tails: found once for all of them, on rows held out of those that teach."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from leadline.data.examples import Examples
from leadline.evaluate.folds import Fold, make_folds
from leadline.evaluate.intervals import difference_interval
from leadline.evaluate.target_scale import scales_for
from leadline.learners.contract import Learner, Sizes
from leadline.learners.linear import sampled
from leadline.parts import COLUMN
from leadline.plan.plan import Fitting
from leadline.registry import LEARNERS
from leadline.workflow.contest import Rules
from leadline.workflow.failing import FAILURES, TRIVIAL

_ROWS, _FOLDS = 3_000, 3  # rows of a trial, all of which are held out once
_LEARNERS = 2  # of the plan, the first ones: those win most often
_OTHER_FOLDS = 3  # added to the seed; tuning adds 2


def in_best_scale(rules: Rules, examples: Examples, fittings: Sequence[Fitting]) -> Rules:
    """The rules with the scale in which one of the plan's first learners, at least effort, answers held-out rows best.

    Only targets with long tails are tried in another scale than their own, which is left only for one that is significantly better.
    """
    scales = scales_for(examples.target) if rules.task.loss(examples.num_classes) == "squared" else []
    if not scales:
        return rules
    some = sampled(examples, _ROWS, rules.seed)
    folds = make_folds(some, rules.task, _FOLDS, rules.seed + _OTHER_FOLDS)
    learners: list[Learner] = [LEARNERS.get(one.learner)() for one in fittings if one.learner != TRIVIAL][:_LEARNERS]
    truth = some.target[np.concatenate([fold.valid for fold in folds])]
    best = {scale: _best(replace(rules, scale=scale), some, folds, learners, truth) for scale in (None, *scales)}
    score, answers = best.pop(None)
    chosen = max(best, key=lambda scale: best[scale][0])
    if not best[chosen][0] > score or not difference_interval(rules.metric, best[chosen][1], answers, truth).low > 0:
        return rules
    return replace(rules, scale=chosen)


_Scored = tuple[float, np.ndarray]  # higher is better; answers (n,)


def _best(rules: Rules, examples: Examples, folds: Sequence[Fold], learners: Sequence[Learner], truth: np.ndarray) -> _Scored:
    """What the best of the learners said, and its score; -inf where all fail."""
    return max(_scored(rules, examples, folds, learners, truth), key=lambda one: one[0], default=(-np.inf, np.zeros_like(truth)))


def _scored(rules: Rules, examples: Examples, folds: Sequence[Fold], learners: Sequence[Learner], truth: np.ndarray) -> Iterator[_Scored]:
    taught, sizes = rules.taught(examples), _sizes(examples)
    for learner in learners:
        try:
            work = learner.work(sizes, rules.task, 0)
            graphs = (learner.fit(taught.take(fold.train), rules.task, work, rules.seed) for fold in folds)
            raw = np.concatenate([graph.run(examples.take(fold.valid).values) for graph, fold in zip(graphs, folds, strict=True)])
            part = rules.calibration(raw, truth)
            answers = rules.task.answers(raw if part is None else np.asarray(part.run(raw)))
            value = rules.metric.better(rules.metric.value(answers, truth))
        except FAILURES:
            continue
        yield float(np.nan_to_num(value, nan=-np.inf)), answers


def _sizes(examples: Examples) -> Sizes:
    """As far as they can be told from the rows themselves."""
    categories = {name: examples.values[COLUMN + name].n_unique() for name in examples.columns_of("category")}
    return Sizes(len(examples), examples.types, examples.num_classes, categories)
