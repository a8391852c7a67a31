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
_NO_ENTRIES = (np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))
_SORTED_APART = np.uint64(62)  # bits behind the leading ones, by which hashes are sorted in parts, on as many threads


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
    def taught(
        cls,
        documents: HashedDocuments,
        labels: np.ndarray | None = None,
        *,
        min_documents: int = 2,
        smoothing: float = 1.0,
        offset: float = 0.0,
        counts: str = "binary",
        normalise: bool = False,
    ) -> tuple[Self, Sparse]:
        """The part, and what it says of the very texts that taught it. Keeps n-grams found in at least `min_documents` texts.

        labels (n,) of 0 and 1 ask for naive-Bayes weights: how far the log ratio of an n-gram's shares in the two classes is from
        0, plus `offset`, so that one which tells nothing by itself is not out of reach. The sign is the head's business. Without
        labels the weight is the inverse document frequency.
        """
        hashes, frequency = _frequent(documents.hashes, min_documents)
        positions = cls(hashes, np.ones(len(hashes), np.float32))._look_up(documents.hashes)
        if labels is None:
            weights = np.log((1 + len(documents)) / (1 + frequency)) + 1
        else:
            positive = _positive_frequency(documents, positions, labels, len(hashes))
            weights = np.abs(_log_shares(positive + smoothing) - _log_shares(frequency - positive + smoothing)) + offset
        part = cls(hashes, weights.astype(np.float32), counts, normalise)
        return part, part._rows(documents, positions)

    def run(self, documents: HashedDocuments) -> Sparse:
        return self._rows(documents, self._look_up(documents.hashes))

    def _rows(self, documents: HashedDocuments, positions: np.ndarray) -> Sparse:
        """Some texts at a time, whose arrays stay in the cache. `positions` is of all their n-grams."""
        indptr = documents.indptr

        def some(start: int, stop: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            inside = slice(indptr[start], indptr[stop])
            return self._entries(indptr[start : stop + 1] - indptr[start], positions[inside], documents.counts[inside])

        ends = np.searchsorted(indptr, np.arange(0, indptr[-1], _CHUNK_GRAMS)[1:])
        edges = np.unique([0, *ends, len(documents)]).tolist()
        parts = at_once(lambda edge: some(*edge), pairwise(edges))
        lengths, indices, values = (np.concatenate(arrays) for arrays in zip(_NO_ENTRIES, *parts, strict=True))
        return Sparse(np.concatenate([[0], np.cumsum(lengths)]), indices, values, len(self.hashes))

    def _entries(self, indptr: np.ndarray, positions: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of each text the number of n-grams that were learned; of all of these their columns and values."""
        known = positions >= 0
        lengths = np.diff(np.concatenate([[0], np.cumsum(known)])[indptr])
        indices = positions[known]
        values = self.weights[indices]
        if self.counts == "log":
            values *= 1 + np.log(counts[known])
        return lengths, indices, values * _scales(lengths, values) if self.normalise else values

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
    leading = hashes >> _SORTED_APART
    ordered = np.concatenate(at_once(lambda place: np.sort(hashes[leading == place]), range(1 << (64 - int(_SORTED_APART)))))
    first = np.ones(len(ordered) + 1, bool)
    first[1:-1] = ordered[1:] != ordered[:-1]
    edges = np.flatnonzero(first)
    frequency = np.diff(edges)
    often = frequency >= min_documents
    return ordered[edges[:-1][often]], frequency[often]


def _positive_frequency(documents: HashedDocuments, positions: np.ndarray, labels: np.ndarray, number: int) -> np.ndarray:
    """(number,) in how many texts with the label 1 the n-gram at each position is."""
    positive = np.repeat(labels.astype(bool), np.diff(documents.indptr))
    return np.bincount(positions[positive & (positions >= 0)], minlength=number)


def _log_shares(mass: np.ndarray) -> np.ndarray:
    shares: np.ndarray = np.log(mass / mass.sum())
    return shares


def _prefix_table(hashes: np.ndarray) -> tuple[np.ndarray, np.uint64]:
    """For every value of the leading bits, the first position in `hashes` whose leading bits are at least that; and the shift."""
    bits = max(1, len(hashes).bit_length() + 1)
    shift = np.uint64(64 - bits)
    counts = np.bincount((hashes >> shift).astype(np.int64), minlength=1 << bits)
    return (np.cumsum(counts) - counts).astype(np.int32), shift


def _scales(lengths: np.ndarray, values: np.ndarray) -> np.ndarray:
    """(nnz,) float32 by which rows of so many values become 1 long; an empty row stays empty."""
    owner = np.repeat(np.arange(len(lengths)), lengths)
    norms = np.sqrt(np.bincount(owner, values.astype(np.float64) ** 2, minlength=len(lengths)))
    scales: np.ndarray = np.repeat((1 / np.maximum(norms, 1e-12)).astype(np.float32), lengths)
    return scales
