"""What encoders of pictures that run a network share: batches of decoded pictures of one size."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from typing import ClassVar

import numpy as np
from PIL import Image

from leadline.columns.picture import Picture, Pictures
from leadline.encoders.contract import Prepared, PretrainedEncoder
from leadline.errors import LeadlineError

REDUCING_GAP = 3.0  # very large pictures are first shrunk by a whole factor to this many times the size wanted


class PictureNetwork(PretrainedEncoder):
    """Pictures -> (n, dimension) float32. A subclass says how one picture becomes the network's input."""

    takes: ClassVar[str] = "image"
    num_made_up: ClassVar[int] = 24

    @property
    @abstractmethod
    def sides(self) -> tuple[int, int]:
        """(height, width) of the network's input."""

    @abstractmethod
    def prepare(self, picture: Picture, out: np.ndarray) -> None:
        """Writes a picture into `out` (3, height, width). Raises LeadlineError where it cannot be read."""

    def raw(self, value: Picture) -> bytes:
        return value.read()

    def batches(self, values: Pictures, rows: int) -> Iterator[Callable[[], Prepared]]:
        for start in range(0, len(values), rows):
            yield partial(self._prepare, values, range(start, min(start + rows, len(values))), rows)

    def _prepare(self, values: Pictures, rows: range, batch: int) -> Prepared:
        inputs = np.zeros((batch, 3, *self.sides), np.float32)
        bad = {}
        for place, row in enumerate(rows):
            try:
                self.prepare(values[row], inputs[place])
            except LeadlineError as error:
                bad[row] = error
        return Prepared(rows, {"pictures": inputs}, bad)

    def made_up_sides(self) -> tuple[int, int]:
        """(width, height) of the pictures that speed is measured with."""
        return 304, 228

    def made_up(self) -> Pictures:
        """JPEG bytes as smooth as photographs."""
        rng = np.random.default_rng(0)
        return Pictures(Picture(_jpeg(rng, self.made_up_sides())) for _ in range(self.num_made_up))


def _jpeg(rng: np.random.Generator, size: tuple[int, int]) -> bytes:
    coarse = Image.fromarray(rng.integers(0, 256, (12, 16, 3), dtype=np.uint8))
    stream = BytesIO()
    coarse.resize(size, Image.Resampling.BICUBIC).save(stream, "JPEG", quality=85)
    return stream.getvalue()
