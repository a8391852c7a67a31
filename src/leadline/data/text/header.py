"""The names of a text table's columns: whether its first record holds them, and what columns are called that have none of their own."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from leadline.columns.missing import TOKENS
from leadline.findings import Finding, Severity

_NUMBER = re.compile(r"[+-]?(\d[\d.,' ]*|[.,]\d+)([eE][+-]?\d+)?\s*%?|[+-]?(inf|infinity|nan)", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ][\d:.+Z-]*)?")
_UNNAMED = re.compile(r"|Unnamed: \d+|\.\.\.1")  # the index of pandas; what R's readr makes of it
_MOSTLY = 0.8  # of the values below a header are numbers
_LONGEST_NAME = 200
_SAMPLED = 100  # records


@dataclass(frozen=True)
class Header:
    """`names` of all columns, in order. `index`: the first column only counts the rows. `found`: the first record is the header."""

    names: tuple[str, ...]
    found: bool
    index: bool = False
    remarks: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()


def find_header(records: Sequence[Sequence[str]], width: int, path: str) -> Header:
    """The header of a table whose first records have these values; `width` is how many values a record has."""
    first, rows = [cell.strip() for cell in records[0]], [row for row in records[1:_SAMPLED] if len(row) == width]
    if len(first) == width - 1:
        ends_empty = all(not row[-1].strip() for row in rows)
        cells, found = ([*first, ""] if ends_empty else ["", *first]), True
    else:
        cells, found = first, is_header(first, rows)
    if not found:
        names = tuple(f"column_{number}" for number in range(1, width + 1))
        shown = "column_1" if width == 1 else f"column_1 to column_{width}"
        return Header(names, False, remarks=(f"there is no header line: columns are called {shown}",))
    cells[0] = cells[0].lstrip("# ") or cells[0]  # a header written as a comment
    index = width > 1 and _UNNAMED.fullmatch(cells[0]) is not None and _counts([row[0] for row in rows])
    names, remarks, findings = _names(cells, index, path)
    return Header(names, True, index, remarks, findings)


def is_header(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first record is unlike the others: names stand above numbers, and do not appear again below.

    Where nothing speaks for or against it, it is one, as in most files.
    """
    if _is_series(first):
        return True
    if any(len(cell) > _LONGEST_NAME for cell in first):
        return False
    votes = sum(_vote(cell, [row[place].strip() for row in rows]) for place, cell in enumerate(first))
    return votes > 0 or (votes == 0 and not any(_is_number(cell) or _DATE.fullmatch(cell) for cell in first))


def _vote(cell: str, below: list[str]) -> int:
    """1 where a cell is clearly a name of the values below it, -1 where it is clearly one of them, 0 where it could be either."""
    values = [value for value in below if value.lower() not in TOKENS]
    if cell.lower() in TOKENS or not values:
        return 0
    number = _is_number(cell) or _DATE.fullmatch(cell) is not None
    numbers = sum(_is_number(value) or _DATE.fullmatch(value) is not None for value in values)
    if numbers >= _MOSTLY * len(values):
        return -1 if number else 1
    return -1 if cell in values and len(values) > 1 else 0


def _is_number(cell: str) -> bool:
    return _NUMBER.fullmatch(cell) is not None


def _is_series(cells: Sequence[str]) -> bool:
    """0, 1, 2, ... (a table without names, written by pandas), or years in a row, perhaps behind some words."""
    numbers = [int(cell) for cell in cells if cell.isdecimal() and len(cell) < 5]
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    words = [cell for cell in cells if not cell.isdecimal()]
    if len(numbers) < 3 or len(steps) != 1 or any(_is_number(word) for word in words):
        return False
    counted = numbers[0] == 0 and steps == {1} and not any(words)
    return counted or (steps <= {1, -1} and all(1000 <= number < 3000 for number in numbers))


def _counts(values: list[str]) -> bool:
    """Whether these are 0, 1, 2, ... or 1, 2, 3, ..."""
    first = values[0] if values else ""
    return first in ("0", "1") and values == [str(int(first) + row) for row in range(len(values))]


def _names(cells: Sequence[str], index: bool, path: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Finding, ...]]:
    names, made, findings = dict[str, None](), list[str](), list[Finding]()
    for place, cell in enumerate(cells, 1):
        name = cell if cell and cell not in names else _numbered(cell, place, {*names, *cells})
        if cell and name != cell:
            title, fix = f'two columns are called "{cell}"; the later one is called "{name}" here', "give each column a name of its own"
            findings.append(Finding("equal-names", Severity.LOW, title, path, column=name, fix=fix))
        elif not cell and not (index and place == 1):
            made.append(name)
        names[name] = None
    remarks = ["the first column has no name and counts the rows: it is left out"] if index else []
    if made:
        remarks.append(f"columns without a name are called {', '.join(made[:5])}{' ...' if len(made) > 5 else ''}")
    return tuple(names), tuple(remarks), tuple(findings)


def _numbered(name: str, place: int, taken: Collection[str]) -> str:
    """A name that is not taken: `column_3` for the third column without one, `age_2` for the second called age."""
    made, number = f"{name}_2" if name else f"column_{place}", 2
    while made in taken:
        number += 1
        made = f"{name or f'column_{place}'}_{number}"
    return made
