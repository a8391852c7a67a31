"""What a chart shows, as plain numbers and names; `drawing` turns it into a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Tone = Literal["accent", "good", "quiet"]


@dataclass(frozen=True)
class Mark:
    """A value by name, perhaps with an interval; `shown` is how a person reads it."""

    name: str
    value: float
    shown: str
    low: float | None = None
    high: float | None = None
    tone: Tone = "accent"


@dataclass(frozen=True)
class Marks:
    """A line for each mark, from the top, all on one scale: a dot with its interval, or with `bars` a bar from zero."""

    marks: Sequence[Mark]
    axis: str
    percent: bool = False
    bars: bool = False


@dataclass(frozen=True)
class HeatMap:
    """Counts by row and column of the same names; the shade is a cell's share of its row."""

    names: Sequence[str]
    counts: Sequence[Sequence[int]]
    down: str
    across: str


@dataclass(frozen=True)
class Promise:
    """Statements made about equally surely: how sure on average, the share that was right with its interval, how many there were."""

    said: float
    right: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Reliability:
    """How sure against how often right, with the numbers of statements below."""

    promises: Sequence[Promise]


@dataclass(frozen=True)
class Cloud:
    """Pairs of numbers, and the line on which they should lie: `y = x`, or `y = 0`."""

    x: Sequence[float]
    y: Sequence[float]
    across: str
    up: str
    line: Literal["diagonal", "zero"]


Drawing = Marks | HeatMap | Reliability | Cloud
