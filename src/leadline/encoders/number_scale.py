"""Number columns on about the same scale: what is learned of each one, and all of them computed together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np

_LARGEST = 1e100  # squares of what is larger overflow
_TOGETHER = 1 << 20  # numbers of columns that are looked at together


@dataclass(frozen=True)
class NumberScale:
    """One number column as several features on about the same scale.

    The first is the standardised value, of a heavy-tailed column its inverse hyperbolic sine (linear near the middle, logarithmic far
    out); values beyond the training range by more than a quarter of it count as that far. Then one per quantile bin: 0 below the bin,
    1 above it, linear within (piecewise linear encoding: Gorishniy et al., "On Embeddings for Numerical Features in Tabular Deep
    Learning", 2022), with which a linear model follows any curve in this column. Last, where training had missing values, 1 for missing.
    """

    fill: float  # the median, in place of a missing value
    low: float
    high: float
    width: float  # of the middle, where the tails are heavy; else 0
    mean: float
    scale: float
    missing: bool
    edges: list[float]  # bin k lies between edges k and k + 1

    @classmethod
    def fit(cls, columns: Sequence[np.ndarray], num_bins: int) -> list[Self]:
        """One for each of the columns (n,) float64. Those without gaps are looked at together: there may be thousands."""
        found = dict[int, Self]()
        whole = [place for place, values in enumerate(columns) if np.isfinite(values).all()]
        step = max(1, _TOGETHER // max([1, *(len(values) for values in columns[:1])]))
        for start in range(0, len(whole), step):
            places = whole[start : start + step]
            found |= zip(places, cls._of_known(np.stack([columns[place] for place in places]), num_bins), strict=True)
        for place in sorted({*range(len(columns))} - {*whole}):
            values = columns[place]
            (scale,) = cls._of_known(values[np.isfinite(values)][None], num_bins)
            found[place] = replace(scale, missing=bool(np.isnan(values).any()))
        return [found[place] for place in range(len(columns))]

    @classmethod
    def _of_known(cls, known: np.ndarray, num_bins: int) -> list[Self]:
        """Of columns (k, n) of finite values."""
        if not known.shape[1]:
            return [cls(0.0, 0.0, 0.0, 0.0, 0.0, 1.0, False, [])] * len(known)
        known = np.clip(known, -_LARGEST, _LARGEST)
        fill, low, high, width = np.median(known, axis=1), known.min(axis=1), known.max(axis=1), _tail_widths(known)
        heavy, middle = width > 0, known
        if heavy.any():
            middle = known.copy()
            middle[heavy] = np.arcsinh((known[heavy] - fill[heavy, None]) / width[heavy, None])
        scale, margin = np.where(high > low, middle.std(axis=1), 1.0), (high - low) / 4
        of_numbers = [fill, low - margin, high + margin, width, middle.mean(axis=1), np.where(scale == 0, 1.0, scale)]
        numbers = zip(*(of.tolist() for of in of_numbers), strict=True)
        return [
            cls(fill=fill, low=low, high=high, width=width, mean=mean, scale=scale, missing=False, edges=edges)
            for (fill, low, high, width, mean, scale), edges in zip(numbers, _edges(known, fill, num_bins), strict=True)
        ]

    @property
    def num_features(self) -> int:
        return 1 + max(0, len(self.edges) - 1) + self.missing


class NumberScales:
    """The features of several columns at once: a step of numpy takes microseconds, however few values it is for.

    Each feature is one of the sources - a column's values within bounds, their inverse hyperbolic sine, or 1 where they are missing -
    less a shift, divided by a width, and clipped.
    """

    def __init__(self, scales: Sequence[NumberScale]) -> None:
        self._heavy = np.flatnonzero([scale.width != 0 for scale in scales])
        self._gappy = np.flatnonzero([scale.missing for scale in scales])
        parts = [[scale.fill, scale.low, scale.high, scale.width] for scale in scales]
        self._fill, self._low, self._high, self._width = np.array(parts, np.float64).reshape(-1, 4).T[:, :, None]
        features = [feature for place, scale in enumerate(scales) for feature in self._features_of(scale, place)]
        about = np.array(features, np.float64).reshape(-1, 5).T[:, :, None]
        self._source, (self._shift, self._scale, self._least, self._most) = about[0, :, 0].astype(np.int64), about[1:]

    def _features_of(self, scale: NumberScale, place: int) -> Iterator[tuple[float, ...]]:
        """Source, shift, width, least and most of each feature."""
        heavy, gappy = len(self._fill) + np.searchsorted(self._heavy, [place, len(self._fill)])
        yield (heavy if scale.width else place, scale.mean, scale.scale, -np.inf, np.inf)
        for left, right in pairwise(scale.edges):
            yield place, left, right - left, 0.0, 1.0
        if scale.missing:
            yield gappy + np.searchsorted(self._gappy, place), 0.0, 1.0, -np.inf, np.inf

    def features(self, columns: Sequence[np.ndarray]) -> np.ndarray:
        """Columns (n,) -> (num_features, n) float64, those of the first column first: the rows of a table lie together."""
        values = np.concatenate(columns).reshape(len(columns), -1)
        absent = np.isnan(values)
        known = np.clip(np.where(absent, self._fill, values), self._low, self._high)
        sources = [known]
        if len(self._heavy):
            sources.append(np.arcsinh((known[self._heavy] - self._fill[self._heavy]) / self._width[self._heavy]))
        if len(self._gappy):
            sources.append(absent[self._gappy])
        features = (np.concatenate(sources) if len(sources) > 1 else known)[self._source]
        features -= self._shift
        with np.errstate(over="ignore"):  # a bin may be narrower than any difference that can be divided by
            features /= self._scale
        return np.clip(features, self._least, self._most, out=features)


def _tail_widths(known: np.ndarray) -> np.ndarray:
    """(k,) half the distance between the quartiles (else of the inner 90 %) of columns (k, n) whose range is over 20 times that wide, else
    0.
    """
    low, first, third, high = np.quantile(known, [0.05, 0.25, 0.75, 0.95], axis=1)
    width = np.where(third > first, third - first, high - low) / 2
    return np.where((width > 1e-100) & (np.ptp(known, axis=1) > 20 * width), width, 0.0)


def _edges(known: np.ndarray, middles: np.ndarray, num_bins: int) -> Iterator[list[float]]:
    """Distinct quantiles of each column (k, n); where one value fills most of it (many zeros), also quantiles of the rest."""
    quantiles = np.quantile(known, np.linspace(0.0, 1.0, num_bins + 1), axis=1).T
    for values, middle, found in zip(known, middles, quantiles, strict=True):
        edges = np.unique(found)
        if len(edges) <= num_bins // 2 and len(rest := values[values != middle]):
            edges = np.unique(np.concatenate([edges, np.quantile(rest, np.linspace(0.0, 1.0, num_bins // 2 + 1))]))
        yield edges.tolist() if len(edges) > 1 else []
