"""Which rows teach, which choose and which judge. Splits that the data bring are honoured; groups never straddle ours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.data.table import Data
from leadline.errors import LeadlineError

TEST_SHARE = 0.2
TEST_SHARE_OF_MANY = 0.1  # with MANY rows a tenth judges to within a point or so, and the rest is better used to learn from
MANY = 20_000
SMALL = 2_000  # rows under which a held-back fifth would judge too roughly: the score is nested cross-validation instead
_WEIGHED = 2_000  # of the largest groups are placed one by one where they are needed most; smaller ones are dealt like cards
_MOVABLE = 0.01  # of the rows: a larger group does not change sides for the sake of one class
_TRIED = 20  # rows of a class, to find one whose group is small


@dataclass(frozen=True)
class Partition:
    """Row positions: `train` teaches, `valid` (may be empty) chooses, `test` judges once; empty with nested cross-validation.

    Where nobody asks for a score (`judged` is false), all rows teach.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    why: str
    judged: bool = True

    @property
    def nested(self) -> bool:
        return self.judged and len(self.test) == 0

    def sizes(self) -> dict[str, int]:
        return {"train": len(self.train), "valid": len(self.valid), "test": len(self.test)}


def everything(num_rows: int) -> Partition:
    """All rows teach, none judges: for whoever judges elsewhere."""
    nothing = np.array([], dtype=np.int64)
    return Partition(np.arange(num_rows), nothing, nothing, "nothing is judged", judged=False)


def partition(data: Data, strata: np.ndarray, groups: np.ndarray | None, order: np.ndarray | None, seed: int) -> Partition:
    """`strata` (n,) are spread evenly; `groups` (n,) holds equal numbers for rows that stay together; with `order` (n,) the latest judge.

    All three are made elsewhere. Raises LeadlineError where `order` has but one time.
    """
    nothing = np.array([], dtype=np.int64)
    if data.split is not None and not (data.split == "train").all():
        return _given(data.split, data.time)
    if order is not None:
        return _by_time(order, groups, data.time or "time")
    if len(data) < SMALL:
        return Partition(np.arange(len(data)), nothing, nothing, f"fewer than {SMALL:,} rows: nested cross-validation, learned from all")
    share = TEST_SHARE if len(data) < MANY else TEST_SHARE_OF_MANY
    test = fold_numbers(strata, round(1 / share), seed, groups) == 0
    _put_every_stratum_in_both(test, strata, groups)
    together = "" if groups is None else "; rows that are copies of each other or of one group stay together"
    return Partition(np.flatnonzero(~test), nothing, np.flatnonzero(test), f"{share:.0%} of the rows held back at random{together}")


def _given(split: np.ndarray, time: str | None) -> Partition:
    train, valid, test = (np.flatnonzero(split == name) for name in ("train", "valid", "test"))
    kept = "" if time is None else f"; it goes before a split by {time}"
    if len(test) == 0:
        return Partition(train, test, valid, f"the given valid part judges, as there is no test part{kept}")
    return Partition(train, valid, test, f"the given split{kept}")


def _by_time(order: np.ndarray, groups: np.ndarray | None, name: str) -> Partition:
    """The last fifth judges, the fifth before it chooses. A group is as old as its oldest row; rows without a time are the oldest.

    Equal times stay on one side, so the shares are as near a fifth as the times allow.
    """
    when = np.nan_to_num(order, nan=-np.inf)
    if groups is not None:
        _, group = np.unique(groups, return_inverse=True)
        oldest = np.full(group.max() + 1, np.inf)
        np.minimum.at(oldest, group, when)
        when = oldest[group]
    times = np.sort(when)
    starts = np.flatnonzero(times[1:] != times[:-1]) + 1  # how many rows are older than each time but the first
    if not len(starts):
        saw = f"all {len(order):,} rows are of the same time by {name}" + ("" if groups is None else ", those in one group counted as one")
        raise LeadlineError(saw, "rows of different times", "leave out --time, or choose another column", column=name)
    judging = _nearest(starts, (1 - TEST_SHARE) * len(order))
    earlier = starts[starts < judging]
    choosing = _nearest(earlier, (1 - 2 * TEST_SHARE) * len(order)) if len(earlier) else judging
    first, last = times[choosing], times[judging]
    train, valid, test = when < first, (when >= first) & (when < last), when >= last
    unknown = int(np.isnan(order).sum())
    why = f"the latest {test.mean():.0%} of the rows by {name} held back" + (f"; {unknown:,} without it are the oldest" if unknown else "")
    return Partition(np.flatnonzero(train), np.flatnonzero(valid), np.flatnonzero(test), why)


def _nearest(starts: np.ndarray, wished: float) -> int:
    return int(starts[np.argmin(np.abs(starts - wished))])


def fold_numbers(strata: np.ndarray, num_folds: int, seed: int, groups: np.ndarray | None = None) -> np.ndarray:
    """A fold number (n,) for every row: every stratum spread evenly, whole groups in one fold.

    Fold 0 is as near as any to its share of the rows, whatever groups there are, as it may be the only one that judges.
    """
    rng = np.random.default_rng([seed, 7])
    codes = _codes(strata)
    if groups is None:
        return _dealt(codes, rng, num_folds)
    first, unit, sizes = _units(groups)
    weighed = _largest(sizes)
    dealt = np.flatnonzero(~weighed)
    of_unit = np.empty(len(sizes), dtype=np.int64)
    of_unit[dealt] = _dealt(codes[first[dealt]], rng, num_folds)
    _weigh(of_unit, unit, codes, weighed, num_folds)
    return _first_as_usual(of_unit[unit], num_folds)


def _first_as_usual(folds: np.ndarray, num_folds: int) -> np.ndarray:
    """A fold that holds a group of half the rows changes places, as little would be left to learn from."""
    counts = np.bincount(folds, minlength=num_folds)
    usual = int(np.argmin(np.where(counts > 0, np.abs(counts - len(folds) / num_folds), np.inf)))  # few groups leave folds empty
    names = np.arange(num_folds)
    names[[0, usual]] = usual, 0
    renamed: np.ndarray = names[folds]
    return renamed


def _codes(strata: np.ndarray) -> np.ndarray:
    """The strata as small whole numbers, which sort several times faster."""
    if not np.issubdtype(strata.dtype, np.integer) or strata.min(initial=0) < 0 or strata.max(initial=0) > np.iinfo(np.uint16).max:
        strata = np.unique(strata, return_inverse=True)[1]
    most = int(strata.max(initial=0))
    return strata.astype(np.uint8 if most < 1 << 8 else np.uint16 if most < 1 << 16 else np.int64)


def _dealt(codes: np.ndarray, rng: np.random.Generator, num_folds: int) -> np.ndarray:
    """Fold numbers dealt like cards, class after class."""
    order = rng.permutation(len(codes))
    order = order[np.argsort(codes[order], kind="stable")]
    folds = np.empty(len(codes), dtype=np.int64)
    folds[order] = np.arange(len(order)) % num_folds
    return folds


def _units(groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is placed as a whole, lone rows too: the first row of each, for each row the number of its unit, and the units' sizes."""
    if groups.min(initial=0) < 0 or groups.max(initial=0) > 4 * len(groups):
        groups = np.unique(groups, return_inverse=True)[1]
    counts = np.bincount(groups)  # much faster than sorting, and group numbers are mostly row numbers
    unit = (np.cumsum(counts > 0) - 1)[groups]
    sizes = counts[counts > 0]
    first = np.empty(len(sizes), dtype=np.int64)
    first[unit[::-1]] = np.arange(len(unit))[::-1]
    return first, unit, sizes


def _largest(sizes: np.ndarray) -> np.ndarray:
    """Which units are groups among the largest."""
    several = np.flatnonzero(sizes > 1)
    largest = np.zeros(len(sizes), dtype=bool)
    largest[several[np.argsort(-sizes[several], kind="stable")[:_WEIGHED]]] = True
    return largest


def _weigh(of_unit: np.ndarray, unit: np.ndarray, codes: np.ndarray, weighed: np.ndarray, num_folds: int) -> None:
    """Largest groups first, each to the fold that has least of what the group holds."""
    rows = np.flatnonzero(weighed[unit])
    others = np.flatnonzero(~weighed[unit])
    num_codes = int(codes.max(initial=0)) + 1
    places = of_unit[unit[others]] * num_codes + codes[others]
    counts = np.bincount(places, minlength=num_folds * num_codes).reshape(num_folds, num_codes)
    rows = rows[np.argsort(unit[rows], kind="stable")]
    starts = np.flatnonzero(np.diff(unit[rows], prepend=-1))
    members = np.split(rows, starts[1:]) if len(rows) else []
    for group in sorted(members, key=lambda group: (-len(group), group[0])):
        held, mine = np.unique(codes[group], return_counts=True)
        fold = int(np.argmin((mine * (2 * counts[:, held] + mine)).sum(axis=1)))
        counts[fold, held] += mine
        of_unit[unit[group[0]]] = fold


def _put_every_stratum_in_both(test: np.ndarray, strata: np.ndarray, groups: np.ndarray | None) -> None:
    """Changes `test` (n,) so that a class of two rows or more is on both sides, as far as its groups permit; a lone row teaches."""
    codes = _codes(strata)
    total = np.bincount(codes)
    held = np.bincount(codes[test], minlength=len(total))
    one_sided = (total > 0) & ((held == 0) & (total > 1) | (held == total))
    rows = np.flatnonzero(one_sided[codes])
    if not len(rows):
        return
    units = _Alone() if groups is None else _Units(groups)
    rows = rows[np.argsort(codes[rows], kind="stable")]
    for mine in np.split(rows, np.flatnonzero(np.diff(codes[rows])) + 1):
        moved = min((units.rows_of(row) for row in mine[:_TRIED]), key=len)
        if len(moved) <= _MOVABLE * len(codes) and (len(mine) == 1 or np.isin(mine, moved, invert=True).any()):
            test[moved] = not test[mine[0]]


class _Alone:
    """Rows without groups."""

    def rows_of(self, row: int) -> np.ndarray:
        return np.array([row])


class _Units:
    """The rows that stay together with a row, itself included."""

    def __init__(self, groups: np.ndarray) -> None:
        _, self.unit, sizes = _units(groups)
        self.order = np.argsort(self.unit, kind="stable")
        self.ends = np.cumsum(sizes)

    def rows_of(self, row: int) -> np.ndarray:
        unit = self.unit[row]
        return self.order[self.ends[unit - 1] if unit else 0 : self.ends[unit]]
