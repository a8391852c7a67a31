"""What a leak between the parts of a given split was worth: the score with the rows that leak, and without them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.overlaps import CODE, Sides, sides
from leadline.check.view import Labels, View
from leadline.evaluate.intervals import Interval, gain_interval, score_interval
from leadline.findings import Finding
from leadline.tasks.metrics import Metric

_LEAST_LEAKING, _LEAST_CLEAN = 10, 30  # rows from which on a score with and without them can be told


@dataclass(frozen=True)
class _Worth:
    """Scores on all rows that judge and on those that do not leak, and how much better the former is."""

    every: Interval
    clean: Interval
    gain: Interval


class SplitLeak(Check):
    """Overlaps are found while reading; this asks what they did to the score. The best single learner learns from what teaches, and
    answers the whole part that judges.
    """

    code: ClassVar[str] = CODE
    title: ClassVar[str] = "do rows that judge also teach, and what is that worth?"

    def run(self, view: View) -> Checked | NotApplicable:
        labels = view.labels
        if labels is None:
            return NotApplicable("without answers it cannot be told what a leak is worth")
        leaks = [finding for finding in view.data.findings if finding.code == CODE]
        told, facts = list[Finding](), list[dict[str, Any]]()
        for leak in leaks:
            rows = np.flatnonzero(np.isin(view.data.source_rows(), leak.rows))
            if len(rows) < len(leak.rows):  # rows drawn by lot: those that they are copies of are hardly ever among them
                continue
            side = next(side for side in sides(view.data) if np.isin(rows, side.judging).all())
            worth = _worth(view, labels, side, rows)
            told.append(_in_words(leak, labels.metric, worth))
            facts.append(_in_json(leak, side, worth))
        return Checked(tuple(told), facts={"split_leaks": facts})


def _worth(view: View, labels: Labels, side: Sides, rows: np.ndarray) -> _Worth | str:
    """Or why it cannot be told, a sentence without its full stop."""
    leaks = np.isin(side.judging, rows)
    if leaks.sum() < _LEAST_LEAKING:
        return f"fewer than {_LEAST_LEAKING} rows leak"
    if (~leaks).sum() < _LEAST_CLEAN:
        return f"fewer than {_LEAST_CLEAN} rows of {side.part} do not leak"
    judging, answers = view.once(f"answers of who learned from {side.where}", lambda: _answers(view, side))
    if not len(judging):
        return "too few rows can be read"
    truth, clean = labels.target.values[judging], ~np.isin(judging, rows)
    worth = _Worth(
        score_interval(labels.metric, answers, truth, view.seed),
        score_interval(labels.metric, answers[clean], truth[clean], view.seed),
        gain_interval(labels.metric, answers, truth, clean, view.seed),
    )
    return worth if worth.every.defined and worth.clean.defined and worth.gain.defined else "too few rows can be scored"


def _answers(view: View, side: Sides) -> tuple[np.ndarray, np.ndarray]:
    """Rows that judge, those that can be read, and the answers to them."""
    teaching, judging = (part[np.isin(part, view.answered)] for part in (side.teaching, side.judging))
    return (judging, view.learn(teaching, judging)) if len(teaching) and len(judging) else (judging[:0], judging[:0])


def _in_words(leak: Finding, metric: Metric, worth: _Worth | str) -> Finding:
    if isinstance(worth, str):
        said = f"what that is worth cannot be told: {worth}"
    else:
        value, low, high = (_gained(metric, gain) for gain in (worth.gain.value, worth.gain.low, worth.gain.high))
        points = f"{value}{' points' if metric.percent else ''} ({low} to {high})"
        verdict = f"worth {points}" if worth.gain.low > 0 else f"a difference of {points}, which may be chance"
        said = f"{metric.shown(worth.every.value)} {metric.title} with them and {metric.shown(worth.clean.value)} without, {verdict}"
    return replace(leak, detail=f"{leak.detail}; {said}" if leak.detail else said)


def _gained(metric: Metric, gain: float) -> str:
    return f"{100 * gain:.1f}" if metric.percent else metric.shown(gain)


def _in_json(leak: Finding, side: Sides, worth: _Worth | str) -> dict[str, Any]:
    found = {"part": side.part, "title": leak.title, "num_rows": len(leak.rows)}
    if isinstance(worth, str):
        return {**found, "score": None, "score_without": None, "worth": None, "why": worth}
    return {**found, "score": worth.every.to_json(), "score_without": worth.clean.to_json(), "worth": worth.gain.to_json(), "why": None}
