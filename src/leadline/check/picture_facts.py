"""What a picture is like apart from what it shows: its size, how bright, how sharp, what its border is. Kept in the store."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from leadline.check.same_pictures import digest, spread
from leadline.check.sharpness import blur
from leadline.check.view import View
from leadline.columns.picture import FORMATS, Picture, Pictures, open_picture, picture_header
from leadline.encoders.store import Store
from leadline.errors import LeadlineError
from leadline.machine import at_once
from leadline.progress import Advance

DIMENSION = 15
_SIDE = 96  # pixels at which brightness and sharpness are measured; smaller pictures stay as they are
_VERSION = b"picture facts 2: 96 pixels"
_CHUNK = 2_048  # pictures between two writes to the store
_TOGETHER = 64  # pictures that a thread measures at once
_MOST = 100_000  # pictures of one data set that are looked at
_HALF = 256.0  # sizes are kept as two numbers, since the store rounds to eleven binary digits


@dataclass(frozen=True)
class PictureFacts:
    """`stored` (n, 15) as the store keeps them, NaN where a picture cannot be read; `num_bytes` (n,) of the encoded pictures."""

    stored: np.ndarray
    num_bytes: np.ndarray

    @cached_property
    def width(self) -> np.ndarray:
        """Upright, as the header says."""
        width: np.ndarray = self.stored[:, 0] * _HALF + self.stored[:, 1]
        return width

    @cached_property
    def height(self) -> np.ndarray:
        height: np.ndarray = self.stored[:, 2] * _HALF + self.stored[:, 3]
        return height

    @property
    def format(self) -> np.ndarray:
        """Its place in `FORMATS`."""
        return self.stored[:, 4]

    @property
    def brightness(self) -> np.ndarray:
        """Mean grey level, 0 to 255."""
        return self.stored[:, 5]

    @property
    def contrast(self) -> np.ndarray:
        """Standard deviation of the grey levels."""
        return self.stored[:, 6]

    @property
    def darkest(self) -> np.ndarray:
        """Grey level that one pixel in a hundred is below."""
        return self.stored[:, 7]

    @property
    def brightest(self) -> np.ndarray:
        """Grey level that one pixel in a hundred is above."""
        return self.stored[:, 8]

    @property
    def blur(self) -> np.ndarray:
        """0 sharp to 1 blurred, NaN where nothing can be seen that might be either."""
        return self.stored[:, 9]

    @property
    def border(self) -> np.ndarray:
        """(n, 3) mean red, green and blue of the outermost pixels."""
        return self.stored[:, 10:13]

    @property
    def border_contrast(self) -> np.ndarray:
        """Standard deviation of the grey levels there: 0 for a frame of one colour."""
        return self.stored[:, 13]

    @property
    def colour(self) -> np.ndarray:
        """Mean distance of the strongest from the weakest of red, green and blue: 0 for a grey picture."""
        return self.stored[:, 14]

    @property
    def readable(self) -> np.ndarray:
        readable: np.ndarray = np.isfinite(self.stored[:, 0])
        return readable


def facts_of(view: View, column: str) -> tuple[np.ndarray, PictureFacts]:
    """The rows looked at, all of them or as many of a great many as tell enough, and what their pictures are like."""

    def look() -> tuple[np.ndarray, PictureFacts]:
        rows = np.arange(len(view))
        if len(view) > _MOST:
            rows = np.sort(np.random.default_rng([view.seed, 23]).choice(len(view), _MOST, replace=False))
        with view.progress.track("measuring pictures", "pictures") as advance:
            return rows, picture_facts(view.data.feature(column).take_rows(rows), view.store, advance)

    found: tuple[np.ndarray, PictureFacts] = view.once(f"picture facts of {column}", look)
    return found


def picture_facts(pictures: Pictures, store: Store, advance: Advance) -> PictureFacts:
    """Of every picture, from the store or measured and put there."""
    keys = [None if key is None else hashlib.sha256(key + _VERSION).digest() for key in _digests(pictures)]
    found, facts = store.get(keys, DIMENSION)
    missing = np.flatnonzero(~found & np.array([key is not None for key in keys], dtype=bool))
    for start in range(0, len(missing), _CHUNK):
        rows = missing[start : start + _CHUNK]
        facts[rows] = _measured_at_once(pictures, rows).astype(np.float16)
        good = rows[np.isfinite(facts[rows, 0])]
        store.put([keys[row] or b"" for row in good], facts[good])
        advance(start + len(rows), len(missing))
    sizes = np.array([pictures[row].num_bytes() for row in range(len(pictures))], np.float64)
    return PictureFacts(facts, sizes)


def _digests(pictures: Pictures) -> list[bytes | None]:
    return [key for _, some in spread(lambda row: digest(pictures[row]), np.arange(len(pictures))) for key in some]


def _measured_at_once(pictures: Pictures, rows: np.ndarray) -> np.ndarray:
    parts = [rows[start : start + _TOGETHER] for start in range(0, len(rows), _TOGETHER)]
    return np.concatenate(list(at_once(lambda part: _measured([pictures[row] for row in part.tolist()]), parts)))


def _measured(pictures: list[Picture]) -> np.ndarray:
    """Pictures of equal size are measured together, which is several times faster for small ones."""
    facts, alike = np.full((len(pictures), DIMENSION), np.nan, np.float32), dict[tuple[int, ...], list[tuple[int, np.ndarray]]]()
    for place, picture in enumerate(pictures):
        try:
            content = picture.read()
            width, height, kind = picture_header(content, picture.name)
            image = open_picture(content, 2 * _SIDE, picture.name)
        except LeadlineError:
            continue
        if (image.width > image.height) != (width > height):  # turned upright
            width, height = height, width
        small = image.resize((min(_SIDE, image.width), min(_SIDE, image.height)), Image.Resampling.BOX)
        facts[place, :5] = *divmod(width, _HALF), *divmod(height, _HALF), FORMATS.index(kind) if kind in FORMATS else -1
        facts[place, 10:14] = _border(np.asarray(image))
        alike.setdefault(small.size, []).append((place, np.asarray(small)))
    for some in alike.values():
        facts[[place for place, _ in some], 5:10], colour = _levels(np.stack([pixels for _, pixels in some]))
        facts[[place for place, _ in some], 14] = colour
    return facts


def _border(pixels: np.ndarray) -> tuple[float, float, float, float]:
    """Mean red, green, blue, and the standard deviation of the grey levels, of the outermost pixels of (h, w, 3)."""
    ring = np.concatenate([pixels[0], pixels[-1], pixels[1:-1, 0], pixels[1:-1, -1]]).astype(np.float32)
    red, green, blue = ring.mean(axis=0)
    return float(red), float(green), float(blue), float(ring.mean(axis=1).std())


def _levels(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(n, 5) brightness, contrast, darkest, brightest, blur, and (n,) colour, of pictures (n, h, w, 3) uint8."""
    grey = pixels.mean(axis=3, dtype=np.float32)
    flat = grey.reshape(len(grey), -1)
    darkest, brightest = np.quantile(flat, (0.01, 0.99), axis=1)
    colour = (pixels.max(axis=3) - pixels.min(axis=3)).reshape(len(grey), -1).mean(axis=1)
    return np.stack([flat.mean(axis=1), flat.std(axis=1), darkest, brightest, blur(grey)], axis=1), colour
