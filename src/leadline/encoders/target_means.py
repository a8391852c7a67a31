"""Categories of many names as numbers: what the target was, on average, of the rows that have a name (Micci-Barreca, "A preprocessing
scheme for high-cardinality categorical attributes in classification and prediction problems", SIGKDD Explorations 2001).

A name's mean is drawn towards that of all rows, the more the fewer rows have it. How far is told by the rows themselves: m rows' worth
of the overall mean, where m is the variance within names over that between them (empirical Bayes, by the analysis of variance). Names that
differ by no more than chance are all drawn to nothing.

No row tells on itself: rows that teach get what the other folds say of their names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadline.encoders.tabular import Vocabulary
from leadline.parts import Part
from leadline.values import Dense

_LEAST_COUNT = 2  # a name seen once is read as unknown, so that learners meet unknown ones in training as they will later
_MOST_NAMES = 20_000
_LEAST_DRAWN = 1.0  # rows' worth of the overall mean, where names tell the target without fail: no chance is 0 or 1
_BY_CHANCE = 2.0  # standard deviations of the ratio of variances, within which names do not differ


class TargetMeans(Part):
    """Category columns -> (n, num_columns * num_outputs) float32: for each column and output how far a name is from the overall mean, in
    the target's standard deviations or in log odds; 0 for a name not seen in training. A missing value is a name.
    """

    kind: ClassVar[str] = "target-means"

    def __init__(self, vocabularies: Mapping[str, Sequence[str]], effects: np.ndarray) -> None:
        """`effects` (all names, num_outputs) float32: of each column those of its names and of a missing value, then of the next one's."""
        self.vocabularies = {name: Vocabulary(words) for name, words in vocabularies.items()}
        lengths = [len(vocabulary.names) + 1 for vocabulary in self.vocabularies.values()]
        self.starts = [0, *accumulate(lengths)]
        if effects.ndim != 2 or len(effects) != self.starts[-1] or not np.isfinite(effects).all():
            raise ValueError(f"the effects {effects.shape} are not those of {self.starts[-1]} names")
        self.effects = effects.astype(np.float32, copy=False)

    @classmethod
    def taught(cls, columns: Mapping[str, pl.Series], entries: np.ndarray, chances: bool, folds: np.ndarray) -> tuple[Self, Dense]:
        """The part, and its output for the rows that teach it: each row's from the rows of other folds.

        `entries` (n, num_outputs) float64: numbers in standard units, or where they are `chances`, 1 for the classes or labels that a row
        has, else 0. `folds` (n,) number the folds.
        """
        vocabularies = {name: Vocabulary.fit(values, _LEAST_COUNT, _MOST_NAMES) for name, values in columns.items()}
        effects, outputs = list[np.ndarray](), list[np.ndarray]()
        for name, vocabulary in vocabularies.items():
            codes, number = _codes(vocabulary, columns[name]), len(vocabulary.names) + 1
            effects.append(_effects(codes, entries, number, chances))
            outputs.append(np.zeros_like(entries, np.float32))
            for fold in np.unique(folds):
                mine = folds == fold
                outputs[-1][mine] = _looked_up(_effects(codes[~mine], entries[~mine], number, chances), codes[mine])
        names = {name: vocabulary.names for name, vocabulary in vocabularies.items()}
        return cls(names, np.concatenate(effects)), np.concatenate(outputs, axis=1)

    def run(self, *columns: pl.Series) -> Dense:
        parts = zip(self.vocabularies.values(), columns, self.starts[:-1], self.starts[1:], strict=True)
        found = [_looked_up(self.effects[start:stop], _codes(vocabulary, values)) for vocabulary, values, start, stop in parts]
        return np.concatenate(found, axis=1)

    def config(self) -> dict[str, Any]:
        return {"vocabularies": {name: vocabulary.names for name, vocabulary in self.vocabularies.items()}}

    def arrays(self) -> dict[str, np.ndarray]:
        return {"effects": self.effects}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Any]) -> Self:
        return cls(config["vocabularies"], arrays["effects"])


def _codes(vocabulary: Vocabulary, values: pl.Series) -> np.ndarray:
    """(n,) int64 numbers of the names, one more for a missing value, -1 for a name that is not known."""
    codes: np.ndarray = np.nan_to_num(vocabulary.encode(values), nan=-1.0).astype(np.int64)
    if values.null_count():
        codes[values.is_null().to_numpy()] = len(vocabulary.names)
    return codes


def _looked_up(effects: np.ndarray, codes: np.ndarray) -> Dense:
    found: Dense = np.where(codes[:, None] >= 0, effects[codes], 0.0).astype(np.float32)
    return found


def _effects(codes: np.ndarray, entries: np.ndarray, number: int, chances: bool) -> np.ndarray:
    """(number, num_outputs) how far each name is from the overall mean of these rows; all 0 where names differ by chance."""
    more = 1.0 if chances else 0.0  # half a row of either kind, so that nothing is impossible
    overall = (entries.sum(axis=0) + more / 2) / max(1.0, len(entries) + more)
    known = codes >= 0
    counts = np.bincount(codes[known], minlength=number)[:, None]
    sums = np.stack([np.bincount(codes[known], entries[known, output], number) for output in range(entries.shape[1])], axis=1)
    drawn = _drawn(counts, sums, (entries[known] ** 2).sum(axis=0))
    shift = np.where(np.isfinite(drawn), (sums - counts * overall) / (counts + np.where(np.isfinite(drawn), drawn, 1.0)), 0.0)
    if not chances:
        return np.asarray(shift)
    mean = np.clip(overall + shift, 1e-9, 1 - 1e-9)
    return np.asarray(np.log(mean / (1 - mean)) - np.log(overall / (1 - overall)))


def _drawn(counts: np.ndarray, sums: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """(num_outputs,) how many rows' worth of the overall mean a name gets; infinite where names differ by no more than chance."""
    there = counts[:, 0] > 0
    names, rows = int(there.sum()), int(counts.sum())
    if names < 2 or rows <= names:
        return np.full(len(squares), np.inf)
    explained = (sums[there] ** 2 / counts[there]).sum(axis=0)
    within = np.maximum(squares - explained, 0.0) / (rows - names)
    between = np.maximum(explained - sums.sum(axis=0) ** 2 / rows, 0.0) / (names - 1)
    by_chance = within * (1 + _BY_CHANCE * np.sqrt(2 / (names - 1) + 2 / (rows - names)))
    usual_count = (rows - float((counts**2).sum()) / rows) / (names - 1)
    spread = np.where(between > by_chance, (between - within) / usual_count, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn: np.ndarray = np.where(spread > 0, np.maximum(within / spread, _LEAST_DRAWN), np.inf)
    return drawn
