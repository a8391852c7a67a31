"""Rows that belong together, as pairs of row numbers, and the groups that they make."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Links = np.ndarray  # (m, 2) int64: row, another row that it belongs with

NONE: Links = np.empty((0, 2), dtype=np.int64)

_SLOTS = 1 << 21
_LOOKS = (0, 21, 42)


def repeated(keys: np.ndarray) -> np.ndarray:
    """Positions whose 64-bit key (n,) occurs more than once."""
    suspects = np.arange(len(keys))
    for bits in _LOOKS:  # counting by some bits is faster than sorting, and leaves few to be sorted
        short = ((keys[suspects] >> np.uint64(bits)) & np.uint64(_SLOTS - 1)).astype(np.int64)
        shared = np.bincount(short, minlength=_SLOTS) > 1
        suspects = suspects[shared[short]]
    _, number, counts = np.unique(keys[suspects], return_inverse=True, return_counts=True)
    found: np.ndarray = suspects[counts[number] > 1]
    return found


def links_of(keys: np.ndarray, rows: np.ndarray | None = None) -> Links:
    """Each repeat of a 64-bit key (n,) linked to the row where the key stands first. `rows` says which rows the keys are of."""
    again = repeated(keys)
    _, first, number = np.unique(keys[again], return_index=True, return_inverse=True)
    pairs = np.stack([again, again[first[number]]], axis=1) if len(again) else NONE
    links: Links = pairs[pairs[:, 0] != pairs[:, 1]]
    return links if rows is None else np.asarray(rows[links])


def united(num_rows: int, links: Sequence[Links]) -> np.ndarray | None:
    """(n,) int64: for every row the first row of its group, itself where it is alone. None where all are alone."""
    pairs = np.concatenate([*links, NONE])
    if not len(pairs):
        return None
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows, ends = np.unique(pairs, return_inverse=True)
    ends = ends.reshape(-1, 2)
    graph = coo_array((np.ones(len(ends), dtype=np.int8), (ends[:, 0], ends[:, 1])), shape=(len(rows), len(rows)))
    _, component = connected_components(graph, directed=False)
    _, first = np.unique(component, return_index=True)
    groups = np.arange(num_rows)
    groups[rows] = rows[first[component]]
    return groups


def spanning(num_rows: int, links: Links) -> Links:
    """As few links as make the same groups."""
    groups = united(num_rows, [links])
    rows = np.empty(0, dtype=np.int64) if groups is None else np.flatnonzero(groups != np.arange(num_rows))
    return NONE if groups is None else np.stack([rows, groups[rows]], axis=1)


def together(groups: np.ndarray | None) -> np.ndarray:
    """Rows that are not alone."""
    if groups is None:
        return np.empty(0, dtype=np.int64)
    counts = np.bincount(groups, minlength=len(groups))
    rows: np.ndarray = np.flatnonzero(counts[groups] > 1)
    return rows
