"""The pixels themselves, of pictures made small: what is left when nothing is known about pictures."""

from __future__ import annotations

from itertools import islice
from typing import Any, ClassVar, Self

import numpy as np

from leadline.columns.picture import Pictures
from leadline.encoders.small_pictures import SmallPictures, brightness, longest_side, squeezed
from leadline.errors import LeadlineError

MOST = 32  # pixels a side; more would only repeat their neighbours to a linear model
_LEAST = 8
_SAMPLED = 64


class Pixels(SmallPictures):
    """Pictures -> (n, size * size) brightness, or (n, size * size * 3) red, green and blue, float32 from 0 to 255."""

    kind: ClassVar[str] = "pixels"
    version: ClassVar[int] = 1

    def __init__(self, *, size: int = MOST, grey: bool = False) -> None:
        super().__init__(size=size)
        if not isinstance(grey, bool):
            raise LeadlineError(f"grey is {grey!r}", "true or false")
        self.grey = grey

    def for_values(self, sample: Pictures) -> Self:
        side = longest_side(sample) or MOST
        return type(self)(size=min(MOST, max(_LEAST, -(-side // 4) * 4)), grey=_all_grey(sample))

    @property
    def dimension(self) -> int:
        return self.size * self.size * (1 if self.grey else 3)

    def config(self) -> dict[str, Any]:
        return {"size": self.size, "grey": self.grey}

    def compute(self, pictures: np.ndarray) -> np.ndarray:
        levels = brightness(pictures) / np.float32(1000) if self.grey else pictures
        return levels.reshape(len(pictures), -1).astype(np.float32)


def _all_grey(sample: Pictures) -> bool:
    """Whether the first few pictures that can be read hold no colour."""
    seen = False
    for picture in islice(sample, _SAMPLED):
        try:
            pixels = squeezed(picture, MOST)
        except LeadlineError:  # such a picture has no say in the settings
            continue
        seen = True
        if np.ptp(pixels.astype(np.int16), axis=2).any():
            return False
    return seen
