"""The linear model on words and columns, told besides what the words of English texts mean: by a table, not by a network.

N-grams know the words of the training rows and nothing of any other; the table (`encoders/static.py`) knows that "card" and "visa" are
alike before the first example, and nothing of the order of words. Side by side they are better than either (LOG.md).

Classical: the table came out of a network once, as word vectors always did, but nothing deep is trained or run.
"""

from __future__ import annotations

from typing import ClassVar

from leadline.data.examples import Examples
from leadline.learners import meanings
from leadline.learners.contract import Sizes
from leadline.learners.linear import Linear
from leadline.parts import Node
from leadline.tasks.contract import Task


class Static(Linear):
    name: ClassVar[str] = "static"
    title: ClassVar[str] = "linear model on words, their meanings and columns"
    keeps_monotone: ClassVar[bool] = False  # who asks for it asks about numbers, and the linear model reads those beside texts

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        if meanings.nodes(sizes):
            return None
        return meanings.foreign(sizes) or "its table is of words, and there are no texts among the columns"

    def inputs(self, sizes: Sizes) -> list[Node]:
        return [*super().inputs(sizes), *meanings.nodes(sizes)]

    def vectors(self, train: Examples) -> list[str]:
        return meanings.names(train)

    def vector_width(self, sizes: Sizes) -> int:
        return meanings.width(sizes)
