"""Vectors already computed, on disk: float16 rows in segment files, found by key through an SQLite index.

A segment is written whole (temporary file, fsync, rename) before the index learns of it in one transaction, so a process killed
at any moment leaves at worst a file that nobody points to. Everything here can be computed again: what is damaged is dropped.
"""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from leadline.encoders.contract import StoredEncoder, rounded
from leadline.encoders.engine import engine_version
from leadline.encoders.store_index import Index, Segment, unusable
from leadline.errors import LeadlineError
from leadline.files import write_atomically
from leadline.machine import at_once, cache_folder
from leadline.values import take_rows

CAP_BYTES = 8 << 30
CHUNK = 256  # examples computed between two writes: what Ctrl-C may lose, about two seconds of pictures
_EVICT_TO = 0.8  # of the cap, so that not every write has to evict
_ORPHAN_SECONDS = 3_600  # a segment that no index knows this long after it was written belongs to a process that died
_HASHED_TOGETHER = 64  # values a thread hashes between two looks at the queue

Bad = dict[int, LeadlineError]


class Store:
    """Safe for several processes at once. `folder` defaults to the user's cache; `cap_bytes` is for the vectors alone."""

    def __init__(self, folder: Path | None = None, cap_bytes: int = CAP_BYTES) -> None:
        self.folder = folder or cache_folder() / "store"
        self.cap_bytes = cap_bytes
        self._index = Index(self.folder)
        self._swept = False

    def get(self, keys: Sequence[bytes | None], dimension: int) -> tuple[np.ndarray, np.ndarray]:
        """(found (n,) bool, vectors (n, dimension) float32 with NaN where not found). No key is never found."""
        found, vectors = np.zeros(len(keys), bool), np.full((len(keys), dimension), np.nan, np.float32)
        places = self._index.look_up(list({key for key in keys if key is not None}))
        wanted: dict[str, list[tuple[int, int]]] = defaultdict(list)  # segment -> (row here, position there)
        for row, key in enumerate(keys):
            if key is not None and key in places:
                segment, position = places[key]
                wanted[segment].append((row, position))
        for name, stored in self._read_segments(list(wanted), dimension):
            rows, positions = np.array(wanted[name]).T
            vectors[rows] = stored[positions]
            found[rows] = True
        return found, vectors

    def put(self, keys: Sequence[bytes], vectors: np.ndarray) -> None:
        """Keeps vectors (n, dimension), rounded to float16. Evicts what was used longest ago when the cap is passed.

        Raises:
            LeadlineError: the folder cannot be written to.
        """
        if not keys:
            return
        content, name = vectors.astype("<f2").tobytes(), uuid.uuid4().hex
        try:
            write_atomically(self._path(name), content)
        except OSError as error:
            raise unusable(self.folder, str(error)) from error
        segment = Segment(name, vectors.shape[1], hashlib.sha256(content).digest(), len(content), time.time())
        self._index.add(segment, keys)
        self._evict()

    def num_missing(self, encoder: StoredEncoder, values: Any, engine: str) -> int:
        """How many distinct values would have to be computed; those that cannot be read would not."""
        keys, _ = keys_of(encoder, values, engine)
        wanted = {key for key in keys if key is not None}
        return len(wanted) - len(self._index.look_up(list(wanted)))

    def summary(self) -> dict[str, Any]:
        """Number of vectors, and the megabytes they take on disk."""
        vectors, size = self._index.totals()
        return {"vectors": vectors, "megabytes": size / 1e6}

    def _read_segments(self, names: Sequence[str], dimension: int) -> Iterator[tuple[str, np.ndarray]]:
        """(name, its float16 rows (m, dimension)), one by one. Those whose bytes are not what was written are dropped instead."""
        good, damaged = list[str](), list[str]()
        for segment in self._index.segments(names):
            content = self._content(segment.name)
            if segment.dimension == dimension and hashlib.sha256(content).digest() == segment.sha256:
                good.append(segment.name)
                yield segment.name, np.frombuffer(content, "<f2").reshape(-1, dimension)
            else:
                damaged.append(segment.name)
        self._drop(damaged)
        self._index.touch(good, time.time())

    def _content(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except OSError:
            return b""

    def _evict(self) -> None:
        """Drops the segments used longest ago until what is left is well below the cap; the newest always stays."""
        kept = self._index.sizes()
        if sum(size for _, size in kept) > self.cap_bytes:
            ends = np.cumsum([size for _, size in kept])
            self._drop([name for (name, _), end in zip(kept[1:], ends[1:], strict=True) if end > self.cap_bytes * _EVICT_TO])
        if not self._swept:
            self._sweep()

    def _sweep(self) -> None:
        """Removes files that killed processes left; once per process is enough."""
        self._swept = True
        known = {name for name, _ in self._index.sizes()}
        for path in (self.folder / "segments").iterdir():
            with suppress(OSError):  # another process may be sweeping too
                if path.stem not in known and path.stat().st_mtime < time.time() - _ORPHAN_SECONDS:
                    path.unlink()

    def _drop(self, names: Sequence[str]) -> None:
        """Out of the index first: a file without an entry is harmless, an entry without its file would have to be found out."""
        self._index.forget(names)
        for name in names:
            with suppress(OSError):
                self._path(name).unlink()

    def _path(self, name: str) -> Path:
        return self.folder / "segments" / f"{name}.f16"


def context_of(encoder: StoredEncoder, engine: str) -> bytes:
    """What besides the value decides a vector: weights or formula, preparation, engine, its version and precision."""
    settings = json.dumps(encoder.key_settings(), sort_keys=True)
    text = f"{encoder.kind} {encoder.identity()} {settings} {engine_version(engine)}"
    return hashlib.sha256(text.encode()).digest()


def keys_of(encoder: StoredEncoder, values: Any, engine: str) -> tuple[list[bytes | None], Bad]:
    """The store's key of every value, None where it cannot be read, and the errors of those."""
    context, bad, listed = context_of(encoder, engine), Bad(), list(values)

    def key(row: int) -> bytes | None:
        try:
            return hashlib.sha256(hashlib.sha256(encoder.raw(listed[row])).digest() + context).digest()
        except LeadlineError as error:
            bad[row] = error
            return None

    def some(start: int) -> list[bytes | None]:
        return [key(row) for row in range(start, min(start + _HASHED_TOGETHER, len(listed)))]

    parts = at_once(some, range(0, len(listed), _HASHED_TOGETHER))  # reading files and hashing both let other threads run
    return [one for part in parts for one in part], bad


def encode_through_store(
    encoder: StoredEncoder, values: Any, engine: str, store: Store, progress: Callable[[int, int], None] | None = None
) -> tuple[np.ndarray, Bad]:
    """Vectors (n, dimension) float32 of all values, from the store or computed and put there, and the rows that could not be read.

    A vector is rounded to float16 either way, so it never tells which. Equal values are computed once; unreadable ones are NaN.
    `progress` is told (done, total) in values.
    """
    keys, bad = keys_of(encoder, values, engine)
    found, vectors = store.get(keys, encoder.dimension)
    missing: dict[bytes, list[int]] = defaultdict(list)  # key -> its rows
    for row, key in enumerate(keys):
        if key is not None and not found[row]:
            missing[key].append(row)
    done = len(keys) - sum(map(len, missing.values()))
    tell = progress or (lambda done, total: None)
    tell(done, len(keys))
    for start in range(0, len(missing), CHUNK):
        chunk = dict(islice(missing.items(), start, start + CHUNK))
        bad.update(_compute_chunk(encoder, values, engine, store, chunk, vectors))
        done += sum(map(len, chunk.values()))
        tell(done, len(keys))
    return vectors, bad


def _compute_chunk(
    encoder: StoredEncoder, values: Any, engine: str, store: Store, rows_of: Mapping[bytes, list[int]], vectors: np.ndarray
) -> Bad:
    """Computes one vector a key, keeps them, writes each into all its rows of `vectors`; returns the rows that cannot be decoded."""
    firsts, opened = np.array([rows[0] for rows in rows_of.values()]), encoder.open(engine)
    encoded = encoder.encode_with(opened, take_rows(values, firsts))
    good = [place for place in range(len(firsts)) if place not in encoded.bad]
    keys, bad = list(rows_of), Bad()
    store.put([keys[place] for place in good], encoded.vectors[good])
    for rows, vector in zip(rows_of.values(), rounded(encoded.vectors), strict=True):
        vectors[rows] = vector
    for place in encoded.bad:
        # The same broken bytes may stand in several rows: each gets the error that names its own file.
        rows = rows_of[keys[place]]
        own = encoder.encode_with(opened, take_rows(values, np.array(rows)))
        bad.update({rows[position]: error for position, error in own.bad.items()})
    return bad
