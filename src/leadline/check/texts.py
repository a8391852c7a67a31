"""Texts that say the same: equal but for case, spacing and punctuation, or long and equal but for a few words.

MinHash over runs of three words (Broder 1997) proposes pairs, the runs themselves confirm them.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from leadline.check.links import NONE, Links, links_of, spanning
from leadline.check.patience import Patience
from leadline.progress import Advance

LONG = 12  # words; shorter texts are copies only where all words are the same
ALIKE = 0.8  # of the runs of words that either has, both have
_RUN = 3
_BANDS, _PER_BAND = 6, 2  # finds 99.8 % of pairs at ALIKE
_NEIGHBOURS = 4  # within a band's bucket each text is compared with so many, which chains copies together in linear time
_MAYBE = 0.5  # of the smallest hashes agree: enough to look closer
_CHUNK_BYTES = 16 << 20
_CHUNK_PAIRS = 20_000
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SALTS = np.random.default_rng(0).integers(1, 1 << 63, 2 * _BANDS * _PER_BAND, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


def near_texts(texts: pl.Series, patience: Patience, advance: Advance) -> Links:
    """Links of copies among texts (n,) String; empty ones are copies of nothing. Raises TooSlowError."""
    plain, done, hashes, rows = list[pl.Series](), 0, list[np.ndarray](), list[np.ndarray]()
    for chunk in _chunks(texts):
        words = _plain(chunk)
        plain.append(words.hash(0))
        long = np.flatnonzero((words.str.count_matches(" ", literal=True) >= LONG - 1).to_numpy())
        if len(long):
            hashes.append(_smallest(words.gather(long)))
            rows.append(long + done)
        filled = (words != "").to_numpy()
        plain[-1] = plain[-1].zip_with(pl.Series(filled), pl.Series(_ODD * np.arange(done, done + len(chunk), dtype=np.uint64)))
        done += len(chunk)
        advance(done, len(texts))
        patience.check(done, len(texts))
    same = links_of(pl.concat(plain).to_numpy()) if plain else NONE
    if not hashes:
        return same
    near = _confirmed(texts, _proposed(np.concatenate(hashes), np.concatenate(rows), np.setdiff1d(np.arange(len(texts)), same[:, 0])))
    return np.concatenate([same, near])


def _chunks(texts: pl.Series) -> Iterator[pl.Series]:
    """Consecutive texts of some megabytes together."""
    ends = np.cumsum(texts.str.len_bytes().to_numpy())
    start = 0
    while start < len(texts):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + _CHUNK_BYTES, side="right")))
        yield texts.slice(start, stop - start)
        start = stop


def _plain(texts: pl.Series) -> pl.Series:
    """Words in lower case with one space between; letters, their marks and digits make words."""
    return texts.str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}\p{N}]+", " ").str.strip_chars(" ")


def _runs(words: pl.Series) -> tuple[np.ndarray, np.ndarray]:
    """indptr and hashes of all runs of three words; edges count as words, so that a change there weighs as much as any other."""
    split = ("^ ^ " + words + " $ $").str.split(" ")
    lengths = split.list.len().to_numpy().astype(np.int64)
    each = split.explode().hash(0).to_numpy()
    mixed = (each[:-2] * _ODD + each[1:-1]) * _ODD + each[2:]
    mixed ^= mixed >> np.uint64(29)
    inside = np.ones(len(each), dtype=bool)
    ends = np.cumsum(lengths)
    inside[ends - 1] = inside[ends - 2] = False  # runs that would reach into the next text
    return np.concatenate([[0], np.cumsum(lengths - (_RUN - 1))]), mixed[inside[:-2]]


def _smallest(words: pl.Series) -> np.ndarray:
    """(n, bands x per band) uint64: the smallest hash of each text's runs under several hash functions."""
    indptr, runs = _runs(words)
    smallest = np.empty((len(words), _BANDS * _PER_BAND), dtype=np.uint64)
    for place in range(smallest.shape[1]):
        smallest[:, place] = np.minimum.reduceat((runs ^ _SALTS[2 * place]) * _SALTS[2 * place + 1], indptr[:-1])
    return smallest


def _proposed(hashes: np.ndarray, rows: np.ndarray, firsts: np.ndarray) -> Links:
    """Pairs that agree in a band and in half of all hashes; texts that are equal take part once."""
    once = np.isin(rows, firsts)
    hashes, rows = hashes[once], rows[once]
    found = [NONE]
    for band in range(_BANDS):
        keys = hashes[:, band * _PER_BAND] * _ODD + hashes[:, band * _PER_BAND + 1]
        order = np.argsort(keys, kind="stable")
        for step in range(1, _NEIGHBOURS + 1):
            left, right = order[:-step], order[step:]
            same = keys[left] == keys[right]
            found.append(np.sort(np.stack([left[same], right[same]], axis=1), axis=1))
    pairs = np.unique(np.concatenate(found), axis=0)
    agree = np.concatenate([(hashes[some[:, 0]] == hashes[some[:, 1]]).mean(axis=1) for some in _split(pairs)] or [np.empty(0)])
    kept: Links = rows[pairs[agree >= _MAYBE]]
    return kept


def _confirmed(texts: pl.Series, pairs: Links) -> Links:
    found = [NONE]
    for some in _split(pairs):
        rows, ends = np.unique(some, return_inverse=True)
        indptr, runs = _distinct(*_runs(_plain(texts.gather(rows))))
        ends = ends.reshape(-1, 2)
        sizes = np.diff(indptr)[ends]
        shared = _shared(indptr, runs, ends)
        found.append(some[shared >= ALIKE * (sizes.sum(axis=1) - shared)])
    return spanning(len(texts), np.concatenate(found))


def _split(pairs: Links) -> list[Links]:
    return [pairs[start : start + _CHUNK_PAIRS] for start in range(0, len(pairs), _CHUNK_PAIRS)]


def _distinct(indptr: np.ndarray, runs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each text's runs once, sorted."""
    owner = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    order = np.lexsort((runs, owner))
    owner, runs = owner[order], runs[order]
    new = np.concatenate([[True], (runs[1:] != runs[:-1]) | (owner[1:] != owner[:-1])])
    return np.concatenate([[0], np.cumsum(np.bincount(owner[new], minlength=len(indptr) - 1))]), runs[new]


def _shared(indptr: np.ndarray, runs: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """How many runs both texts of each pair have."""
    return np.array(
        [
            len(np.intersect1d(runs[indptr[a] : indptr[a + 1]], runs[indptr[b] : indptr[b + 1]], assume_unique=True))
            for a, b in ends.tolist()
        ]
    )
