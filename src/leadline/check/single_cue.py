"""How well one number by itself tells each class from all others, on rows that it was not fitted to, whatever shape the relation has."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.data.split import fold_numbers

_FOLDS = 5
_MOST_BINS = 256
_ROWS_PER_BIN = 10
_COARSE = (4, 32)  # parts of the range, each the better known: a bin is drawn towards its part, a part towards the larger one
_PRIOR = 40.0  # rows by which it is drawn; of five settings tried, the one that lost least of a known area
_Z = 1.959964  # normal quantile of 0.975
_SHARED = (1 + _FOLDS / (_FOLDS - 1)) ** 0.5  # folds share the rows that teach, which makes them swing together (Nadeau and Bengio 2003)
_SHARP = 0.02  # of the rows of other classes, which may have a value that marks a class


@dataclass(frozen=True)
class Told:
    """Class by class: how likely a row of it is ranked before one of another class (area under the ROC curve), with 95 % intervals.

    `mark` is the value that most rows of the class have and hardly any others, NaN where there is none; `held` (of the class) and
    `others` are the shares that have it.
    """

    value: np.ndarray  # (num_classes,), NaN where a class has too few rows
    low: np.ndarray
    high: np.ndarray
    mark: np.ndarray
    held: np.ndarray
    others: np.ndarray


def told_by(values: np.ndarray, codes: np.ndarray, num_classes: int, groups: np.ndarray | None, seed: int, width: float) -> Told:
    """`values` (n,) of any kind as numbers, NaN where there is none, which counts as a value of its own.

    Values are binned at their quantiles, and a bin says of a class what share of the other folds' rows in it are of that class. Two
    values are one and the same mark where they are less than `width` apart.
    """
    bins = _bins(values)
    folds = fold_numbers(codes, _FOLDS, seed, groups)
    shape = (_FOLDS, int(bins.max()) + 1, num_classes)
    counts = np.bincount((folds * shape[1] + bins) * num_classes + codes, minlength=int(np.prod(shape))).reshape(shape).astype(float)
    return Told(*_areas(counts), *_marks(values, codes, num_classes, width))


def _bins(values: np.ndarray) -> np.ndarray:
    """(n,) small whole numbers: equal ones for values that lie together; a value that many rows have is a bin of its own."""
    present = np.isfinite(values)
    most = int(np.clip(present.sum() / _ROWS_PER_BIN, 2, _MOST_BINS))
    different = np.unique(values[present])
    edges = different
    if len(different) > most:
        edges = np.unique(np.quantile(values[present], np.linspace(0, 1, most + 1), method="higher"))
        often, times = np.unique(values[present], return_counts=True)
        heavy = np.flatnonzero(times > _ROWS_PER_BIN)[np.argsort(-times[times > _ROWS_PER_BIN], kind="stable")[:most]]
        edges = np.unique(np.concatenate([edges, often[heavy], np.nextafter(often[heavy], np.inf)]))
    bins = np.searchsorted(edges, values, side="right")
    return np.where(present, bins, len(edges) + 1)


def _areas(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of counts (folds, bins, classes): (classes,) areas and their intervals (Hanley and McNeil 1982)."""
    of_bin, chances = counts.sum(axis=2), _chances(counts)
    areas = [_mean_area(counts[:, :, place], of_bin - counts[:, :, place], chances[:, :, place]) for place in range(counts.shape[2])]
    area, yes = np.array(areas), counts.sum(axis=(0, 1))
    no = counts.sum() - yes
    spread = _SHARED * _spread(area, yes, no)
    return area, np.clip(area - _Z * spread, 0.0, 1.0), np.clip(area + _Z * spread, 0.0, 1.0)


def _chances(counts: np.ndarray) -> np.ndarray:
    """(folds, bins, classes): what the rows of the other folds say of each bin, shrunk step by step (Gelman and Hill 2006, chapter 12)."""
    taught = counts.sum(axis=0) - counts
    chances = taught.sum(axis=1, keepdims=True) / np.maximum(1.0, taught.sum(axis=(1, 2))[:, None, None])
    sizes = counts.sum(axis=(0, 2))
    middles = (np.cumsum(sizes) - sizes / 2) / max(1.0, sizes.sum())
    for parts in _COARSE:
        part = np.minimum((middles * parts).astype(np.int64), parts - 1)
        starts = np.flatnonzero(np.diff(part, prepend=-1))
        sums = np.add.reduceat(taught, starts, axis=1)[:, np.searchsorted(part[starts], part)]
        chances = (sums + _PRIOR * chances) / (sums.sum(axis=2, keepdims=True) + _PRIOR)
    shrunk: np.ndarray = (taught + _PRIOR * chances) / (taught.sum(axis=2, keepdims=True) + _PRIOR)
    return shrunk


def _mean_area(yes: np.ndarray, no: np.ndarray, chances: np.ndarray) -> float:
    """Weighted over folds: bins that different folds taught are not compared with one another."""
    areas, weights = np.empty(len(yes)), yes.sum(axis=1) * no.sum(axis=1)
    if not weights.sum():
        return float("nan")
    for fold in range(len(yes)):
        order = np.argsort(chances[fold], kind="stable")
        _, level = np.unique(chances[fold, order], return_inverse=True)
        pairs = np.bincount(level, yes[fold, order]), np.bincount(level, no[fold, order])
        before = np.cumsum(pairs[1]) - pairs[1]
        areas[fold] = (pairs[0] * (before + pairs[1] / 2)).sum() / max(1.0, weights[fold])
    return float((areas * weights).sum() / weights.sum())


def _spread(area: np.ndarray, yes: np.ndarray, no: np.ndarray) -> np.ndarray:
    """Standard error. An area of 1 has none by this formula: one row that goes astray is what the rows cannot rule out."""
    area = np.clip(area, 0.0, 1.0 - 0.5 / np.maximum(1.0, np.minimum(yes, no)))
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = area * (1 - area) + (yes - 1) * (first - area**2) + (no - 1) * (second - area**2)
    spread: np.ndarray = np.sqrt(np.maximum(variance, 0.0) / np.maximum(1.0, yes * no))
    return spread


def _marks(values: np.ndarray, codes: np.ndarray, num_classes: int, width: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each class the narrow range of values that it has oftener than all others have it, by the difference of the shares."""
    mark, held, others = np.full(num_classes, np.nan), np.zeros(num_classes), np.zeros(num_classes)
    places = np.round(values / width)
    present = np.isfinite(places)
    if not present.any():
        return mark, held, others
    different, of_row = np.unique(places[present], return_inverse=True)
    if len(different) * num_classes > 10 * len(values) + 1_000:  # values that hardly repeat mark nothing
        return mark, held, others
    counts = np.bincount(of_row * num_classes + codes[present], minlength=len(different) * num_classes).reshape(-1, num_classes)
    wide = _with_neighbours(counts.astype(float), different)
    in_all = np.bincount(codes, minlength=num_classes).astype(float)
    share, rest = wide / np.maximum(1, in_all), (wide.sum(axis=1)[:, None] - wide) / np.maximum(1, in_all.sum() - in_all)
    best = np.argmax(np.where(rest <= _SHARP, share, 0.0), axis=0)
    every = np.arange(num_classes)
    held, others = np.where(rest[best, every] <= _SHARP, share[best, every], 0.0), rest[best, every]
    return np.where(held > 0, different[best] * width, np.nan), held, others


def _with_neighbours(counts: np.ndarray, places: np.ndarray) -> np.ndarray:
    """A value at the edge of a range falls to either side of it: ranges are counted with both neighbours."""
    wide = counts.copy()
    beside = np.diff(places) == 1
    wide[1:][beside] += counts[:-1][beside]
    wide[:-1][beside] += counts[1:][beside]
    return wide
