"""What encoders of pictures that need no network share: every picture is brought to one small square, and numpy does the rest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from importlib.metadata import version
from io import BytesIO
from itertools import islice
from typing import Any, ClassVar

import numpy as np
from PIL import Image

from leadline.columns.picture import Picture, Pictures, open_picture, picture_size
from leadline.encoders.contract import Prepared, StoredEncoder
from leadline.encoders.engine import Arrays, Engine
from leadline.errors import LeadlineError

NUMPY = "numpy-float32"
SMALL_PICTURES = 64  # pixels of the longest side; where no picture is larger, they are called small
LONGEST_SIDE = 256  # of the square; larger ones are work for a network
_TOGETHER = 16  # pictures a batch: enough to keep numpy's own overhead small, few enough for a core's cache
_SAMPLED = 64
_MADE_UP = 96


class SmallPictures(StoredEncoder):
    """Pictures -> (n, dimension) float32. A subclass computes; here is what happens before.

    The whole picture is squeezed into a square of `size` pixels: what lies at its edge counts, and a linear model does not mind
    proportions that are the same in every picture.
    """

    takes: ClassVar[str] = "image"
    serving_engine: ClassVar[str] = NUMPY
    version: ClassVar[int]  # counts changes to the formula, so that stored vectors of an older one are not used

    def __init__(self, *, size: int) -> None:
        if not isinstance(size, int) or isinstance(size, bool) or not 8 <= size <= LONGEST_SIDE or size % 4:
            raise LeadlineError(f"a size of {size!r} pixels", f"a multiple of 4 from 8 to {LONGEST_SIDE}")
        self.size = size

    @abstractmethod
    def compute(self, pictures: np.ndarray) -> np.ndarray:
        """(n, size, size, 3) uint8 -> (n, dimension) float32, each row by itself."""

    def identity(self) -> str:
        return f"version {self.version}"

    def engines(self) -> list[str]:
        return [NUMPY]

    def open(self, engine: str) -> Engine:
        if engine != NUMPY:
            raise LeadlineError(f"{self.kind} is not computed by {engine}", NUMPY)
        return _Computing(self.compute)

    def config(self) -> dict[str, Any]:
        return {"size": self.size}

    def key_settings(self) -> dict[str, Any]:
        return {**self.config(), "resize": "box and bilinear", "orientation": "exif", "pillow": version("pillow")}

    def raw(self, value: Picture) -> bytes:
        return value.read()

    def batches(self, values: Pictures, rows: int) -> Iterator[Callable[[], Prepared]]:
        for start in range(0, len(values), rows):
            yield partial(self._prepare, values, range(start, min(start + rows, len(values))))

    def _prepare(self, values: Pictures, rows: range) -> Prepared:
        pictures, bad = np.zeros((len(rows), self.size, self.size, 3), np.uint8), dict[int, LeadlineError]()
        for place, row in enumerate(rows):
            try:
                pictures[place] = squeezed(values[row], self.size)
            except LeadlineError as error:
                bad[row] = error
        return Prepared(rows, {"pictures": pictures}, bad)

    def made_up(self) -> Pictures:
        """JPEG bytes as smooth as photographs, twice as large as the square."""
        rng, made = np.random.default_rng(0), []
        for _ in range(_MADE_UP):
            stream = BytesIO()
            coarse = Image.fromarray(rng.integers(0, 256, (6, 8, 3), dtype=np.uint8))
            coarse.resize((2 * self.size, 2 * self.size), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=85)
            made.append(Picture(stream.getvalue()))
        return Pictures(made)


class _Computing:
    """An engine that is a function of numpy."""

    name, rows = NUMPY, _TOGETHER

    def __init__(self, compute: Callable[[np.ndarray], np.ndarray]) -> None:
        self.compute = compute

    def __call__(self, inputs: Arrays) -> np.ndarray:
        return self.compute(inputs["pictures"])


def squeezed(picture: Picture, size: int) -> np.ndarray:
    """The whole picture, upright, as (size, size, 3) uint8. Raises LeadlineError where it cannot be read."""
    image = open_picture(picture.read(), 2 * size, picture.name)
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, reducing_gap=2.0))


def brightness(pictures: np.ndarray) -> np.ndarray:
    """(..., 3) uint8 -> (...) int32 from 0 to 255,000. In whole numbers: equal greys stay equal, in whatever order a sum is made."""
    red, green, blue = (pictures[..., colour].astype(np.int32) for colour in range(3))
    return 299 * red + 587 * green + 114 * blue


def longest_side(sample: Pictures) -> int:
    """Of the first few pictures that can be read; 0 where none can."""
    sides = [0]
    for picture in islice(sample, _SAMPLED):
        try:
            sides.append(max(picture_size(picture.read(), picture.name)))
        except LeadlineError:  # such a picture has no say in the settings
            continue
    return max(sides)
