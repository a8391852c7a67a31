"""If-then rules on number and category columns: a decision tree of four questions at most, for people to read.

How many questions, how few rows a rule may rest on, and how far its answer is drawn towards the rows around it are chosen on inner folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np

from leadline.data.examples import Examples
from leadline.encoders.tabular import CATEGORY, NUMBER
from leadline.evaluate.folds import Fold, make_folds
from leadline.heads.rules import Branch, Leaf, RulesHead
from leadline.learners.contract import Learner, Sizes, Work
from leadline.learners.linear import sampled
from leadline.learners.rule_growth import Met, flattened, grow, losses_at_depths
from leadline.learners.rule_table import BINS, Entries, RuleTable
from leadline.learners.tables import most_numbers, telling_columns
from leadline.parts import COLUMN, Graph, Node
from leadline.tasks.contract import Loss, Task

_DEPTH = 4
# From least to most: inner folds, shares of the rows that the smallest rule may rest on, and strengths of the drawing together.
_EFFORTS: tuple[dict[str, Any], ...] = (
    {"num_folds": 0, "shares": [0.01], "strengths": [10.0]},
    {"num_folds": 3, "shares": [0.003, 0.01, 0.03], "strengths": [1.0, 10.0, 100.0]},
    {"num_folds": 5, "shares": [0.001, 0.003, 0.01, 0.03], "strengths": [1.0, 10.0, 100.0]},
)
_BINNING, _OVERHEAD_ROWS, _OVERHEAD_CELLS = 20, 1_000, 4e5  # measured: cutting a column costs as much as five trees
_LEAST_ROWS = 3  # in a rule, whatever the share
_MOST_ROWS = 200_000  # four questions are settled by fewer
# Sixteen rules name sixteen classes at most. Labels are named several at a time, but each costs as much as a class.
_MOST_CLASSES, _MOST_LABELS = 16, 100


class Rules(Learner):
    name: ClassVar[str] = "rules"
    family: ClassVar[str] = "classical"
    title: ClassVar[str] = "if-then rules"

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        if not sizes.columns_of(NUMBER, CATEGORY):
            return "it asks about number and category columns, and there are none"
        most = _MOST_LABELS if task.loss(sizes.num_classes) == "each-label" else _MOST_CLASSES
        if sizes.num_classes > most:
            return f"it makes up to {2**_DEPTH} rules, and {sizes.num_classes:,} answers to tell apart are more than the {most} it can bear"
        return None

    def work(self, sizes: Sizes, task: Task, effort: int) -> Work:
        """Steps are a million table cells, each looked at by one question; every tree costs so much however small it is."""
        numbers = min(len(sizes.columns_of(NUMBER)), most_numbers(sizes.rows))
        columns, outputs = numbers + len(sizes.columns_of(CATEGORY)), task.num_outputs(sizes.num_classes)
        settings = {**_EFFORTS[effort], "depth": _DEPTH, "rows": min(sizes.rows, _MOST_ROWS)}
        trees = 1 + settings["num_folds"] * len(settings["shares"])
        a_tree = columns * (_DEPTH * settings["rows"] + 2**_DEPTH * BINS * outputs) + _OVERHEAD_CELLS
        binning = columns * (settings["rows"] + _OVERHEAD_ROWS) * _BINNING
        return Work((trees * a_tree + binning) / 1e6, settings["rows"] * (10 * columns + 40 * outputs + 200) + (64 << 20), settings)

    def fit(self, train: Examples, task: Task, work: Work, seed: int) -> Graph:
        settings = work.settings
        train = sampled(train, settings["rows"], seed)
        names, loss = telling_columns(train, task), task.loss(train.num_classes)
        entries = Entries.of(train.target, loss, task.num_outputs(train.num_classes))
        table = RuleTable.of({name: train.values[COLUMN + name] for name in names}, entries)
        problem = _Problem(table, train, task, loss)
        folds = make_folds(train, task, settings["num_folds"], seed) if settings["num_folds"] else []
        chosen = problem.choose(folds, settings)
        rows = np.arange(len(train))
        tree = grow(table, rows, chosen.depth, _least_rows(chosen.share, len(rows)))
        nodes = flattened(tree, problem.prior(rows), chosen.strength, chosen.depth, problem.raw)
        asked = _asked(nodes) or names[:1]
        return Graph((Node("rules", RulesHead(asked, nodes), tuple(COLUMN + name for name in asked)),))


@dataclass(frozen=True)
class _Choice:
    depth: int
    share: float
    strength: float


@dataclass(frozen=True)
class _Problem:
    table: RuleTable
    train: Examples
    task: Task
    loss: Loss

    def choose(self, folds: Sequence[Fold], settings: dict[str, Any]) -> _Choice:
        """The least held-out loss; of equals the fewest questions and the largest rules."""
        shares, strengths, depth = sorted(settings["shares"], reverse=True), settings["strengths"], settings["depth"]
        if not folds:
            return _Choice(depth, shares[0], strengths[0])
        losses = np.zeros((len(shares), len(strengths), depth + 1))
        for fold, (place, share) in product(folds, enumerate(shares)):
            tree = grow(self.table, fold.train, depth, _least_rows(share, len(fold.train)))
            losses[place] += losses_at_depths(tree, self.table, fold.valid, self.prior(fold.train), strengths, depth, self.summed_loss)
        by_depth = np.moveaxis(losses, 2, 0)[1:]  # none at all is the trivial baseline
        best = np.unravel_index(np.argmin(by_depth), by_depth.shape)
        return _Choice(int(best[0]) + 1, shares[best[1]], strengths[best[2]])

    def summed_loss(self, value: np.ndarray, met: Met) -> float:
        """Log loss, or the squared error, of rows that are all answered alike."""
        if self.loss == "squared":
            return float(met.squares - 2 * value @ met.sums + met.num_rows * value @ value)
        loss = -met.sums @ np.log(value)
        return float(loss if self.loss == "many-classes" else loss - (met.num_rows - met.sums) @ np.log1p(-value))

    def prior(self, rows: np.ndarray) -> np.ndarray:
        """(num_outputs,) the mean of these rows' entries, no class impossible."""
        if self.loss == "squared":
            return np.array([self.table.entries.values[rows].mean()])
        guess = self.task.first_guess(self.train.target[rows], self.train.num_classes)
        chances: np.ndarray = np.asarray(self.task.answers(guess[None]), np.float64)[0]
        return chances[1:] if self.loss == "two-classes" else chances

    def raw(self, value: np.ndarray) -> np.ndarray:
        """A mean of entries (num_outputs,) as raw outputs."""
        if self.loss == "squared":
            return self.table.entries.in_old_units(value)
        logs: np.ndarray = np.log(value)
        return logs if self.loss == "many-classes" else logs - np.log1p(-value)


def _least_rows(share: float, rows: int) -> int:
    return max(_LEAST_ROWS, round(share * rows))


def _asked(nodes: Sequence[Branch | Leaf]) -> list[str]:
    """Columns that the rules ask about, in the order of the questions."""
    return list(dict.fromkeys(node.question.column for node in nodes if isinstance(node, Branch)))
