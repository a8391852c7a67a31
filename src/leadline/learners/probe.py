"""A frozen pretrained encoder with a linear head: deep learning at the price of one pass and a logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from leadline.encoders.small_pictures import SMALL_PICTURES
from leadline.learners.contract import Sizes
from leadline.learners.vectors import LinearOnVectors
from leadline.tasks.contract import Task


class Probe(LinearOnVectors):
    """The smallest network for each type of column."""

    name: ClassVar[str] = "probe"
    family: ClassVar[str] = "deep"
    title: ClassVar[str] = "pretrained network with a linear head"
    encoders: ClassVar[Mapping[str, str]] = {"image": "efficientnet-lite0", "text": "minilm"}
    needed: ClassVar[tuple[str, ...]] = ("image", "text")


class LargerProbe(LinearOnVectors):
    """A larger network for small pictures; texts are read as by `Probe`.

    Measured on 2,000 training rows of `cifar10`, enlarged from 32 to 160 px: right 1.5 points more often than lite0 at 160 and 4 more
    than at its 128, for twice to three times the work. With 1,000 landscapes of 100 px (`colour`) it brought nothing.
    """

    name: ClassVar[str] = "probe-lite2"
    family: ClassVar[str] = "deep"
    title: ClassVar[str] = "larger pretrained network with a linear head"
    encoders: ClassVar[Mapping[str, str]] = {"image": "efficientnet-lite2", "text": "minilm"}
    needed: ClassVar[tuple[str, ...]] = ("image",)
    larger_than: ClassVar[str] = "probe"

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        if sizes.picture_side > SMALL_PICTURES:
            return f"the smaller network tells pictures of more than {SMALL_PICTURES} pixels apart as well, in less than half the time"
        return super().why_not(sizes, task)
