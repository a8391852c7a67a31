"""What a result is made of, whatever shows it: headings, sentences, small tables, charts, examples to look at, lines to type."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from leadline.reports.drawings import Drawing


@dataclass(frozen=True)
class Heading:
    text: str


@dataclass(frozen=True)
class Paragraph:
    """`tone`: "plain", "strong", "quiet", "good" or "warning"."""

    text: str
    tone: str = "plain"


@dataclass(frozen=True)
class Grid:
    """A small table; numbers arrive as text, already rounded for people. `marked` is the row to point out."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    marked: int | None = None

    def is_numeric(self, column: int) -> bool:
        """Whether the cells of a column are numbers, which stand to the right."""
        cells = [row[column] for row in self.rows if row[column]]
        return bool(cells) and all((cell[:1].isdigit() or cell[:1] in "-<") and ", " not in cell and "; " not in cell for cell in cells)


@dataclass(frozen=True)
class Command:
    """A line to type next, copied as it stands."""

    line: str
    why: str = ""


@dataclass(frozen=True)
class Chart:
    """A drawing. `says` tells in a sentence or two what is to be seen in it: a terminal shows that alone, and pages read it aloud."""

    title: str
    drawing: Drawing
    says: str


@dataclass(frozen=True)
class Card:
    """One example to look at: `lines` about it, `facts` by name from it, and a JPEG file of it, made when a page asks for it."""

    title: str
    lines: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    picture: Callable[[], bytes | None] | None = None


@dataclass(frozen=True)
class Gallery:
    """Examples side by side."""

    cards: Sequence[Card]


Block = Heading | Paragraph | Grid | Command | Chart | Gallery


class Report(ABC):
    """What every verb returns."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]: ...

    @abstractmethod
    def blocks(self) -> list[Block]:
        """For a screen, where the last line is what the eye meets first."""

    def page(self) -> list[Block]:
        """For a page, which is read from its top and has room for charts and examples."""
        return self.blocks()

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        from leadline.reports.page import to_fragment

        return to_fragment(self)
