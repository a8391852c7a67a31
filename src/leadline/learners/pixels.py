"""The plainest answer to pictures: a weight for every pixel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from leadline.encoders.small_pictures import SMALL_PICTURES
from leadline.learners.contract import Sizes
from leadline.learners.vectors import LinearOnVectors
from leadline.tasks.contract import Task


class PixelsLinear(LinearOnVectors):
    """Wins where the same thing is always in the same place; else it shows what the other learners are worth."""

    name: ClassVar[str] = "pixels"
    family: ClassVar[str] = "classical"
    title: ClassVar[str] = "linear model on pixels"
    encoders: ClassVar[Mapping[str, str]] = {"image": "pixels"}
    needed: ClassVar[tuple[str, ...]] = ("image",)
    most_effort: ClassVar[int] = 0

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        if sizes.picture_side > SMALL_PICTURES:
            side = sizes.picture_side
            return f"the pictures are up to {side} pixels wide or high, and single pixels say little of more than {SMALL_PICTURES}"
        return super().why_not(sizes, task)
