"""A text table opened: its encoding, layout, header and types known from its first bytes, its rows still to come, block by block."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl

from leadline.data.contract import Reading
from leadline.data.opening import looks_like, wrong_kind
from leadline.data.text.blocks import Block, cut, cut_blocks
from leadline.data.text.careful import MAX_RECORD, Marks, Record
from leadline.data.text.dialect import find_layout
from leadline.data.text.encoding import Utf8
from leadline.data.text.header import Header, find_header
from leadline.data.text.parsing import Parser
from leadline.data.text.scanner import MAX_VALUES
from leadline.data.text.written import Written, infer
from leadline.errors import LeadlineError

KIND = "a table written as text"
_HEAD = 256 << 10  # bytes looked at before anything is decided
_TEXTS = ("", "JSON", "a page of HTML or XML", "plain text, perhaps CSV")  # of looks_like; any of them may be a table
_FEW = 3  # zero bytes in a line or two are an error of these lines
_CONTROLS = frozenset(range(32)) - frozenset(b"\t\n\r\f\v\b\x1a\x1b")
_FAVOURITES = {".tsv": b"\t", ".tab": b"\t"}


@dataclass(frozen=True)
class TextTable:
    """`head` begins with the first row, which is at `start` of the text."""

    name: str
    source: Utf8
    head: bytes
    start: int
    first_line: int  # 1-based
    marks: Marks
    header: Header
    written: Written
    remarks: tuple[str, ...]

    @property
    def columns(self) -> list[str]:
        """The columns that are kept."""
        return list(self.header.names[1:] if self.header.index else self.header.names)

    def blocks(self) -> Iterator[Block]:
        return cut_blocks(self.source, self.head, self.start, self.marks, len(self.header.names))

    def said(self) -> tuple[str, ...]:
        """What was assumed so far; the encoding may show late."""
        comma = ("numbers are written with a decimal comma",) if self.written.comma else ()
        foreign = self.source.encoding not in (None, "utf-8")
        guess = " (guessed from its letters; if they look wrong, save it as UTF-8)" if self.source.guessed else ""
        return (*self.remarks, *comma, *((f"the text is written in {self.source.spoken}{guess}",) if foreign else ()))


def open_text(stream: BinaryIO, name: str, reading: Reading) -> TextTable:
    """Reads as much of a stream as it takes to know how the table is written. Raises LeadlineError where it is none."""
    source = Utf8(stream)
    head, whole = _head(source, name)
    layout = find_layout(head, whole, _FAVOURITES.get(Path(name).suffix.lower(), b","))
    if not layout.records:
        raise LeadlineError(f"{name} is empty: it holds no record", "a header line and rows")
    records, marks = layout.records, layout.marks
    _refuse_zeros(records[0], name)
    if layout.width > MAX_VALUES:
        raise LeadlineError(f"the first line of {name} holds {layout.width:,} values", f"at most {MAX_VALUES:,} columns")
    header = find_header([[value.decode("utf-8", "replace") for value in record.values] for record in records], layout.width, name)
    start = records[0].end if header.found else records[0].start
    written = _written(head[start:], header, marks, reading, whole)
    first_line = head.count(marks.line_end, 0, start) + 1
    return TextTable(name, source, head[start:], start, first_line, marks, header, written, (*layout.remarks, *header.remarks))


def _head(source: Utf8, name: str) -> tuple[bytes, bool]:
    """The first bytes, with one whole line at least, and whether there are no more."""
    _refuse_other_kinds(source.beginning, name)
    head = piece = source.read(_HEAD)
    while piece and (len(head) < _HEAD or (b"\n" not in head and b"\r" not in head)):
        if len(head) > MAX_RECORD:
            raise LeadlineError(f"the first line of {name} is longer than {MAX_RECORD >> 20} MB", KIND)
        piece = source.read(max(_HEAD, len(head)))
        head += piece
    _refuse_binary(head, name)
    if not head.strip():
        raise LeadlineError(f"{name} is empty" + (": it holds blank lines only" if head else ""), "a header line and rows")
    return head, not piece


def _refuse_other_kinds(beginning: bytes, name: str) -> None:
    start = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()[:64]
    is_marked_up = start.lower().startswith((b"<!doctype", b"<html", b"<?xml", b"<head"))
    if looks_like(start) not in _TEXTS or is_marked_up or start.startswith((b"[{", b'{"')):
        raise wrong_kind(Path(name), KIND, start)
    if start.startswith(b"version https://git-lfs"):
        raise LeadlineError(f"{name} only points to a file that git LFS keeps elsewhere", KIND, "git lfs pull")


def _refuse_binary(head: bytes, name: str) -> None:
    sample = head[:4096]
    if sample.count(0) > _FEW and 20 * sum(sample.count(byte) for byte in _CONTROLS) > len(sample):
        raise LeadlineError(f"{name} holds binary data, not text", KIND, "name the file that holds the table")


def _refuse_zeros(record: Record, name: str) -> None:
    if any(b"\0" in value for value in record.values):
        saw = f"the first line of {name} holds zero bytes, so it is not plain text"
        raise LeadlineError(saw, KIND, "save it again as CSV (UTF-8)")


def _written(head: bytes, header: Header, marks: Marks, reading: Reading, whole: bool) -> Written:
    """The types of the columns, by the rows that are whole in the first bytes."""
    strings = Written(dict.fromkeys(header.names, pl.String))
    block = cut(head, 0, marks, len(header.names), whole)
    frame = Parser(marks, strings).parse(block).frame if block.text else pl.DataFrame(schema=dict(strings.schema))
    return infer(frame, reading.as_text, marks.separator)
