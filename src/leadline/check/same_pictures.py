"""Pictures whose files are equal byte for byte."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

from leadline.check.links import Links, links_of
from leadline.columns.picture import Picture, Pictures
from leadline.errors import LeadlineError
from leadline.machine import num_threads

Result = TypeVar("Result")

_SMALL = 16 << 10  # bytes a picture
_TOGETHER = 64  # pictures a thread takes between two looks at the queue


def same_pictures(pictures: Pictures) -> Links:
    """Links of pictures of equal bytes; only those are read whose size occurs more than once."""
    sizes = np.array([pictures[row].num_bytes() for row in range(len(pictures))], np.int64)
    values, counts = np.unique(sizes, return_counts=True)
    rows = np.flatnonzero(np.isin(sizes, values[(counts > 1) & (values > 0)]))
    if sizes[rows].sum() < _SMALL * len(rows):  # then threads wait for one another longer than for the files
        keys = [digest(pictures[row]) for row in rows.tolist()]
    else:
        keys = [key for _, some in spread(lambda row: digest(pictures[row]), rows) for key in some]
    read = np.array([key is not None for key in keys], dtype=bool)
    return links_of(np.frombuffer(b"".join(key[:8] for key in keys if key), np.uint64), rows[read])


def digest(picture: Picture) -> bytes | None:
    """SHA-256 of the encoded bytes, None where they cannot be read."""
    try:
        return hashlib.sha256(picture.read()).digest()
    except LeadlineError:
        return None


def spread(work: Callable[[int], Result], rows: np.ndarray) -> Iterator[tuple[int, list[Result]]]:
    """(rows done so far, the results of the last ones), in order; reading, hashing and decoding all let other threads run."""
    parts = [rows[start : start + _TOGETHER].tolist() for start in range(0, len(rows), _TOGETHER)]
    pool, done = ThreadPoolExecutor(num_threads()), 0
    try:
        for results in pool.map(lambda part: [work(row) for row in part], parts):
            done += len(results)
            yield done, results
    finally:
        pool.shutdown(cancel_futures=True)
