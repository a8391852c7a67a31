"""What went wrong, in a form that a terminal, a server and a page can all show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class LeadlineError(Exception):
    """An error a user can act on: what we saw, what we expected, what to try.

    `file`, `row` (0-based, reading order) and `column` say where, when that is known.
    """

    def __init__(
        self,
        saw: str,
        expected: str = "",
        try_this: str = "",
        *,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
    ) -> None:
        super().__init__(saw)
        self.saw, self.expected, self.try_this = saw, expected, try_this
        self.file, self.row, self.column = file, row, column

    @property
    def where(self) -> str:
        """`photos/a.jpg, row 3, column "age"`: whatever of it is known."""
        parts = [self.file, None if self.row is None else f"row {self.row}", self.column and f'column "{self.column}"']
        return ", ".join(part for part in parts if part)

    def __str__(self) -> str:
        lines = [self.saw + (f" ({self.where})" if self.where else "")]
        lines += [f"Expected: {self.expected}"] if self.expected else []
        lines += [f"Try: {self.try_this}"] if self.try_this else []
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        return {
            "saw": self.saw, "expected": self.expected, "try": self.try_this,
            "file": self.file, "row": self.row, "column": self.column,
        }  # fmt: skip


class UsageError(LeadlineError):
    """An option that makes no sense, whatever the data: exit code 2."""


def listed(names: Sequence[str], shown: int = 20) -> str:
    """Names for a message: the first ones, and how many more there are."""
    return ", ".join(names[:shown]) + (f" and {len(names) - shown:,} more" if len(names) > shown else "")


def need_extra(package: str, purpose: str) -> LeadlineError:
    """The error for a package that only `leadline[train]` installs."""
    return LeadlineError(
        f"{purpose} needs the package {package}, which is not installed here",
        "an installation that can train",
        'pip install "leadline[train]"',
    )
