"""How work says where it is. The library is silent; the command line draws bars on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Advance = Callable[[int, int | None], None]  # (done, total), None where nobody knows


class Progress:
    """Silent. A front end overrides both methods."""

    def say(self, message: str) -> None:
        """One line about what happens now."""

    @contextmanager
    def track(self, title: str, unit: str) -> Iterator[Advance]:
        """A bar for work whose parts can be counted; `unit` is what is counted: pictures, fits."""
        yield lambda done, total: None
