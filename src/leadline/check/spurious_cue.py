"""Things beside the point that tell the answer: a frame, a file format, a length, a gap. A model learns these first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.cues import Cue, Kind, cues_of
from leadline.check.single_cue import Told, told_by
from leadline.check.view import Labels, View
from leadline.errors import listed
from leadline.findings import Finding, Severity

_LEAST_ROWS = 10  # of a class of which anything is said
_MOST_ROWS = 100_000  # that are looked at; more would tell the same
# By how much a cue tells, from low to high: the area under the curve that the interval must be above, and the share of a class that has
# what hardly any others have.
_AREA = {Kind.MADE: (0.7, 0.85, 0.95), Kind.SHOWN: (0.8, 0.97), Kind.WRITTEN: ()}
_MARKED = {Kind.MADE: (0.3, 0.5, 0.8), Kind.SHOWN: (), Kind.WRITTEN: (0.5, 0.8)}
_STEPS = (Severity.LOW, Severity.MEDIUM, Severity.HIGH)
_CLASSES = 3


@dataclass(frozen=True)
class _Of:
    """A cue that tells one class."""

    cue: Cue
    place: int  # of the class
    told: Told
    severity: Severity

    @property
    def strength(self) -> tuple[int, bool, float]:
        """Of two classes that one cue parts the one that has it comes first."""
        return _STEPS.index(self.severity), self.marked, float(self.told.low[self.place])

    @property
    def marked(self) -> bool:
        return bool(self.told.held[self.place] >= min(_MARKED[self.cue.kind], default=np.inf))


class SpuriousCue(Check):
    """Each cue alone, cross-fitted, as a way to tell a class from the others: area under the ROC curve against one half, which is chance
    (Geirhos et al., "Shortcut learning in deep neural networks", 2020).
    """

    code: ClassVar[str] = "spurious-cue"
    title: ClassVar[str] = "does something beside the point give the answer away?"

    def run(self, view: View) -> Checked | NotApplicable:
        asked = None if view.labels is None else _sides(view.labels)
        if asked is None:
            return NotApplicable("there are no answers that each row has one of")
        codes, names = asked
        best = dict[tuple[str, str | None, int], _Of]()
        for cue in cues_of(view):
            for one in _told(view, cue, codes, len(names)):
                key = cue.family, cue.column, one.place
                if key not in best or one.strength > best[key].strength:
                    best[key] = one
        together = dict[tuple[str, str | None], list[_Of]]()
        for (family, column, _), one in best.items():
            together.setdefault((family, column), []).append(one)  # each with the clearest of the cues that mean the same
        return Checked(tuple(_finding(view, some, codes, names) for some in together.values()))


def _sides(labels: Labels) -> tuple[np.ndarray, list[str]] | None:
    """(n,) the class of each row, and names for people; of numbers the quarters of their range."""
    if labels.codes is not None:
        return labels.codes, list(labels.classes)
    values = labels.target.values
    if labels.classes or values.ndim != 1 or len(values) < 4 * _LEAST_ROWS:
        return None
    quarters = np.searchsorted(np.quantile(values, (0.25, 0.5, 0.75)), values)
    return quarters, [f"{labels.name} in its {place} quarter" for place in ("lowest", "second", "third", "highest")]


def _told(view: View, cue: Cue, codes: np.ndarray, num_classes: int) -> Iterator[_Of]:
    """Of the classes that this cue tells."""
    rows, values = cue.rows, cue.values
    if len(rows) > _MOST_ROWS:
        some = np.sort(np.random.default_rng([view.seed, 29]).choice(len(rows), _MOST_ROWS, replace=False))
        rows, values = rows[some], values[some]
    mine = codes[rows]
    counts = np.bincount(mine, minlength=num_classes)
    if (counts > 0).sum() < 2 or len(np.unique(values[np.isfinite(values)])) + bool(np.isnan(values).any()) < 2:
        return
    told = told_by(values, mine, num_classes, None if view.groups is None else view.groups[rows], view.seed, cue.width)
    for place in np.flatnonzero((counts >= _LEAST_ROWS) & (counts <= len(rows) - _LEAST_ROWS)).tolist():
        severity = _severity(cue, told, place)
        if severity is not None:
            yield _Of(cue, place, told, severity)


def _severity(cue: Cue, told: Told, place: int) -> Severity | None:
    """None where it tells no more than is worth saying."""
    steps = sum(told.low[place] >= least for least in _AREA[cue.kind])
    if told.low[place] > 0.5:
        steps = max(steps, sum(told.held[place] >= least for least in _MARKED[cue.kind]))
    return None if steps == 0 else min(_STEPS[steps - 1], cue.most, key=_STEPS.index)


def _finding(view: View, some: list[_Of], codes: np.ndarray, names: list[str]) -> Finding:
    """Of one cue: the classes that it tells, the clearest first; of two classes one is enough."""
    some = sorted(some, key=lambda one: one.strength, reverse=True)[: 1 if len(names) == 2 else None]
    first = some[0]
    cue, told, place = first.cue, first.told, first.place
    title = cue.question.format(classes=listed([names[one.place] for one in some], _CLASSES))
    where = f" in {cue.column}" if cue.column is not None and len(view.data.columns) > 1 else ""
    area, low, high = told.value[place], told.low[place], told.high[place]
    detail = f"by that alone{where}, {names[place]} is ranked before others in {area:.1%} of pairs ({low:.1%} to {high:.1%}; chance is 50%)"
    if first.marked:
        shares = f"{told.held[place]:.1%} of {names[place]} have {cue.say(told.mark[place])}, and {told.others[place]:.1%} of the others"
        detail = f"{shares}; {detail}"
    rows = np.unique(np.concatenate([_marked_rows(one, codes) for one in some]))
    return view.found("spurious-cue", first.severity, title, detail, column=cue.column, rows=rows, fix=cue.fix)


def _marked_rows(one: _Of, codes: np.ndarray) -> np.ndarray:
    """Rows of the class that have what marks it."""
    if not one.marked:
        return np.array([], dtype=np.int64)
    cue, apart = one.cue, np.abs(np.round(one.cue.values / one.cue.width) - np.round(one.told.mark[one.place] / one.cue.width))
    rows: np.ndarray = cue.rows[(apart <= 1) & (codes[cue.rows] == one.place)]
    return rows
