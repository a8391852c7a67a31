"""The plainest answer to pictures: a weight for every pixel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from leadline.learners.vectors import LinearOnVectors


class PixelsLinear(LinearOnVectors):
    """Wins where the same thing is always in the same place; else it shows what the other learners are worth."""

    name: ClassVar[str] = "pixels"
    family: ClassVar[str] = "classical"
    title: ClassVar[str] = "linear model on pixels"
    encoders: ClassVar[Mapping[str, str]] = {"image": "pixels"}
    needed: ClassVar[tuple[str, ...]] = ("image",)
