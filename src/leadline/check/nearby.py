"""Pairs of fingerprints that may be near each other, without comparing all with all.

Pictures are filed under whichever of some hundred of them, the pivots, is nearest, and each is compared with what is filed under the
pivots nearest to it (an inverted file, Sivic and Zisserman 2003). Pivots are drawn from the pictures, so that where many are alike there
are many pivots.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from leadline.check.fingerprints import Fingerprints
from leadline.check.links import Links

_ALL_PAIRS = 4_000  # pictures up to which all pairs are compared
_FILED = 300  # pictures under one pivot, about
_LOOKED_AT = 8  # pivots: then 99 in 100 pairs meet whose cosine is 0.9
_BLOCK = 1 << 18  # cosines that are looked at together
_MOST = 8  # pictures under one pivot that a picture is paired with: in a crowd of copies the nearest ones join it all


class Filed:
    """Fingerprints under their nearest pivots."""

    def __init__(self, prints: Fingerprints) -> None:
        self.prints = prints
        number = 1 if len(prints) <= _ALL_PAIRS else len(prints) // _FILED
        self.pivots = prints[np.sort(np.random.default_rng(1).choice(len(prints), number, replace=False))]
        home = self._nearest(prints, 1)[:, 0]
        self._order = np.argsort(home, kind="stable")
        self._ends = np.searchsorted(home[self._order], np.arange(number + 1))

    def near(self, wanted: Fingerprints, least: float) -> Iterator[Links]:
        """Pairs (row of `wanted`, filed row) of a cosine of at least `least`, but for a row and itself; few for each row."""
        pivots = self._nearest(wanted, min(_LOOKED_AT, len(self.pivots)))
        by_pivot = np.argsort(pivots.ravel(), kind="stable")
        ends = np.searchsorted(pivots.ravel()[by_pivot], np.arange(len(self.pivots) + 1))
        for pivot in range(len(self.pivots)):
            rows, members = (
                by_pivot[ends[pivot] : ends[pivot + 1]] // pivots.shape[1],
                self._order[self._ends[pivot] : self._ends[pivot + 1]],
            )
            filed = self.prints[members]
            step = max(1, _BLOCK // max(1, len(members)))
            for start in range(0, len(rows) if len(members) else 0, step):
                some = rows[start : start + step]
                cosines = wanted[some].cosines(filed)
                row, place = _nearest_of_many(cosines, least)
                pairs = np.stack([some[row], members[place]], axis=1)
                yield pairs[pairs[:, 0] != pairs[:, 1]]

    def _nearest(self, wanted: Fingerprints, number: int) -> np.ndarray:
        """(n, number) pivots, in any order."""
        if len(self.pivots) == 1:
            return np.zeros((len(wanted), 1), np.int64)
        step = max(1, _BLOCK // len(self.pivots))
        blocks = (wanted[start : start + step].cosines(self.pivots) for start in range(0, len(wanted), step))
        return np.concatenate([np.argpartition(-block, number - 1, axis=1)[:, :number] for block in blocks])


def _nearest_of_many(cosines: np.ndarray, least: float) -> tuple[np.ndarray, np.ndarray]:
    """Where cosines are large enough; of a row with very many the largest."""
    row, place = np.nonzero(cosines >= least)
    many = np.flatnonzero(np.bincount(row, minlength=len(cosines)) > _MOST + 1)  # a row may be among its own
    if not len(many):
        return row, place
    largest = np.argpartition(-cosines[many], _MOST, axis=1)[:, : _MOST + 1]
    few = ~np.isin(row, many)
    return np.concatenate([row[few], np.repeat(many, _MOST + 1)]), np.concatenate([place[few], largest.ravel()])
