"""Whether there are enough examples: of each class, and in all."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.view import Labels, View
from leadline.data.split import fold_numbers
from leadline.errors import listed
from leadline.evaluate.curve import Curve, learning_curve
from leadline.evaluate.intervals import Interval, score_interval
from leadline.evaluate.per_class import PerClass, per_class
from leadline.findings import Finding, Severity

_FEW = 10  # rows of a class: from fewer nothing can be told, neither learned nor judged
_SMALL = 0.5  # of the mean size of a class: larger ones are not poor for want of rows
_HALF = 0.5  # of a class that is surely missed
_MOST_TAUGHT = 20_000  # rows from which a curve is told; more are not missed by anybody
_LEAST = 40  # rows of which a curve is told
_FOLDS = 5
_SHOWN = 5


class TooFew(Check):
    """A class has too few rows where it has hardly any, or where it is small, is found surely less often than rows are in all, and the
    score still rises with more of them. The curve: the best single learner on a quarter, half and all of the rows but a fifth, which
    judges.
    """

    code: ClassVar[str] = "too-few"
    title: ClassVar[str] = "are there enough examples?"

    def run(self, view: View) -> Checked | NotApplicable:
        labels = view.labels
        if labels is None:
            return NotApplicable("there are no answers to learn from")
        answers = view.answers.values
        told = np.flatnonzero(np.isfinite(answers.reshape(len(view), -1)).all(axis=1))
        curve = _curve(view, labels, told)
        classes = per_class(labels.task, answers[told], labels.target.values[told], labels.classes)
        whole = score_interval(labels.metric, answers[told], labels.target.values[told], view.seed)
        findings = [*self._of_classes(view, labels, classes, curve), *self._in_all(view, labels, curve, whole)]
        return Checked(tuple(findings), facts={} if curve is None else {"learning_curve": curve.to_json()})

    def _of_classes(self, view: View, labels: Labels, classes: list[PerClass], curve: Curve | None) -> list[Finding]:
        poor = _poor(classes, curve is not None and curve.rising)
        if not poor:
            return []
        named = [
            f"{one.name} ({one.n:,} rows, {one.recall:.0%} of them found, {one.recall_low:.0%} to {one.recall_high:.0%})" for one in poor
        ]
        title = f"{len(poor):,} of {len(classes):,} classes have too few rows: {listed(named, _SHOWN)}"
        if len(poor) == 1:
            title = f"the class {named[0]} has too few rows"
        severity = Severity.MEDIUM if any(one.recall_high < _HALF for one in poor) else Severity.LOW
        fix = "collect more of these first, or merge them with others where that is all the same to you"
        return [view.found(self.code, severity, title, column=labels.name, fix=fix)]

    def _in_all(self, view: View, labels: Labels, curve: Curve | None, whole: Interval) -> list[Finding]:
        if curve is None or not curve.rising:
            return []
        shown = labels.metric.shown
        first, *others = (f"{shown(point.score.value)} from {point.rows:,}" for point in curve.points)
        title = f"more rows still help: {labels.metric.title} {first} rows, {', '.join(others)}"
        detail = f"the last doubling was worth {shown(curve.rise.value)} ({shown(curve.rise.low)} to {shown(curve.rise.high)})"
        return [view.found(self.code, Severity.LOW, title, detail, fix="collect more rows, if they are cheap")]


def _poor(classes: list[PerClass], rising: bool) -> list[PerClass]:
    """The classes that have too few rows, the smallest first."""
    if not classes:
        return []
    found = sum(one.recall * one.n for one in classes) / sum(one.n for one in classes)
    small = _SMALL * float(np.mean([one.n for one in classes]))
    poor = [one for one in classes if one.n < _FEW or (rising and one.n < small and one.recall_high < found)]
    return sorted(poor, key=lambda one: one.n)


def _curve(view: View, labels: Labels, told: np.ndarray) -> Curve | None:
    """None where there are too few rows for one."""
    if len(told) < _LEAST:
        return None
    if len(told) > _MOST_TAUGHT:
        told = np.sort(np.random.default_rng([view.seed, 37]).choice(told, _MOST_TAUGHT, replace=False))
    values, groups = labels.target.values, view.groups
    strata = labels.task.strata(values)
    judges = fold_numbers(strata[told], _FOLDS, view.seed, None if groups is None else groups[told]) == 0
    if judges.all() or not judges.any():
        return None
    return learning_curve(view.learn, told[~judges], told[judges], values, strata, labels.metric, groups, view.seed)
