"""Pictures that are copies of one another, told from pictures that merely look alike: two X-rays, two digits, two photographs of one face.

What all pictures of a data set have in common is taken out of their thumbnails first: the mean picture, and the directions in which they
differ a lot are scaled down until all count the same ("whitening", Kessy et al. 2018; with few pictures, or beyond what thumbnails resolve,
by what holds for pictures in general). After that different pictures are nearly at right angles, copies nearly parallel. How alike is alike
enough depends on how alike the data set's pictures are anyway. The figures here were chosen by looking at pairs (docs/decisions.md).
"""

from __future__ import annotations

import numpy as np

from leadline.check.links import NONE, Links, spanning
from leadline.check.patience import Patience
from leadline.check.thumbnails import SIDE

_FLAT = 2.0  # grey levels of standard deviation under which there is nothing to compare
_NOISE = 0.3  # of the mean variance is taken for noise of encoding
_GENERAL = 256  # pictures as many as general knowledge of pictures is worth
_FEW = 16  # pictures under which their mean says little of what they have in common
_CERTAIN = 0.995  # the cosine of pictures that are copies whatever the data set
_LEARNED = 4_000  # pictures that the whitening is learned from
_SAMPLED, _PROBED = 20_000, 2_000  # pictures that the threshold is learned from
_COPY = 0.95  # cosines above this say nothing about how alike different pictures are
_OFFSET, _SLOPE, _AT_LEAST, _AT_MOST = 0.77, 0.3, 0.87, 0.975  # copies from photographs (0.3 apart) to digits (0.67)
_ALL_PAIRS = 12_000  # pictures up to which all pairs are compared
_BITS, _TABLES = 48, 20
_BLOCK, _STEP = 128, 64  # neighbours in a table that are compared with each other


def look_alikes(thumbnails: np.ndarray, patience: Patience) -> Links:
    """Links of copies among thumbnails (n, 256); rows of NaN and flat pictures are copies of nothing. Raises TooSlowError."""
    rows = np.flatnonzero(np.nan_to_num(thumbnails.std(axis=1)) >= _FLAT)
    if len(rows) < 2:
        return NONE
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    rng = np.random.default_rng(0)
    vectors = _whitened(_frequencies(thumbnails[rows]), rng)
    least = _threshold(vectors, rng)
    with threadpool_limits(1):  # for small products, threads that wait for each other cost more than they bring
        found = _all_pairs(vectors, least) if len(rows) <= _ALL_PAIRS else _tables(vectors, least, rng, patience)
    links: Links = rows[found]
    return links


def _frequencies(thumbnails: np.ndarray) -> np.ndarray:
    """(n, 255) float32: cosine transforms without the mean, of equal length, so that brightness and contrast do not count."""
    place = np.arange(SIDE)
    cosines = np.cos(np.pi * place[:, None] * (2 * place + 1) / (2 * SIDE)) * np.sqrt(2 / SIDE)
    cosines[0] *= np.sqrt(0.5)
    return _unit(thumbnails @ np.kron(cosines, cosines).T[:, 1:].astype(np.float32))


def _whitened(vectors: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    place = np.arange(SIDE)
    power = 1 / np.maximum(place[:, None] ** 2 + place**2, 1).ravel()[1:]  # of pictures in general: it falls with the square of frequency
    power /= power.mean()
    sample = vectors if len(vectors) <= _LEARNED else vectors[np.sort(rng.choice(len(vectors), _LEARNED, replace=False))]
    copies = _all_pairs(_unit(sample / np.sqrt(power + _NOISE).astype(np.float32)), _CERTAIN)
    sample = np.delete(sample, copies[:, 0], axis=0)  # a picture that is there a hundred times is not what pictures have in common
    mean = sample.sum(axis=0, dtype=np.float64) / (len(sample) + _FEW)
    centred = sample - mean
    covariance = centred.T @ centred / len(sample)
    prior = _NOISE * np.eye(len(power)) + _GENERAL / len(sample) * np.diag(power)
    values, directions = np.linalg.eigh(covariance + prior * covariance.trace() / len(power))
    scaled = directions / np.sqrt(np.maximum(values, 1e-30))
    return _unit((vectors - mean.astype(np.float32)) @ scaled.astype(np.float32))


def _unit(vectors: np.ndarray) -> np.ndarray:
    unit: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return unit


def _threshold(vectors: np.ndarray, rng: np.random.Generator) -> float:
    """The cosine from which on pictures are copies, by how near the nearest neighbour of half of them is."""
    pool = vectors if len(vectors) <= _SAMPLED else vectors[rng.choice(len(vectors), _SAMPLED, replace=False)]
    probes, nearest = pool[:: max(1, len(pool) // _PROBED)], list[np.ndarray]()
    for start in range(0, len(probes), _BLOCK):
        cosines = probes[start : start + _BLOCK] @ pool.T
        nearest.append(np.where(cosines < _COPY, cosines, -1.0).max(axis=1))
    usual = float(np.median(np.concatenate(nearest)))
    return min(max(_AT_LEAST, _OFFSET + _SLOPE * usual), _AT_MOST)


def _all_pairs(vectors: np.ndarray, least: float) -> Links:
    found = [NONE]
    for start in range(0, len(vectors), _BLOCK):
        row, other = np.nonzero(vectors[start : start + _BLOCK] @ vectors[: start + _BLOCK].T >= least)
        found.append(_below(row + start, other))
    return spanning(len(vectors), np.concatenate(found))


def _tables(vectors: np.ndarray, least: float, rng: np.random.Generator, patience: Patience) -> Links:
    """Pairs that stand near each other when pictures are sorted by the signs of random projections, in any of several such orders.

    Time and memory grow with the number of pictures, not with its square (Charikar 2002).
    """
    links = NONE
    for table in range(_TABLES):
        signs = vectors @ rng.normal(size=(vectors.shape[1], _BITS)).astype(np.float32) > 0
        order = np.argsort(np.packbits(signs, axis=1).view(f"S{_BITS // 8}").ravel(), kind="stable")
        found = [links]
        for start in range(0, max(1, len(order) - _STEP), _STEP):
            some = order[start : start + _BLOCK]
            row, other = np.nonzero(vectors[some] @ vectors[some].T >= least)
            found.append(_below(some[row], some[other]))
        links = spanning(len(vectors), np.concatenate(found))
        patience.check(table + 1, _TABLES)
    return links


def _below(rows: np.ndarray, others: np.ndarray) -> Links:
    kept = rows > others
    return np.stack([rows[kept], others[kept]], axis=1)
