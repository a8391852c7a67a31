"""Texts to tokens and 64-bit hashes of n-grams, many texts at a time.

Nothing here goes through a table of strings: the characters of many texts lie in one array, a running polynomial gives the hash
of any stretch of it with two look-ups (Karp and Rabin 1987), and hashes of neighbouring words are mixed into n-grams. An artefact
relies on these hashes: whatever changes them needs a new kind of part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

_BREAK = re.compile(r"<(?:br|hr|/?p)\s*/?>", re.IGNORECASE)
_SPACE, _WORD, _MARK = 0, 1, 2
_LAST_CODE = 0x110000
# Which characters are no part of a word. Written out instead of asked from a Unicode table, whose answers change with
# its version: training and serving must cut alike. Scripts written without spaces are cut into single characters.
_SPACES = ((0x00, 0x20), (0x7F, 0xA0), (0x1680, 0x1680), (0x2000, 0x200B), (0x2028, 0x202F), (0x205F, 0x206F), (0x3000, 0x3000),
           (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF))  # fmt: skip
_MARKS = ((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x5E), (0x60, 0x60), (0x7B, 0x7E), (0xA1, 0xA9), (0xAB, 0xB4), (0xB6, 0xB9), (0xBB, 0xBF),
          (0xD7, 0xD7), (0xF7, 0xF7), (0x2010, 0x2027), (0x2030, 0x205E), (0x20A0, 0x20CF), (0x2190, 0x2BFF), (0x3001, 0x303F),
          (0xFE10, 0xFE6F), (0xFF01, 0xFF0F), (0xFF1A, 0xFF20), (0xFF3B, 0xFF40), (0xFF5B, 0xFF65), (0x1F000, 0x1FAFF))  # fmt: skip
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF),
             (0xF900, 0xFAFF), (0x20000, 0x3FFFF))  # fmt: skip
_APOSTROPHES = (0x27, 0x2019)  # inside a word they belong to it: don't

_BASE = 0x9E3779B97F4A7C15  # odd, so that it has an inverse modulo 2**64
_WORD_SALT, _CHAR_SALT = np.uint64(0x2545F4914F6CDD1D), np.uint64(0x632BE59BD9B4E019)


@dataclass(frozen=True)
class Tokens:
    """codes (c,) uint32: the characters of the texts; token t is codes[starts[t]:ends[t]] and belongs to text documents[t]."""

    codes: np.ndarray
    starts: np.ndarray
    ends: np.ndarray
    documents: np.ndarray
    num_documents: int


def tokenise(texts: list[str], lowercase: bool) -> Tokens:
    """Words are runs of word characters, every other character that is not a space stands alone."""
    texts = [_BREAK.sub(" ", text) if "<" in text else text for text in texts]
    texts = [text.lower() for text in texts] if lowercase else texts
    edges = np.cumsum([0] + [len(text) + 1 for text in texts])
    codes = np.frombuffer(" ".join([*texts, ""]).encode("utf-32-le", "surrogatepass"), np.uint32)
    kinds = _kinds(codes)
    word = np.concatenate([[False], kinds == _WORD, [False]])
    mark = kinds == _MARK
    starts = np.flatnonzero(mark | (word[1:-1] & ~word[:-2]))
    ends = np.flatnonzero(mark | (word[1:-1] & ~word[2:])) + 1
    return Tokens(codes, starts, ends, np.searchsorted(edges, starts, side="right") - 1, len(texts))


def _kinds(codes: np.ndarray) -> np.ndarray:
    kinds: np.ndarray = _kind_table()[codes]
    inner = np.flatnonzero((codes == _APOSTROPHES[0]) | (codes == _APOSTROPHES[1]))
    inner = inner[(inner > 0) & (inner < len(codes) - 1)]
    kinds[inner[(kinds[inner - 1] == _WORD) & (kinds[inner + 1] == _WORD)]] = _WORD
    return kinds


@cache
def _kind_table() -> np.ndarray:
    table = np.full(_LAST_CODE, _WORD, np.uint8)
    for kind, ranges in ((_SPACE, _SPACES), (_MARK, _MARKS), (_MARK, _UNSPACED)):
        for first, last in ranges:
            table[first : last + 1] = kind
    return table


def _mix(values: np.ndarray) -> np.ndarray:
    """Every bit of the input moves about half of the output's (the finaliser of splitmix64, Steele et al. 2014); one to one."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = values ^ (values >> np.uint64(31))
    return mixed


class _Stretches:
    """64-bit hashes of any codes[start:end]: sum of mixed characters times rising powers of an odd base, modulo 2**64."""

    def __init__(self, codes: np.ndarray) -> None:
        powers = np.cumprod(np.full(len(codes) + 1, _BASE, np.uint64))
        self._inverse = np.cumprod(np.full(len(codes) + 1, pow(_BASE, -1, 1 << 64), np.uint64))
        self._sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(_mix(codes + _WORD_SALT) * powers[:-1])])

    def sums(self, starts: np.ndarray | slice, ends: np.ndarray | slice) -> np.ndarray:
        """Still to be mixed; as many starts as ends, given as places or as slices of all places."""
        sums: np.ndarray = (self._sums[ends] - self._sums[starts]) * self._inverse[starts]
        return sums


def word_hashes(tokens: Tokens) -> np.ndarray:
    """(number of tokens,) uint64."""
    return _mix(_Stretches(tokens.codes).sums(tokens.starts, tokens.ends))


def word_ngrams(tokens: Tokens, shortest: int, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """indptr and hashes of all runs of `shortest` to `longest` words that stay inside one text, in text order."""
    words = word_hashes(tokens)
    grams = np.empty((len(words), longest - shortest + 1), np.uint64)
    inside = np.zeros(grams.shape, bool)
    run = words
    for length in range(1, longest + 1):
        if length > 1:
            run = _mix(run[: max(0, len(words) - length + 1)] * _WORD_SALT + words[length - 1 :])
        if length >= shortest:
            grams[: len(run), length - shortest] = run
            inside[: len(run), length - shortest] = tokens.documents[: len(run)] == tokens.documents[length - 1 :]
    return _per_document(np.repeat(tokens.documents, inside.sum(axis=1)), tokens.num_documents), grams[inside]


def char_ngrams(tokens: Tokens, shortest: int, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """indptr and hashes of all runs of characters inside one word, whose two edges count as a character each (a space)."""
    codes, owner = _padded(tokens)
    stretches = _Stretches(codes)
    grams = np.empty((len(codes), longest - shortest + 1), np.uint64)
    inside = np.zeros(grams.shape, bool)
    for length in range(shortest, longest + 1):
        number = max(0, len(codes) - length + 1)
        grams[:number, length - shortest] = stretches.sums(slice(0, number), slice(length, length + number))
        inside[:number, length - shortest] = owner[:number] == owner[length - 1 : length - 1 + number]
    hashes = _mix(_mix(grams[inside]) + _CHAR_SALT)
    documents = tokens.documents[owner]
    return _per_document(np.repeat(documents, inside.sum(axis=1)), tokens.num_documents), hashes


def _padded(tokens: Tokens) -> tuple[np.ndarray, np.ndarray]:
    """The characters of all tokens with a space before and after each token, and which token each belongs to."""
    lengths = tokens.ends - tokens.starts
    owner = np.repeat(np.arange(len(lengths)), lengths + 2)
    inner = np.arange(lengths.sum())
    codes = np.full(len(owner), 0x20, np.uint32)
    before = np.cumsum(lengths) - lengths
    codes[inner + np.repeat(2 * np.arange(len(lengths)) + 1, lengths)] = tokens.codes[inner + np.repeat(tokens.starts - before, lengths)]
    return codes, owner


def _per_document(documents: np.ndarray, num_documents: int) -> np.ndarray:
    """indptr of elements that are sorted by the document they belong to."""
    return np.concatenate([[0], np.cumsum(np.bincount(documents, minlength=num_documents))]).astype(np.int64)


def merged(blocks: list[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """One block in which each document holds what it holds in all of them."""
    if len(blocks) == 1:
        return blocks[0]
    indptr = np.sum([block[0] for block in blocks], axis=0)
    hashes = np.empty(indptr[-1], np.uint64)
    begins = indptr[:-1]
    for pointers, values in blocks:
        lengths = np.diff(pointers)
        hashes[np.arange(len(values)) + np.repeat(begins - pointers[:-1], lengths)] = values
        begins = begins + lengths
    return indptr, hashes
