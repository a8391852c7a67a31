"""Texts as weighted n-grams: words, punctuation marks and pieces of words, each known by a stable 64-bit hash.

Naive-Bayes weights follow Wang and Manning 2012, "Baselines and bigrams: simple, good sentiment and topic classification".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl

from leadline.columns.missing import FEW
from leadline.encoders.hashing import char_ngrams, merged, tokenise, word_ngrams
from leadline.errors import LeadlineError
from leadline.machine import at_once
from leadline.parts import Part
from leadline.values import HashedDocuments, Sparse

LONGEST_NGRAM = 8  # words or characters
_CHUNK_CHARACTERS = 1 << 20  # texts are hashed about this many characters at a time: the arrays stay in the cache
_CHUNK_GRAMS = 1 << 20  # and looked up about this many n-grams at a time


class HashedNgrams(Part):
    """Column of texts -> `HashedDocuments`: the distinct n-grams of each text and how often each occurs.

    words: shortest and longest run of words (a punctuation mark counts as a word). chars: shortest and longest run of
    characters inside one word with its two edges, or None. A missing text has no n-grams.
    """

    kind: ClassVar[str] = "hashed-ngrams"

    def __init__(self, words: tuple[int, int] = (1, 3), chars: tuple[int, int] | None = None, lowercase: bool = True) -> None:
        for name, span in (("words", words), ("chars", chars)):
            if span is not None and not 1 <= span[0] <= span[1] <= LONGEST_NGRAM:
                raise LeadlineError(f"n-grams of {span[0]} to {span[1]} {name}", f"a span within 1 to {LONGEST_NGRAM}")
        self.words, self.chars, self.lowercase = words, chars, lowercase

    def run(self, texts: pl.Series) -> HashedDocuments:
        return _stacked(at_once(self._run_chunk, text_chunks(texts)))

    def _run_chunk(self, texts: list[str]) -> HashedDocuments:
        tokens = tokenise(texts, self.lowercase)
        blocks = [word_ngrams(tokens, *self.words)]
        if self.chars is not None:
            blocks.append(char_ngrams(tokens, *self.chars))
        return _distinct(*merged(blocks))

    def config(self) -> dict[str, Any]:
        return {"words": list(self.words), "chars": self.chars and list(self.chars), "lowercase": self.lowercase}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        chars = config["chars"]
        return cls(tuple(config["words"]), None if chars is None else tuple(chars), config["lowercase"])


class Ngrams(Part):
    """`HashedDocuments` -> `Sparse`: n-grams learned from the training rows, each with a weight.

    hashes (v,) uint64, sorted; weights (v,) float32. `counts` is "binary" or "log" (1 + log count); `normalise` gives every
    row the length 1. An n-gram that was not learned is dropped.
    """

    kind: ClassVar[str] = "ngrams"

    def __init__(self, hashes: np.ndarray, weights: np.ndarray, counts: str = "binary", normalise: bool = False) -> None:
        self.hashes, self.weights, self.counts, self.normalise = hashes, weights, counts, normalise
        self._starts, self._shift = _prefix_table(hashes)

    @classmethod
    def fit(
        cls,
        documents: HashedDocuments,
        labels: np.ndarray | None = None,
        *,
        min_documents: int = 2,
        smoothing: float = 1.0,
        offset: float = 0.0,
        counts: str = "binary",
        normalise: bool = False,
    ) -> Self:
        """Keeps n-grams found in at least `min_documents` texts.

        labels (n,) of 0 and 1 ask for naive-Bayes weights: how far the log ratio of an n-gram's shares in the two classes is from
        0, plus `offset`, so that one which tells nothing by itself is not out of reach. The sign is the head's business. Without
        labels the weight is the inverse document frequency.
        """
        hashes, frequency = _frequent(documents.hashes, min_documents)
        if labels is None:
            weights = np.log((1 + len(documents)) / (1 + frequency)) + 1
            return cls(hashes, weights.astype(np.float32), counts, normalise)
        plain = cls(hashes, np.ones(len(hashes), np.float32))
        positive = plain._positive_frequency(documents, labels)
        weights = np.abs(_log_shares(positive + smoothing) - _log_shares(frequency - positive + smoothing)) + offset
        return cls(hashes, weights.astype(np.float32), counts, normalise)

    def _positive_frequency(self, documents: HashedDocuments, labels: np.ndarray) -> np.ndarray:
        found = self.run(documents.take_rows(np.flatnonzero(labels)))
        return np.bincount(found.indices, minlength=len(self.hashes))

    def run(self, documents: HashedDocuments) -> Sparse:
        positions = self._look_up(documents.hashes)
        known = positions >= 0
        indptr = np.concatenate([[0], np.cumsum(known)])[documents.indptr]
        indices = positions[known]
        values = self.weights[indices]
        if self.counts == "log":
            values *= 1 + np.log(documents.counts[known])
        rows = Sparse(indptr, indices, values, len(self.hashes))
        return _normalised(rows) if self.normalise else rows

    def _look_up(self, hashes: np.ndarray) -> np.ndarray:
        """Position of every hash in `self.hashes`, -1 where it is not there; int32."""
        if not len(self.hashes):
            return np.full(len(hashes), -1, np.int32)
        chunks = [hashes[start : start + _CHUNK_GRAMS] for start in range(0, len(hashes), _CHUNK_GRAMS)]
        return np.concatenate([np.zeros(0, np.int32), *at_once(self._look_up_chunk, chunks)])

    def _look_up_chunk(self, hashes: np.ndarray) -> np.ndarray:
        """Hashes are spread evenly, so their leading bits lead to within a few places of the right one: step on from there."""
        result = np.full(len(hashes), -1, np.int32)
        open_, places = np.arange(len(hashes)), self._starts[hashes >> self._shift]
        while len(open_):
            found = self.hashes.take(places, mode="clip")
            wanted = hashes[open_]
            hit = found == wanted
            result[open_[hit]] = places[hit]
            going = (found < wanted) & (places < len(self.hashes) - 1)
            open_, places = open_[going], places[going] + np.int32(1)
        return result

    def config(self) -> dict[str, Any]:
        return {"counts": self.counts, "normalise": self.normalise}

    def arrays(self) -> dict[str, np.ndarray]:
        return {"hashes": self.hashes, "weights": self.weights}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        hashes, weights = arrays["hashes"], arrays["weights"]
        if hashes.dtype != np.uint64 or hashes.shape != weights.shape or (hashes[1:] <= hashes[:-1]).any():
            raise ValueError("its hashes are not distinct, sorted and one for each weight")
        return cls(hashes, weights, config["counts"], config["normalise"])


def text_chunks(texts: pl.Series) -> Iterator[list[str]]:
    """Texts in order, about `_CHUNK_CHARACTERS` of them together; missing ones as empty."""
    if len(texts) <= FEW:
        yield [text or "" for text in texts.to_list()]
        return
    texts = texts.fill_null("")
    ends = texts.str.len_bytes().cum_sum().to_numpy() // _CHUNK_CHARACTERS
    edges = [0, *(np.flatnonzero(ends[1:] != ends[:-1]) + 1).tolist(), len(texts)]
    for start, stop in pairwise(edges):
        yield texts[start:stop].to_list()


def _distinct(indptr: np.ndarray, hashes: np.ndarray) -> HashedDocuments:
    """Sorts the hashes of each document and counts equal ones."""
    for start, stop in zip(indptr[:-1].tolist(), indptr[1:].tolist(), strict=True):
        hashes[start:stop].sort()
    first = np.ones(len(hashes) + 1, bool)
    first[1:-1] = hashes[1:] != hashes[:-1]
    first[indptr] = True
    counts = np.diff(np.flatnonzero(first)).astype(np.float32)
    new_indptr = np.concatenate([[0], np.cumsum(first[:-1])])[indptr]
    return HashedDocuments(new_indptr, hashes[first[:-1]], counts)


def _stacked(parts: list[HashedDocuments]) -> HashedDocuments:
    lengths = [np.diff(part.indptr) for part in parts]
    indptr = np.cumsum(np.concatenate([np.zeros(1, np.int64), *lengths]))
    hashes = np.concatenate([np.zeros(0, np.uint64), *(part.hashes for part in parts)])
    return HashedDocuments(indptr, hashes, np.concatenate([np.zeros(0, np.float32), *(part.counts for part in parts)]))


def _frequent(hashes: np.ndarray, min_documents: int) -> tuple[np.ndarray, np.ndarray]:
    """Hashes that occur at least so often, sorted, and how often: each document names a hash once."""
    ordered = np.sort(hashes)
    first = np.ones(len(ordered) + 1, bool)
    first[1:-1] = ordered[1:] != ordered[:-1]
    edges = np.flatnonzero(first)
    frequency = np.diff(edges)
    often = frequency >= min_documents
    return ordered[edges[:-1][often]], frequency[often]


def _log_shares(mass: np.ndarray) -> np.ndarray:
    shares: np.ndarray = np.log(mass / mass.sum())
    return shares


def _prefix_table(hashes: np.ndarray) -> tuple[np.ndarray, np.uint64]:
    """For every value of the leading bits, the first position in `hashes` whose leading bits are at least that; and the shift."""
    bits = max(1, len(hashes).bit_length() + 1)
    shift = np.uint64(64 - bits)
    counts = np.bincount((hashes >> shift).astype(np.int64), minlength=1 << bits)
    return (np.cumsum(counts) - counts).astype(np.int32), shift


def _normalised(rows: Sparse) -> Sparse:
    """Each row divided by its length; an empty row stays empty."""
    lengths = np.diff(rows.indptr)
    owner = np.repeat(np.arange(len(rows)), lengths)
    norms = np.sqrt(np.bincount(owner, rows.values.astype(np.float64) ** 2, minlength=len(rows)))
    scales = (1 / np.maximum(norms, 1e-12)).astype(np.float32)
    return Sparse(rows.indptr, rows.indices, rows.values * np.repeat(scales, lengths), rows.num_columns)
