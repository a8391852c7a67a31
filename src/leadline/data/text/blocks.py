"""A text cut into blocks of whole records, some megabytes each, so that a table of any size is read in constant memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from leadline.data.text.careful import MAX_RECORD, Marks
from leadline.data.text.encoding import Utf8
from leadline.data.text.scanner import Scanned, is_regular, last_record_end, scan
from leadline.errors import LeadlineError

BLOCK = 8 << 20  # bytes
_MAX_OPEN = 16 << 20  # bytes behind a quote that does not close, where line ends are among them


@dataclass(frozen=True)
class Block:
    """Whole records. `offset` is where it begins in the text; `scanned` is there if its quotes are not by the rules."""

    text: bytes
    offset: int
    scanned: Scanned | None = None


def cut_blocks(source: Utf8, ahead: bytes, offset: int, marks: Marks, expected: int) -> Iterator[Block]:
    """The blocks of `ahead`, which begins with a record at `offset`, and of all that `source` holds behind it.

    Raises LeadlineError where a line is longer than MAX_RECORD.
    """
    left, piece = ahead, ahead
    while piece:
        piece = source.read(BLOCK)
        if not piece or _has_quotes(left, marks) or _has_quotes(piece, marks):
            text = left + piece
            block = cut(text, offset, marks, expected, final=not piece)
            left = text[len(block.text) :]
        else:  # the same without looking again at what was there before, and with one copy less
            end = piece.rfind(marks.line_end) + 1
            block = Block(b"".join((left, memoryview(piece)[:end])) if end else b"", offset)
            left = piece[end:] if end else left + piece
            _refuse_too_long(left)
        offset += len(block.text)
        if block.text:
            yield block


def _has_quotes(text: bytes, marks: Marks) -> bool:
    return marks.quote is not None and marks.quote in text


def _refuse_too_long(line: bytes) -> None:
    if len(line) > MAX_RECORD:
        raise LeadlineError(f"a line is longer than {MAX_RECORD >> 20} MB", "a table with a record in each line")


def cut(text: bytes, offset: int, marks: Marks, expected: int, final: bool) -> Block:
    """The whole records at the beginning of `text`, all of it if it is `final`."""
    end = len(text) if final else last_record_end(text, marks)
    whole = text[:end]
    if end and is_regular(whole, marks):
        return Block(whole, offset)
    scanned = scan(text, marks, expected, final)
    if scanned.used or len(text) <= _MAX_OPEN:
        return Block(text[: scanned.used], offset, scanned)
    return _cut_by_force(text, offset, marks, expected)


def _cut_by_force(text: bytes, offset: int, marks: Marks, expected: int) -> Block:
    """A quote that opens and does not close for so long is an error of its line, and ends with it."""
    end = text.rfind(marks.line_end) + 1
    if not end:
        _refuse_too_long(text)
    return Block(text[:end], offset, scan(text[:end], marks, expected, True))
