"""Columns cut into a few bins each, and a target as entries: all that growing rules has to look at."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from scipy.special import xlogy

from leadline.encoders.tabular import Vocabulary
from leadline.heads.rules import Question
from leadline.learners.search import Standardised
from leadline.tasks.contract import Loss
from leadline.values import ragged_take

BINS = 128  # of every column, however few it fills: then all columns can be looked at together
MISSING = BINS - 1  # the bin of missing values
_MOST_CUTS = BINS - 2  # of a number column: a rule that could be anywhere is no better than one at a 126th of the rows
_MOST_WORDS, _LEAST_COUNT = 30, 2  # categories that a rule may name: the most frequent ones, none that was seen only once
_CELLS_TOGETHER = 1 << 22  # of columns by rows, or by bins and outputs, that are in memory at a time


@dataclass(frozen=True)
class Bins:
    """What the bins of one column are: bin k holds numbers above lasts[k - 1] and at most lasts[k], or the category words[k].

    The next larger number to lasts[k] is nexts[k]. The bin after the last word is for all other categories. `gaps`: some value is missing.
    """

    name: str
    lasts: np.ndarray = field(default_factory=lambda: np.zeros(0))
    nexts: np.ndarray = field(default_factory=lambda: np.zeros(0))
    words: tuple[str, ...] | None = None
    gaps: bool = False

    def question(self, chosen: np.ndarray, seen: np.ndarray) -> tuple[Question, np.ndarray]:
        """The question answered yes in the bins (BINS,) chosen, and the bins that it is answered yes in.

        `seen` are the bins that hold rows; others are a no. Of categories it names the shorter side, never "others".
        """
        is_missing = np.arange(BINS) == MISSING
        if chosen[:-1][seen[:-1]].all() and not chosen[-1]:
            return Question(self.name, None, (), True, self.gaps), is_missing
        if self.words is None:
            place = int(chosen[:-1].sum()) - 1
            cut = shortest_between(float(self.lasts[place]), float(self.nexts[place]))
            return Question(self.name, cut, (), bool(chosen[-1]), self.gaps), chosen
        others = len(self.words)
        if chosen[others] or (chosen[:others].sum() > seen[:others].sum() / 2 and not seen[others]):
            chosen = ~chosen & (seen | is_missing)
        named = tuple(word for word, is_named in zip(self.words, chosen, strict=False) if is_named)
        return Question(self.name, None, named, bool(chosen[-1]), self.gaps), chosen


def binned(name: str, values: Any) -> tuple[Bins, np.ndarray]:
    """What the bins are and each value's, (n,) uint8, of numbers float64 with NaN where missing or categories as polars strings."""
    if isinstance(values, pl.Series):
        vocabulary = Vocabulary.fit(values, _LEAST_COUNT, _MOST_WORDS)
        places = np.nan_to_num(vocabulary.encode(values), nan=len(vocabulary.names))
        missing = values.is_null().to_numpy()
        kind = Bins(name, words=tuple(vocabulary.names), gaps=bool(missing.any()))
    else:
        numbers = np.asarray(values, np.float64)
        missing, (lasts, nexts) = np.isnan(numbers), _cuts(numbers[np.isfinite(numbers)])
        places = np.searchsorted(lasts, numbers)
        kind = Bins(name, lasts, nexts, gaps=bool(missing.any()))
    return kind, np.where(missing, MISSING, places).astype(np.uint8)


def _cuts(known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The numbers below and above up to 126 cuts, each in the midst of equally many rows where there are more different numbers."""
    ordered = np.sort(known)
    ends = np.flatnonzero(ordered[1:] != ordered[:-1])  # where the next number is another
    if len(ends) > _MOST_CUTS:
        wanted = np.linspace(0, len(ordered) - 1, _MOST_CUTS + 2)[1:-1].astype(np.int64)
        ends = np.unique(ends[np.minimum(np.searchsorted(ends, wanted), len(ends) - 1)])
    return ordered[ends], ordered[ends + 1]


def shortest_between(low: float, high: float) -> float:
    """The number with the fewest digits in [low, high), of several the one nearest the middle."""
    if low <= 0 < high:
        return 0.0
    middle = low / 2 + high / 2
    largest = math.floor(math.log10(max(abs(low), abs(high))))
    for exponent in range(largest, largest - 17, -1):
        step = 10.0**exponent
        if step == 0.0 or not math.isfinite(middle / step):
            break
        tried = [float(f"{math.floor(middle / step) + more}e{exponent}") for more in (0, 1)]
        fitting = [number for number in tried if low <= number < high]
        if fitting:
            return min(fitting, key=lambda number: abs(number - middle))
    return low


@dataclass(frozen=True)
class Entries:
    """The target as sums: row i adds `values` to `outputs` at the places indptr[i] to indptr[i + 1].

    Numbers have one output, the number in standard units; two classes have one, 1 where a row is of the second; else each class or label
    has its own.
    """

    indptr: np.ndarray
    outputs: np.ndarray
    values: np.ndarray
    num_outputs: int
    loss: Loss
    mean: float = 0.0
    scale: float = 1.0

    @classmethod
    def of(cls, target: np.ndarray, loss: Loss, num_outputs: int) -> Entries:
        if loss == "squared":
            scaled = Standardised.of(target, loss)
            return cls(np.arange(len(target) + 1), np.zeros(len(target), np.int64), scaled.values, 1, loss, scaled.mean, scaled.scale)
        if loss == "many-classes":
            return cls(np.arange(len(target) + 1), target.astype(np.int64), np.ones(len(target)), num_outputs, loss)
        labels = target.reshape(len(target), -1)
        outputs = np.nonzero(labels)[1]
        indptr = np.concatenate([[0], np.cumsum(np.count_nonzero(labels, axis=1))])
        return cls(indptr, outputs, np.ones(len(outputs)), num_outputs, loss)

    def in_old_units(self, values: np.ndarray) -> np.ndarray:
        old: np.ndarray = values * self.scale + self.mean
        return old

    def agreement(self, sums: np.ndarray, rows: np.ndarray) -> np.ndarray:
        """How much rows (...) with these sums of entries (..., num_outputs) are alike: what is taken from the loss by answering them alike.

        Numbers fall in squared error, all else in log loss.
        """
        alike: np.ndarray = (sums**2).sum(axis=-1) / np.maximum(rows, 1) if self.loss == "squared" else xlogy(sums, sums).sum(axis=-1)
        if self.loss == "many-classes":
            alike -= xlogy(rows, rows)
        elif self.loss != "squared":
            others = np.maximum(rows[..., None] - sums, 0)
            alike += xlogy(others, others).sum(axis=-1) - self.num_outputs * xlogy(rows, rows)
        return alike

    def of_rows(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which of `rows` each of their entries is of (places in `rows`), its output and its value."""
        indptr, picks = ragged_take(self.indptr, rows)
        return np.repeat(np.arange(len(rows)), np.diff(indptr)), self.outputs[picks], self.values[picks]


@dataclass(frozen=True)
class RuleTable:
    """Columns as bins (num_columns, n) uint8 with what these are, and the target of the same rows."""

    columns: tuple[Bins, ...]
    bins: np.ndarray
    entries: Entries

    @classmethod
    def of(cls, columns: Mapping[str, Any], entries: Entries) -> RuleTable:
        made = [binned(name, values) for name, values in columns.items()]
        return cls(tuple(kind for kind, _ in made), np.stack([bins for _, bins in made]), entries)

    @cached_property
    def named(self) -> np.ndarray:
        """(num_columns,) Boolean: columns of categories, whose bins have no order of their own."""
        return np.array([kind.words is not None for kind in self.columns])

    def blocks(self, num_rows: int) -> Iterator[slice]:
        """Columns to be looked at together, so that memory holds them however many there are."""
        step = max(1, _CELLS_TOGETHER // max(num_rows, BINS * self.entries.num_outputs))
        for start in range(0, len(self.columns), step):
            yield slice(start, start + step)
