"""Passages that stand in many texts word for word: signatures, disclaimers, headers, the name of the shop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

_SAMPLED = 4_000  # texts in which passages are looked for; those found are then counted in all
_SHORTEST, _WORDS = 25, 4  # characters and words of a passage; shorter ones are turns of speech
_SHARE, _LEAST = 0.02, 10  # of the texts, and texts, that have it
_MOST = 3  # passages told
_ENDS = r"[\n\r.!?|]+|<br\s*/?>"


def repeated_passages(texts: pl.Series, seed: int) -> Iterator[tuple[str, np.ndarray]]:
    """(passage, the rows that have it), the most frequent first; texts that are nothing but the passage are left to exact-duplicate."""
    rows = np.arange(len(texts))
    if len(texts) > _SAMPLED:
        rows = np.sort(np.random.default_rng([seed, 31]).choice(len(texts), _SAMPLED, replace=False))
    sample = texts.gather(rows).unique(maintain_order=True)
    if len(sample) < _LEAST:
        return
    pieces = sample.str.replace_all(_ENDS, "\n").str.split("\n").list.eval(pl.element().str.strip_chars().unique()).explode().drop_nulls()
    pieces = pieces.filter((pieces.str.len_chars() >= _SHORTEST) & (pieces.str.count_matches(r"\S+") >= _WORDS))
    counts = pieces.value_counts(sort=True)
    often = counts.filter(counts["count"] >= max(_LEAST * len(sample) / len(texts), _SHARE * len(sample), 3))
    for passage in often[:, 0].head(_MOST).to_list():
        has = texts.str.contains(passage, literal=True) & (texts.str.len_chars() > len(passage) + _SHORTEST)
        found = has.arg_true().to_numpy()
        if len(found) >= max(_LEAST, _SHARE * len(texts)):
            yield passage, found
