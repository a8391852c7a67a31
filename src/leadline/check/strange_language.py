"""Texts in another language than the rest. Telling a language takes a millisecond, so that only the least usual texts are asked."""

from __future__ import annotations

import numpy as np
import polars as pl

from leadline.columns.language import language_of, languages_of

_CHARACTERS = 300  # of a text that are looked at
_FREQUENT = 150  # words that nearly every text of the usual language has some of
_OFTEN = 0.04  # times a text that such a word occurs at least
_ASKED = 400  # texts, those with the smallest share of frequent words
_LETTERS = 40  # fewer say too little
_SAMPLED = 5_000  # texts whose words are counted
_UNUSUAL = 0.5  # of the usual share of frequent words; texts that have more are in the usual language
_SURE = 0.99


def strangers(texts: pl.Series) -> tuple[tuple[str, ...], np.ndarray, list[str]]:
    """The usual languages, the rows in none of them, and the language of each of those; nothing where no language can be told."""
    usual = languages_of(texts)
    if not usual:
        return (), np.array([], dtype=np.int64), []
    heads = texts.str.slice(0, _CHARACTERS).str.to_lowercase()
    shares = _frequent_shares(heads)
    able = (heads.str.count_matches(r"\pL") >= _LETTERS).to_numpy()
    odd = np.flatnonzero(able & (shares < _UNUSUAL * np.median(shares[able]))) if able.any() else np.array([], dtype=np.int64)
    odd = np.sort(odd[np.argsort(shares[odd], kind="stable")[:_ASKED]])
    told = [language_of(texts[row][:_CHARACTERS], _SURE) for row in odd.tolist()]
    rows = [row for row, language in zip(odd.tolist(), told, strict=True) if language is not None and language not in usual]
    return usual, np.array(rows, dtype=np.int64), [language for language in told if language is not None and language not in usual]


def _frequent_shares(heads: pl.Series) -> np.ndarray:
    """(n,) share of each text's words that are among the words most frequent in all."""
    sample = heads.gather_every(max(1, len(heads) // _SAMPLED))
    words = sample.str.extract_all(r"\pL+").explode().drop_nulls().value_counts(sort=True).head(_FREQUENT)
    words = words.filter(words["count"] >= _OFTEN * len(sample))
    pattern = "|".join(sorted(words[:, 0].to_list(), key=len, reverse=True))
    if not pattern:
        return np.zeros(len(heads))
    found = heads.str.count_matches(rf"\b(?:{pattern})\b").to_numpy().astype(np.float64)
    shares: np.ndarray = found / np.maximum(1, heads.str.count_matches(r"\pL+").to_numpy())
    return shares
