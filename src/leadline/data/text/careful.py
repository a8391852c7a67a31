"""Records of a delimited text read one at a time, for heads of files and for places where quotes are not as the rules (RFC 4180) say.

A quote inside an unquoted value (`5" disk`) is a letter like any other. Where a quoted value holds quotes that are not doubled, or never
closes, the record ends with its line: so the lines after it can still be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

MAX_RECORD = 64 << 20  # bytes


@dataclass(frozen=True)
class Marks:
    """The bytes that cut a text into records and values, one byte each."""

    separator: bytes
    quote: bytes | None = b'"'
    line_end: bytes = b"\n"
    padded: bool = False  # spaces before a value, also before its quote, are no part of it

    @cached_property
    def opened(self) -> re.Pattern[bytes]:
        """A quote that opens a value, and all that certainly belongs to the value."""
        quote = re.escape(self.quote or b"")
        return re.compile(rb"%b([^%b]*+(?:%b%b[^%b]*+)*+)" % (quote, quote, quote, quote, quote))

    @cached_property
    def closed(self) -> re.Pattern[bytes]:
        """The quote that closes such a value, with what may follow one."""
        return re.compile(rb"%b(?=%b|\r?%b|\r?\Z)" % tuple(re.escape(mark) for mark in (self.quote or b"", self.separator, self.line_end)))

    @cached_property
    def loosely_quoted(self) -> re.Pattern[bytes]:
        """A quoted value within one line whose own quotes need not be doubled."""
        quote, separator = re.escape(self.quote or b""), re.escape(self.separator)
        return re.compile(rb"%b(.*?)%b(?=%b|\Z)" % (quote, quote, separator), re.DOTALL)


class Record(NamedTuple):
    """One record, from byte `start` up to `end`, behind its line end. A blank line has no values."""

    start: int
    end: int
    values: list[bytes]
    why: str = ""  # what is wrong with its quotes
    quoted: frozenset[int] = frozenset()  # which values stood in quotes


class _Unpaired(NamedTuple):
    """Where a value begins whose quotes do not pair up, and whether text that is not here yet might still close it."""

    may_go_on: bool


def read_records(block: bytes, start: int, marks: Marks, expected: int | None, final: bool) -> Iterator[Record]:
    """The records from `start` on. Without `final` the text goes on behind the block, and an unfinished last record is not given.

    A line whose quotes are not doubled is well if it has the `expected` number of values.
    """
    while start < len(block):
        record = _by_the_rules(block, start, marks)
        if isinstance(record, _Unpaired):
            if record.may_go_on and not final and len(block) - start <= MAX_RECORD:
                return
            record = _by_the_line(block, start, marks, expected)
        if not final and record.end == len(block) and not block.endswith(marks.line_end):
            return
        yield record
        start = record.end


def _by_the_rules(block: bytes, start: int, marks: Marks) -> Record | _Unpaired:
    line_end = _line_end(block, start, marks)
    if marks.quote is None or block.find(marks.quote, start, line_end) < 0:
        line = block[start:line_end].removesuffix(b"\r")
        values = line.split(marks.separator) if line.strip() or marks.separator in line else []
        return Record(start, min(line_end + 1, len(block)), [value.lstrip(b" ") for value in values] if marks.padded else values)
    values, quoted, position = list[bytes](), set[int](), start
    while True:
        position = _behind_spaces(block, position) if marks.padded else position
        if block.startswith(marks.quote, position):
            quoted.add(len(values))
            value, position = _quoted(block, position, marks)
            if value is None:
                return _Unpaired(position == len(block))
        else:
            value, position = _unquoted(block, position, marks)
        values.append(value)
        if not block.startswith(marks.separator, position):
            position += block.startswith(b"\r\n", position) + 1
            return Record(start, min(position, len(block)), values, "", frozenset(quoted))
        position += 1


def _behind_spaces(block: bytes, position: int) -> int:
    while block.startswith(b" ", position):
        position += 1
    return position


def _line_end(block: bytes, start: int, marks: Marks) -> int:
    end = block.find(marks.line_end, start)
    return len(block) if end < 0 else end


def _quoted(block: bytes, position: int, marks: Marks) -> tuple[bytes | None, int]:
    """The value without its quotes and where it ends; None if no quote closes it, and where that became certain."""
    quote = marks.quote or b""
    opened = marks.opened.match(block, position)
    assert opened is not None  # it begins with a quote
    if marks.closed.match(block, opened.end()) is None:
        return None, opened.end()
    return opened[1].replace(quote * 2, quote), opened.end() + 1


def _unquoted(block: bytes, position: int, marks: Marks) -> tuple[bytes, int]:
    end = _line_end(block, position, marks)
    cut = block.find(marks.separator, position, end)
    if cut >= 0:
        return block[position:cut], cut
    value = block[position:end].removesuffix(b"\r")
    return value, position + len(value)


def _by_the_line(block: bytes, start: int, marks: Marks, expected: int | None) -> Record:
    end = _line_end(block, start, marks)
    values, paired = _loose(block[start:end].removesuffix(b"\r"), marks)
    why = "" if paired and len(values) == expected else "quotes that do not pair up" if paired else "a quote that does not close"
    return Record(start, min(end + 1, len(block)), values, why)


def _loose(line: bytes, marks: Marks) -> tuple[list[bytes], bool]:
    """The values of one line if its quotes need not be doubled, and whether each that opens closes."""
    values, position, paired, quote = list[bytes](), 0, True, marks.quote or b""
    while True:
        position = _behind_spaces(line, position) if marks.padded else position
        opens = line.startswith(quote, position)
        match = marks.loosely_quoted.match(line, position) if opens else None
        paired = paired and (match is not None or not opens)
        if match:
            values.append(match[1].replace(quote * 2, quote))
            position = match.end()
        else:
            cut = line.find(marks.separator, position)
            cut = len(line) if cut < 0 else cut
            values.append(line[position:cut])
            position = cut
        if position >= len(line):
            return values, paired
        position += 1
