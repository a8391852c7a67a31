"""A frozen pretrained encoder with a linear head: deep learning at the price of one pass and a logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from leadline.learners.vectors import LinearOnVectors


class Probe(LinearOnVectors):
    """The smallest network for each type of column."""

    name: ClassVar[str] = "probe"
    family: ClassVar[str] = "deep"
    title: ClassVar[str] = "pretrained network with a linear head"
    encoders: ClassVar[Mapping[str, str]] = {"image": "efficientnet-lite0", "text": "minilm"}
    needed: ClassVar[tuple[str, ...]] = ("image", "text")


class LargerProbe(LinearOnVectors):
    """A larger network for pictures, worth asking only where there are some; texts are read as by `Probe`."""

    name: ClassVar[str] = "probe-lite2"
    family: ClassVar[str] = "deep"
    title: ClassVar[str] = "larger pretrained network with a linear head"
    encoders: ClassVar[Mapping[str, str]] = {"image": "efficientnet-lite2", "text": "minilm"}
    needed: ClassVar[tuple[str, ...]] = ("image",)
