"""What the words of English texts mean, looked up in the static table: vectors that several learners put beside the table's columns."""

from __future__ import annotations

from leadline.columns.language import in_words
from leadline.data.examples import Examples
from leadline.encoders.static import StaticText
from leadline.learners.contract import Sizes
from leadline.parts import COLUMN, Node

_TEXT = "text"


def nodes(sizes: Sizes) -> list[Node]:
    """One for each column of texts in the language of the table, or whose language cannot be told."""
    table = StaticText()
    return [Node(_named(column), table, (COLUMN + column,)) for column in _readable(sizes)]


def width(sizes: Sizes) -> int:
    """Numbers of a row in all of them."""
    return StaticText.dimension * len(_readable(sizes))


def names(examples: Examples) -> list[str]:
    """Of those that have been looked up for these rows."""
    return [_named(column) for column in examples.columns_of(_TEXT) if _named(column) in examples.values]


def foreign(sizes: Sizes) -> str:
    """Which columns the table cannot read, in words; empty where there are none."""
    texts = [column for column in sizes.columns_of(_TEXT) if column not in _readable(sizes)]
    if not texts:
        return ""
    written = [f"{column} is in {in_words(sizes.languages[column])}" for column in texts]
    return f"its table is of {in_words(StaticText.card.languages)} words, and {', '.join(written)}"


def _named(column: str) -> str:
    return f"{column}.{StaticText.kind}"


def _readable(sizes: Sizes) -> list[str]:
    return [column for column in sizes.columns_of(_TEXT) if StaticText.card.speaks(sizes.languages.get(column, ()))]
