"""Parts of a given split that are not alike: a model can tell which part a row is of, and by what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.equal_rows import tells_apart
from leadline.check.one_column import Asked, auc, auc_interval, bins_of, table_features
from leadline.check.table_model import out_of_fold
from leadline.check.view import View
from leadline.data.split import fold_numbers
from leadline.data.table import forms_of
from leadline.encoders.tabular import CATEGORY, NUMBER, DesignMatrix
from leadline.errors import LeadlineError
from leadline.evaluate.intervals import Interval
from leadline.findings import Finding, Severity
from leadline.heads.class_distance import largest_directions
from leadline.learners.search import Aim
from leadline.values import Dense

_LEAST_ROWS, _MOST_ROWS = 30, 5_000  # of a part
_MOST_COLUMNS = 500  # so many are looked at, the first
_DIRECTIONS = 128  # of vectors, those in which rows differ most
_FOLDS = 3
_SEVERE, _WORTH, _SAID = 0.8, 0.65, 0.55  # that the area under the curve is surely above: .5 is chance
_OTHER_CLASSES, _MANY_OTHER_CLASSES = 0.1, 0.3  # share of the answers that would have to be others
_PART = Aim("two-classes", 1)
_NAMED = 3


@dataclass(frozen=True)
class _Parts:
    """Some rows of the part that teaches and of one that judges; `judges` (n,) is 1 for the latter."""

    view: View
    name: str
    rows: np.ndarray
    judges: np.ndarray

    @property
    def folds(self) -> np.ndarray:
        groups = None if self.view.groups is None else self.view.groups[self.rows]
        return fold_numbers(self.judges, _FOLDS, self.view.seed, groups)

    def told_by(self, features: Dense) -> Interval:
        """How well a linear model tells the parts apart on rows that it did not learn from."""
        raw = out_of_fold(features, self.judges, _PART, self.folds)[:, 0]
        return auc_interval(auc(raw, self.judges), int(self.judges.sum()), int((1 - self.judges).sum()))


class TrainTestShift(Check):
    """A classifier as a test whether two samples are of one kind (Lopez-Paz and Oquab 2017; Rabanser et al., "Failing loudly", 2019)."""

    code: ClassVar[str] = "train-test-shift"
    title: ClassVar[str] = "are the parts of the split alike?"

    def run(self, view: View) -> Checked | NotApplicable:
        pairs = list(_pairs(view))
        if not pairs:
            return NotApplicable(f"the data bring no split with at least {_LEAST_ROWS} rows on both sides")
        return Checked(tuple(finding for parts in pairs for finding in (*_of_table(parts), *_of_vectors(parts), *_of_answers(parts))))


def _pairs(view: View) -> Iterator[_Parts]:
    """The part that teaches beside each of the others."""
    split = view.data.split
    rng = np.random.default_rng([view.seed, 43])
    for name in ("valid", "test"):
        sides = [np.flatnonzero(split == part) for part in ("train", name)] if split is not None else [np.empty(0), np.empty(0)]
        if min(map(len, sides)) < _LEAST_ROWS:
            continue
        some = [np.sort(rng.choice(side, _MOST_ROWS, replace=False)) if len(side) > _MOST_ROWS else side for side in sides]
        yield _Parts(view, name, np.concatenate(some), np.repeat([0, 1], [len(side) for side in some]))


def _of_table(parts: _Parts) -> Iterator[Finding]:
    """By numbers and names; what names the row, and times, differ by how a split is made."""
    data, view = parts.view.data, parts.view
    names = [name for name, kind in data.types.items() if kind != "datetime" and name != data.time and not tells_apart(data, name, kind)]
    forms = {name: form for name, form in forms_of({name: data.types[name] for name in names}).items() if form in (NUMBER, CATEGORY)}
    forms = dict(list(forms.items())[:_MOST_COLUMNS])
    if not forms:
        return
    made = table_features(data.take(parts.rows))
    columns = {name: made[name] for name in forms}
    told = parts.told_by(DesignMatrix.fit(columns, forms).run(*columns.values()))
    if told.low < _SAID:
        return
    asked = Asked(parts.judges, 2, parts.folds)
    shares = {name: asked.explained(bins) for name, form in forms.items() if (bins := bins_of(columns[name], form)) is not None}
    order = sorted(shares, key=lambda name: -shares[name])[:_NAMED]
    differs = [_differs(columns[name], name, forms[name], parts.judges == 1) for name in order if shares[name] > 0]
    detail = f"most by {'; '.join(differs)}" if differs else "no column does it alone"
    yield _finding(view, parts.name, told, "", detail, order[0] if differs else None)


def _differs(values: np.ndarray | pl.Series, name: str, form: str, judges: np.ndarray) -> str:
    """What is otherwise in the part that judges."""
    if form == NUMBER:
        numbers = np.asarray(values, np.float64)
        middles = [float(np.nanmedian(side)) if np.isfinite(side).any() else float("nan") for side in (numbers[~judges], numbers[judges])]
        gaps = [float(np.isnan(side).mean()) for side in (numbers[~judges], numbers[judges])]
        if abs(gaps[0] - gaps[1]) > _OTHER_CLASSES:
            return f"{name} (missing in {gaps[0]:.0%} and {gaps[1]:.0%})"
        return f"{name} (middle {middles[0]:.4g} and {middles[1]:.4g})"
    named = pl.Series(values).fill_null("missing").to_numpy()
    words = np.unique(named)
    shares = np.array([[(side == word).mean() for side in (named[~judges], named[judges])] for word in words[:_MOST_COLUMNS]])
    most = int(np.abs(shares[:, 0] - shares[:, 1]).argmax())
    return f"{name} ({words[most]}: {shares[most, 0]:.0%} and {shares[most, 1]:.0%})"


def _of_vectors(parts: _Parts) -> Iterator[Finding]:
    """By what a picture or a text shows, as an encoder sees it."""
    seen = parts.view.data.features_of("image", "text")
    if not seen:
        return
    try:
        vectors = parts.view.vectors
    except LeadlineError:  # no time for them: the other two ways still tell
        return
    values = vectors.values[parts.rows]
    good = np.isfinite(values[:, 0])
    values, left = values[good] - values[good].mean(axis=0), _Parts(parts.view, parts.name, parts.rows[good], parts.judges[good])
    if min(left.judges.sum(), (1 - left.judges).sum()) < _LEAST_ROWS:
        return
    directions, variances = largest_directions(values, max(1, min(_DIRECTIONS, values.shape[1], len(values) // 4)), parts.view.seed)
    places = values @ (directions / np.sqrt(variances + 1e-12)).astype(np.float32)
    told = left.told_by(places)
    if told.low >= _SAID:
        yield _finding(parts.view, parts.name, told, f" by {', '.join(seen)}", f"as {vectors.made_by} sees them", seen[0])


def _of_answers(parts: _Parts) -> Iterator[Finding]:
    """By how often each class comes."""
    labels = parts.view.labels
    if labels is None or labels.codes is None:
        return
    split = parts.view.data.split
    codes = [labels.codes[split == part] for part in ("train", parts.name)]
    shares = [np.bincount(side, minlength=len(labels.classes)) / len(side) for side in codes]
    other = float(np.abs(shares[0] - shares[1]).sum() / 2)
    by_chance = float(sum(np.sqrt(share * (1 - share) / len(side)).sum() for share, side in zip(shares, codes, strict=True)))
    if other < max(_OTHER_CLASSES, by_chance):
        return
    most = int(np.abs(shares[0] - shares[1]).argmax())
    example = f"{labels.classes[most]} {shares[1][most]:.1%} and {shares[0][most]:.1%}"
    title = f"{labels.name} comes in other shares in {parts.name} than in train: {example}"
    severity = Severity.MEDIUM if other >= _MANY_OTHER_CLASSES else Severity.LOW
    fix = "judge by --metric balanced_accuracy, or make the shares those that the model will meet"
    yield parts.view.found(TrainTestShift.code, severity, title, column=labels.name, fix=fix)


def _finding(view: View, part: str, told: Interval, by: str, detail: str, column: str | None) -> Finding:
    severity = Severity.HIGH if told.low >= _SEVERE else Severity.MEDIUM if told.low >= _WORTH else Severity.LOW
    pairs = f"{told.value:.1%} of pairs ({told.low:.1%} to {told.high:.1%}; 50% is chance)"
    title = f"a model can tell rows of {part} from those of train{by}, in {pairs}"
    fix = "a score on rows of another kind says little about those that were learned from: which kind will the model meet?"
    return view.found(TrainTestShift.code, severity, title, detail, column=column, fix=fix)
