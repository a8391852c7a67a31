"""Rows that are like no class: far from everything else, whatever their label says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.one_column import table_features
from leadline.check.view import View
from leadline.data.split import fold_numbers
from leadline.findings import Finding, Severity
from leadline.heads.class_distance import MANY_CLASSES, ClassDistance
from leadline.heads.table_distance import TableDistance, table_types
from leadline.values import take_rows

_LEAST_ROWS = 50
_FOLDS = 3
_TAUGHT, _TAUGHT_A_CLASS, _MOST_TAUGHT = 4_000, 10, 10_000  # rows of vectors that say what is usual
_CELLS = 20_000_000  # of a table that are looked at together
_SHOULDER, _TAIL = 0.75, 0.95  # quantiles of the strangeness from which its tail is extended
_BY_CHANCE = 0.05  # chance that rows of an exponential tail hold one that is called an outlier
_MOST = 0.01  # of the rows: where more lie beyond, the tail is long, and these are its end

Strange = Callable[[np.ndarray, np.ndarray], np.ndarray]  # rows that teach, rows that are judged -> how strange these are


class Outlier(Check):
    """Distance to the nearest class by a model of other rows: see `ClassDistance` and `TableDistance`. Outliers lie beyond what so many
    rows of an exponential tail would reach (Pickands 1975), as distances between Gaussians have none that is longer.
    """

    code: ClassVar[str] = "outlier"
    title: ClassVar[str] = "which rows are like no other?"

    def run(self, view: View) -> Checked | NotApplicable:
        if len(view) < _LEAST_ROWS:
            return NotApplicable(f"there are fewer than {_LEAST_ROWS} rows")
        measure = _by_vectors(view) or _by_table(view)
        if measure is None:
            return NotApplicable("there are no vectors of these columns, and no numbers or categories")
        strange = _held_out(view, *measure)
        score = np.full(len(view), np.nan)
        told = np.flatnonzero(np.isfinite(strange))
        score[told] = (np.argsort(np.argsort(strange[told], kind="stable"), kind="stable") + 0.5) / max(1, len(told))
        return Checked(tuple(_findings(view, strange, told)), {"outlier": score})


def _findings(view: View, strange: np.ndarray, told: np.ndarray) -> list[Finding]:
    if len(told) < _LEAST_ROWS:
        return []
    fence = 1 + np.log((1 - _TAIL) * len(told) / _BY_CHANCE) / np.log((1 - _SHOULDER) / (1 - _TAIL))
    far = told[strange[told] > max(fence, float(np.quantile(strange[told], 1 - _MOST)))]
    if not len(far):
        return []
    rows = far[np.argsort(-strange[far], kind="stable")]
    several = "rows are" if len(rows) > 1 else "row is"
    title = f"{len(rows):,} {several} like no other, whatever the label"
    fix = "look at the first of them: does it belong here? If so, the model needs more like it"
    return [view.found(Outlier.code, Severity.LOW, title, "the strangest first", rows=rows, fix=fix)]


def _held_out(view: View, strange: Strange, most: int, readable: np.ndarray) -> np.ndarray:
    """(n,) each row measured by models of other rows, which leave out its copies; NaN for rows that cannot be read.

    0 at the shoulder and 1 at the tail of the rows that are judged together, as models of different rows have different scales.
    """
    found, codes = np.full(len(view), np.nan), view.codes
    strata = np.zeros(len(view), np.int64) if codes is None else codes
    folds = fold_numbers(strata, _FOLDS, view.seed, view.groups)
    rng = np.random.default_rng([view.seed, 47])
    for fold in range(_FOLDS):
        taught, judged = readable[folds[readable] != fold], readable[folds[readable] == fold]
        if len(taught) and len(judged):
            measured = strange(np.sort(rng.permutation(taught)[:most]), judged)
            shoulder, tail = np.quantile(measured, [_SHOULDER, _TAIL])
            found[judged] = (measured - shoulder) / max(tail - shoulder, 1e-12)
    return found


def _by_vectors(view: View) -> tuple[Strange, int, np.ndarray] | None:
    """None where nothing makes vectors."""
    made = view.vectors_if_any
    if made is None:
        return None
    vectors = made.values
    codes = view.codes
    number = 0 if view.labels is None or codes is None else len(view.labels.classes)

    def strange(taught: np.ndarray, judged: np.ndarray) -> np.ndarray:
        model = ClassDistance.fit(vectors[taught], None if codes is None else codes[taught], number >= MANY_CLASSES, view.seed)
        return np.concatenate([model.run(vectors[some]) for some in np.array_split(judged, 1 + len(judged) // _MOST_TAUGHT)])

    return strange, min(_MOST_TAUGHT, max(_TAUGHT, _TAUGHT_A_CLASS * number)), np.flatnonzero(np.isfinite(vectors[:, 0]))


def _by_table(view: View) -> tuple[Strange, int, np.ndarray] | None:
    types = table_types(view.data.forms)
    if not types:
        return None
    features = table_features(view.data)
    together = max(1_000, _CELLS // len(types) // 10)

    def taken(rows: np.ndarray) -> list[Any]:
        return [take_rows(features[name], rows) for name in types]

    def strange(taught: np.ndarray, judged: np.ndarray) -> np.ndarray:
        model = TableDistance.fit(taken(taught), types)
        return np.concatenate([model.run(*taken(some)) for some in np.array_split(judged, 1 + len(judged) // together)])

    return strange, min(_MOST_TAUGHT, together), np.arange(len(view))
