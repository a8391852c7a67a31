"""Which rows teach, which choose and which judge. Splits that the data bring are honoured; groups never straddle ours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadline.data.table import Data

TEST_SHARE = 0.2
TEST_SHARE_OF_MANY = 0.1  # with MANY rows a tenth judges to within a point or so, and the rest is better used to learn from
MANY = 20_000
SMALL = 2_000  # rows under which a held-back fifth would judge too roughly: the score is nested cross-validation instead


@dataclass(frozen=True)
class Partition:
    """Row positions: `train` teaches, `valid` (may be empty) chooses, `test` judges once; empty with nested cross-validation."""

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    why: str

    @property
    def nested(self) -> bool:
        return len(self.test) == 0

    def sizes(self) -> dict[str, int]:
        return {"train": len(self.train), "valid": len(self.valid), "test": len(self.test)}


def partition(data: Data, strata: np.ndarray, groups: np.ndarray | None, order: np.ndarray | None, seed: int) -> Partition:
    """`strata` (n,) are spread evenly; `groups` (n,) holds equal numbers for rows that stay together; with `order` (n,) the latest judge.

    All three are made elsewhere.
    """
    nothing = np.array([], dtype=np.int64)
    if data.split is not None and not (data.split == "train").all():
        return _given(data.split)
    if order is not None:
        return _by_time(order, groups)
    if len(data) < SMALL:
        return Partition(np.arange(len(data)), nothing, nothing, f"fewer than {SMALL:,} rows: nested cross-validation, learned from all")
    share = TEST_SHARE if len(data) < MANY else TEST_SHARE_OF_MANY
    test = fold_numbers(strata, round(1 / share), seed, groups) == 0
    return Partition(
        np.flatnonzero(~test),
        nothing,
        np.flatnonzero(test),
        f"{share:.0%} of the rows held back at random",
    )


def _given(split: np.ndarray) -> Partition:
    train, valid, test = (np.flatnonzero(split == name) for name in ("train", "valid", "test"))
    if len(test) == 0:
        return Partition(train, test, valid, "the given valid part judges, as there is no test part")
    return Partition(train, valid, test, "the given split")


def _by_time(order: np.ndarray, groups: np.ndarray | None) -> Partition:
    """The last fifth judges, the fifth before it chooses. A group is as old as its oldest row; rows without a time are the oldest."""
    when = np.nan_to_num(order, nan=-np.inf)
    if groups is not None:
        _, group = np.unique(groups, return_inverse=True)
        oldest = np.full(group.max() + 1, np.inf)
        np.minimum.at(oldest, group, when)
        when = oldest[group]
    ranks = np.searchsorted(np.sort(when), when) / len(when)  # equal times have equal ranks, so that none is on both sides
    test, valid = ranks >= 1 - TEST_SHARE, (ranks >= 1 - 2 * TEST_SHARE) & (ranks < 1 - TEST_SHARE)
    why = f"the latest {test.mean():.0%} of the rows held back"
    return Partition(np.flatnonzero(~test & ~valid), np.flatnonzero(valid), np.flatnonzero(test), why)


def fold_numbers(strata: np.ndarray, num_folds: int, seed: int, groups: np.ndarray | None = None) -> np.ndarray:
    """A fold number (n,) for every row: every stratum spread evenly, whole groups in one fold."""
    rng = np.random.default_rng([seed, 7])
    folds = np.empty(len(strata), dtype=np.int64)
    alone = np.ones(len(strata), dtype=bool) if groups is None else _alone(groups)
    order = rng.permutation(np.flatnonzero(alone))
    order = order[np.argsort(strata[order], kind="stable")]
    folds[order] = np.arange(len(order)) % num_folds  # dealt like cards, class after class
    if groups is not None:
        _deal_groups(folds, strata, groups, alone, num_folds)
    return folds


def _alone(groups: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    alone: np.ndarray = counts[inverse] == 1
    return alone


def _deal_groups(folds: np.ndarray, strata: np.ndarray, groups: np.ndarray, alone: np.ndarray, num_folds: int) -> None:
    """Largest groups first, each to the fold that has least of what the group holds."""
    _, codes = np.unique(strata, return_inverse=True)
    counts = np.zeros((num_folds, codes.max() + 1))
    np.add.at(counts, (folds[alone], codes[alone]), 1)
    members: dict[int, list[int]] = {}
    for row in np.flatnonzero(~alone):
        members.setdefault(int(groups[row]), []).append(int(row))
    for rows in sorted(members.values(), key=lambda rows: (-len(rows), rows[0])):
        mine = np.bincount(codes[rows], minlength=counts.shape[1])
        fold = int(np.argmin(((counts + mine) ** 2).sum(axis=1) - (counts**2).sum(axis=1)))
        folds[rows] = fold
        counts[fold] += mine
