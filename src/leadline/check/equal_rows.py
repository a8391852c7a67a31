"""Rows of a table that say the same in every feature column, and whether that means anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from leadline.check.links import NONE, Links, links_of, repeated
from leadline.data.table import Data

_FIRST_LOOK = 3  # columns that mostly tell all rows apart, so that the others need not be looked at
_SAMPLED = 20_000
_OFTEN = 0.1  # rows with a twin, as a share of all, from which on it is asked whether they repeat by nature
# Of the equal pairs are what chance gives with independent columns: then most are chance, for columns are not independent.
_BY_CHANCE = 0.01
_FEW_VALUES = 100


def without_ids(data: Data) -> Data:
    """Without the names and whole numbers that are different in every row: with one of them no two rows would ever be equal."""
    sample = data.take(_evenly(data))
    ids = {name for name, kind in data.types.items() if tells_apart(sample, name, kind) and tells_apart(data, name, kind)}
    kept = {name: choice for name, choice in data.columns.items() if name not in ids}
    return replace(data, columns=kept) if kept else data


def tells_apart(data: Data, name: str, kind: str) -> bool:
    """Whether a column of names or whole numbers is different in every row."""
    raw = data.raw(name)
    return (kind == "category" or raw.dtype.is_integer()) and raw.n_unique() == len(raw)


def _evenly(data: Data) -> np.ndarray:
    return np.arange(0, len(data), max(1, len(data) // 1_000))


def equal_rows(data: Data) -> Links:
    """Links of rows whose decoded feature values are all equal, missing ones included."""
    names = _most_telling_first(data)
    if not names:
        return NONE
    keys = decoded(data, names[:_FIRST_LOOK]).hash_rows(seed=0).to_numpy()
    suspects = repeated(keys)
    if not len(suspects):
        return NONE
    return links_of(decoded(data.take(suspects), names).hash_rows(seed=0).to_numpy(), suspects)


def repeat_by_nature(data: Data, num_twins: int) -> bool:
    """Whether so few different rows are possible that equal ones are no copies: three answers of yes or no, a million times.

    Judged by how often two rows would agree were the columns independent, and by whether any column has more than a few values.
    """
    if num_twins < _OFTEN * len(data):
        return False
    rng = np.random.default_rng(0)
    rows = rng.choice(len(data), _SAMPLED, replace=False) if len(data) > _SAMPLED else np.arange(len(data))
    frame = decoded(data.take(np.sort(rows)), list(data.columns))
    if all(frame[name].n_unique() <= _FEW_VALUES for name in frame.columns):
        return True
    pairs = frame.height * (frame.height - 1) / 2
    counts = frame.hash_rows(seed=0).value_counts()["count"].to_numpy().astype(float)
    different = frame.unique(maintain_order=True)  # what is repeated must not speak for how often it would be
    expected = pairs * float(np.prod([_agreement(different[name]) for name in frame.columns]))
    return expected > _BY_CHANCE * float((counts * (counts - 1) / 2).sum())


def _agreement(values: pl.Series) -> float:
    """The chance that two rows have the same value."""
    counts = values.value_counts()["count"].to_numpy().astype(float)
    return float((counts * (counts - 1)).sum() / max(1.0, len(values) * (len(values) - 1.0)))


def _most_telling_first(data: Data) -> list[str]:
    sample = data.take(_evenly(data))
    distinct = {name: sample.raw(name).n_unique() for name in data.columns if sample.raw(name).dtype != pl.Object}
    return sorted(distinct, key=lambda name: -distinct[name])


def decoded(data: Data, names: list[str]) -> pl.DataFrame:
    """Values as they are decoded, so that 1.0 and 1 are the same; where a type decodes into something else, as they are written."""
    columns = []
    for name in names:
        raw = data.raw(name)
        values = raw if raw.dtype.is_numeric() else data.decode(name).values
        columns.append((values if isinstance(values, pl.Series) else raw).alias(name))
    return pl.DataFrame(columns)
