"""What cleaning is worth: the score to expect once what findings propose has been done, and how much of it the model itself would gain.

Whoever relabels rows as a model says and then lets that model be judged by them measures nothing. Here judging rows keep the labels that
they were given, and have no part in what is proposed for the rows that teach: checks that propose new labels are asked once more, of those
rows alone. What wrong labels among the judges hide is put right on average, without touching any of them (`evaluate/noisy_judges.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import hypot, inf
from typing import Any

import numpy as np
import polars as pl

from leadline.check.contract import Checked, NotApplicable, Section
from leadline.check.merging import Merging
from leadline.check.taught_twice import seconds_of_turns, turns
from leadline.check.view import Labels, View
from leadline.data.edits import merged_names
from leadline.evaluate.intervals import Interval, difference_interval, share_difference
from leadline.evaluate.noisy_judges import Confusions
from leadline.findings import Finding, Mend
from leadline.registry import CHECKS
from leadline.tasks.contract import Target
from leadline.tasks.metrics import Metric

_ANEW = ("relabel row", "drop row")  # what has to be proposed without the rows that judge
_FITS = 4.0  # in a turn: to rows as they are, to mended ones, and three to two thirds of them, by which labels are proposed
_CHANGES = {"relabel row": "labels changed", "drop row": "rows left out", "merge classes": "merged sets of classes"}


@dataclass(frozen=True)
class Mended:
    """`score` to expect; `learning`: how much better the model answers, judged by right labels, for what it then learns; `changes` by
    kind. `right_labels` says whether the score is by labels that are put right too, or by those given.
    """

    score: Interval
    learning: Interval
    changes: Mapping[str, int]
    right_labels: bool

    def to_json(self) -> dict[str, Any]:
        return {
            **self.score.to_json(),
            "learning": self.learning.to_json(),
            "changes": dict(self.changes),
            "right_labels": self.right_labels,
        }

    def in_words(self, metric: Metric, now: float) -> str:
        changes = ", ".join(f"{number:,} {_CHANGES[action]}" for action, number in self.changes.items())
        value, low, high = (metric.shown(number) for number in (self.score.value, self.score.low, self.score.high))
        said = f"If all that is proposed were right and done ({changes}): {value} {metric.title} to expect ({low} to {high}), "
        said += f"instead of {metric.shown(now)}. "
        between = self._told(metric, self.learning)
        others = ["there is less to tell apart"] if "merge classes" in self.changes else []
        others += ["wrong labels no longer count against it"] if self.right_labels else []
        rest = f"; the rest is that {' and that '.join(others)}" if others else ""
        if self.learning.low > 0:
            return f"{said}The model itself would answer better for it ({between}){rest}."
        if self.learning.high < 0:
            return f"{said}The model itself would answer worse for it ({between}), so look at the proposals first{rest}."
        return f"{said}Whether the model itself would answer better for it cannot be told ({between}){rest}."

    @staticmethod
    def _told(metric: Metric, difference: Interval) -> str:
        numbers = (difference.value, difference.low, difference.high)
        value, low, high = (f"{100 * number:+.1f}" if metric.percent else f"{number:+.3g}" for number in numbers)
        return f"{value}{' points' if metric.percent else ''}, {low} to {high}"


def if_mended(
    view: View, proposals: Iterable[Finding | Section], asked: Mapping[str, Checked], score: Interval | None, seconds: float = inf
) -> Mended | NotApplicable:
    """`score` is that of the rows as they are; `seconds` may go into it. Raises LeadlineError where too few rows are left to try it on."""
    labels, mends = view.labels, [(one.code, mend) for one in proposals for mend in one.mends]
    if labels is None:
        return NotApplicable("there are no answers to learn from")
    if not any(mend.action in _CHANGES for _, mend in mends):
        return NotApplicable("no finding proposes to change a label or to leave out a row")
    if score is None or not score.defined or view.known_answers is None:
        return NotApplicable("no check that was asked had models answer, so that there is no score to compare with")
    if (needed := seconds_of_turns(view, _FITS)) > seconds:
        left = max(0.0, seconds)
        return NotApplicable(f"it would take about {needed:.0f} s, and {left:.0f} s of the budget are left: a larger --budget")
    relabelled = any(mend.action == "relabel row" for _, mend in mends)
    known = [one.confusions for one in asked.values() if one.confusions is not None] if relabelled else []
    return _Trial(view, labels, mends, known[0] if known else None).result(score)


@dataclass(frozen=True)
class _Trial:
    view: View
    labels: Labels
    mends: Sequence[tuple[str, Mend]]
    confusions: Confusions | None  # of labels that would be put right

    def result(self, score: Interval) -> Mended:
        rows, as_is, mended = self._taught_twice()
        by_hits = self.labels.metric.of_hits and self.labels.codes is not None
        total, learning = self._by_hits(rows, as_is, mended) if by_hits else self._as_given(rows, as_is, mended)
        right = by_hits and self.confusions is not None and self.confusions.tell
        return Mended(_moved(score, total, self.labels.metric), learning, self._changes(), right)

    def _taught_twice(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Rows that judged, and what was said of them as the rows are and as they could be."""
        left_out = {row for row, _ in self._given("drop row")}
        judges, as_is, mended = list[np.ndarray](), list[np.ndarray](), list[np.ndarray]()
        for teach, judge in turns(self.view, self.view.answered):
            judge = np.array([row for row in judge.tolist() if row not in left_out], np.int64)
            if not len(judge):
                continue
            judges.append(judge)
            as_is.append(self.view.learn(teach, judge))
            mended.append(self.view.learn(*self._mended(teach, judge, left_out)))
        return np.concatenate(judges), np.concatenate(as_is), np.concatenate(mended)

    def _mended(self, teach: np.ndarray, judge: np.ndarray, left_out: set[int]) -> tuple[np.ndarray, np.ndarray, Target]:
        values, mends = self.labels.target.values.copy(), list(self._anew(teach))
        dropped = left_out | {self._place[row] for mend in mends if mend.action == "drop row" for row in mend.rows}
        relabelled = [(self._place[row], mend.value) for mend in mends if mend.action == "relabel row" for row in mend.rows]
        if relabelled:
            rows, names = zip(*relabelled, strict=True)
            values[list(rows)] = self.labels.task.codes_of(pl.Series(names), self.labels.classes).values
        kept = np.array([row for row in teach.tolist() if row not in dropped], np.int64)
        merging = self._merging
        target = Target(values[kept], self.labels.classes) if merging is None else Target(merging.of[values[kept]], merging.after)
        return kept, judge, target

    def _anew(self, teach: np.ndarray) -> Iterable[Mend]:
        """What checks propose that see no other rows."""
        codes = dict.fromkeys(code for code, mend in self.mends if mend.action in _ANEW and code in CHECKS)
        part = self.view.part(teach) if codes else None
        for code in codes:
            outcome = CHECKS.get(code)().run(part)
            if isinstance(outcome, Checked):
                yield from (mend for finding in outcome.findings for mend in finding.mends if mend.action in _ANEW)

    def _given(self, action: str) -> Iterable[tuple[int, Mend]]:
        """Rows of mends that no check proposes, such as copies to leave out: no label has a part in them."""
        given = [mend for code, mend in self.mends if mend.action == action and code not in CHECKS]
        return [(self._place[row], mend) for mend in given for row in mend.rows if row in self._place]

    @cached_property
    def _place(self) -> dict[int, int]:
        return {row: place for place, row in enumerate(self.view.data.source_rows().tolist())}

    @cached_property
    def _merging(self) -> Merging | None:
        into = merged_names(mend for _, mend in self.mends if mend.action == "merge classes")
        names = [name for name in self.labels.classes if name in into]
        return Merging.of_classes({name: into[name] for name in names}, self.labels.classes) if names else None

    def _by_hits(self, rows: np.ndarray, as_is: np.ndarray, mended: np.ndarray) -> tuple[Interval, Interval]:
        """How much higher the score is, by right labels instead of those given, and how much of it the model has learned."""
        assert self.labels.codes is not None
        given, merging = self.labels.codes[rows], self._merging
        confusions = self.confusions if self.confusions is not None and self.confusions.tell else None
        hits = (as_is.argmax(axis=1) == given).astype(np.float64)
        if merging is not None:
            given, as_is = merging.of[given], merging.chances(as_is)
            confusions = None if confusions is None else confusions.merged(merging.of)
        before, after = as_is.argmax(axis=1), mended.argmax(axis=1)
        total, learning = list[Interval](), list[Interval]()
        for factor in (1.0,) if confusions is None else confusions.factors:
            of_after, of_before = (_hits(said, given, confusions, factor) for said in (after, before))
            total.append(share_difference(of_after, hits))
            learning.append(share_difference(of_after, of_before))
        return _together(total), _together(learning)

    def _as_given(self, rows: np.ndarray, as_is: np.ndarray, mended: np.ndarray) -> tuple[Interval, Interval]:
        truth, merging = self.labels.target.values[rows], self._merging
        if merging is not None:
            truth, as_is = merging.of[truth], merging.chances(as_is)
        apart = difference_interval(self.labels.metric, mended, as_is, truth, self.view.seed)
        return apart, apart

    def _changes(self) -> dict[str, int]:
        counts = Counter(dict.fromkeys(_CHANGES, 0))
        for _, mend in self.mends:
            if mend.action in _CHANGES:
                counts[mend.action] += max(1, len(mend.rows))
        return {action: number for action, number in counts.items() if number}


def _hits(said: np.ndarray, given: np.ndarray, confusions: Confusions | None, factor: float) -> np.ndarray:
    return (said == given).astype(np.float64) if confusions is None else confusions.times(factor).hits(said, given)


def _together(intervals: Sequence[Interval]) -> Interval:
    """The first, as far as any of them reaches."""
    return replace(intervals[0], low=min(one.low for one in intervals), high=max(one.high for one in intervals))


def _moved(score: Interval, gain: Interval, metric: Metric) -> Interval:
    """A score that is so much better; what is not known of either adds up as of independent ones."""
    below, above = hypot(score.value - score.low, gain.value - gain.low), hypot(score.high - score.value, gain.high - gain.value)
    value = score.value + metric.better(gain.value)
    low, high = (value - below, value + above) if metric.higher_is_better else (value - above, value + below)
    if metric.of_hits:
        value, low, high = (min(1.0, max(0.0, number)) for number in (value, low, high))
    return Interval(value, low, high, gain.n)
