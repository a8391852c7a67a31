"""Pictures that are copies of one another, told from pictures that merely look alike: two X-rays, two digits, two photographs of one face.

A copy may be saved anew, smaller, brighter or mirrored, or a tenth may be cut off its sides. Fingerprints of few frequencies propose
pairs, those of more confirm them. For a crop the larger picture is looked at through windows of nine tenths of its sides: four to propose,
a finer grid to confirm. How alike is alike enough depends on how alike the data set's pictures are anyway. The figures here were chosen by
looking at pairs (docs/decisions.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product

import numpy as np

from leadline.check.fingerprints import WHOLE, Fingerprints, Whitening, Window
from leadline.check.links import NONE, Links, spanning, united
from leadline.check.nearby import Filed
from leadline.check.patience import Patience
from leadline.values import Dense

_FLAT = 2.0  # grey levels of standard deviation under which there is nothing to compare
_SAMPLED, _PROBED = 20_000, 2_000  # pictures that thresholds are learned from
_BLOCK = 4_096  # pictures or pairs that are looked at together
_COPY = 0.95  # cosines above this say nothing about how alike different pictures are
_SIDE = 0.9  # of a picture that a crop leaves
_ROUGH = [(left, top, _SIDE) for left, top in product((0.025, 0.075), repeat=2)]
_EXACT = [(left, top, _SIDE) for left, top in product((0.01, 0.03, 0.05, 0.07, 0.09), repeat=2)]


@dataclass(frozen=True)
class LookAlikes:
    """Links of copies: the same way round, and between pictures of which one is mirrored, where nothing else links them."""

    upright: Links = field(default_factory=NONE.copy)
    mirrored: Links = field(default_factory=NONE.copy)


@dataclass(frozen=True)
class Level:
    """Fingerprints of so many frequencies, and the cosine from which on pictures are copies by them.

    It grows with how near the nearest neighbour of half of the pictures is: from photographs to digits.
    """

    frequencies: int
    offset: float
    slope: float
    at_least: float
    at_most: float


_PROPOSING = Level(6, 0.62, 0.36, 0.87, 0.96)
_WHOLE = Level(16, 0.73, 0.42, 0.87, 0.975)
_CROPPED = Level(12, 0.80, 0.24, 0.87, 0.985)
_MAYBE_CROPPED = 0.15  # that a rough window may lie below what the right one has
_MIRRORED = 0.25  # of what is left to 1 is asked of mirror images besides, as there are few of them and plain shapes have two sides


class _Judge:
    """Fingerprints of one level, made when they are needed, and what is alike by them."""

    def __init__(self, thumbnails: Dense, level: Level) -> None:
        self.thumbnails = thumbnails
        self.whitening = Whitening(thumbnails, level.frequencies)
        usual = self._usual()
        self.least = min(max(level.at_least, level.offset + level.slope * usual), level.at_most)

    def _usual(self) -> float:
        """How near the nearest neighbour of half of the pictures is, copies left aside."""
        number = len(self.thumbnails)
        rows = np.random.default_rng(0).choice(number, _SAMPLED, replace=False) if number > _SAMPLED else np.arange(number)
        pool = self.whitening(self.thumbnails[rows])
        probes, nearest = pool[:: max(1, len(pool) // _PROBED)], list[np.ndarray]()
        for start in range(0, len(probes), _BLOCK // 32):
            cosines = probes[start : start + _BLOCK // 32].cosines(pool)
            nearest.append(np.where(cosines < _COPY, cosines, -1.0).max(axis=1))
        return float(np.median(np.concatenate(nearest)))

    def prints(self, window: Window = WHOLE) -> Fingerprints:
        """Of all pictures, some thousand at a time."""
        parts = [self.whitening(self.thumbnails[start : start + _BLOCK], window) for start in range(0, len(self.thumbnails), _BLOCK)]
        return Fingerprints(np.concatenate([part.values for part in parts]), parts[0].even)

    def cosines(self, pairs: Links, windows: list[Window]) -> tuple[np.ndarray, np.ndarray]:
        """(m,) of the first picture of each pair, through its best window, and the second; whether the second is mirrored."""
        best, mirrored = np.full(len(pairs), -1.0, np.float32), np.zeros(len(pairs), bool)
        for start in range(0, len(pairs), _BLOCK):
            some = slice(start, start + _BLOCK)
            first, second = self.thumbnails[pairs[some, 0]], self.whitening(self.thumbnails[pairs[some, 1]])
            for window in windows:
                cosines, turned = self.whitening(first, window).cosines_of_pairs(second)
                better = cosines > best[some]
                best[some][better], mirrored[some][better] = cosines[better], turned[better]
        return best, mirrored

    def confirmed(self, pairs: Links, windows: list[Window]) -> tuple[Links, np.ndarray]:
        """Those that are copies, and whether they are mirrored."""
        cosines, mirrored = self.cosines(pairs, windows)
        kept = cosines >= self.least + _MIRRORED * (1 - self.least) * mirrored
        return pairs[kept], mirrored[kept]


def look_alikes(thumbnails: Dense, patience: Patience) -> LookAlikes:
    """Copies among thumbnails (n, 256); rows of NaN and flat pictures are copies of nothing. Raises TooSlowError."""
    rows = np.flatnonzero(np.nan_to_num(thumbnails.std(axis=1)) >= _FLAT)
    if len(rows) < 2:
        return LookAlikes()
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(1):  # for small products, threads that wait for each other cost more than they bring
        found, mirrored = _copies(thumbnails[rows], patience)
    upright, turned = spanning(len(rows), found[~mirrored]), found[mirrored]
    groups = united(len(rows), [upright])
    return LookAlikes(rows[upright], rows[spanning(len(rows), turned if groups is None else groups[turned])])


def _copies(thumbnails: Dense, patience: Patience) -> tuple[Links, np.ndarray]:
    """Pairs, and whether they are mirrored."""
    proposing, whole, cropped = (_Judge(thumbnails, level) for level in (_PROPOSING, _WHOLE, _CROPPED))
    filed, found = Filed(proposing.prints()), list[tuple[Links, np.ndarray]]()
    for number, window in enumerate([WHOLE, *_ROUGH]):
        pairs = np.concatenate([NONE, *filed.near(filed.prints if window == WHOLE else proposing.prints(window), proposing.least)])
        if window == WHOLE:
            apart = np.unique(np.sort(pairs[pairs[:, 0] != pairs[:, 1]], axis=1), axis=0)  # in a crowd only one of two names the other
            found.append(whole.confirmed(apart, [WHOLE]))
        else:
            roughly, _ = cropped.cosines(pairs, [window])
            found.append(cropped.confirmed(pairs[roughly >= cropped.least - _MAYBE_CROPPED], _EXACT))
        patience.check(number + 1, 1 + len(_ROUGH))
    return np.concatenate([pairs for pairs, _ in found]), np.concatenate([mirrored for _, mirrored in found])
