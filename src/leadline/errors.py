"""What went wrong, in a form that a terminal, a server and a page can all show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from typing import Any

# What stands between "scheme://user:" and the last "@" of the line, and what an address hands over under such a name: rather too
# much is hidden than too little, as a password may hold any of the characters that should end it.
_PASSWORD = re.compile(r"(?i)(\b[a-z][\w+.-]*:/{1,2}[^\s:/@]*:)[^\n]+(?=@)|([?&][\w-]*(?:pass|pwd|secret|token)[\w-]*=)[^&\s]*")


def masked(text: str) -> str:
    """The text with `***` for the passwords of addresses in it: postgresql://user:***@host/name."""
    return _PASSWORD.sub(lambda found: (found[1] or found[2]) + "***", text)


_known_as: dict[str, str] = {}  # where we unpacked something -> what the user calls it


def known_as(path: str, name: str) -> None:
    """From now on every message says `name` where it would say `path`, a place of our own making."""
    _known_as[path] = name


def printable(text: str) -> str:
    """The text with what a terminal and JSON cannot take, such as a file's name that is not UTF-8, written as \\udce9."""
    return text.encode("utf-8", "backslashreplace").decode()


def shown(text: str) -> str:
    """The text as a user may see it: the paths that the user knows, no passwords, nothing that cannot be printed."""
    for path in sorted(_known_as, key=len, reverse=True):  # a file inside a folder before the folder
        text = text.replace(path, _known_as[path])
    return masked(printable(text))


class LeadlineError(Exception):
    """An error a user can act on: what we saw, what we expected, what to try.

    `file`, `row` (0-based, reading order) and `column` say where, when that is known. Passwords of addresses do not get in.
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
        super().__init__(shown(saw))
        self.saw, self.expected, self.try_this = shown(saw), shown(expected), shown(try_this)
        self.file, self.row, self.column = file and shown(file), row, column

    def at_row(self, row: int) -> LeadlineError:
        """The same error for a row that has another number among more rows."""
        moved = copy(self)
        moved.row = row
        return moved

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


def need_extra(package: str, purpose: str, extra: str = "train") -> LeadlineError:
    """The error for a package that only `leadline[extra]` installs."""
    saw = f"{purpose} needs the package {package}, which is not installed here"
    return LeadlineError(saw, f"an installation with the extra {extra}", f'pip install "leadline[{extra}]"')
