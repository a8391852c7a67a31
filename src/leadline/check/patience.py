"""How long looking for near duplicates may take."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from time import perf_counter


class TooSlowError(Exception):
    """The work would take longer than it may; `seconds` is about how long."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"about {seconds:.0f} s")
        self.seconds = seconds


@dataclass
class Patience:
    """`seconds` that a piece of work may take in all; asked as the work goes on."""

    seconds: float = math.inf
    began: float = field(default_factory=perf_counter)

    def check(self, done: int, total: int) -> None:
        """Raises TooSlowError where the rest, at the pace so far, would end too late."""
        expected = (perf_counter() - self.began) * total / max(1, done)
        if expected > self.seconds:
            raise TooSlowError(expected)

    def rest(self) -> Patience:
        """For the next stage: its own pace, and what is left of the time."""
        return Patience(self.seconds - (perf_counter() - self.began))
