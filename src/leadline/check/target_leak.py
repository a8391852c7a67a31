"""Columns that give the answer away: copies of it, and values that are only there once the answer is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.one_column import Asked, auc, bins_of, table_features
from leadline.check.table_model import explained
from leadline.check.view import Labels, View
from leadline.columns.missing import missing_rows
from leadline.data.split import fold_numbers
from leadline.data.table import forms_of
from leadline.evaluate.intervals import wilson
from leadline.findings import Finding, Severity

_FOLDS = 4
_CELLS, _LEAST_ROWS, _MOST_ROWS = 20_000_000, 1_000, 20_000  # so many values are looked at, and so many rows
_OUTPUTS = 2_000_000  # numbers that the model of the other columns answers, rows times classes
_MOST_OTHERS = 200  # columns of that model, those that tell most
_NEARLY_ALL = 0.7  # of the entropy: a copy of the answer with 2 % of mistakes tells .80 to .85 of it
_NEARLY_ALL_NUMBERS = 0.95  # of the variance
_HALVED = 0.5  # of what the others leave open is left at most by a column that gives the answer away
_BEYOND = 1.25  # times what all others tell together: `duration` of bank_marketing 1.6, V14 of card fraud 1.02, all of adult under .6
_NOTABLE, _DECIDED = 0.1, 0.1  # told at least, and the share of rows whose answer it all but decides, to be asked about
_BY_GAPS, _BY_GAPS_HIGH = 0.25, 0.5  # told by whether there is a value
_PURE = 0.95  # of the rows with (or without) a value have one answer, where that tells it


@dataclass(frozen=True)
class _Column:
    """One column of the sample: its features in bins, and which rows have no value."""

    name: str
    bins: tuple[np.ndarray, ...]
    gaps: np.ndarray


@dataclass(frozen=True)
class _Sample:
    """Rows of a view that are looked at, and what is asked of them."""

    view: View
    labels: Labels
    rows: np.ndarray

    @cached_property
    def target(self) -> np.ndarray:
        values: np.ndarray = self.labels.target.values[self.rows]
        return values

    @cached_property
    def asked(self) -> Asked:
        groups = None if self.view.groups is None else self.view.groups[self.rows]
        folds = fold_numbers(self.labels.task.strata(self.target), _FOLDS, self.view.seed, groups)
        return Asked(self.target, len(self.labels.classes), folds)

    @cached_property
    def features(self) -> dict[str, Any]:
        return table_features(self.view.data.take(self.rows))

    def columns(self) -> Iterator[_Column]:
        for name, choice in self.view.data.columns.items():
            forms = forms_of({name: choice.type})
            bins = (bins_of(self.features[feature], form) for feature, form in forms.items() if feature in self.features)
            gaps = missing_rows(self.view.data.raw(name).gather(self.rows), choice.kind().tokens).to_numpy()
            yield _Column(name, tuple(found for found in bins if found is not None), gaps)

    def together(self, names: Sequence[str]) -> float:
        """What these columns tell together, by a linear model of some of the rows."""
        types = forms_of({name: self.view.data.types[name] for name in names})
        some = np.arange(0, len(self.rows), max(1, -(-len(self.rows) * max(1, len(self.labels.classes)) // _OUTPUTS)))
        columns = {name: self.features[name][some] for name in types if name in self.features}
        return explained(columns, types, self.target[some], self.labels.task, len(self.labels.classes), self.asked.folds[some] % 2)


class TargetLeak(Check):
    """The share of the answer's entropy, or variance, that a column tells by itself, beside what all others tell together.

    What leaks are is told by Kaufman et al., "Leakage in data mining", 2012; the share is Theil's uncertainty coefficient (1970).
    """

    code: ClassVar[str] = "target-leak"
    title: ClassVar[str] = "does a column give the answer away?"

    def run(self, view: View) -> Checked | NotApplicable:
        if view.labels is None or (view.labels.classes and view.labels.codes is None):
            return NotApplicable("the answers are not classes or numbers, one for each row")
        if not view.data.columns:
            return NotApplicable("there are no columns besides the answers")
        sample = _Sample(view, view.labels, _some(view))
        columns = list(sample.columns())
        by_gaps = [finding for column in columns if (finding := _by_gaps(sample, column))]
        said = {finding.column for finding in by_gaps}
        told = {column.name: _told(sample.asked, column) for column in columns if column.bins}
        return Checked((*by_gaps, *_by_values(sample, {column.name: column for column in columns}, told, said)))


def _some(view: View) -> np.ndarray:
    most = int(np.clip(_CELLS // max(1, len(view.data.columns)), _LEAST_ROWS, _MOST_ROWS))
    if len(view) <= most:
        return np.arange(len(view))
    return np.sort(np.random.default_rng([view.seed, 31]).choice(len(view), most, replace=False))


def _told(asked: Asked, column: _Column) -> float:
    return max(asked.explained(bins) for bins in column.bins)


def _by_values(sample: _Sample, columns: dict[str, _Column], told: dict[str, float], said: set[str | None]) -> Iterator[Finding]:
    """Nearly perfect columns are judged beside the others; then the most telling of these beside what is left."""
    nearly_all = _NEARLY_ALL if sample.asked.in_classes else _NEARLY_ALL_NUMBERS
    order = sorted(told, key=lambda name: -told[name])
    strong = [name for name in order if told[name] >= nearly_all or name in said]
    others = [name for name in order if name not in strong][: _MOST_OTHERS + 1]
    suspects = [name for name in strong if name not in said]
    if suspects:
        rest = sample.together(others)
        yield from (_perfect(sample, columns[name], told[name], rest, bool(others)) for name in suspects if told[name] > rest)
    if len(others) > 1 and told[others[0]] >= _NOTABLE and _decides(sample.asked, columns[others[0]]):
        rest = sample.together(others[1:])
        if told[others[0]] >= _BEYOND * rest:
            yield _asked_about(sample, columns[others[0]], told[others[0]], rest)


def _decides(asked: Asked, column: _Column) -> bool:
    return asked.in_classes and max(asked.decided(bins) for bins in column.bins) >= _DECIDED


def _perfect(sample: _Sample, column: _Column, told: float, rest: float, others: bool) -> Finding:
    severe = others and 1 - told <= _HALVED * (1 - rest)
    title = f"{column.name} nearly gives {sample.labels.name} away: {_in_words(sample.asked, column)}"
    detail = _beside(sample, told, rest) if others else "there is no other column to compare it with"
    fix = f"is it known before {sample.labels.name} is? If not, leave it out: --exclude {column.name}"
    return sample.view.found(TargetLeak.code, Severity.HIGH if severe else Severity.MEDIUM, title, detail, column=column.name, fix=fix)


def _asked_about(sample: _Sample, column: _Column, told: float, rest: float) -> Finding:
    title = f"is {column.name} known before {sample.labels.name} is? By itself it tells more than all other columns together"
    detail = f"{_in_words(sample.asked, column)}; {_beside(sample, told, rest)}"
    fix = f"if it is only known afterwards, leave it out: --exclude {column.name}; else it is simply a strong one"
    return sample.view.found(TargetLeak.code, Severity.MEDIUM, title, detail, column=column.name, fix=fix)


def _in_words(asked: Asked, column: _Column) -> str:
    bins = max(column.bins, key=asked.explained)
    if asked.num_classes == 2:
        return f"it alone ranks a row of one class above one of the other in {auc(asked.guessed(bins), asked.values == 1):.1%} of pairs"
    if asked.in_classes:
        usual = np.bincount(asked.values).max() / len(asked.values)
        return f"it alone names {asked.right(bins):.1%} of the classes rightly, the most frequent one {usual:.1%}"
    return f"it alone tells {asked.explained(bins):.1%} of the variance"


def _beside(sample: _Sample, told: float, rest: float) -> str:
    what = "entropy" if sample.asked.in_classes else "variance"
    return f"of the answer's {what} it tells {told:.0%}, the other columns together {rest:.0%}"


def _by_gaps(sample: _Sample, column: _Column) -> Finding | None:
    """Where there is a value, or there is none, tells the answer."""
    told = sample.asked.explained(column.gaps.astype(np.int64)) if 0 < column.gaps.mean() < 1 else 0.0
    if told < _BY_GAPS or not (told_as := _gaps_in_words(sample, column)):
        return None
    severity = Severity.HIGH if told >= _BY_GAPS_HIGH else Severity.MEDIUM
    fix = f"is it filled in once {sample.labels.name} is known? Then leave it out: --exclude {column.name}"
    title = f"whether {column.name} has a value tells {sample.labels.name}: {told_as}"
    return sample.view.found(TargetLeak.code, severity, title, column=column.name, fix=fix)


def _gaps_in_words(sample: _Sample, column: _Column) -> str:
    """The purer of both sides; empty where neither has nearly one answer only."""
    if not sample.asked.in_classes:
        means = (float(sample.target[~column.gaps].mean()), float(sample.target[column.gaps].mean()))
        return f"the mean is {means[0]:.4g} with one and {means[1]:.4g} without"
    found = list[tuple[float, str]]()
    for rows, how in ((~column.gaps, "it is there"), (column.gaps, "it is missing")):
        counts = np.bincount(sample.target[rows], minlength=len(sample.labels.classes))
        most, usual = int(counts.argmax()), np.bincount(sample.target, minlength=len(counts)) / len(sample.rows)
        share = float(counts[most] / counts.sum())
        pure = wilson(float(counts[most]), int(counts.sum()))[0] >= _PURE or share == 1
        if pure and 1 - share <= 0.1 * (1 - usual[most]):
            found.append((share, f"where {how}, the answer is {sample.labels.classes[most]} in {share:.1%} of {counts.sum():,} rows"))
    return max(found)[1] if found else ""
