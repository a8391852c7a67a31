"""A picture as 16 x 16 grey levels: what is left of it through re-encoding, resizing and small changes of brightness. Kept in the store."""

from __future__ import annotations

import hashlib

import numpy as np
from PIL import Image

from leadline.check.patience import Patience
from leadline.check.same_pictures import digest, spread
from leadline.columns.picture import Picture, Pictures, open_picture
from leadline.encoders.store import Store
from leadline.errors import LeadlineError
from leadline.progress import Advance

SIDE = 16
DIMENSION = SIDE * SIDE
_VERSION = b"thumbnail 1: 16 x 16 grey, lanczos"
_CHUNK = 2_048  # pictures between two writes to the store
_FIRST = 256  # pictures by which the time of the rest is estimated


def thumbnails(pictures: Pictures, store: Store, patience: Patience, advance: Advance) -> np.ndarray:
    """(n, 256) float32 grey levels, NaN where a picture cannot be read, from the store or made and put there. Raises TooSlowError."""
    keys, making = _keys(pictures, patience), patience.rest()
    found, made = store.get(keys, DIMENSION)
    missing = np.flatnonzero(~found & np.array([key is not None for key in keys], dtype=bool))
    advance(len(keys) - len(missing), len(keys))
    starts = [*range(0, min(_FIRST, len(missing)), _FIRST), *range(_FIRST, len(missing), _CHUNK)]
    for start, stop in zip(starts, [*starts[1:], len(missing)], strict=False):
        rows = missing[start:stop]
        made[rows] = np.array([one for _, some in spread(lambda row: _thumbnail(pictures[row]), rows) for one in some])
        good = rows[~np.isnan(made[rows, 0])]
        store.put([keys[row] or b"" for row in good], made[good])
        advance(len(keys) - len(missing) + stop, len(keys))
        making.check(stop, len(missing))
    return made


def _keys(pictures: Pictures, patience: Patience) -> list[bytes | None]:
    keys = list[bytes | None]()
    for done, some in spread(lambda row: digest(pictures[row]), np.arange(len(pictures))):
        keys += [None if key is None else hashlib.sha256(key + _VERSION).digest() for key in some]
        patience.check(done, len(pictures))
    return keys


def _thumbnail(picture: Picture) -> np.ndarray:
    try:
        image = open_picture(picture.read(), 4 * SIDE, picture.name).convert("L")
    except LeadlineError:
        return np.full(DIMENSION, np.nan, np.float32)
    return np.asarray(image.resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.float32).ravel()
