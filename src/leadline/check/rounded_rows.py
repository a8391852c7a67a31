"""Rows of a table that are equal up to rounding: one holds the numbers of the other with fewer decimals, or both agree to nine digits.

A row whose numbers have at most so many decimals is looked for among the others after these are rounded alike, whichever way ties go.
Rows agree by chance, too, where decimals are few: then many more would agree with one decimal less, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from leadline.check.equal_rows import decoded
from leadline.check.links import NONE, Links, links_of, repeated, spanning
from leadline.check.patience import Patience
from leadline.data.table import Data

_DECIMALS = 9  # at most, that one row has and another has not
_DIGITS = 9  # two numbers that agree in so many were one number
_HALF = 0.5 + 1e-6  # of the last decimal that rounding changes at most
_ONE_LESS = 0.45  # pairs that agree with one decimal less, for each that agrees: then one in twenty is chance, or fewer
_MOST = 20  # pairs looked at for each row: where more agree in one column, that column tells nothing
_SAMPLED = 10_000


def rounded_rows(data: Data, firsts: np.ndarray, patience: Patience) -> Links:
    """Links of rows among `firsts` (positions, each of a row that is unlike all others) that are equal up to rounding.

    Columns without decimals, and gaps, have to be equal. Raises TooSlowError.
    """
    patience.check(1, 1)
    names = [name for name in data.columns if data.raw(name).dtype != pl.Object]
    frame = decoded(data, [name for name in names if data.types[name] == "number"])
    fractions = _with_decimals(frame)
    if not fractions or len(firsts) < 2:
        return NONE
    some = frame[firsts[:: max(1, len(firsts) // _SAMPLED)]]
    different = dict(zip(fractions, some.select(pl.col(fractions).n_unique()).row(0), strict=True))
    fractions.sort(key=lambda name: -different[name])
    rows = _Rows(data, firsts, frame.select(fractions), [name for name in names if name not in different])
    with np.errstate(all="ignore"):  # infinite numbers are equal to nothing but themselves
        links: Links = firsts[spanning(len(firsts), np.concatenate([NONE, *rows.links(patience.rest())]))]
    return links


def _with_decimals(frame: pl.DataFrame) -> list[str]:
    floats = [name for name, dtype in frame.schema.items() if dtype.is_float()]
    found = frame.select((pl.col(name) != pl.col(name).round(0)).any() for name in floats).row(0) if floats else ()
    return [name for name, there in zip(floats, found, strict=True) if there]


class _Rows:
    """Numbers with decimals, (n,) each, the column that tells most first; `others` are columns that have to be equal."""

    def __init__(self, data: Data, firsts: np.ndarray, fractions: pl.DataFrame, others: list[str]) -> None:
        self._data, self._firsts, self._others = data, firsts, others
        every = len(firsts) == fractions.height
        known = fractions.fill_null(float("nan"))
        self._values = [column.to_numpy()[slice(None) if every else firsts] for column in known]
        self._number = len(firsts)

    def links(self, patience: Patience) -> Iterator[Links]:
        """For each number of decimals the pairs of a row that has no more, and one that is that row but for rounding."""
        for decimals in range(_DECIMALS + 1):
            if decimals:
                patience.check(decimals, _DECIMALS + 1)
            short = self._short(decimals)
            if len(short) == self._number:
                return
            pairs = self._agreeing_pairs(self._near(short, decimals), decimals) if len(short) else NONE
            if len(pairs) and self._num_equal(decimals - 1) - len(pairs) <= _ONE_LESS * len(pairs):
                yield pairs
        yield self._agreeing(np.setdiff1d(np.arange(self._number), short))

    def _agreeing(self, rows: np.ndarray) -> Links:
        """Pairs that agree to nine digits in every column, of rows with more decimals than anybody writes."""
        rows = rows[repeated(pl.Series(_significant(self._values[0][rows])).hash(0).to_numpy())]
        if not len(rows):
            return NONE
        numbers = pl.DataFrame({str(place): _significant(values[rows]) for place, values in enumerate(self._values)})
        return links_of(numbers.with_columns(key=self._keys(rows)).hash_rows(seed=0).to_numpy(), rows)

    def _keys(self, rows: np.ndarray) -> pl.Series:
        """Of what has to be equal."""
        if not self._others:
            return pl.Series(np.zeros(len(rows), np.uint64))
        return decoded(self._data.take(self._firsts[rows]), self._others).hash_rows(seed=0)

    def _short(self, decimals: int) -> np.ndarray:
        """Rows with no more decimals in any column."""
        rows = np.arange(self._number)
        for values in self._values:
            rows = rows[_unchanged(values[rows], decimals)] if len(rows) else rows
        return rows

    def _near(self, short: np.ndarray, decimals: int) -> Links:
        """Pairs (short row, other row) that agree in the first column, rounded either way, and in all that has to be equal."""
        first = pl.Series("first", self._values[0]) * 10.0**decimals
        others = pl.DataFrame({"row": np.arange(self._number), "first": first.round(0), "down": first.floor(), "up": first.ceil()})
        known = first.gather(short).round(0).unique().implode()
        others = others.filter(first.is_finite() & (pl.col("down").is_in(known) | pl.col("up").is_in(known)))
        others = others.with_columns(key=self._keys(others["row"].to_numpy()))
        wanted = others.filter(pl.col("row").is_in(pl.Series(short).implode()))
        ways = [_joined(wanted, others, way, _MOST * self._number) for way in ("down", "up")]
        pairs = pl.concat(ways).unique(maintain_order=True).filter(pl.col("row") != pl.col("row_right"))
        return np.asarray(pairs.to_numpy(), np.int64).reshape(-1, 2)

    def _agreeing_pairs(self, pairs: Links, decimals: int) -> Links:
        """Those of which the first row is the second, rounded, in every column."""
        for values in self._values:
            first, second = values[pairs[:, 0]], values[pairs[:, 1]]
            near = np.abs(first - second) * 10.0**decimals <= _HALF
            pairs = pairs[near | (first == second) | (np.isnan(first) & np.isnan(second))]
        return pairs

    def _num_equal(self, decimals: int) -> float:
        """Pairs of rows that are equal once all are rounded."""
        rows = np.arange(self._number)
        numbers = pl.DataFrame({str(place): np.rint(values * 10.0**decimals) for place, values in enumerate(self._values)})
        again = repeated(numbers.hash_rows(seed=0).to_numpy())
        counts = numbers[again].with_columns(key=self._keys(rows[again])).hash_rows(seed=0).value_counts()["count"].to_numpy()
        return float((counts.astype(float) * (counts - 1.0) / 2).sum())


def _joined(wanted: pl.DataFrame, others: pl.DataFrame, way: str, most: int) -> pl.DataFrame:
    """Pairs whose first number is the other's, rounded that way, and whose keys are equal; none where they are more than `most`."""
    mine, theirs = ["first", "key"], [way, "key"]
    counts = wanted.group_by(mine).len().join(others.group_by(theirs).len(), left_on=mine, right_on=theirs)
    few = (counts["len"].cast(pl.Int64) * counts["len_right"]).sum() <= most
    return (wanted if few else wanted.clear()).join(others, left_on=mine, right_on=theirs).select("row", "row_right")


def _unchanged(values: np.ndarray, decimals: int) -> np.ndarray:
    """Positions of numbers that have no more decimals."""
    return np.flatnonzero(np.isnan(values) | (np.rint(values * 10.0**decimals) / 10.0**decimals == values))


def _significant(values: np.ndarray) -> np.ndarray:
    """Rounded to nine digits; beyond the range of numbers that have as many, what comes is not a number."""
    scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(np.abs(values))))
    return np.asarray(np.where(values == 0, 0.0, np.rint(values * scale) / scale))
