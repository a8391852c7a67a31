"""A small decision tree grown from bins (CART: Breiman, Friedman, Olshen and Stone 1984), with shrunken answers.

A split is the one after which the squared error of answering alike is least, for classes and labels the log loss: with the ten classes of
`digits` that finds 70 % where the Gini impurity finds 52 %. Categories are ordered by their answers first (Fisher 1958; several outputs by
their principal direction, Coppersmith, Hong and Hosking 1999). A missing value goes wherever it does best, alone if need be. What a leaf
says is drawn towards what lies above it (hierarchical shrinkage: Agarwal et al. 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadline.heads.rules import Branch, Leaf, Question
from leadline.learners.rule_table import BINS, MISSING, RuleTable

_LEAST_GAIN = 1e-6  # of all that could be gained


@dataclass(frozen=True)
class Split:
    """A question about column `column` of the table; `yes_bins` (BINS,) are answered yes."""

    column: int
    question: Question
    yes_bins: np.ndarray


@dataclass(frozen=True)
class Grown:
    """A node: how many rows came here, their mean (num_outputs,), and where it was split what follows a yes and a no."""

    num_rows: int
    mean: np.ndarray
    split: Split | None = None
    branches: tuple[Grown, ...] = ()


def grow(table: RuleTable, rows: np.ndarray, depth: int, least_rows: int) -> Grown:
    """The tree over these rows; no leaf is smaller than `least_rows` or more than `depth` questions away."""
    _, outputs, values = table.entries.of_rows(rows)
    mean = np.bincount(outputs, values, minlength=table.entries.num_outputs) / max(len(rows), 1)
    split = _best_split(table, rows, least_rows) if depth and len(rows) >= 2 * least_rows else None
    if split is None:
        return Grown(len(rows), mean)
    said = split.yes_bins[table.bins[split.column, rows]]
    branches = tuple(grow(table, rows[side], depth - 1, least_rows) for side in (said, ~said))
    return Grown(len(rows), mean, split, branches)


@dataclass(frozen=True)
class Met:
    """Rows that reached a node of a tree without having taught it: how many, their entries' sums (num_outputs,) and sum of squares."""

    num_rows: int
    sums: np.ndarray
    squares: float


LossOfAnswer = Callable[[np.ndarray, Met], float]  # all of these rows being answered (num_outputs,) means of entries


def losses_at_depths(
    tree: Grown, table: RuleTable, rows: np.ndarray, prior: np.ndarray, strengths: Sequence[float], depth: int, loss: LossOfAnswer
) -> np.ndarray:
    """Summed loss of these rows by strength and by the depth at which the tree is cut, (len(strengths), depth + 1)."""
    total = np.zeros((len(strengths), depth + 1))

    def descend(node: Grown, rows: np.ndarray, values: Sequence[np.ndarray], level: int) -> None:
        met = _met(table, rows)
        stays = slice(level, None) if node.split is None else slice(level, level + 1)
        for place, value in enumerate(values):
            total[place, stays] += loss(value, met)
        if node.split is None or level == depth:
            return
        said = node.split.yes_bins[table.bins[node.split.column, rows]]
        for child, side in zip(node.branches, (said, ~said), strict=True):
            moved = [drawn(value, node, child, strength) for value, strength in zip(values, strengths, strict=True)]
            descend(child, rows[side], moved, level + 1)

    descend(replace(tree, mean=prior), rows, [prior] * len(strengths), 0)
    return total


def _met(table: RuleTable, rows: np.ndarray) -> Met:
    _, outputs, values = table.entries.of_rows(rows)
    return Met(len(rows), np.bincount(outputs, values, minlength=table.entries.num_outputs), float(values @ values))


def drawn(value: np.ndarray, node: Grown, child: Grown, strength: float) -> np.ndarray:
    """The child's answer: its parent's `value`, and as much of what sets it apart as the parent's rows can bear.

    With the prior in the place of the root's mean it is a weighted mean of the prior and the means on the way: no chance leaves 0 to 1.
    """
    moved: np.ndarray = value + (child.mean - node.mean) / (1 + strength / max(node.num_rows, 1))
    return moved


def flattened(
    tree: Grown, prior: np.ndarray, strength: float, depth: int, to_raw: Callable[[np.ndarray], np.ndarray]
) -> list[Branch | Leaf]:
    """The tree cut at `depth` questions as the runtime keeps it."""
    nodes = list[Branch | Leaf]()

    def write(node: Grown, value: np.ndarray, left: int) -> int:
        place = len(nodes)
        if node.split is None or not left:
            nodes.append(Leaf(tuple(to_raw(value).tolist()), node.num_rows / max(tree.num_rows, 1)))
            return place
        nodes.append(Leaf((), 0.0))  # its place, until it is known where its branches are
        yes, no = (write(child, drawn(value, node, child, strength), left - 1) for child in node.branches)
        nodes[place] = Branch(node.split.question, yes, no)
        return place

    write(replace(tree, mean=prior), prior, depth)
    return nodes


def _best_split(table: RuleTable, rows: np.ndarray, least_rows: int) -> Split | None:
    """The split that gains most; of equals the first column's."""
    entries = table.entries.of_rows(rows)
    best, found = _LEAST_GAIN * float(entries[2] @ entries[2]), None
    for block in table.blocks(len(rows)):
        bins = table.bins[block][:, rows]
        counts, sums = _histograms(bins, entries, table.entries.num_outputs)
        order = _orders(table.named[block], counts, sums)
        gains = _gains(
            table.entries.agreement, np.take_along_axis(counts, order, 1), np.take_along_axis(sums, order[:, :, None], 1), least_rows
        )
        column, missing_too, place = np.unravel_index(np.argmax(gains), gains.shape)
        if gains[column, missing_too, place] > best:
            best = float(gains[column, missing_too, place])
            chosen = np.zeros(BINS, dtype=bool)
            chosen[order[column, : place + 1]] = True
            chosen[MISSING] = missing_too == 1
            found = int(column) + block.start, chosen, counts[column]
    return None if found is None else _split(table, *found)


def _split(table: RuleTable, column: int, chosen: np.ndarray, counts: np.ndarray) -> Split:
    """Where these rows had no gap, later ones go with the greater part."""
    if not counts[MISSING]:
        chosen[MISSING] = counts[chosen].sum() * 2 > counts.sum()
    return Split(column, *table.columns[column].question(chosen, counts > 0))


def _histograms(bins: np.ndarray, entries: tuple[np.ndarray, np.ndarray, np.ndarray], width: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows (k, BINS) and sums of entries (k, BINS, width) by bin of k columns."""
    owners, outputs, values = entries
    cells = bins + BINS * np.arange(len(bins))[:, None]
    counts = np.bincount(cells.ravel(), minlength=len(bins) * BINS).reshape(-1, BINS).astype(np.float64)
    places = (cells[:, owners] * width + outputs).ravel()
    sums = np.bincount(places, np.tile(values, len(bins)), minlength=len(bins) * BINS * width)
    return counts, sums.reshape(len(bins), BINS, width)


def _gains(agreement: Callable[[np.ndarray, np.ndarray], np.ndarray], counts: np.ndarray, sums: np.ndarray, least_rows: int) -> np.ndarray:
    """Fall of the loss (k, 2, BINS) when the first bins go one way, without and with the missing ones; 0 where it may not be.

    Bins (k, BINS) and (k, BINS, width) are in the order in which they may part, the missing one last.
    """
    rows, left = np.cumsum(counts[:, :-1], axis=1), np.cumsum(sums[:, :-1], axis=1)
    rows = np.stack([rows, rows + counts[:, -1:]], axis=1)
    left = np.stack([left, left + sums[:, -1:]], axis=1)
    num_rows, total = rows[:, 1:, -1:], left[:, 1:, -1:]
    allowed = (rows >= least_rows) & (num_rows - rows >= least_rows)
    gains = agreement(left, rows) + agreement(total - left, num_rows - rows) - agreement(total, num_rows)
    return np.where(allowed, gains, 0.0)


def _orders(named: np.ndarray, counts: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Bins (k, BINS) as they may part: numbers as they are, categories by their mean answers along the direction in which these differ
    most, those without rows at the end; missing ones always last."""
    order = np.tile(np.arange(BINS), (len(counts), 1))
    if named.any():
        rows = counts[named, :-1]
        means = sums[named, :-1] / np.maximum(rows, 1)[:, :, None]
        key = means[:, :, 0]
        if means.shape[2] > 1:
            middle = sums[named, :-1].sum(axis=1) / np.maximum(rows.sum(axis=1), 1)[:, None]
            apart = (means - middle[:, None]) * np.sqrt(rows)[:, :, None]
            key = np.einsum("kbo,ko->kb", means, np.linalg.svd(apart, full_matrices=False)[2][:, 0])
        order[named, :-1] = np.argsort(np.where(rows > 0, key, np.inf), axis=1, kind="stable")
    return order
