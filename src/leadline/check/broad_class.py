"""Classes that are several things under one name: two clusters with a gap between them that other rows of the class confirm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from leadline.check.contract import Check, Checked, NotApplicable
from leadline.check.view import View
from leadline.findings import Finding, Severity
from leadline.heads.class_distance import largest_directions

_LEAST_ROWS, _MOST_ROWS = 60, 1_000  # of a class: fewer show no gap, and more are not needed
_MOST_IN_ALL = 30_000
_MOST_WITHIN = 5_000  # rows that say how much rows of any class differ
_DIRECTIONS, _OWN = 64, 16  # in which rows of one class differ most, over all classes and for each
_SHRINKAGE = 0.1  # of the mean variance, added to every direction before all are put on one scale
_TRIES, _ROUNDS = 3, 15  # of 2-means
_HALVINGS = 3
_SHRINKAGE_OWN = 0.3  # of the mean variance within two parts of a class
_LEAST_PART = 0.1  # of the rows of a class
_GRID = 128  # places at which the density is looked at
# Two of MNIST's digits under one name have valleys of .01 to .27; a digit alone, where its parts are as stable, from .35.
_VALLEY, _STRENGTH, _NO_VALLEY = 0.32, 0.9, 0.7
_TYPICAL = 3  # examples of each part


@dataclass(frozen=True)
class Parts:
    """Two clusters: `side` (n,) which of them each row is of, `typical` rows of both; `valley`, the least density between them on rows that
    did not find them, as a share of the lower top; `strength`, the share of rows on which both halves of the rows agree.
    """

    side: np.ndarray
    typical: tuple[np.ndarray, np.ndarray]
    valley: float
    strength: float

    @property
    def apart(self) -> bool:
        smaller = min(float(self.side.mean()), 1 - float(self.side.mean()))
        return self.valley <= _VALLEY and self.strength >= _STRENGTH and smaller >= _LEAST_PART


class BroadClass(Check):
    """2-means on each half of a class, judged by the other half: prediction strength (Tibshirani and Walther 2005) and a valley in the
    density along the line that parts them best (Silverman 1981; Fisher 1936), in directions scaled by how much rows of one class differ.
    """

    code: ClassVar[str] = "broad-class"
    title: ClassVar[str] = "is there a class that is several?"

    def run(self, view: View) -> Checked | NotApplicable:
        codes = view.codes
        if view.labels is None or codes is None:
            return NotApplicable("the answers are not classes, one for each row")
        if not view.data.features_of("image", "text"):
            return NotApplicable("there are no pictures or texts, of which vectors could be made")
        readable = np.flatnonzero(np.isfinite(view.vectors.values[:, 0]))
        counts = np.bincount(codes[readable], minlength=len(view.labels.classes))
        large = np.flatnonzero(counts >= _LEAST_ROWS).tolist()
        if not large:
            return NotApplicable(f"every class has fewer than {_LEAST_ROWS} rows")
        most = min(_MOST_ROWS, max(_LEAST_ROWS, _MOST_IN_ALL // len(large)))
        rows = np.concatenate([_some(readable[codes[readable] == code], most, view.seed) for code in large])
        found = _broad(view, rows, codes[rows])
        return Checked(tuple(_finding(view, view.labels.classes[code], *found[code]) for code in sorted(found)))


def _broad(view: View, rows: np.ndarray, codes: np.ndarray) -> dict[int, tuple[np.ndarray, Parts]]:
    """Class -> its rows and their parts, of those that are two things in any of the vectors; in those in which they are furthest apart."""
    found = dict[int, tuple[np.ndarray, Parts]]()
    for look in view.looks(rows):
        axes = common_axes(look.values, codes, np.flatnonzero(np.isfinite(look.values[:, 0])), view.seed)
        for code in np.unique(codes).tolist():
            own = np.flatnonzero((codes == code) & np.isfinite(look.values[:, 0]))
            parts = parts_of(look.values[own] @ axes, view.seed)
            if parts.apart and (code not in found or parts.valley < found[code][1].valley):
                found[code] = rows[own], parts
    return found


def _finding(view: View, name: str, rows: np.ndarray, parts: Parts) -> Finding:
    typical = [rows[places] for places in parts.typical]
    shares = [1 - float(parts.side.mean()), float(parts.side.mean())]
    said = ["rows " + ", ".join(str(view.data.source_row(int(row))) for row in part) for part in typical]
    detail = f"the one ({shares[0]:.0%}) is like {said[0]}, the other ({shares[1]:.0%}) like {said[1]}"
    detail += f"; between them lie {parts.valley:.0%} as many rows as in the thinner of the two"
    title = f'"{name}" looks like two things under one name'
    fix = "look at these examples: if the difference matters, make two classes of them"
    column = None if view.labels is None else view.labels.name
    return view.found(BroadClass.code, Severity.MEDIUM, title, detail, column=column, rows=np.concatenate(typical), fix=fix)


def common_axes(vectors: np.ndarray, codes: np.ndarray, readable: np.ndarray, seed: int) -> np.ndarray:
    """(d, k) from a vector to the directions in which rows of one class differ most, each on the scale of how much they do.

    A class that is two things differs more than the others along one of them.
    """
    rows = _some(readable, _MOST_WITHIN, seed)
    classes = np.unique(codes[rows], return_inverse=True)[1]
    sums = np.zeros((classes.max() + 1, vectors.shape[1]))
    np.add.at(sums, classes, vectors[rows])
    apart = vectors[rows] - (sums / np.bincount(classes)[:, None]).astype(np.float32)[classes]
    most = max(1, min(_DIRECTIONS, vectors.shape[1], len(rows) // 4))
    directions, variances = largest_directions(apart, most, seed)
    scales = np.sqrt(variances + _SHRINKAGE * variances.mean() + 1e-12)
    axes: np.ndarray = (directions / scales).astype(np.float32)
    return axes


def parts_of(places: np.ndarray, seed: int) -> Parts:
    """The two clusters of the rows of one class, at `places` (n, k) on the common axes, by the halving with the greatest strength."""
    rng = np.random.default_rng([seed, 37])
    centred = places - places.mean(axis=0)
    found = [_halved(centred, rng)]
    while found[0].valley <= _NO_VALLEY and len(found) < _HALVINGS:  # a class without any gap is not looked at again
        found.append(_halved(centred, rng))
    return max(found, key=lambda parts: parts.strength)


def _halved(centred: np.ndarray, rng: np.random.Generator) -> Parts:
    own = np.linalg.eigh(centred.T @ centred)[1][:, -_OWN:]
    order = rng.permutation(len(centred))
    halves = (order[: len(order) // 2], order[len(order) // 2 :])
    first, second = (_along(centred, half, _two_means(centred[half] @ own, rng) @ own.T) for half in halves)
    second = second if first @ second >= 0 else -second
    side, judged = first + second > 0, np.concatenate([first[halves[1]], second[halves[0]]])
    return Parts(side, _typical(centred, side), valley(judged), float(np.mean((first > 0) == (second > 0))))


def valley(values: np.ndarray) -> float:
    """The least density between two tops as a share of the lower of them, 1 where there is but one; a tenth of the rows on either side.

    The density is a sum of Gaussians of Silverman's width.
    """
    spread = min(values.std(), np.subtract(*np.quantile(values, [0.75, 0.25])) / 1.34) or values.std()
    if not spread > 0:
        return 1.0
    width = 0.9 * spread * len(values) ** -0.2
    grid = np.linspace(values.min(), values.max(), _GRID)
    density = np.exp(-0.5 * ((grid[:, None] - values) / width) ** 2).sum(axis=1)
    tops = np.minimum(np.maximum.accumulate(density), np.maximum.accumulate(density[::-1])[::-1])
    below = np.searchsorted(np.sort(values), grid) / len(values)
    inner = (below >= _LEAST_PART) & (below <= 1 - _LEAST_PART)
    return float((density / tops)[inner].min(initial=1.0))


def _two_means(points: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(2, k) centres, the best of some tries (Lloyd 1982)."""
    tries = [_settled(points, points[rng.choice(len(points), 2, replace=False)]) for _ in range(_TRIES)]
    return min(tries, key=lambda centres: float(_squares(points, centres).min(axis=1).sum()))


def _settled(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    for _ in range(_ROUNDS):
        second = _squares(points, centres).argmin(axis=1) == 1
        if second.all() or not second.any():
            break
        moved = np.stack([points[~second].mean(axis=0), points[second].mean(axis=0)])
        if np.allclose(moved, centres):
            break
        centres = moved
    return centres


def _squares(points: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(n, 2) squared distances."""
    return np.stack([((points - centre) ** 2).sum(axis=1) for centre in centres], axis=1)


def _along(points: np.ndarray, half: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """(n,) where all rows lie between two clusters of `half` of them: -1/2 at the first, 1/2 at the second, along Fisher's discriminant."""
    taught = points[half]
    second = _squares(taught, centres).argmin(axis=1) == 1
    if second.all() or not second.any():
        return np.zeros(len(points))
    means = np.stack([taught[~second].mean(axis=0), taught[second].mean(axis=0)])
    rest = taught - means[second.astype(np.int64)]
    within = rest.T @ rest / len(rest)
    within[np.diag_indices(len(within))] += _SHRINKAGE_OWN * np.trace(within) / len(within) + 1e-12
    line = np.linalg.solve(within, means[1] - means[0])
    where: np.ndarray = (points - means.mean(axis=0)) @ line / max(float((means[1] - means[0]) @ line), 1e-12)
    return where


def _typical(points: np.ndarray, side: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of either side that lie nearest to its mean."""
    found = []
    for rows in (np.flatnonzero(~side), np.flatnonzero(side)):
        apart = ((points[rows] - points[rows].mean(axis=0)) ** 2).sum(axis=1) if len(rows) else np.empty(0)
        found.append(rows[apart.argsort(kind="stable")[:_TYPICAL]])
    return found[0], found[1]


def _some(rows: np.ndarray, most: int, seed: int) -> np.ndarray:
    if len(rows) <= most:
        return rows
    return np.sort(np.random.default_rng([seed, 41]).choice(rows, most, replace=False))
