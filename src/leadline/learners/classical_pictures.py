"""Pictures without a network: edges, colours and texture as people have measured them, with a linear head."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from leadline.learners.vectors import LinearOnVectors


class ClassicalPictures(LinearOnVectors):
    """`encoders/picture_features.py` says what is measured."""

    name: ClassVar[str] = "picture-features"
    family: ClassVar[str] = "classical"
    title: ClassVar[str] = "linear model on edges, colours and texture"
    encoders: ClassVar[Mapping[str, str]] = {"image": "picture-features"}
    needed: ClassVar[tuple[str, ...]] = ("image",)
    most_effort: ClassVar[int] = 0
