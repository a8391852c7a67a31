"""Texts become vectors by looking words up in a table: the meaning that a network gives each word alone, without running the network.

The table is made once from all-MiniLM-L6-v2 (`static_table.py`, after Tulkens and van Dongen 2024, "Model2Vec"). A text is the sum of
the rows of its tokens, brought to length one. Order and context are lost; what stays is what its words are about.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import polars as pl
from tokenizers import Tokenizer

from leadline.encoders.contract import Card
from leadline.encoders.hashing import Tokens, tokenise, word_hashes
from leadline.encoders.minilm import PACKAGE, MiniLM
from leadline.encoders.ngrams import text_chunks
from leadline.encoders.static_table import DIMENSION, kept_table, seconds_to_make
from leadline.encoders.text_network import TOKENIZER, read_tokenizer
from leadline.encoders.weights import installed_file
from leadline.machine import at_once
from leadline.parts import Part
from leadline.values import Dense

_LONGEST_WORD = 100  # characters; the tokenizer knows nothing longer


class StaticText(Part):
    """Texts -> (n, DIMENSION) float32 of length one; a text without any known token is all zeros. The whole text is read.

    table (number of tokens, DIMENSION) float16 and the tokenizer's file: those kept on this machine, made when first needed, or an
    artefact's own.
    """

    kind: ClassVar[str] = "static-text"
    takes: ClassVar[str] = "text"
    dimension: ClassVar[int] = DIMENSION
    card: ClassVar[Card] = Card(
        name="all-MiniLM-L6-v2, its tokens as a table",
        source=MiniLM.card.source,
        licence=MiniLM.card.licence,
        sha256=MiniLM.card.sha256,
        dimension=DIMENSION,
        takes="text",
        domain="words of English texts, whatever their order",
        languages=MiniLM.card.languages,
    )

    def __init__(self, table: np.ndarray | None = None, tokenizer: Path | None = None) -> None:
        self._given_table, self._given_tokenizer = table, tokenizer

    def run(self, texts: pl.Series) -> Dense:
        words = self._words  # before threads ask for it
        parts = at_once(lambda part: _vectors(tokenise(part, lowercase=True), words), text_chunks(texts))
        return np.concatenate([np.zeros((0, DIMENSION), np.float32), *parts])

    def seconds_to_make(self) -> float:
        return seconds_to_make() if self._given_table is None else 0.0

    @cached_property
    def _table(self) -> np.ndarray:
        return kept_table() if self._given_table is None else self._given_table

    @cached_property
    def _words(self) -> _Words:
        return _Words(self._table.astype(np.float32), self._tokenizer)

    @property
    def _tokenizer_file(self) -> Path:
        return self._given_tokenizer or installed_file(PACKAGE, f"model/{TOKENIZER}")

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return read_tokenizer(self._tokenizer_file)

    def arrays(self) -> dict[str, np.ndarray]:
        return {"table": self._table}

    def files(self) -> dict[str, Path | bytes]:
        return {TOKENIZER: self._tokenizer_file}

    @classmethod
    def load(cls, config: dict[str, Any], arrays: Mapping[str, np.ndarray], files: Mapping[str, Path]) -> Self:
        """Raises ValueError where table and tokenizer do not belong together."""
        encoder = cls(arrays["table"], files[TOKENIZER])
        if encoder._table.shape != (encoder._tokenizer.get_vocab_size(), DIMENSION) or not np.isfinite(encoder._table).all():
            raise ValueError("its table does not have a row of numbers for every token")
        return encoder


class _Words:
    """What words mean: `rows` (number of tokens, DIMENSION) float32, and which tokens a word has."""

    def __init__(self, rows: np.ndarray, tokenizer: Tokenizer) -> None:
        self.rows, self.tokenizer = rows, tokenizer
        # A word that is a token needs no cutting, which takes a hundred times as long. Of ASCII alone can this be told by looking.
        self.whole = {word: number for word, number in tokenizer.get_vocab().items() if word.isascii() and word.isalnum()}

    def vectors(self, words: list[str]) -> Dense:
        """The sum of the rows of each word's tokens."""
        numbers = np.array([self.whole.get(word, -1) for word in words], np.int64)
        vectors = self.rows[numbers]
        others = np.flatnonzero(numbers < 0)
        vectors[others] = self._cut([words[place] for place in others.tolist()])
        return vectors

    def _cut(self, words: list[str]) -> Dense:
        pieces = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(words, add_special_tokens=False)]
        counts = np.array([len(ids) for ids in pieces], np.int64)
        flat = np.array([number for ids in pieces for number in ids], np.int64)
        starts = np.cumsum(counts) - counts
        vectors = np.zeros((len(words), DIMENSION), np.float32)
        for place in range(int(counts.max(initial=0))):
            longer = np.flatnonzero(counts > place)
            vectors[longer] += self.rows[flat[starts[longer] + place]]
        return vectors


def _vectors(tokens: Tokens, words: _Words) -> Dense:
    """Every distinct word is looked up once: a thousand reviews have 290,000 words, but 20,000 different ones."""
    _, firsts, places = np.unique(word_hashes(tokens), return_index=True, return_inverse=True)
    found = words.vectors(_written(tokens, firsts))
    edges = np.searchsorted(tokens.documents, np.arange(tokens.num_documents + 1)).tolist()
    sums = np.zeros((tokens.num_documents, DIMENSION), np.float32)
    for text in range(tokens.num_documents):
        found.take(places[edges[text] : edges[text + 1]], axis=0).sum(axis=0, out=sums[text])
    lengths = np.sqrt(np.einsum("ij,ij->i", sums, sums))
    sums /= np.maximum(lengths, np.float32(1e-6))[:, None]
    return sums


def _written(tokens: Tokens, numbers: np.ndarray) -> list[str]:
    """These words as strings, without lone surrogates, which the tokenizer refuses."""
    text = tokens.codes.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass").encode("utf-8", "replace").decode()
    starts = tokens.starts[numbers]
    ends = np.minimum(tokens.ends[numbers], starts + _LONGEST_WORD + 1)
    return [text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
