"""The linear model on words and columns, told besides what the words of English texts mean: by a table, not by a network.

N-grams know the words of the training rows and nothing of any other; the table (`encoders/static.py`) knows that "card" and "visa" are
alike before the first example, and nothing of the order of words. Side by side they are better than either (LOG.md).

Classical: the table came out of a network once, as word vectors always did, but nothing deep is trained or run.
"""

from __future__ import annotations

from typing import ClassVar

from leadline.columns.language import in_words
from leadline.data.examples import Examples
from leadline.encoders.static import StaticText
from leadline.learners.contract import Sizes
from leadline.learners.linear import TEXT, Linear
from leadline.parts import COLUMN, Node
from leadline.tasks.contract import Task


class Static(Linear):
    name: ClassVar[str] = "static"
    title: ClassVar[str] = "linear model on words, their meanings and columns"
    keeps_monotone: ClassVar[bool] = False  # who asks for it asks about numbers, and the linear model reads those beside texts

    def why_not(self, sizes: Sizes, task: Task) -> str | None:
        if _readable(sizes):
            return None
        texts = sizes.columns_of(TEXT)
        if not texts:
            return "its table is of words, and there are no texts among the columns"
        written = [f"{name} is in {in_words(sizes.languages[name])}" for name in texts]
        return f"its table is of {in_words(StaticText.card.languages)} words, and {', '.join(written)}"

    def inputs(self, sizes: Sizes) -> list[Node]:
        table = StaticText()
        return [*super().inputs(sizes), *(Node(_looked_up(name), table, (COLUMN + name,)) for name in _readable(sizes))]

    def vectors(self, train: Examples) -> list[str]:
        return [_looked_up(name) for name in train.columns_of(TEXT) if _looked_up(name) in train.values]

    def vector_width(self, sizes: Sizes) -> int:
        return StaticText.card.dimension * len(_readable(sizes))


def _looked_up(column: str) -> str:
    return f"{column}.{StaticText.kind}"


def _readable(sizes: Sizes) -> list[str]:
    """Columns of texts in the language of the table, or whose language cannot be told."""
    return [name for name in sizes.columns_of(TEXT) if StaticText.card.speaks(sizes.languages.get(name, ()))]
